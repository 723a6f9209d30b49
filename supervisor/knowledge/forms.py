from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import DomainForm
from supervisor.knowledge.entities import Article, Content, Origin
from supervisor.knowledge.rules import LONGEST_TITLE
from supervisor.rules import LONGEST_TAG, LONGEST_TEXT, MOST_TAGS

WHOLE_ORGANISATION = _("Whole organisation")
REMOVED_STORE = _("A store that was removed")
_HIDDEN = ("version", "token", "kept_store", "kept_request")


class ArticleForm(DomainForm):
    """`version` is that of the article it was filled from, 0 for a new one."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    title = forms.CharField(
        label=_("Title"),
        max_length=LONGEST_TITLE,
        help_text=_("In the words that people ask with."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    text = forms.CharField(
        label=_("Text"),
        max_length=LONGEST_TEXT,
        help_text=_("Without names and numbers of callers: everybody can read it."),
        widget=forms.Textarea(attrs={"rows": 8}),
    )
    tags = forms.CharField(
        label=_("Tags"),
        required=False,
        max_length=MOST_TAGS * (LONGEST_TAG + 2),
        help_text=_("With commas between them, such as: returns, sizes."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    store_id = forms.ChoiceField(label=_("For"), required=False)

    def __init__(self, *args: Any, stores: list[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["store_id"].choices = stores  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["store_id"].required = "" not in dict(stores)

    def raw(self) -> dict[str, Any]:
        """As `rules.parse_content` takes it."""
        said = {name: value for name, value in self.cleaned_data.items() if name not in _HIDDEN}
        return {**said, "tags": said["tags"].split(",")}

    def differing(self, stored: Content) -> list[tuple[Any, str]]:
        """(label, what is stored) of what is stored otherwise than typed."""
        shown = shown_content(stored)
        choices = dict(self.fields["store_id"].choices)  # type: ignore[attr-defined]
        return [
            (
                self.fields[name].label,
                str(choices.get(value, value)) if name == "store_id" else value,
            )
            for name, value in shown.items()
            if str(self[name].value() or "") != value
        ]


class NewArticleForm(ArticleForm):
    """`token` tells one form from another, so that one sent twice writes one article; what is kept
    names its request."""

    token = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    kept_store = forms.CharField(required=False, max_length=100, widget=forms.HiddenInput)
    kept_request = forms.CharField(required=False, max_length=100, widget=forms.HiddenInput)

    @property
    def kept_from(self) -> Origin | None:
        store_id, request_id = (
            str(self[name].value() or "") for name in ("kept_store", "kept_request")
        )
        return Origin(store_id, request_id) if store_id and request_id else None


def said_place(store_id: str, names: Mapping[str, str]) -> object:
    """Whom an article is for; `names` are those of the stores that there are."""
    return names.get(store_id, REMOVED_STORE) if store_id else WHOLE_ORGANISATION


def initial_of(article: Article) -> dict[str, Any]:
    return {**shown_content(article.content), "version": article.version}


def shown_content(content: Content) -> dict[str, str]:
    """As the fields show it."""
    return {
        "title": content.title,
        "text": content.text,
        "tags": ", ".join(sorted(content.tags)),
        "store_id": content.store_id,
    }
