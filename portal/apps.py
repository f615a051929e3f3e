from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "portal"

    def ready(self) -> None:
        from portal import tasks  # noqa: F401  tells jobs how they reach a worker
