"""What granian serves."""

import os

from django.core.asgi import get_asgi_application

from dashboard.limits import LimitBody

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")

application = LimitBody(get_asgi_application())
