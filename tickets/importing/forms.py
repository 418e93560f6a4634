"""The forms of an import: the file, which column is what, and what its words mean."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_wtf.file import FileField, FileRequired
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length

from adminops.web.forms import Form, choices
from tickets.importing.mapping import (
    DATES,
    LONGEST_SOURCE,
    MESSAGE,
    STATE_WORDS,
    TICKET,
    Known,
    Plan,
    priority_meant,
    state_meant,
    word,
)
from tickets.importing.models import TicketImport
from tickets.models import Priority, WaitingOn

LEFT = "Leave out"


class FileForm(Form):
    """The file of the other desk."""

    file = FileField(
        "File",
        [FileRequired("Choose the file.")],
        description="CSV as a spreadsheet or another desk writes it, JSON of tickets with their messages,"
        " or a zip of either with its files in a folder “attachments”.",
        render_kw={"accept": ".csv,.txt,.tsv,.json,.zip,text/csv,application/json,application/zip"},
    )


class ColumnsForm(Form):
    """Which column of the file is what. Fields are `ticket_…` and `message_…`."""

    source = StringField(
        "Name of the other desk",
        [InputRequired("Name the desk that the tickets come from."), Length(max=LONGEST_SOURCE)],
        description="Its numbers are known by this name: use the same one for every file of it.",
    )
    dates = SelectField("Dates like 3/4/2025", choices=choices(DATES.items()))

    def said(self) -> dict[str, Any]:
        """Return what was chosen as a mapping without meanings of words."""
        parts = {part: self._chosen(part, known) for part, known in (("ticket", TICKET), ("message", MESSAGE))}
        return {"source": self.source.data or "", "dates": self.dates.data, **parts}

    def _chosen(self, part: str, known: Mapping[str, Known]) -> dict[str, str]:
        values = {name: self[f"{part}_{name}"].data for name in known}
        return {name: value for name, value in values.items() if value}


def columns_form(record: TicketImport, said: Mapping[str, Any]) -> ColumnsForm:
    """Return the form of the columns of `record`, filled with `said` unless it was sent."""

    class OfFile(ColumnsForm):
        pass

    for part, known, columns in (("ticket", TICKET, record.columns), ("message", MESSAGE, record.message_columns)):
        offered = choices([("", LEFT), *((column, column) for column in columns)])
        for name, each in known.items():
            checks = [InputRequired("Choose the column.")] if each.needed else []
            setattr(OfFile, f"{part}_{name}", SelectField(each.title, checks, choices=offered, description=each.hint))
    filled = {f"{part}_{name}": column for part in ("ticket", "message") for name, column in said[part].items()}
    return OfFile(data={"source": said.get("source", ""), "dates": said.get("dates"), **filled})


class WordsForm(Form):
    """What the words of the file mean. Fields are `states_0`, `priorities_0`, `types_0` and so on."""

    words: Mapping[str, Sequence[str]]

    def said(self) -> dict[str, dict[str, str]]:
        """Return the meanings that were chosen."""
        return {
            part: {text: self[f"{part}_{place}"].data for place, text in enumerate(texts)}
            for part, texts in self.words.items()
        }


def words_form(
    words: Mapping[str, Sequence[str]], mapping: Plan, topics: Sequence[tuple[str, str]], usual: str
) -> WordsForm:
    """Return the form of the words of a file, each with the meaning that it seems to have."""

    class OfFile(WordsForm):
        pass

    OfFile.words = words
    offers = {
        "states": [("", "Say what it means"), *((name, _state_label(name)) for name in STATE_WORDS)],
        "priorities": [(level.value, level.value.capitalize()) for level in Priority],
        "types": list(topics),
    }
    filled = {}
    for part, texts in words.items():
        for place, text in enumerate(texts):
            setattr(OfFile, f"{part}_{place}", SelectField(text, choices=choices(offers[part])))
            filled[f"{part}_{place}"] = _guess(part, text, mapping, topics, usual)
    return OfFile(data=filled)


def _guess(part: str, text: str, mapping: Plan, topics: Sequence[tuple[str, str]], usual: str) -> str:
    if part == "states":
        meant = state_meant(text, mapping)
        return "" if meant is None else f"{meant[0].value}:{meant[1].value}" if meant[1] else meant[0].value
    if part == "priorities":
        return (priority_meant(text, mapping) or Priority.NORMAL).value
    known = mapping.types.get(text)
    return known or next((key for key, title in topics if text in (word(key), word(title))), usual)


def _state_label(name: str) -> str:
    state, _, whom = name.partition(":")
    return WaitingOn(whom).label if whom else state.capitalize()
