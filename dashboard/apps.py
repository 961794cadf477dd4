"""Tells Django's processes about the Celery application, so that `shared_task` finds the broker."""

from importlib import import_module

from django.apps import AppConfig


class DashboardConfig(AppConfig):
    name = "dashboard"

    def ready(self) -> None:
        import_module("dashboard.celery")
