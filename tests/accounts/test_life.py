"""The life of an account: which moves there are, who may make them, and what each brings with it."""

from collections.abc import Callable
from random import Random

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts import operations, policies
from accounts.models import (
    TRANSITIONS,
    Account,
    AccountState,
    DisabledReason,
    HoldKind,
    LinkReason,
    PasswordReset,
)
from accounts.operations.links import open_link
from adminops.audit.models import AuditEntry
from adminops.errors import Conflict, Invalid, InvalidState, NotAllowed
from adminops.identity.models import SYSTEM, User
from adminops.identity.permissions import ROLE_PERMISSIONS, Permission, Role
from adminops.identity.sessions import sessions_of, start_session
from adminops.outbox.models import OutboxMessage
from adminops.refs import Ref
from tests.identity.test_sessions import IDLE
from tests.make import PASSWORD, make_admin, make_agency, make_user
from tests.make_accounts import make_account

S = AccountState


def _create(by: User, **over: object) -> Account:
    values = {
        "username": "ben.turner",
        "name": "Ben Turner",
        "email": "ben@example.org",
        "role": Role.END_USER,
        "agency": make_agency() if "agency" not in over else None,
        **over,
    }
    return operations.create_account(**values, by=by)  # type: ignore[arg-type]


def _facts(session: Session) -> list[str]:
    return list(session.scalars(select(AuditEntry.fact).order_by(AuditEntry.id)))


def _mails(session: Session) -> list[str]:
    return list(session.scalars(select(OutboxMessage.kind).order_by(OutboxMessage.id)))


def test_new_account_is_invited_and_can_do_nothing_yet(session: Session) -> None:
    account = _create(make_admin())
    assert (account.state, account.user.may_sign_in) == (S.INVITED, False)
    assert account.user.roles == [Role.END_USER]
    assert account.user.agency_id == account.agency_id
    link = open_link(account)
    assert link is not None
    assert link.reason is LinkReason.INVITATION
    assert _facts(session) == ["RoleGranted", "AccountCreated"]
    assert _mails(session) == ["accounts.invite"]


def test_account_of_the_team_belongs_to_no_agency(session: Session) -> None:
    account = _create(make_admin(), role=Role.HELP_DESK, agency=None)
    assert account.agency_id is None


def test_creation_for_a_ticket_says_so(session: Session) -> None:
    _create(make_admin(), request=Ref.to("ticket", 12))
    entry = session.scalars(select(AuditEntry).where(AuditEntry.fact == "AccountCreated")).one()
    assert (entry.request_kind, entry.request_id) == ("ticket", "12")


@pytest.mark.parametrize("role", [r for r in Role if Permission.MANAGE_ACCOUNTS not in ROLE_PERMISSIONS[r]])
def test_who_does_not_manage_accounts_creates_none(session: Session, role: Role) -> None:
    with pytest.raises(NotAllowed):
        _create(make_user(role))


def test_refused_creation_names_the_field(session: Session) -> None:
    admin = make_admin()
    _create(admin)
    with pytest.raises(Conflict) as taken:
        _create(admin)
    with pytest.raises(Invalid) as no_agency:
        _create(admin, username="other", agency=None)
    assert (taken.value.field, no_agency.value.field) == ("username", "agency")


def test_disabling_ends_sessions_and_links_at_once(session: Session) -> None:
    account, admin = make_account(password=True), make_admin()
    start_session(account.user, device="", hours=12)
    link = operations.start_password_reset(account, by=SYSTEM)
    operations.disable_account(account, DisabledReason.LEFT, by=admin, request=Ref.to("ticket", 7))
    session.refresh(link)
    assert (account.state, account.user.may_sign_in) == (S.DISABLED, False)
    assert account.disabled_reason is DisabledReason.LEFT
    assert account.disabled_at is not None
    assert sessions_of(account.user, idle=IDLE) == []
    assert link.superseded_at is not None
    entry = session.scalars(select(AuditEntry).where(AuditEntry.fact == "AccountDisabled")).one()
    assert entry.request_id == "7"
    assert "left" not in entry.sentence, "the reason is for staff; a requester reads the sentence"


