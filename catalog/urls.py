"""The addresses of the catalogue: the shop window, and what staff do behind it."""

from __future__ import annotations

from django.urls import path, register_converter

from catalog.entities import ID_LENGTH
from catalog.views import crawlers, imports, pictures, public, staff


class ProductIdConverter:
    """Keeps addresses that no product can have from costing a read."""

    regex = f"[a-z2-7]{{{ID_LENGTH}}}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class JobIdConverter(ProductIdConverter):
    regex = "[0-9a-f]{32}"


register_converter(ProductIdConverter, "product_id")
register_converter(JobIdConverter, "job_id")

app_name = "catalog"
urlpatterns = [
    path("", public.home, name="home"),
    path("c/<path:path>/", public.category, name="category"),
    path("b/", public.brands, name="brands"),
    path("b/<str:slug>/", public.brand, name="brand"),
    path("search/", public.search, name="search"),
    path("products/<product_id:product_id>/", public.product_detail, name="product-short"),
    path(
        "products/<product_id:product_id>/<str:slug>/", public.product_detail, name="product-detail"
    ),
    path("pictures/<slug:kind>-<int:seed>.svg", pictures.picture, name="picture"),
    path("robots.txt", crawlers.robots, name="robots"),
    path("sitemap.xml", crawlers.sitemap_index, name="sitemap-index"),
    path("sitemap-<int:number>.xml", crawlers.sitemap, name="sitemap"),
    path("staff/products/", staff.product_list, name="staff-products"),
    path("staff/products/new/", staff.product_create, name="product-create"),
    path("staff/products/export.csv", imports.export_csv, name="export-csv"),
    path("staff/products/export.ndjson", imports.export_ndjson, name="export-ndjson"),
    path("staff/products/import/", imports.import_upload, name="import-upload"),
    path("staff/products/import/template.csv", imports.import_template, name="import-template"),
    path("staff/products/import/<job_id:job_id>/", imports.import_job, name="import-job"),
    path(
        "staff/products/import/<job_id:job_id>/mapping/",
        imports.import_mapping,
        name="import-mapping",
    ),
    path(
        "staff/products/import/<job_id:job_id>/confirm/",
        imports.import_confirm,
        name="import-confirm",
    ),
    path("staff/products/import/<job_id:job_id>/step/", imports.import_step, name="import-step"),
    path(
        "staff/products/import/<job_id:job_id>/errors.csv",
        imports.import_errors,
        name="import-errors",
    ),
    path("staff/products/status/", staff.products_status, name="products-status"),
    path("staff/products/<product_id:product_id>/", staff.product_edit, name="product-edit"),
    path(
        "staff/products/<product_id:product_id>/status/",
        staff.product_status,
        name="product-status",
    ),
    path(
        "staff/products/<product_id:product_id>/duplicate/",
        staff.product_duplicate,
        name="product-duplicate",
    ),
    path(
        "staff/products/<product_id:product_id>/delete/",
        staff.product_delete,
        name="product-delete",
    ),
    path(
        "staff/products/<product_id:product_id>/history/",
        staff.product_history,
        name="product-history",
    ),
]
