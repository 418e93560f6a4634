"""Accounts for the day when nobody gets in: here, sealed, drilled, and loud."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts import emails, operations
from accounts.emergency.operations import create_emergency_account, create_first_admin, remind_of_drills
from accounts.emergency.queries import of_emergency, readiness
from accounts.models import Account
from accounts.operations.links import open_link
from accounts.policies import check_may_reset
from adminops import clock
from adminops.app import AdminOps
from adminops.db import savepoint
from adminops.errors import Invalid, InvalidState, NotAllowed, NotFound
from adminops.identity.models import SYSTEM, UserSession
from adminops.identity.operations import sign_in
from adminops.identity.permissions import Role
from adminops.outbox.models import OutboxMessage
from tests.identity.test_second_step import asking
from tests.make import make_admin, make_user
from tickets.models import Ticket
from tickets.queries import get_ticket

PHRASE = "nine copper lanterns 4 quiet orchards"


def _envelope(number: int = 1) -> Account:
    account = create_emergency_account(
        username=f"envelope{number}", name=f"Envelope {number}", email="safe@example.org", by=SYSTEM
    )
    link = open_link(account)
    assert link is not None
    with pytest.raises(Invalid, match="at least 25"), savepoint():
        operations.finish_password_reset(link, "copper lanterns 4", by=account.user)
    operations.finish_password_reset(link, PHRASE, by=account.user)
    return account


def _mails(session: Session, kind: str) -> int:
    return len(session.scalars(select(OutboxMessage.id).where(OutboxMessage.kind == kind)).all())


def test_it_works_while_the_directory_is_away_and_everybody_hears_of_it(app: AdminOps, session: Session) -> None:
    make_user(Role.SECURITY_OFFICER)
    manager, helper = make_user(Role.MANAGER), make_user(Role.HELP_DESK)
    away = {"directory_url": "ldap://127.0.0.1:1", "second_factor_roles": "system_admin"}
    with asking(app, **away, second_factor_grace_days=0):
        account = _envelope()
        assert account.kept_in == "local"
        outcome = sign_in("envelope1", PHRASE, network="192.0.2.1", device="", hours=12)
    assert outcome.token
    opened = session.scalars(select(UserSession)).one()
    assert not opened.is_limited, "no phone has to be found"
    assert opened.ends_at - opened.started_at == timedelta(hours=4)
    assert _mails(session, "accounts.emergency") == 4, "that it was made and that it is used, to two each"
    mail = emails.emergency(to_id=1, account=account.id, what="used", at=0)
    assert mail is not None
    assert mail.subject == "An account for emergencies is used"
    [ticket] = session.scalars(select(Ticket)).all()
    assert (ticket.request_type, ticket.is_private, ticket.priority.value) == ("incident", True, "urgent")
    assert ticket.subject == "The account for emergencies envelope1 is used"
    assert get_ticket(ticket.id, manager) is ticket
    with pytest.raises(NotFound):
        get_ticket(ticket.id, helper)
    assert sign_in("envelope1", PHRASE, network="192.0.2.1", device="", hours=12).token
    assert len(session.scalars(select(Ticket.id)).all()) == 1, "one a day"


def test_who_is_told_is_reminded_once_a_month_until_it_was_tried_and_sealed_anew(session: Session) -> None:
    make_user(Role.MANAGER)
    account = _envelope()
    assert remind_of_drills(by=SYSTEM) == remind_of_drills(by=SYSTEM) == 1
    assert _mails(session, "accounts.emergency_drill") == 1
    assert sign_in("envelope1", PHRASE, network="192.0.2.1", device="", hours=12).token
    assert "choose a new passphrase" in readiness()[0].lacks
    with clock.frozen_at(clock.now() + timedelta(minutes=5)):
        link = operations.start_password_reset(account, by=SYSTEM)
        operations.finish_password_reset(link, "seven marble bicycles and thunder", by=account.user)
        assert remind_of_drills(by=SYSTEM) == 0
        assert [each.state for each in of_emergency()][-1] == "ok"
    with clock.frozen_at(clock.now() + timedelta(days=95)):
        assert "not tried" in readiness()[0].lacks
        assert emails.emergency_drill(to_id=1, account=account.id, month=1) is not None


def test_only_the_machine_makes_them_and_gives_them_a_passphrase(session: Session) -> None:
    admin = make_admin()
    for verb in (create_first_admin, create_emergency_account):
        with pytest.raises(NotAllowed, match="at the machine"):
            verb(username="mine", name="Mine", email="mine@example.org", by=admin)
    account = _envelope()
    with pytest.raises(NotAllowed, match="at the machine"):
        check_may_reset(account, by=admin)
    operations.ask_for_reset("envelope1", network="192.0.2.1")
    operations.answer_wishes(by=SYSTEM)
    assert open_link(account) is None
    _envelope(2)
    with pytest.raises(InvalidState, match="two accounts"):
        create_emergency_account(username="envelope3", name="Third", email="safe@example.org", by=SYSTEM)


def test_house_with_a_directory_and_no_such_account_is_warned(app: AdminOps, session: Session) -> None:
    with asking(app, directory_url="ldap://127.0.0.1:1"):
        assert [each.says for each in of_emergency()] == ["Nobody gets in when the directory is away."]
    assert list(of_emergency()) == []
