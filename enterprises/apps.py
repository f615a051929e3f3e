from django.apps import AppConfig


class EnterprisesConfig(AppConfig):
    name = "enterprises"

    def ready(self) -> None:
        from enterprises import tasks  # noqa: F401  tells jobs how they reach a worker
