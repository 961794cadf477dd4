"""What granian serves."""

import os

from django.core.asgi import get_asgi_application

from dashboard.limits import LimitBody

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")

django = get_asgi_application()

# These know rows, which stand from here on.
from dashboard.api.arrival import Arrived  # noqa: E402
from dashboard.api.gate import Gate, Turns  # noqa: E402
from dashboard.api.polls import Polls  # noqa: E402
from dashboard.api.waiting import LongPolls  # noqa: E402
from dashboard.threads import KeptThreads, keep_connections  # noqa: E402

keep_connections()
application = LimitBody(Gate(LongPolls(Polls(Arrived(Turns(KeptThreads(django)))))))
