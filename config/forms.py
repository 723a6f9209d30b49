"""Forms look the same everywhere: the site's own field and form templates."""

from __future__ import annotations

from typing import Any

from django.forms.renderers import Jinja2
from django.template.loader import get_template


class SiteRenderer(Jinja2):
    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"

    def get_template(self, template_name: str) -> Any:
        """Django's widgets need their own environment, which lets undefined names be empty."""
        if template_name.startswith("django/"):
            return super().get_template(template_name)
        return get_template(template_name)
