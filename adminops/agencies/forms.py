"""The forms of the agency pages."""

from typing import Any

from flask_wtf.file import FileField
from wtforms import BooleanField, DateField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from adminops.agencies.models import AgreementKind
from adminops.agencies.operations import LIMIT, PAPERS, Paper
from adminops.files.kinds import titles
from adminops.web.forms import Form, choice_field


class AgencyForm(Form):
    """An agency's particulars."""

    name = StringField("Name", [InputRequired("Enter the agency's name."), Length(max=200)])
    phone = StringField("Phone", [Length(max=60)], description="The number people call about HMIS questions.")
    is_victim_service_provider = BooleanField(
        "Victim service provider",
        description="Its clients never enter the shared HMIS: no matching, no sight for others.",
    )


class AgreementForm(Form):
    """What an agency has signed."""

    kind = choice_field(
        "What was signed",
        [(kind.value, kind.title) for kind in AgreementKind],
        default=AgreementKind.MOU.value,
        validators=[InputRequired("Choose what was signed.")],
    )
    signer = StringField(
        "Signed by",
        [InputRequired("Enter who signed for the agency."), Length(max=200)],
        description="As on the paper: name and office",
    )
    signed_on = DateField("Signed on", [DataRequired("Enter the day of the signature.")])
    begins_on = DateField("Holds from", [DataRequired("Enter the first day on which it holds.")])
    expires_on = DateField("Holds until", [Optional()], description="The last day; empty where it has no end")
    file = FileField(
        "The signed paper",
        description=f"{titles(PAPERS)}, up to {LIMIT // 1_000_000} MB",
        render_kw={"accept": ",".join(ending for kind in sorted(PAPERS) for ending in kind.endings)},
    )

    def values(self) -> dict[str, Any]:
        """Return the keyword arguments of `record_agreement`."""
        values = super().values()
        sent = values.pop("file", None)
        paper = Paper(sent.filename, sent.stream) if sent else None
        return {**values, "kind": AgreementKind(values["kind"]), "paper": paper}


class EndForm(Form):
    """The last day of an agreement."""

    last_on = DateField("Last day", [DataRequired("Enter the last day on which it holds.")])
