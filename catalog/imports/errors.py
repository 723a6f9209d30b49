"""Why a file, or a row of it, is not imported."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from storage.domain import Conflict, Invalid, NotFound

NOT_TEXT = _("This is not a text file. Use CSV, JSON or NDJSON, also compressed with gzip.")
EMPTY = _("The file is empty.")
NO_ROWS = _("The file has no rows below its header.")
NO_COLUMNS = _("The first line names no columns.")
REPEATED_COLUMN = _("Two columns are called “%(name)s”.")
JSON_NO_LIST = _("A JSON file must be a list of objects: it begins with [.")
GZIP_DAMAGED = _("The compressed file is damaged or cut off; nothing was read after this line.")
EXPANDS = _("The compressed file expands beyond all measure; nothing was read after this line.")
ROW_TOO_LARGE = _("This row is longer than %(limit)d characters.")
ROW_TOO_LARGE_HERE = _(
    "This row is too large for the page."
    " Import the file with the command: manage.py import_products FILE --owner EMAIL."
)
TOO_MANY_COLUMNS = _("The file has %(columns)d columns; at most %(limit)d can be read.")
COLUMN_NAME_TOO_LONG = _("The names of columns may have at most %(limit)d characters.")
NO_JSON = _("This is no valid JSON: %(reason)s.")
JSON_BROKEN = _("This is no valid JSON: %(reason)s. Nothing was read after this line.")
NO_OBJECT = _("This is not an object with named fields.")
CELLS = _("The row has %(cells)d cells, the header names %(columns)d.")
QUOTES = _("The quotation marks of this row do not match; it was read up to line %(last)d.")
UNREADABLE = _("The row cannot be read as CSV: %(reason)s.")
TOO_LARGE = _(
    "Here a file may have %(megabytes)d MB, unpacked %(unpacked)d MB, and %(rows)d rows."
    " Larger ones go through the command: manage.py import_products FILE --owner EMAIL."
)
CURRENCY_SIGN = _("Leave out the currency sign.")
AMBIGUOUS_AMOUNT = _(
    "This could be %(thousands)s or %(decimals)s: write it without a thousands separator."
)
NESTED = _("Expected a text or a number.")
DUPLICATE = _("Line %(line)d of the file has this SKU already.")
NOT_STORED = _("The store does not take this product: %(reason)s.")
CHANGED_MEANWHILE = _("Somebody else changed this product at the same moment. Import it again.")
UNKNOWN_FIELD = _("There is no product field “%(name)s”. The fields are %(fields)s.")
UNKNOWN_COLUMN = _("The file has no column “%(name)s”. Its columns are %(columns)s.")
MAPPING_FORM = _("Write it as field=column; this is “%(text)s”.")
MAPPING_FILE = _("The mapping file cannot be used: %(reason)s.")
MISSING_FIELDS = _(
    "No column gives what every product needs: %(fields)s. The columns of the file are %(columns)s."
)
UNKNOWN_OPTION = _("There is no option “%(name)s” for products. There is %(options)s.")
NO_SWITCH = _("The option “%(name)s” is true or false.")
SLASH_IN_LEVEL = _(
    "A level cannot contain a slash. The mapping can put something else there,"
    ' replace = { "/" = " & " }, or make several levels of it, split = "/".'
)


class UnusableFile(Invalid):
    """Nothing of the file can be imported; `message` says why."""

    code = "import_file"


class UnusableMapping(Invalid):
    code = "import_mapping"


class JobNotFound(NotFound):
    """Also somebody else's job."""

    code = "import_not_found"
    message = _("There is no such import. Imports are kept for 24 hours.")


class JobMoved(Conflict):
    """Another request changed the job at the same moment."""

    code = "import_in_progress"
    message = _("This import was moved on in another window.")
