"""Hypothesis strategies for states that one can change into another, and for answers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from storage.evolution.authoring.questions import (
    LEAVE_ALONE,
    Conversion,
    LeaveAlone,
    Place,
    usual_conversion,
)
from storage.evolution.state import (
    ALL,
    KEYS_ONLY,
    STREAM_VIEWS,
    Attribute,
    GlobalIndex,
    Key,
    Kind,
    LocalIndex,
    State,
    TableState,
    Throughput,
)

APPS = ("shop", "stock")
# Keys and local indexes cannot change, so each table has the same in every state.
KEYS = {"mugs": (Key("id"), None), "order-lines": (Key("order"), Key("at", "N"))}
LOCAL = {"order-lines": LocalIndex("by-size", Key("order"), Key("size"))}
PREFIXES = ("", "mark#", "n'\"#")
NAMES = ("colour", "price", "size", "ünit")
PROJECTIONS: list[str | tuple[str, ...]] = [ALL, KEYS_ONLY, ("price",), ("price", "size")]
KINDS = ("Item", "MarkerOfItems", "Note")
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "S": st.text(max_size=120),
    "N": st.integers() | st.decimals(allow_nan=False, allow_infinity=False),
    "B": st.binary(max_size=20),
    "BOOL": st.booleans(),
    "NULL": st.none(),
    "L": st.lists(st.text(max_size=5) | st.integers() | st.none(), max_size=3),
    "M": st.dictionaries(st.text(max_size=5), st.lists(st.booleans(), max_size=2), max_size=3),
    "SS": st.sets(st.text(max_size=30), min_size=1, max_size=6),
    "NS": st.sets(st.integers() | st.just(Decimal("1.50")), min_size=1, max_size=3),
    "BS": st.sets(st.binary(max_size=3), min_size=1, max_size=3),
}

throughputs = st.builds(Throughput, st.integers(1, 9), st.integers(1, 9))
attributes = st.builds(Attribute, st.sampled_from(sorted(VALUES)), st.booleans(), st.booleans())


@st.composite
def kinds(draw: st.DrawFn, table: str) -> dict[str, Kind]:
    found = {}
    names = draw(st.lists(st.sampled_from(KINDS), min_size=1, unique=True))
    prefixes = draw(st.permutations(PREFIXES))
    keys = {key.name: Attribute(key.type) for key in KEYS[table] if key}
    for name, prefix in zip(names, prefixes, strict=False):
        own = draw(st.dictionaries(st.sampled_from(NAMES), attributes))
        found[name] = Kind({**keys, **own}, prefix)
    return found


@st.composite
def tables(draw: st.DrawFn, name: str) -> TableState:
    throughput = draw(st.none() | throughputs)
    indexes: dict[str, Any] = {LOCAL[name].name: LOCAL[name]} if name in LOCAL else {}
    for index in draw(st.lists(st.sampled_from(["by-colour", "unit_gsi"]), unique=True)):
        indexes[index] = GlobalIndex(
            index,
            draw(st.builds(Key, st.sampled_from(NAMES), st.sampled_from("SNB"))),
            draw(st.none() | st.builds(Key, st.sampled_from(NAMES))),
            draw(st.sampled_from(PROJECTIONS)),
            draw(st.none() | throughputs) if throughput else None,
        )
    hash_key, range_key = KEYS[name]
    return TableState(
        name,
        hash_key,
        range_key,
        indexes=indexes,
        kinds=draw(kinds(name)),
        expires_by=draw(st.none() | st.sampled_from(NAMES)),
        stream=draw(st.none() | st.sampled_from(STREAM_VIEWS)),
        throughput=throughput,
    )


@st.composite
def states(draw: st.DrawFn) -> State:
    state = State()
    for name in draw(st.lists(st.sampled_from(sorted(KEYS)), unique=True)):
        state = state.with_table(draw(tables(name)), draw(st.sampled_from(APPS)))
    return state


class DrawnAnswers:
    """Every question is answered, with whatever is drawn."""

    def __init__(self, draw: st.DataObject) -> None:
        self._draw = draw.draw

    def is_renamed(self, place: Place, new_name: str, attribute: Attribute, /) -> bool:
        return self._draw(st.booleans())

    def value_for_stored_items(
        self, place: Place, attribute: Attribute, /, *, is_new: bool
    ) -> Any | LeaveAlone:
        return self._draw(st.just(LEAVE_ALONE) | VALUES[attribute.type])

    def conversion(
        self, place: Place, old: Attribute, new: Attribute, /
    ) -> Conversion | LeaveAlone:
        return usual_conversion(old.type, new.type) or LEAVE_ALONE

    def purges_attribute(self, place: Place, /) -> bool:
        return self._draw(st.booleans())

    def purges_kind(self, table: str, kind: str, new_prefix: str | None = None, /) -> bool:
        return self._draw(st.booleans())

    def confirm_replacement(self, old: str, new: str, /) -> None:
        pass

    def confirm_merge(self, app: str, /) -> bool:
        return True
