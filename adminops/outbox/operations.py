"""What a person may do with a message that did not leave."""

from adminops import clock
from adminops.db import after_commit, db
from adminops.errors import InvalidState, NotAllowed
from adminops.facts import MessageDropped, MessageRetried, publish
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.outbox.bell import WORK_WAITS
from adminops.outbox.models import MessageState, OutboxMessage


def retry_message(message: OutboxMessage, *, by: User) -> None:
    """Have a given-up message tried again, for another 24 hours; or one that is put off tried now.

    Rules in the order checked: system.run; it has not left, is not just leaving and is not dropped. Publishes
    `MessageRetried`. Raises `NotAllowed`, `InvalidState`.
    """
    _check(message, by)
    message.state, message.next_try_at, message.give_up_at = MessageState.PENDING, clock.now(), None
    message.unconfirmed = 0
    db.session.flush()
    after_commit(WORK_WAITS.ring)
    publish(MessageRetried(message_id=message.id), by=by)


def drop_message(message: OutboxMessage, *, by: User) -> None:
    """Take a message that has not left out of the outbox, for good.

    Rules as for `retry_message`. Publishes `MessageDropped`. Raises `NotAllowed`, `InvalidState`.
    """
    _check(message, by)
    message.state = MessageState.DROPPED
    message.problem = "Somebody took it out of the outbox."
    db.session.flush()
    publish(MessageDropped(message_id=message.id), by=by)


def _check(message: OutboxMessage, by: User) -> None:
    if not by.may(Permission.RUN_SYSTEM):
        raise NotAllowed("Only a system administrator looks after the outbox.")
    if message.state is MessageState.SENT:
        raise InvalidState("This message has left already.")
    if message.state is MessageState.SENDING:
        raise InvalidState("This message is just being sent. Look again in a few minutes.")
    if message.state is MessageState.DROPPED:
        raise InvalidState("This message was dropped already.")
