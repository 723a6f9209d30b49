"""What people say about a file that they import."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from catalog.entities import DATA_FIELDS
from catalog.forms import FIELD_NAMES, Text
from catalog.imports.job_store import Job
from catalog.imports.mapping import REQUIRED_FIELDS

LONGEST_ENTRY = 500


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV, JSON or NDJSON, also compressed with gzip; at most 10 MB."),
        widget=forms.FileInput(
            {"accept": ".csv,.tsv,.txt,.json,.ndjson,.jsonl,.gz,text/csv,application/json"}
        ),
        error_messages={
            "required": _("Choose a file."),
            "empty": _("The file is empty."),
            "missing": _("Choose a file."),
        },
    )


class MappingForm(forms.Form):
    """For every product field `column_<field>` and `constant_<field>`."""

    publish = forms.BooleanField(label=_("Publish new products at once"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in DATA_FIELDS:
            label = FIELD_NAMES[name]
            self.fields[f"column_{name}"] = _entry(
                _("Column for %(field)s") % {"field": label}, list="file-columns"
            )
            self.fields[f"constant_{name}"] = _entry(
                _("Otherwise, for %(field)s") % {"field": label}
            )

    @classmethod
    def of(cls, job: Job) -> MappingForm:
        initial: dict[str, Any] = {"publish": job.publish}
        initial |= {f"column_{name}": text for name, text in job.columns.items()}
        initial |= {f"constant_{name}": text for name, text in job.constants.items()}
        return cls(initial=initial)

    def rows(self) -> Iterator[tuple[Text, bool, BoundField, BoundField]]:
        """(label, whether every product needs it, column, constant)."""
        for name in DATA_FIELDS:
            required = name in REQUIRED_FIELDS
            column, constant = self[f"column_{name}"], self[f"constant_{name}"]
            yield FIELD_NAMES[name], required, column, constant

    @property
    def columns(self) -> dict[str, str]:
        return self._entries("column_")

    @property
    def constants(self) -> dict[str, str]:
        return self._entries("constant_")

    def _entries(self, prefix: str) -> dict[str, str]:
        found = {name: self.cleaned_data.get(prefix + name, "") for name in DATA_FIELDS}
        return {name: text for name, text in found.items() if text}


def _entry(label: Text, **attributes: str) -> forms.CharField:
    widget = forms.TextInput({"autocomplete": "off", "aria-label": label, **attributes})
    return forms.CharField(label=label, required=False, max_length=LONGEST_ENTRY, widget=widget)
