"""The forms about a second step that was lost."""

from typing import Any

from wtforms import SubmitField
from wtforms.validators import InputRequired

from accounts.lost_steps.models import Proof
from adminops.web.forms import Form, choice_field


class AskForm(Form):
    """How somebody made sure who the person is."""

    proof = choice_field(
        "How do you know that it is them?",
        [(proof.value, proof.title) for proof in Proof],
        validators=[InputRequired("Say how you made sure.")],
        description="A caller's number and a mail can be forged",
    )

    def values(self) -> dict[str, Any]:
        """Return the keyword arguments of `ask_for_lost_step`."""
        return {"proof": Proof(self.proof.data)}


class DecideForm(Form):
    """Agree; what is sent without that button refuses."""

    agree = SubmitField("Agree")
