"""How pairs and merges are shown elsewhere."""

from collections.abc import Sequence
from typing import Any

from flask import render_template, url_for
from markupsafe import Markup

from adminops.feature import Figure
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.refs import Link, Ref
from dedupe import queries


def resolve_pairs(ids: Sequence[str], viewer: User) -> dict[str, Link]:
    """Return the links of pairs, for reviewers."""
    if not viewer.may(Permission.REVIEW_DUPLICATES):
        return {}
    numbers = [id_ for id_ in ids if id_.isdecimal()]
    return {id_: Link(f"Pair {id_}", url_for("dedupe.show", pair_id=int(id_)), "merge") for id_ in numbers}


def client_panel(ref: Ref, viewer: User) -> Markup | None:
    """Show a client's open pairs and merges on its page, to reviewers."""
    if not viewer.may(Permission.REVIEW_DUPLICATES):
        return None
    pairs, merges = queries.pairs_of_client(ref.number), queries.merges_of_client(ref.number)
    if not pairs and not merges:
        return None
    shown = render_template("dedupe/client_panel.html", pairs=pairs, merges=merges, client_id=ref.number)
    return Markup(shown)  # noqa: S704 - a template's output


def work_url(ticket: Any) -> str | None:
    """Return where a ticket's merge is carried out, when both client IDs are on it."""
    first, second = (ticket.answers.get(name, "") for name in ("first_client", "second_client"))
    if not first or not second:
        return None
    return url_for("dedupe.requested", ticket_id=ticket.id, first=first, second=second)


def figures(viewer: User) -> list[Figure]:
    """Return how many pairs wait, for reviewers."""
    if not viewer.may(Permission.REVIEW_DUPLICATES):
        return []
    waiting, last = queries.count_open(viewer), queries.last_scan()
    note = last.sentence if last else "The store was never scanned"
    return [Figure(label="Pairs to review", value=waiting, note=note, url=url_for("dedupe.index"), order=40)]
