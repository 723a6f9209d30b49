"""The questions of makemigrations, put to a person at a terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from storage.evolution.authoring.literals import literal
from storage.evolution.authoring.questions import (
    LEAVE_ALONE,
    Conversion,
    LeaveAlone,
    Place,
    Undecided,
    usual_conversion,
)
from storage.evolution.state import Attribute
from storage.typed import Plain

_TYPES: dict[str, str | Promise] = {
    "S": gettext_lazy("a text"),
    "N": gettext_lazy("a number"),
    "B": gettext_lazy("bytes"),
    "BOOL": gettext_lazy("true or false"),
    "NULL": gettext_lazy("nothing"),
    "L": gettext_lazy("a list"),
    "M": gettext_lazy("a map"),
    "SS": gettext_lazy("a set of texts"),
    "NS": gettext_lazy("a set of numbers"),
    "BS": gettext_lazy("a set of bytes"),
}


class AtTerminal:
    """`defaults` are those of the models. `write` shows a text and ends the line unless told
    otherwise; `read` returns a line typed.

    The end of input counts as leaving.
    """

    def __init__(
        self,
        defaults: Mapping[Place, Plain],
        write: Callable[..., object],
        read: Callable[[], str] = input,
    ) -> None:
        self._defaults = defaults
        self._write = write
        self._read = read

    def is_renamed(self, place: Place, new_name: str, attribute: Attribute, /) -> bool:
        question = _("Was %(old)s renamed to %(new)s (%(type)s)? [y/N]")
        values = {"old": place, "new": new_name, "type": _TYPES[attribute.type]}
        return self._confirm(question % values)

    def value_for_stored_items(
        self, place: Place, attribute: Attribute, /, *, is_new: bool
    ) -> Plain | LeaveAlone:
        if place in self._defaults:
            return self._defaults[place]
        if is_new:
            what = _("%(attribute)s is new and must not be null, but stored items do not have it.")
        else:
            what = _("%(attribute)s must not be null any more, but stored items may lack it.")
        choice = self._choose(
            what % {"attribute": place},
            [
                _("Give stored items without it a value, once (a scan of the table)."),
                _("Leave stored items as they are: the application copes with them."),
                _("Quit, and give the attribute null=True or a default in the model."),
            ],
        )
        if choice == 1:
            return self._value(attribute.type)
        return self._leave_alone(choice, at=2)

    def conversion(
        self, place: Place, old: Attribute, new: Attribute, /
    ) -> Conversion | LeaveAlone:
        usual = usual_conversion(old.type, new.type)
        values = {"attribute": place, "old": _TYPES[old.type], "new": _TYPES[new.type]}
        convert = _("Convert stored values with %(function)s (a scan of the table).")
        options = [
            _("Leave stored values as they are: the application reads both."),
            _("Quit, and make a new attribute instead."),
        ]
        if usual is not None:
            options.insert(0, convert % {"function": getattr(usual.forwards, "__name__", "")})
        choice = self._choose(
            _("%(attribute)s was %(old)s and is %(new)s now. What about stored values?") % values,
            options,
        )
        if usual is not None and choice == 1:
            return usual
        return self._leave_alone(choice, at=len(options) - 1)

    def purges_attribute(self, place: Place, /) -> bool:
        question = _(
            "%(attribute)s is gone. Remove its values from stored items too (a scan, and a write"
            " for each)? They do not come back. [y/N]"
        )
        return self._confirm(question % {"attribute": place})

    def purges_kind(self, table: str, kind: str, new_prefix: str | None = None, /) -> bool:
        values = {"kind": f"{table}.{kind}", "prefix": new_prefix}
        if new_prefix is None:
            question = _(
                "%(kind)s is gone. Delete its stored items too (a scan, and a write for each)?"
                " They do not come back. [y/N]"
            )
            return self._confirm(question % values)
        choice = self._choose(
            _(
                "The keys of %(kind)s begin with “%(prefix)s” from now on. Keys of stored items"
                " cannot change, so items with the old prefix will not be found."
            )
            % values,
            [
                _("There are none, or they may stay where they are."),
                _("Delete them (a scan, and a write for each). They do not come back."),
                _("Quit, and keep the prefix."),
            ],
        )
        if choice == 3:
            raise _left()
        return choice == 2

    def confirm_replacement(self, old: str, new: str, /) -> None:
        question = _(
            "The table %(old)s is gone from the models and %(new)s, which looks like it, is new."
            " DynamoDB cannot rename a table. To keep the items, leave logical_name as it was: the"
            " class may have any name, and a setting gives the table any other name in the store."
            "\nMake %(new)s empty, and delete %(old)s with all its items? [y/N]"
        )
        if not self._confirm(question % {"old": old, "new": new}):
            raise _left()

    def confirm_merge(self, app: str, /) -> bool:
        question = _(
            "Merging works only if these branches of %(app)s do not touch the same things.\n"
            "Merge them? [y/N]"
        )
        return self._confirm(question % {"app": app})

    def _value(self, type: str) -> Plain:
        self._write(
            _("Type the value as Python writes it, in the form in which it is stored: %(type)s.")
            % {"type": _TYPES[type]}
        )
        while True:
            typed = self._line(">>> ")
            if typed.strip() in ("exit", "quit"):
                raise _left()
            try:
                return literal(typed, type)
            except ValueError as error:
                self._write(_("%(problem)s (or exit).") % {"problem": error})

    def _leave_alone(self, choice: int, *, at: int) -> LeaveAlone:
        if choice != at:
            raise _left()
        return LEAVE_ALONE

    def _confirm(self, question: str) -> bool:
        answer = self._line(f"{question} ").strip().lower()
        while answer:
            if answer[0] in ("y", _("yes")[0]):
                return True
            if answer[0] == "n":
                return False
            answer = self._line(_("Please answer yes or no: ")).strip().lower()
        return False

    def _choose(self, question: str, options: Sequence[str]) -> int:
        """The number of the option, from 1."""
        self._write(question)
        for number, option in enumerate(options, 1):
            self._write(f" {number}) {option}")
        answer = self._line(_("Select an option: ")).strip()
        while not (answer.isascii() and answer.isdigit() and 1 <= int(answer) <= len(options)):
            answer = self._line(_("Please select a valid option: ")).strip()
        return int(answer)

    def _line(self, prompt: str) -> str:
        self._write(prompt, ending="")
        try:
            return self._read()
        except EOFError:
            self._write("")
            raise _left() from None


def _left() -> Undecided:
    return Undecided(_("Nothing was written"))
