"""Why nothing can be imported, or why a value cannot."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from storage.domain import Invalid

MOST_NAMES = 40

NO_TOML = _("%(file)s cannot be read as TOML: %(reason)s.")
UNKNOWN_NAME = _("%(place)s: there is no “%(name)s”.%(meant)s Possible: %(names)s.")
NOTHING_POSSIBLE = _("nothing")
MEANT = _(" Did you mean “%(name)s”?")
MISSING = _("%(place)s: “%(name)s” is missing.")
WRONG_KIND = _("%(place)s: “%(name)s” must be %(kind)s.")
A_TEXT = _("a text")
LIST = _("a list")
LIST_OF_TEXTS = _("a list of texts")
TABLE = _("a table of names and values")
TABLE_OF_COLUMNS = _("a table of columns")
COLUMN_OR_TABLE = _("a column or a table of names and values")
NUMBER_OF_DECIMALS = _("a number of decimals from 0 to 30")
ONE_OF = _("one of %(names)s")
WRITTEN_AS = _("written as [[%(name)s]]")
ONE_SOURCE = _("%(place)s: say exactly one of %(names)s.")
OPTION_VALUE = _("%(place)s: %(reason)s.")
TAKEN_NAME = _("%(place)s: the name “%(name)s” is used twice; give one of them another with `as`.")
KEY_MISSING = _("The mapping gives no %(fields)s, by which the target knows its rows.")
NOT_A_NUMBER_OPTION = _("“%(value)s” is no number")
UNKNOWN_ZONE = _("“%(value)s” is no time zone, such as Europe/Madrid")
UNKNOWN_CURRENCY = _("“%(value)s” is no currency")
NEEDS_FOLDER = _('`as = "file"` needs a folder')
DEFAULT_WITHOUT_MAP = _("`default` says what `map` leaves over, and there is no `map`")
ABOVE_MISSING = _("`up_to` and `above` belong together")
BAD_STEPS = _('`up_to` is a list of pairs, numbers rising, such as [[0, "a"], [5, "b"]]')
BAD_TEMPLATE = _("the template names no column in braces")
NO_FOREIGN_KEY = _("%(place)s: no foreign key leads from %(table)s to %(other)s; say `on`.")
SEVERAL_FOREIGN_KEYS = _(
    "%(place)s: several foreign keys lead from %(table)s to %(other)s; say `on`."
)
MORE_THAN_A_CONDITION = _(
    "%(place)s: `where` is one condition. Outside of quotes it has no semicolon and no comment"
    " (--, /*)."
)
NOTHING_TO_PICK = _("%(name)s is %(type)s and no JSON, so nothing can be picked from it")
NO_ORDER = _(
    "%(table)s has no primary key. Say in [source] by which columns the rows can be told apart:"
    ' order_by = ["…"].'
)

NO_ADDRESS = _("Say which database: --url, or the environment variable SQL_URL.")
BAD_ADDRESS = _(
    "This is no address of a database. It looks like postgresql://user:password@host/name,"
    " mysql://user:password@host/name or sqlite:///file.db."
)
SIGNS_IN_PASSWORD = _(
    "The address cannot be understood. Signs such as @, / and % in a user or password are written"
    " percent-encoded: %40, %2F, %25."
)
UNKNOWN_DATABASE = _("%(name)s is none of the databases that can be read: %(names)s.")
NO_FILE = _("There is no file %(file)s.")
UNREACHABLE = _("The database cannot be opened: %(reason)s.")
BAD_OPTIONS = _("The driver does not take what follows “?” in the address: %(reason)s.")
REFUSED_QUERY = _("The database refused to answer: %(reason)s.")
PACKAGES_MISSING = _(
    "Reading SQL databases needs more packages:"
    " pip install --require-hashes -r requirements-sql.txt"
)

NO_TEXT = _("This text is not valid in the database's encoding.")
NUL = _("The text has a NUL character.")
NO_NUMBER = _("This is no number.")
NOT_FINITE = _("This number is not finite.")
TOO_LARGE = _("This number has more than 38 digits, or is too large or too small to be stored.")
TOO_MANY_DECIMALS = _("This has more than %(scale)d decimals.")
NOT_WHOLE = _("This is no whole number.")
NO_BOOLEAN = _("This is neither yes nor no.")
NO_MOMENT = _("This is no date or time.")
MOMENT_RANGE = _("This date is out of range.")
ZONE_NEEDED = _("This time has no zone; the mapping can say one with `zone`.")
AMBIGUOUS = _("This time exists twice on that day; the mapping can say which with `ambiguous`.")
LEFT_OUT = _('This time does not exist on that day; the mapping can say `missing = "forward"`.')
TOO_DEEP = _("This JSON is nested too deeply.")
NO_JSON = _("This is no JSON, so nothing can be picked from it.")
NOT_MAPPED = _("The mapping says nothing about this value.")
NO_CHOICE = _("This must be one of %(choices)s.")
A_LIST = _("This is a list; the mapping can say how it is joined with `join`.")
A_DOCUMENT = _("This is a JSON object; the mapping can say which member with `pick`.")
BYTES = _('These are bytes; the mapping can store them as a file with `as = "file"`.')
NO_BYTES = _("This is no content of a file.")
TOO_MANY_CHILDREN = _("There are more than %(limit)d child rows.")
DUPLICATE = _("Row %(line)d has this key already.")


class UnusableMapping(Invalid):
    """`message` names the place in the mapping."""

    code = "sql_mapping"


class UnusableSource(Invalid):
    """The database, or what the mapping wants of it. Never shows a password."""

    code = "sql_source"


class Refused(ValueError):
    """A value that cannot become what its field takes."""

    def __init__(self, text: object) -> None:
        self.text = text
        super().__init__(str(text))


def unknown_name(place: str, name: str, names: Iterable[str]) -> UnusableMapping:
    known = list(names)
    shown = known if len(known) <= MOST_NAMES else [*known[:MOST_NAMES], "…"]
    close = difflib.get_close_matches(name, known, n=1)
    said = {
        "place": place,
        "name": name,
        "names": ", ".join(shown) or NOTHING_POSSIBLE,
        "meant": MEANT % {"name": close[0]} if close else "",
    }
    return UnusableMapping(UNKNOWN_NAME % said)
