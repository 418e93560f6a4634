"""What somebody typed into a form that can't be taken any more: given back to them, to be copied and sent again."""

from urllib.parse import urlsplit

from flask import request

TEXTS = {"subject": "Subject", "title": "Title", "body": "Text", "comment": "Comment"}
"""The fields that people write sentences into, with their labels; never a password, a code or an ID."""


def typed_texts() -> list[tuple[str, str]]:
    """Return label and words of the texts that were sent, where a page of AdminOps itself sent them.

    Another site could send a form here, too, and have its words stand on our page.
    """
    if request.method != "POST" or request.headers.get("Sec-Fetch-Site") != "same-origin":
        return []
    sent = ((label, request.form.get(name, "").replace("\x00", "")) for name, label in TEXTS.items())
    return [(label, words) for label, words in sent if words.strip()]


def came_from() -> str | None:
    """Return the path of the page that sent the form, as far as the browser names it."""
    try:
        parts = urlsplit(request.referrer or "")
    except ValueError:
        return None
    return parts.path if parts.netloc == request.host else None
