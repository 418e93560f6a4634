"""The verbs of saved views: save, change, remove."""

from collections.abc import Sequence

from sqlalchemy import func, select

from adminops.db import db
from adminops.errors import Conflict, Invalid
from adminops.facts import ViewChanged, ViewRemoved, ViewSaved, publish
from adminops.identity.models import User
from tickets import policies
from tickets.filters import narrow
from tickets.language import parse
from tickets.models import SavedView
from tickets.sight import visible_to

MOST_VIEWS = 40


def save_view(
    *, name: str, query: str, sorting: str = "", columns: Sequence[str] = (), shared: bool = False, by: User
) -> SavedView:
    """Keep `query` under `name` for `by`, or (`shared`) for everybody who has the list.

    Rules in the order checked: only the team shares (`NotAllowed`); no more than `MOST_VIEWS` a person (`Invalid`);
    what `change_view` checks. Publishes `ViewSaved`.
    """
    policies.check_may_share(shared=shared, by=by)
    owned = db.session.scalar(select(func.count(SavedView.id)).where(SavedView.owner_id == by.id)) or 0
    if owned >= MOST_VIEWS:
        raise Invalid(f"You have {MOST_VIEWS} views already. Remove one that you no longer use.")
    view = SavedView(owner_id=by.id)
    _set(view, name.strip(), query.strip(), by)
    view.sorting, view.columns, view.is_shared = sorting, list(columns), shared
    db.session.add(view)
    db.session.flush()
    publish(ViewSaved(view_id=view.id, shared=shared), by=by)
    return view


def change_view(
    view: SavedView, *, name: str, query: str, sorting: str, columns: Sequence[str], shared: bool, by: User
) -> None:
    """Give `view` another name, query, order, columns or readers.

    Rules in the order checked: it is one's own, or shared and `by` shapes the desk (`NotAllowed`); only the team shares
    (`NotAllowed`); a name that the owner has no other view by (`Conflict`); a query that is understood (`Wrong`);
    nothing personal in either (`Invalid`). Publishes `ViewChanged`.
    """
    policies.check_may_change_view(view, by=by)
    policies.check_may_share(shared=shared or view.is_shared, by=by)
    _set(view, name.strip(), query.strip(), by)
    view.sorting, view.columns, view.is_shared = sorting, list(columns), shared
    db.session.flush()
    publish(ViewChanged(view_id=view.id, shared=shared), by=by)


def remove_view(view: SavedView, *, by: User) -> None:
    """Remove `view`. Raises `NotAllowed` as `change_view`. Publishes `ViewRemoved`."""
    policies.check_may_change_view(view, by=by)
    db.session.delete(view)
    db.session.flush()
    publish(ViewRemoved(view_id=view.id, shared=view.is_shared), by=by)


def _set(view: SavedView, name: str, query: str, by: User) -> None:
    if not name:
        raise Invalid("Give the view a name.", field="name")
    same = select(SavedView.id).where(SavedView.owner_id == view.owner_id, SavedView.name == name)
    if db.session.scalar(same.where(SavedView.id != view.id) if view.id else same) is not None:
        raise Conflict(f"There is a view “{name}” already.", field="name")
    try:
        narrow(visible_to(by), parse(query), by)
    except Invalid as wrong:
        raise Invalid(wrong.sentence, field="query") from wrong
    for field, text in (("name", name), ("query", query)):
        policies.check_text(text, field=field, confirmed=False, agency_id=None, by=by)
    view.name, view.query = name, query
