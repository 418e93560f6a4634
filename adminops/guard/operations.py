"""The verbs of the guard: count what was found, hold a text back, open and settle what is held."""

import json
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import select

from adminops import clock
from adminops.db import db
from adminops.errors import Invalid, InvalidState, NotAllowed
from adminops.facts import HeldTextOpened, IncidentSettled, TextCleared, TextHeld, TextStopped, publish
from adminops.feature import GuardedTexts
from adminops.guard.looking import check
from adminops.guard.models import FoundBy, IncidentState, Outcome, PiiEvent, PiiIncident, move
from adminops.hmis import sealing
from adminops.hmis.resealing import SealedColumn
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.pii import Finding, PiiKind
from adminops.refs import Ref

HELD_BACK = "This text is held back: it may hold personal data of a client. The Systems Team looks at it."


def note_stopped(findings: Iterable[Finding], *, agency_id: int | None, by: User) -> None:
    """Count what `by` was about to send. Publishes `TextStopped`."""
    kinds = _kinds(findings)
    _count(kinds, Outcome.STOPPED, agency_id, by)
    publish(TextStopped(user_id=by.id, agency_id=agency_id, kinds=", ".join(kinds)), by=by)


def note_cleared(findings: Iterable[Finding], *, about: Ref, agency_id: int | None, by: User) -> None:
    """Count what the team says is no client's data; the nightly scan passes that text over. Publishes `TextCleared`.

    Nothing found is nothing to count.
    """
    if kinds := _kinds(findings):
        _count(kinds, Outcome.CLEARED, agency_id, by, about=about)
        publish(TextCleared(user_id=by.id, agency_id=agency_id, kinds=", ".join(kinds), text=str(about)), by=by)


def hold(
    about: Ref,
    texts: Mapping[str, str],
    findings: Iterable[Finding],
    *,
    agency_id: int | None,
    author_id: int | None,
    seen_by: Sequence[int] = (),
    found_by: FoundBy | None = None,
    by: User,
) -> PiiIncident:
    """Keep `texts`, the fields of `about`, sealed for the redactors and return the incident.

    The caller stores `HELD_BACK` in their place. `seen_by` are those who could have read it; there are none when its
    writer sends it here. Publishes `TextHeld`.
    """
    kinds = _kinds(findings)
    found_by = found_by or (FoundBy.RESCAN if by.is_system else FoundBy.WRITER)
    incident = PiiIncident(
        kind=about.kind,
        ref_id=about.id,
        agency_id=agency_id,
        author_id=author_id,
        found_by=found_by,
        found_kinds=kinds,
        seen_by=[str(reader) for reader in seen_by],
    )
    db.session.add(incident)
    db.session.flush()
    incident.sealed = sealing.key_ring().encrypt(json.dumps(dict(texts)), bound_to=cell(incident.id))
    _count(kinds, Outcome.FOUND if found_by is FoundBy.RESCAN else Outcome.HELD, agency_id, by, about=about)
    publish(TextHeld(incident_id=incident.id, agency_id=agency_id, kinds=", ".join(kinds)), by=by)
    return incident


def open_held(incident: PiiIncident, *, by: User) -> dict[str, str]:
    """Return the texts of `incident` by the names of their fields. Publishes `HeldTextOpened`.

    Raises `NotAllowed` for who neither redacts nor is its agency's security officer, `InvalidState` when it is
    settled.
    """
    texts = _opened(incident, by, Permission.READ_HELD)
    publish(HeldTextOpened(incident_id=incident.id, agency_id=incident.agency_id), by=by)
    return texts


def redact(incident: PiiIncident, texts: Mapping[str, str], *, guarded: GuardedTexts, by: User) -> None:
    """Put `texts` (the fields that are held back, without what they should not hold) where the text was.

    Raises `NotAllowed`, `InvalidState`, `Invalid` when nothing is left of a field, or something is still in it.
    Publishes `IncidentSettled`.
    """
    held = _opened(incident, by)
    if not all(texts.get(name, "").strip() for name in held):
        raise Invalid("Nothing would be left of a text. Write what is to stand there, or delete it.")
    for text in texts.values():
        check(text, agency_id=incident.agency_id, by=by)
    _settle(incident, IncidentState.REDACTED, {name: texts.get(name, "") for name in held}, guarded, by)


