"""What happens when nothing is missing any more: the account is approved, set up, and its owner invited."""

from accounts.directory import directory
from accounts.directory.local import LOCAL
from accounts.models import AccountState
from accounts.operations.standing import invite, touch
from accounts.requests.models import AccountRequest
from adminops.facts import (
    publish,
)
from adminops.facts.opening import (
    AccountApproved,
)
from adminops.identity.models import SYSTEM, User
from adminops.identity.operations import grant_role
from adminops.identity.permissions import Role

S = AccountState


def admit(request: AccountRequest, *, by: User) -> None:
    """Approve the account of a held request, and let it go on: to the directory, or to the invitation by mail.

    Publishes `RoleGranted` for a role beyond that of an end user, `AccountApproved`.
    """
    account = request.account
    if request.role is not None and request.role is not Role.END_USER:
        grant_role(account.user, request.role, agency=request.agency, by=SYSTEM)
    account.move(S.APPROVED)
    publish(AccountApproved(account_id=account.id, agency_id=account.agency_id, request=request.ticket), by=by)
    account.move(S.PROVISIONING)
    if directory().kind != LOCAL:
        account.kept_in = "directory"
        touch(account)  # invited once it is there
    else:
        account.move(S.INVITED)
        invite(account, by=SYSTEM, request=request.ticket)
