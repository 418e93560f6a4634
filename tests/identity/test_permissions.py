"""The matrix of roles and permissions keeps its promises."""

from itertools import pairwise

import pytest
from sqlalchemy.orm import Session

from adminops.identity.models import SYSTEM
from adminops.identity.permissions import ROLE_PERMISSIONS, Permission, Reach, Role, describe_permissions
from tests.make import make_agency, make_user

P = Permission


def test_every_role_has_its_permissions_and_every_permission_its_sentence() -> None:
    assert set(ROLE_PERMISSIONS) == set(Role)
    assert all(permission.sentence.endswith(".") for permission in Permission)
    held = frozenset[Permission]().union(*ROLE_PERMISSIONS.values())
    assert held == frozenset(Permission)


@pytest.mark.parametrize("role", [role for role in Role if role.at_agency])
def test_agency_roles_hold_nothing_of_the_team(role: Role) -> None:
    team_only = {
        P.WORK_TICKETS,
        P.MANAGE_ACCOUNTS,
        P.RESET_PASSWORDS,
        P.GRANT_ROLES,
        P.REVEAL_SSN,
        P.REVIEW_DUPLICATES,
        P.IMPORT_EXPORTS,
        P.EXPORT_STORE,
        P.APPROVE_PROGRAMS,
        P.SET_UP_PROGRAMS,
        P.MANAGE_AGENCIES,
        P.MANAGE_TRAINING,
        P.PUBLISH_MANUALS,
        P.READ_AUDIT,
        P.RUN_SYSTEM,
        P.USE_DESK,
    }
    assert not ROLE_PERMISSIONS[role] & team_only


def test_the_viewer_sees_no_client_and_no_ticket() -> None:
    assert not ROLE_PERMISSIONS[Role.VIEWER] & {P.READ_CLIENTS, P.READ_AGENCY_TICKETS, P.READ_ACCOUNTS, P.ASK_FOR_HELP}


def test_who_runs_the_system_does_not_read_its_audit() -> None:
    assert P.READ_AUDIT not in ROLE_PERMISSIONS[Role.SYSTEM_ADMIN]


def test_who_may_change_anything_ranks_highest() -> None:
    top = max(role.rank for role in Role)
    assert {role for role in Role if role.rank == top} == {Role.SYSTEM_ADMIN, Role.MANAGER}
    powerful = {role for role in Role if ROLE_PERMISSIONS[role] & {P.GRANT_ROLES, P.MANAGE_ACCOUNTS}}
    assert powerful == {Role.SYSTEM_ADMIN, Role.MANAGER}
    resetters = [role for role in Role if P.RESET_PASSWORDS in ROLE_PERMISSIONS[role]]
    for lower, higher in pairwise(sorted(resetters, key=lambda role: role.rank)):
        assert lower.rank <= higher.rank


def test_agency_role_reaches_its_agency_and_no_other(session: Session) -> None:
    here, there = make_agency(), make_agency()
    lead = make_user(Role.AGENCY_LEAD, agency=here)
    reach = lead.reach(P.READ_ACCOUNTS)
    assert [reach.covers(id_) for id_ in (here.id, there.id, None)] == [True, False, False]
    assert not lead.reach(P.MANAGE_ACCOUNTS)


def test_team_role_reaches_everywhere_and_adminops_everything(session: Session) -> None:
    assert make_user(Role.HELP_DESK).reach(P.READ_ACCOUNTS) == Reach(everywhere=True)
    assert all(SYSTEM.reach(permission).everywhere for permission in Permission)


def test_user_without_a_role_may_nothing(session: Session) -> None:
    assert not any(make_user(None).may(permission) for permission in Permission)


def test_page_of_permissions_names_every_one() -> None:
    page = describe_permissions()
    assert all(f"`{permission.value}`" in page for permission in Permission)
