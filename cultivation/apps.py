from django.apps import AppConfig


class CultivationConfig(AppConfig):
    name = "cultivation"

    def ready(self) -> None:
        from cultivation import tasks  # noqa: F401  tells jobs how they reach a worker
