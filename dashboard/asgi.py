"""What granian serves."""

import os

from django.core.asgi import get_asgi_application

from dashboard.limits import LimitBody

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")

django = get_asgi_application()

from dashboard.api.waiting import LongPolls  # noqa: E402 - knows rows, which stand from here on
from dashboard.threads import KeptThreads, keep_connections  # noqa: E402 - knows databases, which are set from here on

keep_connections()
application = LimitBody(LongPolls(KeptThreads(django)))
