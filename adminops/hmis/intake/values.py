"""Values of a CSV file, read column by column into the text that the store holds: one reader a column.

A reader is a dictionary from what stands in the file to what is stored, filled as it goes: codes and dates repeat so
often that most values of a file cost one look-up. What is not as it should be is never remembered and so is judged
anew each time, with the line it stands in. A blank is an empty text.

`read_all` reads many values of a column at once, in a few steps that each go through all of them. It must give the
same as reading them one by one, and may give up at the first that is not as it should be.
"""

import re
from collections import deque
from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from adminops.hmis import sealing
from adminops.hmis.codes import retired_on
from adminops.hmis.intake.dates import Form, read_date
from adminops.hmis.intake.problems import ERROR, NOTE, WARNING, Refused
from adminops.hmis.spec import ColumnSpec, current

ROOM = 20_000
LARGEST_INT = 2_147_483_647
MOST_DIGITS = 10
LARGEST_CENTS = 10**14
_EMAIL = r"[^@\s]+@[^@\s]+\.[^@\s]+"
_NINE = re.compile("[0-9x]{9}")
_MONEY = re.compile(r"\$?\s*(-?)\s*\$?(\d{1,3}(?:,\d{3})+|\d*)(\.\d*)?")


class Flawed(Exception):
    """A value that is not as it should be. `value` is what can be stored; `lost` tells that the raw text says more.

    `since` is the day before which it was as it should be.
    """

    def __init__(
        self, rule: str, severity: str, text: str, *, value: str = "", lost: bool = False, since: date | None = None
    ) -> None:
        super().__init__(text)
        self.rule, self.severity, self.text, self.value, self.lost = rule, severity, text, value, lost
        self.since = since


class RejectedLine(Exception):
    """A line that can't be taken at all."""

    def __init__(self, rule: str, text: str) -> None:
        super().__init__(text)
        self.rule, self.text = rule, text


class Reader(dict[str, str]):
    """Reads the values of one column. Subclasses know a type; rules of all types are here."""

    def __init__(self, column: ColumnSpec) -> None:
        super().__init__()
        self.column = column
        self.form_seen: Form | None = None
        """Set by readers of dates when a value is not written as HUD asks."""
        self._pattern = _compiled(column)
        self._as_it_stands: set[str] = set()
        """What is stored as the file has it."""
        if column.nullable:
            self[""] = ""
            self._as_it_stands.add("")

    def read_all(self, raws: Sequence[str]) -> Sequence[str]:
        """Return what is stored for each of `raws`. Raises `Flawed` or `RejectedLine` when one has something wrong."""
        return raws if self._as_it_stands.issuperset(raws) else list(map(self.__getitem__, raws))

    def __missing__(self, raw: str) -> str:
        stripped = raw.strip()
        if not stripped:
            if self.column.nullable:
                return ""
            raise Flawed("blank-required", WARNING, f"{self.column.name} must not be blank.")
        value = self.read(stripped)
        if len(self) < ROOM:
            self[raw] = value
            if raw == value:
                self._as_it_stands.add(raw)
        return value

    def read(self, text: str) -> str:
        """Return what is stored for `text`, which is not blank. Raises `Flawed` or `RejectedLine`."""
        raise Flawed("unreadable", ERROR, "The type of this column is unknown.", lost=True)

    def _check_pattern(self, text: str) -> str:
        if self._pattern and not self._pattern.fullmatch(text):
            raise Flawed("bad-pattern", WARNING, f"{self.column.name} is not written as HUD asks.", value=text)
        return text


def _are_stripped(raws: Sequence[str], length: int) -> bool:
    """Tell whether all `raws` are no longer than `length` and have no blanks around them."""
    if max(map(len, raws), default=0) > length:
        return False
    text = "".join(raws)
    return (" " not in text and text.isprintable()) or list(map(str.strip, raws)) == raws


def _compiled(column: ColumnSpec) -> re.Pattern[str] | None:
    if column.pattern is None or column.pattern_if is not None:  # a pattern that depends is a matter of quality checks
        return None
    return re.compile(_EMAIL if column.pattern == "email" else column.pattern)


