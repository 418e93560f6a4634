"""How repairs are shown elsewhere."""

from markupsafe import Markup

from adminops.db import db
from adminops.hmis.models import HmisSource
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.refs import Ref
from adminops.repairs import queries
from adminops.web.templating import render_card


def source_panel(ref: Ref, viewer: User) -> Markup | None:
    """Return the card on the page of a source: which repairs are on, and what each changes."""
    if not viewer.may(Permission.IMPORT_EXPORTS):
        return None
    source = db.session.get(HmisSource, int(ref.id))
    if source is None:
        return None
    rows = [row for row in queries.rules_of(source) if row.is_on]
    return render_card("repairs/source_panel.html", source=source, rows=rows)
