"""Which queries answer a search: pure planning, nothing here reads.

One word or facet drives: its partition is read in order. Everything else that was asked filters
what is read. A range of a word facet holds exactly the products with that word, so the plan
prefers long words, which are rare, and changes to another driver when the first turns out common.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from catalog import listing
from catalog.entities import Sort, Status
from catalog.listing import LAST, is_ascending
from catalog.words import words

SHORTEST_PREFIX = listing.WORD_FACET_LETTERS


@dataclass(frozen=True, slots=True)
class Criteria:
    """What a list is asked for. `category` holds slugs; `org_id` and `statuses` are for staff."""

    text: str = ""
    category: tuple[str, ...] = ()
    brand: str = ""
    org_id: str = ""
    statuses: tuple[Status, ...] = (Status.PUBLIC,)

    @property
    def terms(self) -> tuple[str, ...]:
        return tuple(words(self.text))

    @property
    def is_search(self) -> bool:
        """Whether answering takes more than reading one public facet from its start."""
        return bool(self.text.strip() or self.org_id or (self.category and self.brand))


@dataclass(frozen=True, slots=True)
class Stretch:
    """A range of one partition, inclusive, in sort key order."""

    facet: str
    low: str
    high: str


@dataclass(frozen=True, slots=True)
class Driver:
    """The stretches to read one after the other, and what the text of an entry must contain."""

    name: str
    stretches: tuple[Stretch, ...]
    must_contain: tuple[str, ...]
    prefix: str = ""

    def is_repetition(self, word: str, text: str, *, ascending: bool) -> bool:
        """Whether the same product came up before under another word with the same prefix."""
        if not self.prefix or word == self.prefix:
            return False
        others = [other for other in text.split() if other.startswith(self.prefix)]
        if self.prefix in others:
            return True
        return word != (min(others) if ascending else max(others)) if others else False


def plan(criteria: Criteria, sort: Sort) -> list[Driver]:
    """The drivers to try, most promising first. Empty when nothing searchable was asked."""
    terms = criteria.terms
    if criteria.text.strip() and not terms:
        return []
    if not terms:
        return [_facet_driver(criteria)]
    candidates = sorted(terms, key=lambda term: _promise(term, is_last=term == terms[-1]))
    return [_word_driver(term, criteria, sort) for term in candidates]


def _promise(term: str, *, is_last: bool) -> tuple[bool, int]:
    """Sort key: whole words before one that may still be typed, then the longest."""
    return (is_last, -len(term))


def _word_driver(term: str, criteria: Criteria, sort: Sort) -> Driver:
    terms = criteria.terms
    may_continue = term == terms[-1] and len(term) >= SHORTEST_PREFIX
    must_contain = [
        f" {other}" if other == terms[-1] and len(other) >= SHORTEST_PREFIX else f" {other} "
        for other in terms
        if other != term
    ]
    must_contain += _tags(criteria)
    stretches: list[Stretch] = []
    for facet in _word_facets(term, criteria):
        exact = Stretch(facet, f"{term} ", f"{term} {LAST}")
        if not may_continue:
            stretches.append(exact)
        elif is_ascending(sort):
            stretches.append(Stretch(facet, f"{term} ", f"{term}{LAST}"))
        else:
            # Backwards the longer words would come first; the word itself matters more.
            stretches += [exact, Stretch(facet, f"{term}!", f"{term}{LAST}")]
    return Driver(term, tuple(stretches), tuple(must_contain), term if may_continue else "")


def _word_facets(term: str, criteria: Criteria) -> list[str]:
    facets = []
    if criteria.org_id and set(criteria.statuses) != {Status.PUBLIC}:
        facets.append(listing.unpublished_word_facet(criteria.org_id, term))
    if Status.PUBLIC in criteria.statuses:
        facets.append(listing.word_facet(term))
    return facets


def _facet_driver(criteria: Criteria) -> Driver:
    if criteria.org_id:
        facets = [
            listing.organisation_facet(criteria.org_id, status) for status in criteria.statuses
        ]
        return Driver("organisation", _whole(facets), tuple(_tags(replace(criteria, org_id=""))))
    facet = listing.brand_facet(criteria.brand)
    return Driver("brand", _whole([facet]), tuple(_tags(replace(criteria, brand=""))))


def _whole(facets: Sequence[str]) -> tuple[Stretch, ...]:
    return tuple(Stretch(facet, listing.FIRST, LAST) for facet in facets)


def _tags(criteria: Criteria) -> list[str]:
    found = []
    if criteria.org_id:
        found.append(listing.organisation_tag(criteria.org_id))
    if criteria.brand:
        found.append(listing.brand_tag(criteria.brand))
    if criteria.category:
        found.append(listing.category_tag(criteria.category))
    return [f" {tag} " for tag in found]
