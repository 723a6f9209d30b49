from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "catalog"

    def ready(self) -> None:
        from accounts.entities import declare_permissions
        from catalog import tables  # noqa: F401  # registers them
        from catalog.entities import PERMISSIONS

        declare_permissions(PERMISSIONS)
