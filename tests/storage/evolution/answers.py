"""A shop of mugs, and answers to the questions about what changed in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from storage.evolution.authoring.autodetector import detect
from storage.evolution.authoring.proposal import Step
from storage.evolution.authoring.questions import Conversion, LeaveAlone, Place, Questions
from storage.evolution.operation import Operation
from storage.evolution.state import Attribute, GlobalIndex, Key, Kind, State, TableState

TEXT, NUMBER, OPTIONAL = Attribute("S"), Attribute("N"), Attribute("S", null=True)
MUG = Kind({"id": TEXT, "colour": TEXT})
MUGS = TableState("mugs", Key("id"), kinds={"Mug": MUG})
BY_COLOUR = GlobalIndex("by-colour", Key("colour"))
MARKER = Kind({"id": TEXT, "mug_id": TEXT}, prefix="sku#")


class Answers:
    """Says what it is told to, and remembers what it was asked."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[str] = []

    def _answer(self, question: str, *about: object) -> Any:
        self.asked.append(" ".join(map(str, (question, *about))))
        return self.answers[question]

    def is_renamed(self, place: Place, new_name: str, attribute: Attribute, /) -> bool:
        renamed: bool = self._answer("rename", place, new_name) == (place.name, new_name)
        return renamed

    def value_for_stored_items(
        self, place: Place, attribute: Attribute, /, *, is_new: bool
    ) -> Any | LeaveAlone:
        return self._answer("value", place, "is new" if is_new else "was null")

    def conversion(
        self, place: Place, old: Attribute, new: Attribute, /
    ) -> Conversion | LeaveAlone:
        found: Conversion | LeaveAlone = self._answer("convert", place, old.type, new.type)
        return found

    def purges_attribute(self, place: Place, /) -> bool:
        return bool(self._answer("purge", place))

    def purges_kind(self, table: str, kind: str, new_prefix: str | None = None, /) -> bool:
        return bool(self._answer("purge_kind", table, kind, new_prefix))

    def confirm_replacement(self, old: str, new: str, /) -> None:
        self._answer("replace", old, new)

    def confirm_merge(self, app: str, /) -> bool:
        raise AssertionError


def shop(*tables: TableState) -> State:
    state = State()
    for table in tables:
        state = state.with_table(table, "shop")
    return state


def steps(before: TableState, after: TableState, answers: Questions | None = None) -> list[Step]:
    found = detect(shop(before), shop(after), answers or Answers())
    return list(found.steps.get("shop", ()))


def operations(
    before: TableState, after: TableState, answers: Questions | None = None
) -> list[Operation]:
    return [step.operation for step in steps(before, after, answers)]


def with_mug(**attributes: Attribute | None) -> TableState:
    """`mugs` with some attributes changed, or None: without them."""
    changed = {**MUG.attributes, **attributes}
    kept = {name: one for name, one in changed.items() if one is not None}
    return replace(MUGS, kinds={"Mug": Kind(kept)})
