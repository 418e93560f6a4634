"""Who may write, publish and retire pages, and when."""

from collections.abc import Callable

from adminops.errors import DomainError, InvalidState, NotAllowed
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from manuals.models import ManualPage, PageState


def check_may_write(by: User) -> None:
    """Raise unless `by` may write drafts."""
    if not by.may(Permission.WRITE_MANUALS):
        raise NotAllowed("Only the Systems Team writes manual pages.")


def check_may_publish(page: ManualPage, by: User) -> None:
    """Raise unless `by` may publish and the page has something new."""
    if not by.may(Permission.PUBLISH_MANUALS):
        raise NotAllowed("Your draft is saved. A trainer or an administrator publishes it.")
    if not page.draft_is_newer and page.state is PageState.PUBLISHED:
        raise InvalidState("Readers see this text already: there is nothing new to publish.")


def check_may_retire(page: ManualPage, by: User) -> None:
    """Raise unless `by` may take the page out of the manuals."""
    if not by.may(Permission.PUBLISH_MANUALS):
        raise NotAllowed("Only a trainer or an administrator can retire a page.")
    if page.state is PageState.RETIRED:
        raise InvalidState("This page is retired already.")


def may_publish(page: ManualPage, by: User) -> bool:
    """Say whether the publish button works."""
    return _passes(check_may_publish, page, by)


def may_retire(page: ManualPage, by: User) -> bool:
    """Say whether the retire button works."""
    return _passes(check_may_retire, page, by)


def _passes(check: Callable[[ManualPage, User], None], page: ManualPage, by: User) -> bool:
    try:
        check(page, by)
    except DomainError:
        return False
    return True
