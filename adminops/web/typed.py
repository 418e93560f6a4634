"""What somebody typed into a form that can't be taken any more: given back to them, to be copied and sent again."""

from urllib.parse import urlsplit

from flask import request

TEXTS = {
    "subject": "Subject",
    "title": "Title",
    "body": "Text",
    "text": "Text",
    "message": "Message",
    "comment": "Comment",
    "reason": "Reason",
    "why": "Why",
    "because": "Why the change",
    "summary": "In one sentence",
    "description": "Description",
    "note": "What is new",
    "change": "What it should say",
    "need": "What you can't do today",
    "helps": "Whom it would help",
    "purpose": "What for",
    "topic": "About what",
    "expected": "What you expected",
    "tried": "What you tried",
    "steps": "Steps",
    "columns": "What it should show",
    "data": "Which data",
    "serves": "What it does",
    "how_found": "How it was found",
    "wish": "What would put it right",
    "help": "Line of help",
    "pii_rule": "What to leave out",
    "evidence": "What was entered",
    "checklist": "Checklist",
    "manuals": "Manual pages",
    "parts": "Parts",
    "days_off": "Days off",
    "worked": "Holidays on which you work",
    "domains": "Domains",
    "known_ids": "SourceIDs",
}
"""The fields that people write sentences or lists into, with their labels: no password, no code, no ID of a client.

What a redactor takes client data out of is not among them: it stands in the store as it was.
"""


SECRETS = frozenset({"csrf_token", "secret", "password", "new_password", "again", "current", "code", "answer"})
"""The fields that stand on no page once they were sent: a form that is kept is sent without them, and asks anew."""
KEPT = "kept-"
"""What stands before the name of a field that a page keeps for a form that is sent once more."""


def typed_texts() -> list[tuple[str, str]]:
    """Return label and words of the texts that were sent, where a page of AdminOps itself sent them.

    Another site could send a form here, too, and have its words stand on our page.
    """
    if request.method != "POST" or request.headers.get("Sec-Fetch-Site") != "same-origin":
        return []
    read = request.form.get
    sent = ((label, (read(name) or read(KEPT + name, "")).replace("\x00", "")) for name, label in TEXTS.items())
    return [(label, words) for label, words in sent if words.strip()]


def sent_fields() -> list[tuple[str, str]]:
    """Return name and value of every field that was sent, in the order of the page: no secret, and not the token."""
    sent = request.form.items(multi=True)
    return [(name, value) for name, value in sent if name.removeprefix(KEPT) not in SECRETS]


def kept_fields() -> list[tuple[str, str]]:
    """Return the fields that the page kept for a form that is sent once more, by their own names."""
    return [(name.removeprefix(KEPT), value) for name, value in sent_fields() if name.startswith(KEPT)]


def came_from() -> str | None:
    """Return the path of the page that sent the form, as far as the browser names it."""
    try:
        parts = urlsplit(request.referrer or "")
    except ValueError:
        return None
    return parts.path if parts.netloc == request.host else None