def test_reactivated_account_opens_with_the_password_of_before(session: Session) -> None:
    account, admin = make_account(password=True), make_admin()
    before = account.user.password_hash
    operations.disable_account(account, DisabledReason.ON_LEAVE, by=admin)
    start_session(account.user, device="", hours=12)  # began at the very moment of disabling
    operations.reactivate_account(account, by=admin)
    assert (account.state, account.user.may_sign_in, account.user.password_hash) == (S.ACTIVE, True, before)
    assert (account.disabled_reason, account.disabled_at) == (None, None)
    assert sessions_of(account.user, idle=IDLE) == []
    assert _facts(session) == ["AccountHeld", "AccountDisabled", "AccountReleased", "AccountReactivated"]


def test_reactivated_account_without_a_password_is_invited_again(session: Session) -> None:
    admin = make_admin()
    account = make_account(state=S.INVITED)
    operations.disable_account(account, DisabledReason.OTHER, by=admin)
    operations.reactivate_account(account, by=admin)
    assert (account.state, account.user.may_sign_in) == (S.INVITED, False)
    assert _mails(session) == ["accounts.invite"]


def test_archived_account_stays_as_it_is(session: Session) -> None:
    account, admin = make_account(), make_admin()
    operations.disable_account(account, DisabledReason.LEFT, by=admin)
    operations.archive_account(account, by=admin)
    assert (account.state, account.user.may_sign_in) == (S.ARCHIVED, False)
    for verb in (operations.reactivate_account, operations.archive_account, operations.start_password_reset):
        with pytest.raises(InvalidState):
            verb(account, by=admin)
    with pytest.raises(InvalidState):
        operations.change_account(account, name="X", email="x@example.org", title="", by=admin)


def test_second_invitation_ends_the_first(session: Session) -> None:
    admin = make_admin()
    account = _create(admin)
    first = open_link(account)
    operations.resend_invite(account, by=admin)
    second = open_link(account)
    assert first is not None
    session.refresh(first)
    assert first.superseded_at is not None
    assert second is not None
    assert second.id != first.id
    assert _facts(session)[-1] == "AccountInvited"
    with pytest.raises(InvalidState):
        operations.resend_invite(make_account(), by=admin)


def test_new_address_ends_links_to_the_old_one(session: Session) -> None:
    admin, account = make_admin(), make_account()
    link = operations.start_password_reset(account, by=SYSTEM)
    operations.change_account(account, name="New Name", email="new@example.org", title="", by=admin)
    session.refresh(link)
    assert link.superseded_at is not None
    told = session.scalars(select(AuditEntry.sentence).order_by(AuditEntry.id)).all()
    assert told[-1].endswith(f"account {account.id}: name, email")
    invited = make_account(state=S.INVITED)
    operations.change_account(invited, name=invited.user.name, email="other@example.org", title="", by=admin)
    assert open_link(invited) is not None


def test_changing_nothing_says_nothing(session: Session) -> None:
    account = make_account()
    user = account.user
    operations.change_account(account, name=user.name, email=user.email, title=user.title, by=make_admin())
    assert _facts(session) == []


def _release(account: Account, by: User) -> None:
    """Release the first hold that there is."""
    policies.check_may_release(account, by=by)
    held = next((each for each in account.holds if each.released_at is None), None)
    if held is None:
        raise InvalidState("Nothing holds it.")
    operations.release_hold(held, by=by)


