"""Users and their roles: names, ranks and who may give what to whom."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from adminops.app import AdminOps
from adminops.db import savepoint, transaction
from adminops.errors import Conflict, DomainError, Invalid, InvalidState, NotAllowed
from adminops.identity import operations
from adminops.identity.models import SYSTEM, AgencyState, RoleGrant, User
from adminops.identity.permissions import ROLE_PERMISSIONS, Permission, Role
from tests.make import make_admin, make_agency, make_user


def _add(username: str = "ben.turner", **over: object) -> User:
    values = {"name": "Ben Turner", "email": "ben@example.org", **over}
    return operations.add_user(username=username, by=SYSTEM, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("Ben.Turner", "ben.turner"), ("  BEN@Example.org ", "ben@example.org"), ("b2", "b2"), ("ｂｅｎ", "ben")],
)
def test_user_name_is_folded(session: Session, typed: str, kept: str) -> None:
    assert _add(typed).username == kept
    assert operations.find_user(typed) is not None


@pytest.mark.parametrize("typed", ["", " ", "b", "-ben", "ben turner", "ben/turner", "bén", "ben\n", "b" * 61, "<ben>"])
def test_user_name_of_a_wrong_shape_is_refused(session: Session, typed: str) -> None:
    if typed == "ben\n":  # a line break at the end is only a slip of the paste
        assert _add(typed).username == "ben"
        return
    with pytest.raises(Invalid) as refused:
        _add(typed)
    assert refused.value.field == "username"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("name", "x" * 201),
        ("name", "Ben\x00Turner"),
        ("title", "x" * 201),
        ("email", ""),
        ("email", "ben"),
        ("email", "ben@localhost"),
        ("email", "ben@example.org\nBcc: all@example.org"),
        ("email", "ben@exa mple.org"),
        ("email", "Ben <ben@example.org>"),
        ("email", "b" * 200 + "@example.org"),
    ],
)
def test_particulars_of_a_wrong_shape_are_refused_at_their_field(session: Session, field: str, value: str) -> None:
    with pytest.raises(Invalid) as refused:
        _add(**{field: value})
    assert refused.value.field == field


def test_taken_user_name_is_refused(session: Session) -> None:
    _add("ben")
    with pytest.raises(Conflict):
        _add("BEN ")


def test_user_name_taken_at_the_same_moment_is_refused_with_a_sentence(app: AdminOps) -> None:
    def add(_: int) -> str:
        try:
            with app.app_context(), transaction():
                return _add("ben").username
        except DomainError as refusal:
            return type(refusal).__name__

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(add, range(4))) == ["Conflict", "Conflict", "Conflict", "ben"]


def test_only_a_manager_of_accounts_adds_and_changes_users(session: Session) -> None:
    person = make_user()
    with pytest.raises(NotAllowed):
        operations.add_user(username="ben", name="Ben", email="ben@example.org", by=make_user(Role.HELP_DESK))
    with pytest.raises(NotAllowed):
        operations.change_user(person, name="X", email="x@example.org", title="", by=make_user(Role.HELP_DESK))


def test_change_names_what_is_different(session: Session) -> None:
    person = make_user(title="Case manager")
    same = {"name": person.name, "email": person.email, "title": "Supervisor"}
    assert operations.change_user(person, **same, by=make_admin()) == ["title"]


def test_new_user_cannot_sign_in_yet(session: Session) -> None:
    assert not _add().is_active


def test_who_says_name_title_and_house(session: Session) -> None:
    agency = make_agency(name="Lakeview")
    assert make_user(agency=agency, name="Ben Turner", title="Case manager").who == "Ben Turner, Case manager, Lakeview"
    assert make_user(agency=agency, name="Ben Turner").who == "Ben Turner, Lakeview"
    assert make_admin(name="Maya Okafor").who == "Maya Okafor, Systems Team"
    assert SYSTEM.who == "AdminOps"


def test_nobody_changes_their_own_roles(session: Session) -> None:
    admin = make_admin()
    with pytest.raises(NotAllowed):
        operations.grant_role(admin, Role.MANAGER, agency=None, by=admin)
    with pytest.raises(NotAllowed):
        operations.revoke_role(admin.grants[0], by=admin)


@pytest.mark.parametrize("role", [r for r in Role if Permission.GRANT_ROLES not in ROLE_PERMISSIONS[r]])
def test_roles_without_the_permission_grant_nothing(session: Session, role: Role) -> None:
    with pytest.raises(NotAllowed):
        operations.grant_role(make_user(), Role.TRAINER, agency=None, by=make_user(role))


def test_role_goes_where_it_belongs(session: Session) -> None:
    admin, agency, closed = make_admin(), make_agency(), make_agency(state=AgencyState.CLOSED)
    with pytest.raises(Invalid):
        operations.grant_role(make_user(), Role.TRAINER, agency=agency, by=admin)
    with pytest.raises(Invalid):
        operations.grant_role(make_user(), Role.AGENCY_LEAD, agency=None, by=admin)
    with pytest.raises(InvalidState):
        operations.grant_role(make_user(), Role.AGENCY_LEAD, agency=closed, by=admin)


def test_granting_twice_grants_once(session: Session) -> None:
    admin, user = make_admin(), make_user()
    first = operations.grant_role(user, Role.TRAINER, agency=None, by=admin)
    assert operations.grant_role(user, Role.TRAINER, agency=None, by=admin) is first


def test_granting_at_the_same_moment_grants_once(app: AdminOps) -> None:
    with app.app_context(), transaction():
        admin_id, user_id = make_admin().id, make_user(None).id

    def grant(_: int) -> None:
        with app.app_context(), transaction() as session:
            admin, user = session.get_one(User, admin_id), session.get_one(User, user_id)
            operations.grant_role(user, Role.TRAINER, agency=None, by=admin)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(grant, range(4)))
    with app.app_context(), transaction(writes=False) as session:
        assert session.scalar(select(func.count(RoleGrant.id)).where(RoleGrant.user_id == user_id)) == 1


def test_database_itself_refuses_a_team_role_twice(session: Session) -> None:
    user = make_user(Role.TRAINER)
    with pytest.raises(IntegrityError), savepoint():
        session.add(RoleGrant(user_id=user.id, role=Role.TRAINER, agency_id=None))


def test_rank_is_that_of_the_highest_role(session: Session) -> None:
    agency = make_agency()
    user = make_user(Role.END_USER, agency=agency)
    operations.grant_role(user, Role.AGENCY_LEAD, agency=agency, by=make_admin())
    assert user.rank == Role.AGENCY_LEAD.rank
    assert make_user(None).rank == 0
    assert SYSTEM.rank > max(role.rank for role in Role)


def test_a_right_that_was_taken_away_meanwhile_is_gone_when_the_person_is_read_again(session: Session) -> None:
    person = make_user(Role.HELP_DESK)
    assert person.may(Permission.WORK_TICKETS)
    session.execute(delete(RoleGrant), execution_options={"synchronize_session": False})
    session.expire(person)
    assert not person.may(Permission.WORK_TICKETS)
