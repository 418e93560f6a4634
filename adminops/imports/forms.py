"""The forms of imports and exports."""

from dataclasses import asdict, fields
from typing import Any

from flask_wtf.file import FileRequired, MultipleFileField
from wtforms import BooleanField, DateField, IntegerField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from adminops.hmis.intake.brakes import Brakes
from adminops.hmis.models import HmisSource
from adminops.web.forms import Form


class UploadForm(Form):
    """An export and the source it belongs to."""

    source = StringField(
        "Source",
        [InputRequired("Which HMIS is this export from?"), Length(max=200)],
        description="The HMIS that wrote the export. A new name adds a source.",
        render_kw={"list": "sources"},
    )
    export = MultipleFileField(
        "HUD CSV export",
        [FileRequired("Choose the export.")],
        description="The zip as the HMIS wrote it, or all CSV files of its folder together.",
        render_kw={"accept": ".zip,.csv,application/zip,text/csv"},
    )


class ExportForm(Form):
    """What shall be in an export: everything of the source, unless something is chosen."""

    start = DateField("From", [Optional()], description="Empty: from the beginning.")
    end = DateField("To", [Optional()], description="Empty: until today.")
    hashed = BooleanField("Hash names and SSNs", description="For HUD's upload tools, which refuse names.")
    as_received = BooleanField(
        "Leave repairs out", description="Write the rows as the HMIS sent them, whatever repairs are switched on."
    )
    merged = BooleanField(
        "In the merged form",
        description="Rows of merged records under the kept client, the retired ones deleted. Of the whole source only.",
    )
    project_ids = SelectMultipleField(
        "Projects",
        description="None chosen means all of them.",
        choices=[],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )


def _lines(text: str | None) -> list[str]:
    return [line.strip() for line in (text or "").replace(",", "\n").splitlines() if line.strip()]


def _percent(label: str, description: str) -> IntegerField:
    return IntegerField(
        label, [Optional(), NumberRange(1, 1000, "Enter 1 to 1000 percent, or nothing.")], description=description
    )


def _least(label: str, description: str = "Fewer are let through.") -> IntegerField:
    checks = [InputRequired("Enter a number."), NumberRange(1, 1_000_000, "Enter 1 or more.")]
    return IntegerField(label, checks, description=description)


class SourceForm(Form):
    """A source: what it is, what its exports may carry, when they are held, and whether a folder is watched."""

    name = StringField("Name", [InputRequired("Enter a name."), Length(max=200)])
    vendor = StringField("Vendor", [Length(max=200)], description="Who makes the HMIS, such as ClientTrack.")
    known_ids = TextAreaField(
        "SourceIDs",
        [Length(max=2000)],
        description="One a line. An export with another SourceID is refused; empty, the first export fills it.",
    )
    cocs = StringField("Continuums of Care", [Length(max=500)], description="HUD's codes, such as FL-510, FL-512.")
    time_zone = StringField(
        "Time zone", [InputRequired("Choose a time zone."), Length(max=60)], render_kw={"list": "zones"}
    )
    names_hashed = BooleanField(
        "Names are hashed", description="Its exports hold hashes in place of names and SSNs; one in clear is refused."
    )
    is_watched = BooleanField(
        "Take exports out of a drop folder",
        description="For nightly exports that arrive by SFTP. The same brakes hold.",
    )
    errors_percent = _percent("Lines with errors, percent", "Of the lines of a file.")
    errors_least = _least("And at least so many lines")
    changed_percent = _percent("Changed rows, percent", "Of the rows of a file that the store has.")
    changed_least = _least("And at least so many rows")
    removed_percent = _percent("Removed rows, percent", "Of the rows of a file that the store has.")
    removed_least = _least("And at least so many rows")
    fewer_percent = _percent("Rows fewer, percent", "Below the smallest of the last five imports.")
    more_percent = _percent("Rows more, percent", "Above the largest of the last five imports.")
    rows_least = _least("For files of at least so many rows", "The size of smaller files says nothing.")

    @classmethod
    def of(cls, source: HmisSource) -> "SourceForm":
        """Return the form filled with a source; what was sent comes first."""
        brakes = asdict(Brakes.of(source.brakes))
        return cls(
            data={
                **{
                    name: getattr(source, name)
                    for name in ("name", "vendor", "time_zone", "names_hashed", "is_watched")
                },
                "known_ids": "\n".join(source.known_ids),
                "cocs": ", ".join(source.cocs),
                **brakes,
            }
        )

    @classmethod
    def blank(cls) -> "SourceForm":
        """Return the form of a new source, with the usual brakes."""
        return cls(data={**asdict(Brakes()), "time_zone": "America/New_York"})

    def values(self) -> dict[str, Any]:
        """Return what the verbs want: lists as lists, the brakes as one value."""
        sent = super().values()
        brakes = Brakes(**{field.name: sent.pop(field.name) for field in fields(Brakes)})
        return {
            **sent,
            "known_ids": _lines(sent["known_ids"]),
            "cocs": [code.upper() for code in _lines(sent["cocs"])],
            "brakes": brakes,
        }
