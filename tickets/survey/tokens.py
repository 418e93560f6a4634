"""The token of a survey's link: HMAC-SHA-256 over the row it belongs to, under a key of this purpose alone.

It is good for this ticket only, until the row says that it expired. Stored nowhere: who has the database lacks the key.
"""

import base64
import hmac

from adminops.settings import current_settings
from tickets.survey.models import TicketSurvey

PURPOSE = b"tickets: link of a survey"


def token_of(survey: TicketSurvey) -> str:
    """Return the token of a stored row."""
    key = hmac.digest(current_settings().cookie_secret().encode(), PURPOSE, "sha256")
    made = hmac.digest(key, f"{survey.id}|{survey.ticket_id}|{survey.nonce}".encode(), "sha256")
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def fits(survey: TicketSurvey, token: str) -> bool:
    """Say whether `token` is that of `survey`."""
    return hmac.compare_digest(token_of(survey).encode(), token.encode())
