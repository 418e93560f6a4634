"""The forms of requests: words with what belongs to them, and why something is waived."""

from typing import Any

from wtforms import DateField, StringField
from wtforms.validators import DataRequired, InputRequired, Length

from accounts.lost_steps.models import Proof
from accounts.requests.kinds import WITH_A_DAY, GateKind
from adminops.web.forms import ConfirmForm, Form, choice_field
from adminops.web.guarding import CleanForm


class DayForm(Form):
    """A word that names the day that stands on paper elsewhere."""

    proven_on = DateField("On", [DataRequired("Enter the day on which it was.")])


class ProofForm(Form):
    """How somebody made sure who is asking."""

    proof = choice_field(
        "How did you make sure who it is?",
        [(each.value, each.title) for each in Proof],
        validators=[DataRequired("Choose how you made sure.")],
    )

    def values(self) -> dict[str, Any]:
        """Return the keyword arguments of `give_word`."""
        return {"proof": Proof(self.proof.data)}


def form_for(kind: GateKind) -> Form:
    """Return the form of a word."""
    if kind is GateKind.IDENTITY:
        return ProofForm()
    if kind in WITH_A_DAY:
        form = DayForm()
        form.proven_on.label.text = WITH_A_DAY[kind]
        return form
    return ConfirmForm()


class WaiveForm(CleanForm):
    """Why something is waived."""

    reason = StringField(
        "Why?",
        [InputRequired("Say why it is waived: it stays on record."), Length(max=200)],
        description="The agency reads it, too",
    )
