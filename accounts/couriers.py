"""The courier to the directory: takes what the outbox holds, and brings back how it ended."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from accounts.directory import Change, Denied, DirectoryProblem, Doubtful, Misfit, directory
from accounts.operations import converging
from accounts.operations.standing import WAY
from adminops import clock
from adminops.db import db, transaction
from adminops.errors import Unavailable
from adminops.identity.models import SYSTEM
from adminops.outbox.delivery import Claim, Outcome
from adminops.outbox.models import MessageState, OutboxMessage

WAITS = MessageState.PENDING


@dataclass(frozen=True)
class DirectoryCourier:
    """Tells the directory how an account should be. It may be told twice, so doubts resolve themselves."""

    way: str = WAY
    lasts: timedelta = timedelta(minutes=1)
    doubts: int | None = None
    in_turn: bool = True

    def carry(self, claim: Claim) -> Outcome | None:
        """Read what is desired now, have the directory be so, outside of any transaction, and say how it ended."""
        with transaction(writes=False):
            message = db.session.get_one(OutboxMessage, claim.message_id)
            errand = converging.errand_for(int(message.arguments["account"]))
        if errand is None:
            return Outcome(MessageState.DROPPED)
        if clock.now() >= claim.until:
            return None
        try:
            change: Change = directory().converge(errand.desired)
        except Doubtful as nobody_knows:
            return Outcome(WAITS, nobody_knows.sentence[:200], unconfirmed=True, lost=_again(errand))
        except DirectoryProblem as problem:
            state = WAITS if problem.passes else MessageState.DEAD
            for_all = problem.passes or isinstance(problem, (Denied, Misfit))
            return Outcome(state, problem.sentence[:200], stops=for_all)
        except Unavailable as unset:
            return Outcome(WAITS, unset.sentence[:200], stops=True)
        return Outcome(
            MessageState.SENT,
            then=lambda: converging.note_applied(errand, change.entry, by=SYSTEM),
            lost=_again(errand),
        )


def _again(errand: converging.Errand) -> Callable[[], None]:
    return lambda: converging.ask_again(errand, by=SYSTEM)


DIRECTORY = DirectoryCourier()
