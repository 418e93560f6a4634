"""What a person may do with a message that did not leave."""

from datetime import timedelta

import pytest

from adminops.errors import InvalidState, NotAllowed
from adminops.identity.models import User
from adminops.identity.permissions import Role
from adminops.outbox.bell import WORK_WAITS, Bell
from adminops.outbox.models import TRANSITIONS, MessageState, OutboxMessage
from adminops.outbox.operations import drop_message, retry_message
from tests.outbox.post import Post
from tests.services.mail import MailCatcher


def _dead(post: Post, mail_server: MailCatcher) -> int:
    number = post.ask()
    mail_server.answer_with("554 no")
    post.deliver()
    mail_server.answer_with("")
    assert post.state(number) is MessageState.DEAD
    return number


def _do(post: Post, verb: object, number: int, by: User) -> None:
    from adminops.db import transaction

    with post.app.app_context(), transaction() as session:
        verb(session.get_one(OutboxMessage, number), by=session.get_one(User, by.id))  # type: ignore[operator]


def test_a_dead_message_is_tried_again_on_an_administrators_word(post: Post, mail_server: MailCatcher) -> None:
    admin = post.person(role=Role.SYSTEM_ADMIN)
    number = _dead(post, mail_server)
    _do(post, retry_message, number, admin)
    assert post.deliver().sent == 1
    assert post.facts() == ["MessageGivenUp", "MessageRetried"]


def test_a_message_tried_again_gets_another_day(post: Post, mail_server: MailCatcher) -> None:
    admin = post.person(role=Role.SYSTEM_ADMIN)
    number = _dead(post, mail_server)
    _do(post, retry_message, number, admin)
    mail_server.answer_with("451 later")
    assert post.deliver(later=timedelta(days=2)).put_off == 1


def test_a_dropped_message_stays_where_it_is(post: Post, mail_server: MailCatcher) -> None:
    admin = post.person(role=Role.SYSTEM_ADMIN)
    number = _dead(post, mail_server)
    _do(post, drop_message, number, admin)
    with pytest.raises(InvalidState):
        _do(post, retry_message, number, admin)
    assert post.deliver(later=timedelta(days=2)).total == 0
    assert post.facts() == ["MessageGivenUp", "MessageDropped"]


def test_what_has_left_can_neither_be_tried_nor_dropped(post: Post) -> None:
    admin = post.person(role=Role.SYSTEM_ADMIN)
    number = post.ask()
    post.deliver()
    for verb in (retry_message, drop_message):
        with pytest.raises(InvalidState):
            _do(post, verb, number, admin)


def test_others_keep_their_hands_off(post: Post, mail_server: MailCatcher) -> None:
    helper = post.person(role=Role.HELP_DESK)
    number = _dead(post, mail_server)
    for verb in (retry_message, drop_message):
        with pytest.raises(NotAllowed):
            _do(post, verb, number, helper)
    assert post.state(number) is MessageState.DEAD


def test_every_state_has_its_moves() -> None:
    assert set(TRANSITIONS) == set(MessageState)
    assert {goal for goals in TRANSITIONS.values() for goal in goals} <= set(MessageState)


def test_the_bell_rings_when_a_mail_is_stored_and_not_before(post: Post) -> None:
    from adminops.db import transaction
    from adminops.outbox.messages import enqueue_mail

    person = post.person()
    before = WORK_WAITS.wait(0, seconds=0)
    with post.app.app_context(), transaction() as session:
        enqueue_mail("post.note", to=session.get_one(User, person.id), number=1)
        assert WORK_WAITS.wait(before, seconds=0) == before
    assert WORK_WAITS.wait(before, seconds=0) == before + 1


def test_a_ring_between_two_waits_is_not_lost() -> None:
    bell = Bell()
    bell.ring()
    assert bell.wait(0, seconds=60) == 1
    bell.ring()
    bell.ring()
    assert bell.wait(1, seconds=60) == 3
    assert bell.wait(3, seconds=0) == 3
