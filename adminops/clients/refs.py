"""How client records are shown and found elsewhere. Links carry the PersonalID, never a name."""

from collections.abc import Sequence

from flask import url_for
from sqlalchemy import select

from adminops.db import db
from adminops.feature import Found
from adminops.hmis.asking import Question, understand
from adminops.hmis.clients import standing_for
from adminops.hmis.models import Client
from adminops.hmis.search import FoundClient, find_clients
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.identity.scopes import scope_of
from adminops.refs import Link, Ref


def resolve(ids: Sequence[str], viewer: User) -> dict[str, Link]:
    """Return the links of the records among `ids` that the viewer may see.

    One that left its source once a merge had joined it with others leads to where it reads now.
    """
    if not viewer.may(Permission.READ_CLIENTS):
        return {}
    numbers = [int(id_) for id_ in ids if id_.isdecimal() and len(id_) < 10]
    chosen = select(Client.id, Client.personal_id).where(Client.id.in_(numbers), Client.removed_at.is_(None))
    scope = scope_of(viewer)
    found = {id_: (key, id_) for id_, key in db.session.execute(chosen.where(*scope.clients()))}
    found |= standing_for([number for number in numbers if number not in found], scope=scope)
    return {
        str(id_): Link(f"Client {key}", url_for("clients.show", client_id=shown_at), "user")
        for id_, (key, shown_at) in found.items()
    }


def find_by_id(text: str, viewer: User, limit: int) -> list[Found]:
    """Return the records with exactly this PersonalID, without a name."""
    found = find_clients(Question(personal_id=text), scope=scope_of(viewer), limit=limit)
    return [_found(row, f"Client {row.personal_id}", row.source_name) for row in found.rows]


def find_all(text: str, viewer: User, limit: int) -> list[Found]:
    """Return the records that the words mean. An SSN is looked for on the clients' own page."""
    found = find_clients(understand(text), scope=scope_of(viewer), limit=limit, at_once=True)
    return [_found(row, row.name, f"Client {row.personal_id}, {row.source_name}") for row in found.rows]


def _found(row: FoundClient, title: str, summary: str) -> Found:
    return Found(Ref.to("client", row.id), title, summary, url_for("clients.show", client_id=row.id), "user")
