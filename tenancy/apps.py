from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TenancyConfig(AppConfig):
    name = "tenancy"
    verbose_name = _("地区与人员")

    def ready(self) -> None:
        from tenancy import checks, signin  # noqa: F401  registers the start-up checks and the sign-in trail
