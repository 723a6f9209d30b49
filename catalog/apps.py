from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CatalogConfig(AppConfig):
    name = "catalog"
    verbose_name = _("Products")

    def ready(self) -> None:
        from accounts.permissions import declare
        from accounts.removal.followers import follow_organisations
        from catalog import tables  # noqa: F401  # registers them
        from catalog.permissions import PERMISSIONS
        from catalog.removal import Catalogue

        declare(PERMISSIONS)
        follow_organisations(Catalogue())
