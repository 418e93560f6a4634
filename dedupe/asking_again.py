"""Asking again about records that were kept apart: only once their rows are new, and what tells them apart with them.

That they are kept apart holds until somebody says otherwise. What is new is said by how the two compare, and did when
they were kept apart ("SSN: was 1 digit differs, is now same"), so that no value of either is kept. It is said anew with
each scan: data that is put right takes the question back.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import null, select
from sqlalchemy.orm import aliased

from adminops.db import db
from adminops.facts import publish
from adminops.hmis import merging
from adminops.hmis.models import Client, Verdict
from adminops.identity.models import SYSTEM
from dedupe.describing import describe, reasons_of
from dedupe.log import move_along
from dedupe.matching.explain import ScoredPair
from dedupe.models import WAITING, Pair, PairState
from dedupe.settling import answer_of, let_lapse
from dedupe.standing import PairOfIds

_TELLING = ("First name", "Middle name", "Last name", "Name suffix", "SSN", "Birth date")
_ALL_OF_THE_SSN = "SSN"
_Low, _High = aliased(Client), aliased(Client)


def note_rows(pair: Pair) -> None:
    """Remember which rows the pair was kept apart on, and how they compared."""
    forget_rows(pair)
    pair.rows_seen = _rows_of(pair)
    pair.reasons_seen = pair.reasons


def _rows_of(pair: Pair) -> list[int | None]:
    return [pair.low_client.import_id, pair.high_client.import_id]


def forget_rows(pair: Pair) -> None:
    """Ask about the pair as about any other one."""
    pair.rows_seen, pair.reasons_seen, pair.changes = None, None, []


def with_new_rows() -> set[PairOfIds]:
    """Return the pairs that were kept apart, or are asked about again, of which an import has written a row since."""
    reading = (
        select(Pair.low_client_id, Pair.high_client_id, Pair.rows_seen, _Low.import_id, _High.import_id)
        .join(_Low, _Low.id == Pair.low_client_id)
        .join(_High, _High.id == Pair.high_client_id)
        .where(Pair.rows_seen.is_not(null()), Pair.state.in_((PairState.APART, *WAITING)))
    )
    return {
        (low, high) for low, high, seen, low_now, high_now in db.session.execute(reading) if seen != [low_now, high_now]
    }


def ask_again(pair: Pair, scored: ScoredPair) -> bool:
    """Put a pair that was kept apart back into the queue if it compares otherwise than it did; say whether it is."""
    changes = what_changed(pair.reasons_seen or (), reasons_of(scored))
    if not changes:
        return False
    describe(pair, scored)
    pair.changes = changes
    move_along(pair, PairState.OPEN)
    return True


def bring_up_to_date(pair: Pair, scored: ScoredPair) -> None:
    """Write how a pair that waits compares now; one that is asked about again for nothing any more is kept apart."""
    describe(pair, scored)
    if pair.changes and pair.reasons_seen is not None:
        pair.changes = what_changed(pair.reasons_seen, pair.reasons)
        if not pair.changes:
            drop_the_question(pair)


def drop_the_question(pair: Pair) -> None:
    """Let a pair that was asked about again be kept apart as before: for a reviewer, a second person, and tickets."""
    if pair.state is PairState.SECOND:
        let_lapse(pair)
    move_along(pair, PairState.APART)
    pair.claimed_by_id = pair.claimed_until = pair.deferred_at = None
    pair.rows_seen, pair.changes = _rows_of(pair), []
    if pair.request:
        publish(answer_of(pair, pair.request, pair.also), by=SYSTEM)


def is_asked_again(pair: Pair) -> bool:
    """Say whether the two are kept apart, and asked about nevertheless: for what is new.

    Somebody who merges them takes that back; undoing the merge is asking again, for the same.
    """
    return bool(pair.changes) and merging.verdict_on(pair.low_client, pair.high_client) is Verdict.APART


def ask_anew(pair: Pair) -> bool:
    """Let a pair whose merge was undone be asked about again, as it was before the merge; say whether it is."""
    word = merging.apart_on(pair.low_client, pair.high_client) if pair.changes else None
    if word is None:
        return False
    pair.decided_by_id, pair.decided_at, pair.reason = word.by_id, word.decided_at, word.reason
    return True


def what_changed(before: Iterable[Mapping[str, Any]], now: Iterable[Mapping[str, Any]]) -> list[str]:
    """Say in sentences which fields compare otherwise than they did."""
    was, is_ = _says(before), _says(now)
    return [_sentence(field, was.get(field), is_.get(field)) for field in _TELLING if was.get(field) != is_.get(field)]


def _says(reasons: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    found = {}
    for reason in reasons:
        field, says = str(reason["field"]), str(reason["says"])
        if field.startswith(_ALL_OF_THE_SSN) and field != _ALL_OF_THE_SSN:
            field, says = _ALL_OF_THE_SSN, f"{field.removeprefix(_ALL_OF_THE_SSN).strip()} {says}"
        found[field] = says
    return found


def _sentence(field: str, was: str | None, now: str | None) -> str:
    if was is None:
        return f"{field}: could not be compared, is now {now}."
    return f"{field}: was {was}, can no longer be compared." if now is None else f"{field}: was {was}, is now {now}."
