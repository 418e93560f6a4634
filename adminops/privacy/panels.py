"""What the page of an agency shows of its texts that are held back."""

from markupsafe import Markup

from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.privacy.queries import held_of_agency
from adminops.refs import Ref
from adminops.web.templating import render_card


def agency_card(ref: Ref, viewer: User) -> Markup | None:
    """Return the way to what is held back, for the agency's security officer; the team has it in the navigation."""
    if ref.number not in viewer.reach(Permission.READ_HELD).agency_ids:
        return None
    return render_card("privacy/agency_card.html", held=held_of_agency(ref.number))
