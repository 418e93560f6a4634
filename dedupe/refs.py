"""How pairs and merges are shown elsewhere."""

from collections.abc import Sequence
from typing import Any

from flask import render_template, url_for
from markupsafe import Markup
from sqlalchemy import select

from adminops.db import db
from adminops.feature import Figure
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.refs import Link, Ref
from dedupe import queries
from dedupe.models import Pair
from dedupe.seconds.queries import count_waiting


def resolve_pairs(ids: Sequence[str], viewer: User) -> dict[str, Link]:
    """Return the links of the pairs among `ids` that there are, for reviewers."""
    if not viewer.may(Permission.REVIEW_DUPLICATES):
        return {}
    numbers = [int(id_) for id_ in ids if id_.isdecimal() and len(id_) < 10]
    found = db.session.scalars(select(Pair.id).where(Pair.id.in_(numbers)))
    return {str(id_): Link(f"Pair {id_}", url_for("dedupe.show", pair_id=id_), "merge") for id_ in found}


def client_panel(ref: Ref, viewer: User) -> Markup | None:
    """Show a client's open pairs and merges on its page, to reviewers."""
    if not viewer.may(Permission.REVIEW_DUPLICATES):
        return None
    pairs, merges = queries.pairs_of_person(ref.number), queries.merges_of_person(ref.number)
    if not pairs and not merges:
        return None
    shown = render_template("dedupe/client_panel.html", pairs=pairs, merges=merges, client_id=ref.number)
    return Markup(shown)  # noqa: S704 - a template's output


def lookup_panel(ref: Ref, viewer: User) -> Markup | None:
    """Show, where clients are looked up, the way to ask whether a person is here already."""
    del ref
    if not viewer.may(Permission.READ_CLIENTS):
        return None
    return Markup(render_template("dedupe/lookup_panel.html"))  # noqa: S704 - a template's output


def work_url(ticket: Any) -> str | None:
    """Return where a ticket's merge is carried out, when both client IDs are on it."""
    first, second = (ticket.answers.get(name, "") for name in ("first_client", "second_client"))
    if not first or not second:
        return None
    right = ticket.answers.get("right_record")
    right = right if right in ("first", "second") else None
    return url_for("dedupe.requested", ticket_id=ticket.id, first=first, second=second, right=right)


def figures(viewer: User) -> list[Figure]:
    """Return how many pairs wait, for reviewers."""
    if not viewer.may(Permission.REVIEW_DUPLICATES):
        return []
    waiting, last = queries.count_open(viewer), queries.failed_scan() or queries.last_scan()
    note = last.sentence if last else "The store was never scanned"
    found = [Figure(label="Pairs to review", value=waiting, note=note, url=url_for("dedupe.index"), order=40)]
    if seconds := count_waiting():
        note, url = "One person decided, another one has to agree", url_for("dedupe.seconds")
        found.append(Figure(label="Merges for a second person", value=seconds, note=note, url=url, order=41))
    return found