class TextReader(Reader):
    """Text. Prose that is too long is cut, a code that is too long is left out; the whole is kept aside."""

    def read_all(self, raws: Sequence[str]) -> Sequence[str]:
        """Return `raws` as they stand where only their length matters and is right."""
        if self._as_it_stands.issuperset(raws):
            return raws
        has_rules = self._pattern or self.column.list_id or not (self.column.nullable or all(raws))
        if not has_rules and _are_stripped(raws, self.column.stored_length or 0):
            return raws
        return list(map(self.__getitem__, raws))

    def read(self, text: str) -> str:
        """Return `text`."""
        length = self.column.stored_length or 0
        if len(text) > length:
            cut = text[:length].rstrip() if self.column.is_free_text and not self._pattern else ""
            fate = "it was cut" if cut else "it was left out"
            text_ = f"{self.column.name} is longer than {length} characters; {fate}, the whole is kept aside."
            raise Flawed("too-long", ERROR, text_, value=cut, lost=True)
        allowed = self.column.list_id
        if allowed and text not in current().lists[allowed].codes:
            raise Flawed("unknown-code", WARNING, _unknown(self.column.name, allowed), value=text)
        return self._check_pattern(text)


class KeyReader(Reader):
    """The key of a row: without it the line can't be taken."""

    def read_all(self, raws: Sequence[str]) -> Sequence[str]:
        """Return `raws` as they stand if none is blank or too long."""
        if all(raws) and _are_stripped(raws, self.column.max_length or 0):
            return raws
        return list(map(self.__getitem__, raws))

    def __missing__(self, raw: str) -> str:
        text = raw.strip()
        if not text:
            raise RejectedLine("blank-key", f"{self.column.name} is blank: the line can't be identified.")
        if len(text) > (self.column.max_length or 0):
            raise RejectedLine(
                "key-too-long", f"{self.column.name} is longer than {self.column.max_length} characters."
            )
        return text


class ExportIdReader(Reader):
    """The ExportID of a row, which must be one of Export.csv: else files of two exports were put together."""

    def __init__(self, column: ColumnSpec, export_ids: Collection[str]) -> None:
        super().__init__(column)
        self._export_ids = export_ids

    def read(self, text: str) -> str:
        """Return `text` if it is the export's. Raises `Refused` else: the whole export is in doubt.

        A header in the midst of the rows is nobody's: that line alone can't be taken.
        """
        if text not in self._export_ids:
            if text.lower() == "exportid":
                raise RejectedLine("damaged-header", "It has the name of the column for an ExportID, as a header has.")
            raise Refused("foreign-export", "There are rows of another export: their ExportID is not in Export.csv.")
        return text


class SsnReader(Reader):
    """An SSN: nine characters of digits and x, dashes and blanks left out; or a hash."""

    def read_all(self, raws: Sequence[str]) -> Sequence[str]:
        """Return the SSNs, most of which are bare digits already."""
        return [raw if _NINE.fullmatch(raw) else self[raw] for raw in raws]

    def __missing__(self, raw: str) -> str:
        # Not remembered: numbers don't repeat, and they should not stay in memory longer than their row.
        return self.read(raw.strip()) if raw.strip() else ""

    def read(self, text: str) -> str:
        """Return the nine characters, or the hash."""
        bare = re.sub(r"[\s-]", "", text).lower()
        if _NINE.fullmatch(bare) or sealing.is_hashed_ssn(bare):
            return bare
        if len(bare) <= (self.column.stored_length or 0):
            raise Flawed("bad-pattern", WARNING, "SSN is not nine digits (x for an unknown one).", value=bare)
        raise Flawed("too-long", ERROR, "SSN is too long; it was left out and is kept aside.", lost=True)


class IntReader(Reader):
    """A whole number, mostly a code of a list. An unknown code is kept and flagged."""

    def read(self, text: str) -> str:
        """Return the number without leading zeros."""
        found = re.fullmatch(r"([+-]?)(\d+)(?:\.0*)?", text, re.ASCII)
        if not found:
            raise Flawed("bad-number", ERROR, f"{self.column.name} is not a whole number; it is kept aside.", lost=True)
        digits = found[2].lstrip("0") or "0"
        number = int(digits[: MOST_DIGITS + 1]) * (-1 if found[1] == "-" else 1)  # Python refuses thousands of them
        if abs(number) > LARGEST_INT:
            raise Flawed("bad-number", ERROR, f"{self.column.name} is too large; it is kept aside.", lost=True)
        return self._check_code(str(number))

    def _check_code(self, code: str) -> str:
        if self.column.list_id:
            check_code(self.column.name, self.column.list_id, code, self.column.use)
        return code