def put_back(incident: PiiIncident, *, guarded: GuardedTexts, by: User) -> None:
    """Put the text back as it was: it was a false alarm, which is counted. Raises and publishes as `redact`."""
    held = _opened(incident, by)
    _count(incident.found_kinds, Outcome.FALSE_ALARM, incident.agency_id, by, about=incident.ref)
    _settle(incident, IncidentState.FALSE_ALARM, held, guarded, by)


def drop(incident: PiiIncident, *, guarded: GuardedTexts, by: User) -> None:
    """Delete the text: a line that says so stays in its place. Raises and publishes as `redact`."""
    held = _opened(incident, by)
    words = "This text was deleted, for it held personal data of a client."
    _settle(incident, IncidentState.DROPPED, dict.fromkeys(held, words), guarded, by)


def forget_held(kind: str, ids: Sequence[int], *, by: User) -> None:
    """Forget what is held back of texts that are about to be deleted, unread. Publishes `IncidentSettled`.

    Raises `InvalidState` when somebody has settled one already: then it is no longer what it was.
    """
    refs = [str(id_) for id_ in ids]
    found = select(PiiIncident).where(PiiIncident.kind == kind, PiiIncident.ref_id.in_(refs)).with_for_update()
    for incident in db.session.scalars(found).all():
        if incident.state is not IncidentState.HELD:
            raise InvalidState("A redactor has settled a text of it since.")
        fact = IncidentSettled(incident_id=incident.id, agency_id=incident.agency_id, how="taken back")
        db.session.delete(incident)  # the next text under that number is another one
        db.session.flush()
        publish(fact, by=by)


def cell(incident_id: int) -> str:
    """Return what the sealed text of an incident is bound to."""
    return f"pii_incident|sealed|{incident_id}"


SEALED_TEXTS = SealedColumn(PiiIncident, "sealed", ("id",), cell)
"""What a rotation of keys seals anew."""


def _opened(incident: PiiIncident, by: User, needed: Permission = Permission.REDACT) -> dict[str, str]:
    """Return what is held back, with the incident locked, so that one of two redactors is the first."""
    if not by.reach(needed).covers(incident.agency_id):
        raise NotAllowed("Your role does not include this with texts that are held back.")
    locked = select(PiiIncident).where(PiiIncident.id == incident.id).with_for_update(of=PiiIncident)
    db.session.execute(locked.execution_options(populate_existing=True)).one()
    if incident.sealed is None:
        raise InvalidState("This incident is settled already.")
    texts: dict[str, str] = json.loads(sealing.open_cell(incident.sealed, bound_to=cell(incident.id)))
    return texts


def _settle(
    incident: PiiIncident, to: IncidentState, texts: Mapping[str, str], guarded: GuardedTexts, by: User
) -> None:
    move(incident, to)
    incident.sealed, incident.settled_at, incident.settled_by_id = None, clock.now(), by.id
    guarded.rewrite(incident.ref_id, texts)
    db.session.flush()
    publish(IncidentSettled(incident_id=incident.id, agency_id=incident.agency_id, how=to.value), by=by)


def _kinds(findings: Iterable[Finding]) -> list[str]:
    there = {finding.kind for finding in findings}
    return [kind.key for kind in PiiKind if kind in there]


def _count(
    kinds: Iterable[str], outcome: Outcome, agency_id: int | None, by: User, *, about: Ref | None = None
) -> None:
    for kind in kinds:
        db.session.add(
            PiiEvent(agency_id=agency_id, user_id=by.id, kind=kind, outcome=outcome, about=str(about) if about else "")
        )
    db.session.flush()
