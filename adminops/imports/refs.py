"""How imports are shown elsewhere."""

from collections.abc import Sequence

from flask import url_for
from sqlalchemy import select

from adminops.db import db
from adminops.hmis.models import HmisImport, HmisSource
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.refs import Link


def resolve_sources(ids: Sequence[str], viewer: User) -> dict[str, Link]:
    """Return the links of the sources among `ids`, for those who may import."""
    if not viewer.may(Permission.IMPORT_EXPORTS):
        return {}
    wanted = [int(id_) for id_ in ids if id_.isdecimal() and len(id_) < 10]
    found = db.session.execute(
        select(HmisSource.id, HmisSource.name).where(HmisSource.id.in_(wanted), HmisSource.is_known)
    )
    return {str(id_): Link(name, url_for("sources.show", source_id=id_), "database") for id_, name in found}


def resolve(ids: Sequence[str], viewer: User) -> dict[str, Link]:
    """Return the links of the imports among `ids`, for those who may import."""
    if not viewer.may(Permission.IMPORT_EXPORTS):
        return {}
    wanted = [int(id_) for id_ in ids if id_.isdecimal() and len(id_) < 10]
    numbers = [str(id_) for id_ in db.session.scalars(select(HmisImport.id).where(HmisImport.id.in_(wanted)))]
    return {id_: Link(f"Import {id_}", url_for("imports.show", import_id=int(id_)), "upload") for id_ in numbers}
