"""Mails about classes: what they say, and that one that is no longer true is not sent."""

from datetime import timedelta
from typing import Any

import pytest
from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from adminops import clock
from adminops.identity.models import User
from adminops.outbox.letters import Letter, compose
from adminops.outbox.models import OutboxMessage
from adminops.settings import current_settings
from tests.make import make_user
from tests.make_training import make_class, make_course, make_trainer, put_in
from tests.training.words import mails_to
from training.jobs import remind_classes
from training.models import LearnerState
from training.operations import cancel_offering, join_class, leave_class, sign_up_somebody, take_out

L = LearnerState


def _letters(session: Session, learner: User) -> list[Letter | None]:
    """Return what the waiting mails of `learner` would say now; None for one that is not sent any more."""
    waiting = select(OutboxMessage).where(OutboxMessage.recipient_id == learner.id).order_by(OutboxMessage.id)
    written = []
    for message in session.scalars(waiting):
        mail = current_app.extensions["mails"].write(message.kind, learner.id, message.arguments)
        written.append(mail and compose(mail, message, to=learner, settings=current_settings()))
    return written


def test_a_mail_says_what_when_and_where_and_leads_to_the_class(session: Session) -> None:
    offering, learner = make_class(make_course(title="Bed nights"), place="Library"), make_user()
    join_class(offering, by=learner)
    (letter,) = _letters(session, learner)
    assert letter is not None
    assert letter.subject.startswith("You are signed up: Bed nights, ")
    assert "\nBed nights\n" in letter.text
    assert "\nLibrary\n\nIf you can't come" in letter.text
    assert f"/training/classes/{offering.id}" in letter.text


@pytest.mark.parametrize(
    ("place", "link", "line"),
    [
        ("Library", "https://meet.example.org/secret", "Library, or online"),
        ("", "https://meet.example.org/secret", "Online"),
    ],
)
def test_the_link_of_a_meeting_stays_out_of_mails(session: Session, place: str, link: str, line: str) -> None:
    offering, learner = make_class(place=place, link=link), make_user()
    join_class(offering, by=learner)
    (letter,) = _letters(session, learner)
    assert letter is not None
    assert f"\n{line}\n" in letter.text
    assert "secret" not in letter.text + letter.html


def test_every_kind_of_mail_can_be_written(session: Session) -> None:
    trainer, offering = make_trainer(), make_class(seats=1)
    first, second = make_user(), make_user()
    join_class(offering, by=first)
    join_class(offering, by=second)
    assert [letter and letter.subject.partition(":")[0] for letter in _letters(session, second)] == [
        "You are on the waiting list"
    ]
    take_out(offering, first, by=trainer)
    assert [letter and letter.subject.partition(":")[0] for letter in _letters(session, first)] == [
        None,
        "You are no longer signed up",
    ]
    assert [letter and letter.subject.partition(":")[0] for letter in _letters(session, second)] == [
        None,
        "You have a seat",
    ]
    cancel_offering(offering, by=trainer)
    assert [letter and letter.subject.partition(":")[0] for letter in _letters(session, second)] == [
        *(None, None),
        "Your class is cancelled",
    ]


def test_who_left_before_the_mail_went_gets_none(session: Session) -> None:
    offering, learner = make_class(), make_user()
    join_class(offering, by=learner)
    leave_class(offering, by=learner)
    assert _letters(session, learner) == [None]
    join_class(offering, by=learner)
    assert [letter is None for letter in _letters(session, learner)] == [True, False]


def test_who_is_in_a_class_two_days_ahead_is_reminded_once(session: Session) -> None:
    offering = make_class(in_days=5)
    learner, waits = make_user(), make_user()
    put_in(offering, learner)
    put_in(offering, waits, L.WAITING)
    remind_classes()
    assert mails_to(learner) == []
    with clock.frozen_at(offering.starts_at - timedelta(days=2)):
        for _ in range(3):
            remind_classes()
        assert (mails_to(learner), mails_to(waits)) == (["reminder"], [])
        (letter,) = _letters(session, learner)
        assert letter is not None
        assert letter.subject.startswith("Your class is soon: ")
    with clock.frozen_at(offering.starts_at + timedelta(minutes=1)):
        assert _letters(session, learner) == [None]
        remind_classes()
    assert mails_to(learner) == ["reminder"]


def test_a_class_that_moved_is_reminded_of_anew(session: Session) -> None:
    offering = make_class(in_days=5)
    learner = put_in(offering, make_user())
    with clock.frozen_at(offering.starts_at - timedelta(days=1)):
        remind_classes()
    offering.starts_at += timedelta(days=7)
    offering.ends_at += timedelta(days=7)
    session.flush()
    assert _letters(session, learner) == [None]
    with clock.frozen_at(offering.starts_at - timedelta(days=1)):
        remind_classes()
    assert mails_to(learner) == ["reminder", "reminder"]


def test_who_signed_up_a_moment_ago_is_not_reminded(session: Session) -> None:
    offering, learner = make_class(in_days=1), make_user()
    sign_up_somebody(offering, learner, by=make_trainer())
    remind_classes()
    assert mails_to(learner) == ["joined"]


@pytest.mark.parametrize(
    "over", [{"state": L.LEFT}, {"state": L.WAITING}, {"closed": True}, {"in_days": 3}, {"in_days": -0.01}]
)
def test_nobody_else_is_reminded(session: Session, over: dict[str, Any]) -> None:
    offering = make_class(in_days=over.get("in_days", 1))
    learner = make_user(may_sign_in=not over.get("closed", False), password_set_at=clock.now())
    put_in(offering, learner, over.get("state", L.JOINED), asked_at=clock.now() - timedelta(days=9))
    remind_classes()
    assert mails_to(learner) == []
