"""What accounts show on pages of others: one's password on one's own page."""

from flask import render_template
from markupsafe import Markup

from adminops.identity.models import User
from adminops.refs import Ref


def own_password(ref: Ref, viewer: User) -> Markup | None:
    """Return the card about the viewer's own password; nothing on anybody else's page."""
    if ref.id != str(viewer.id):
        return None
    page = render_template("accounts/own_password.html", set_at=viewer.password_set_at)
    return Markup(page)  # noqa: S704 - a template, escaped already