class MoneyReader(Reader):
    """An amount of money, read into whole cents."""

    def read(self, text: str) -> str:
        """Return the cents."""
        found = _MONEY.fullmatch(text)
        try:
            amount = (
                Decimal(f"{found[1]}{found[2].replace(',', '')}{found[3] or ''}") * 100 if found else Decimal("NaN")
            )
        except InvalidOperation:
            amount = Decimal("NaN")
        if not amount.is_finite() or amount != int(amount) or abs(amount) > LARGEST_CENTS:
            text_ = f"{self.column.name} is not an amount with two decimals; it is kept aside."
            raise Flawed("bad-amount", ERROR, text_, lost=True)
        if amount < 0:
            raise Flawed("negative-amount", WARNING, f"{self.column.name} is below zero.", value=str(int(amount)))
        return str(int(amount))


class DateReader(Reader):
    """A date."""

    def read(self, text: str) -> str:
        """Return it as 2022-01-31."""
        if len(text) == 10 and text[4] == text[7] == "-" and _is_time(text):
            return text
        found = read_date(text)
        if found is None:
            raise Flawed("bad-date", ERROR, f"{self.column.name} is not a date; it is kept aside.", lost=True)
        if found.form is not Form.HUD and self.form_seen is not Form.AMBIGUOUS:
            self.form_seen = found.form
        return found.moment.date().isoformat()


class TimeReader(DateReader):
    """A date and time."""

    right: Sequence[str] = ()
    """The last times that were all right: most rows were last changed when they were made."""

    def read_all(self, raws: Sequence[str]) -> Sequence[str]:
        """Return the times: at once if all are in the shape that HUD asks for."""
        if self._as_it_stands.issuperset(raws):  # all blank
            return raws
        if raws == TimeReader.right or _are_hud_times(raws):
            TimeReader.right = raws
            return raws
        return list(map(self.__getitem__, raws))

    def __missing__(self, raw: str) -> str:
        # Not remembered: they hardly repeat.
        return raw if _are_hud_times((raw,)) else super().__missing__(raw)

    def read(self, text: str) -> str:
        """Return it as 2022-01-31 14:05:00; fractions of seconds are left out."""
        found = read_date(text)
        if found is None:
            text_ = f"{self.column.name} is not a date and time; it is kept aside."
            raise Flawed("bad-date", ERROR, text_, lost=True)
        if found.form is not Form.HUD and self.form_seen is not Form.AMBIGUOUS:
            self.form_seen = found.form
        return found.moment.isoformat(" ", "seconds")


def _are_hud_times(raws: Sequence[str]) -> bool:
    """Tell whether all `raws` are 2022-01-31 14:05:00: the marks by the distance that they then have in one text."""
    text, count = "\n".join(raws) + "\n", len(raws)
    dashes, colons = "-" * count, ":" * count
    if (
        len(text) != 20 * count
        or text[19::20] != "\n" * count
        or not text[4::20] == text[7::20] == dashes
        or not text[13::20] == text[16::20] == colons
        or text[10::20] != " " * count
    ):
        return False
    try:
        deque(map(datetime.fromisoformat, raws), maxlen=0)
    except ValueError:
        return False
    return True


def _is_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def check_code(column: str, list_id: str, code: str, use: str | None = None) -> None:
    """Raise `Flawed` for a code that its list does not have: kept as it is, and flagged."""
    allowed = current().lists[list_id]
    if allowed.allows(code, use):
        return
    if since := retired_on(list_id, code, column):
        raise Flawed(
            "retired-code", NOTE, f"{column} holds a code that HUD retired on {since}.", value=code, since=since
        )
    if code in allowed.codes:
        raise Flawed("code-not-here", WARNING, f"{column} holds a code that HUD does not use here.", value=code)
    raise Flawed("unknown-code", WARNING, _unknown(column, list_id), value=code)


def _unknown(column: str, list_id: str) -> str:
    return f"{column} holds a code that list {list_id} does not have."


READERS: dict[str, Callable[[ColumnSpec], Reader]] = {
    "string": TextReader,
    "int": IntReader,
    "money": MoneyReader,
    "date": DateReader,
    "datetime": TimeReader,
}


def reader_for(column: ColumnSpec, *, export_ids: Collection[str] | None = None) -> Reader:
    """Return the reader of `column`; rows of an export must carry one of `export_ids` if they are given."""
    if column.is_key:
        return KeyReader(column)
    if column.name == "SSN":
        return SsnReader(column)
    if column.name == "ExportID" and export_ids is not None:
        return ExportIdReader(column, export_ids)
    return READERS[column.type](column)
