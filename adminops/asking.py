"""How one feature asks the desk for something in the name of a person: it is filed, and worked as any request.

The feature that keeps requests offers `Feature.asked`. Who asks gets a reference, and knows nothing of the rest.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flask import current_app

from adminops.refs import Ref

if TYPE_CHECKING:
    from adminops.identity.models import User


def ask_desk(kind: str, *, subject: str, body: str, answers: Mapping[str, Any], by: "User") -> Ref | None:
    """File a request of type `kind` of `by`; None where nobody takes such requests. Raises what the desk refuses by."""
    for feature in current_app.extensions["features"].features:
        if feature.asked is not None:
            asked: Ref | None = feature.asked(kind, subject=subject, body=body, answers=answers, by=by)
            return asked
    return None
