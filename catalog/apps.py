from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "catalog"

    def ready(self) -> None:
        from accounts.permissions import declare
        from catalog import tables  # noqa: F401  # registers them
        from catalog.permissions import PERMISSIONS

        declare(PERMISSIONS)
