"""The domain as a Django app."""

from django.apps import AppConfig


class SocialActionsConfig(AppConfig):
    name = "socialactions"
    default_auto_field = "django.db.models.BigAutoField"