VERBS: dict[str, Callable[[Account, User], object]] = {
    "reset": lambda account, by: operations.start_password_reset(account, by=by),
    "invite": lambda account, by: operations.resend_invite(account, by=by),
    "disable": lambda account, by: operations.disable_account(account, DisabledReason.OTHER, by=by),
    "reactivate": lambda account, by: operations.reactivate_account(account, by=by),
    "archive": lambda account, by: operations.archive_account(account, by=by),
    "restore": lambda account, by: operations.restore_account(account, by=by),
    "hold": lambda account, by: operations.place_hold(account, HoldKind.TRAINING, by=by),
    "release": _release,
    "limit": lambda account, by: operations.limit_account(account, valid_from=None, valid_until=None, by=by),
    "unlock": lambda account, by: operations.unlock_account(account, by=by),
    "change": lambda account, by: operations.change_account(account, name="X", email="x@example.org", title="", by=by),
}
NEEDS = {"reset": Permission.RESET_PASSWORDS, "unlock": Permission.RESET_PASSWORDS}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("role", Role)
def test_every_verb_asks_for_its_permission(session: Session, verb: str, role: Role) -> None:
    if NEEDS.get(verb, Permission.MANAGE_ACCOUNTS) in ROLE_PERMISSIONS[role]:
        return
    agency = make_agency()
    account = make_account(agency=agency)
    by = make_user(role, agency=agency if role.at_agency else None)
    with pytest.raises(NotAllowed):
        VERBS[verb](account, by)


@pytest.mark.parametrize("verb", VERBS)
def test_nobody_acts_on_the_account_of_a_higher_role(session: Session, verb: str) -> None:
    admin = make_account(Role.SYSTEM_ADMIN)
    agent = make_user(Role.HELP_DESK)
    with pytest.raises(NotAllowed):
        VERBS[verb](admin, agent)


def test_d10_help_desk_resets_equals_and_lower_roles_but_no_administrator(session: Session) -> None:
    agent = make_user(Role.HELP_DESK)
    for role in (Role.END_USER, Role.AGENCY_LEAD, Role.SECURITY_OFFICER, Role.TRAINER, Role.HELP_DESK, Role.VIEWER):
        assert operations.start_password_reset(make_account(role), by=agent).started_by_id == agent.id
    for role in (Role.SYSTEM_ADMIN, Role.MANAGER):
        with pytest.raises(NotAllowed, match="higher role"):
            operations.start_password_reset(make_account(role), by=agent)


def test_nobody_disables_themselves(session: Session) -> None:
    account = make_account(Role.SYSTEM_ADMIN)
    with pytest.raises(NotAllowed, match="their own account"):
        operations.disable_account(account, DisabledReason.OTHER, by=account.user)


def test_no_walk_of_verbs_leaves_the_machine_or_opens_a_closed_account(session: Session) -> None:
    chance, admin = Random(20260302), make_admin()
    account = make_account(state=S.INVITED)
    steps = list(VERBS.values())
    moves = set()
    for _ in range(200):
        if account.state is S.ARCHIVED:
            account = make_account(state=S.INVITED)
        before = account.state
        link = open_link(account)
        if link is not None and chance.random() < 0.1:
            operations.finish_password_reset(link, PASSWORD, by=account.user)
        else:
            try:
                chance.choice(steps)(account, admin)
            except InvalidState:
                assert account.state is before
        if account.state is not before:
            moves.add((before, account.state))
            assert account.state in TRANSITIONS[before]
        assert account.user.may_sign_in is (account.state is S.ACTIVE)
        assert bool(account.open_holds) is (account.state in (S.DISABLED, S.ARCHIVED))
    reached = {(old, new) for old, to in TRANSITIONS.items() for new in to if new is not S.PROVISIONING}
    assert moves == {(old, new) for old, new in reached if old in (S.INVITED, S.ACTIVE, S.DISABLED)}


def test_refusal_is_the_sentence_for_the_button(session: Session) -> None:
    account = make_account()
    assert policies.refusal(policies.check_may_disable, account, by=make_admin()) is None
    said = policies.refusal(policies.check_may_disable, account, by=make_user(Role.HELP_DESK))
    assert said == "Only a system administrator can change accounts."


def test_an_account_has_at_most_one_open_link(session: Session) -> None:
    account = make_account()
    operations.start_password_reset(account, by=SYSTEM)
    operations.start_password_reset(account, by=SYSTEM, request=Ref.to("ticket", 1))
    unused = select(PasswordReset).where(PasswordReset.used_at.is_(None), PasswordReset.superseded_at.is_(None))
    assert len(session.scalars(unused).all()) == 1
