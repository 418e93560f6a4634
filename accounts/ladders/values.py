"""What a ladder is, which one is stricter, and where somebody stands on one. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from adminops.errors import Invalid

LONGEST = 3650
"""Days that a step may have at most."""


class PolicyKind(StrEnum):
    """What a policy is about, with the words for screens."""

    def __new__(cls, value: str, title: str = "", about: str = "") -> "PolicyKind":
        """Keep the words beside the value."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.title, member.about = title, about
        return member

    title: str  # type: ignore[assignment]
    about: str

    INACTIVITY = "inactivity", "Inactivity", "Days without a sign-in, here or in the HMIS."
    TRAINING = "training", "Training", "Days before a required training runs out."
    AGREEMENT = "agreement", "User agreement", "Days before a signature runs out."
    REVIEW = "review", "Quarterly list", "Days after an agency was asked to confirm its people."
    MOU = "mou", "Agency’s agreement", "Days before and after an agency’s agreement runs out."
    DEPARTURE = "departure", "Leavers", "Hours after access should have ended, until the HMIS is closed too."
    PRIVILEGED = "privileged", "Administrators", "Days after the list of who may do most was opened, each month."


K = PolicyKind


@dataclass(frozen=True)
class Ladder:
    """Steps in days. For inactivity they count from the last sign-in, for a list from its opening; else to the end.

    Those of leavers are hours. None is a step that there is not. `grace` are days that access goes on after the end.
    """

    warn: tuple[int, ...] = ()
    hold: int | None = None
    refresher: int | None = None
    full: int | None = None
    archive: int | None = None
    ahead: int | None = None
    grace: int | None = None
    due: int | None = None
    escalate: int | None = None
    names: tuple[str, ...] = ()
    """The policies with their versions that it came from: who places a hold by it."""

    @property
    def name(self) -> str:
        """The policy and version that a hold is placed by."""
        return self.names[0] if self.names else "standard"

    def as_dict(self) -> dict[str, Any]:
        """Return its steps fit for JSON."""
        steps = {field: getattr(self, field) for field in ALL_STEPS}
        return {field: list(value) if field == "warn" else value for field, value in steps.items() if value}


STEPS: dict[PolicyKind, tuple[str, ...]] = {
    K.INACTIVITY: ("warn", "hold", "refresher", "full", "archive"),
    K.TRAINING: ("warn", "ahead", "grace"),
    K.AGREEMENT: ("warn", "ahead", "grace"),
    K.REVIEW: ("due", "escalate"),
    K.MOU: ("warn", "hold", "ahead"),
    K.DEPARTURE: ("due", "escalate", "hold"),
    K.PRIVILEGED: ("due", "escalate"),
}
ALL_STEPS = ("warn", "hold", "refresher", "full", "archive", "ahead", "grace", "due", "escalate")
STANDARD: dict[PolicyKind, Ladder | None] = {
    K.INACTIVITY: None,
    K.TRAINING: Ladder(ahead=14),
    K.AGREEMENT: Ladder(ahead=14),
    K.REVIEW: Ladder(due=14, escalate=30),
    K.MOU: None,
    K.DEPARTURE: Ladder(due=12, escalate=24),
    K.PRIVILEGED: None,
}
"""What holds where nobody has put anything in force. Nobody is held for inactivity, and no agency for its agreement,
before two people have said so."""
OFFERED: dict[PolicyKind, Ladder] = {
    K.INACTIVITY: Ladder(warn=(45, 55), hold=60, refresher=90, full=180, archive=365),
    K.TRAINING: Ladder(warn=(30, 14, 7, 1), ahead=14),
    K.AGREEMENT: Ladder(warn=(30, 14, 7, 1), ahead=14),
    K.REVIEW: Ladder(due=14, escalate=30),
    K.MOU: Ladder(warn=(60, 30, 7), hold=14, ahead=30),
    K.DEPARTURE: Ladder(due=12, escalate=24, hold=24),
    K.PRIVILEGED: Ladder(due=7, escalate=14),
}
"""Where a new policy starts."""
LONGER_IS_STRICTER = ("ahead",)
CLOCK_HOURS = 24
"""Within so many hours the HMIS is closed to who has left: no policy lets the managers hear of it later."""


def read(kind: PolicyKind, steps: Mapping[str, Any]) -> Ladder:
    """Return the ladder of stored steps, or of a form. Raises `Invalid` at the step that does not fit the others."""
    known = {field: value for field, value in steps.items() if field in STEPS[kind] and value not in (None, "", [], ())}
    warn = tuple(sorted({int(day) for day in known.pop("warn", ())}, reverse=kind is not K.INACTIVITY))
    numbers: dict[str, Any] = {field: int(value) for field, value in known.items()}
    ladder = replace(Ladder(), warn=warn, **numbers)
    _check_range(ladder)
    _CHECKS[kind](ladder)
    return ladder


def _check_range(ladder: Ladder) -> None:
    for field in ALL_STEPS:
        value = getattr(ladder, field)
        days = value if field == "warn" else [value] if value is not None else []
        if any(not 0 <= day <= LONGEST for day in days):
            raise Invalid(f"Days go from 0 to {LONGEST:,}.", field=field)


def _check_inactivity(ladder: Ladder) -> None:
    if not ladder.hold or ladder.hold < 7:
        raise Invalid("Nobody is held within a week. Enter 7 days or more.", field="hold")
    if not ladder.warn or ladder.warn[0] > ladder.hold - 3:
        raise Invalid("The first warning comes three days before the hold, or earlier.", field="warn")
    _rising(ladder, ("hold", "refresher", "full", "archive"))


def _check_ending(ladder: Ladder) -> None:
    if (ladder.ahead or 0) < 3:
        raise Invalid("A hold is placed three days ahead at least, so that it is seen.", field="ahead")


def _check_list(ladder: Ladder) -> None:
    if not ladder.due:
        raise Invalid("Enter within how many days a list is to be confirmed.", field="due")
    _rising(ladder, ("due", "escalate"))


def _check_agency(ladder: Ladder) -> None:
    if not ladder.warn:
        raise Invalid("Enter how many days before the end the agency is warned.", field="warn")
    if not ladder.hold:
        raise Invalid("Enter a day after the last one. Without a hold no policy is needed.", field="hold")
    if (ladder.ahead or 0) < 7:
        raise Invalid("It stops the work of a whole house: place it seven days ahead at least.", field="ahead")


def _check_leavers(ladder: Ladder) -> None:
    if not ladder.due:
        raise Invalid("Enter after how many hours the team is told.", field="due")
    if not ladder.escalate or ladder.escalate > CLOCK_HOURS:
        raise Invalid(f"The managers hear of it within {CLOCK_HOURS} hours.", field="escalate")
    if ladder.hold == 0:
        raise Invalid("Enter an hour or more. Leave it empty, and nobody is held by it.", field="hold")
    _rising(ladder, ("due", "escalate"))


_CHECKS = {
    K.INACTIVITY: _check_inactivity,
    K.TRAINING: _check_ending,
    K.AGREEMENT: _check_ending,
    K.REVIEW: _check_list,
    K.MOU: _check_agency,
    K.DEPARTURE: _check_leavers,
    K.PRIVILEGED: _check_list,
}


def _rising(ladder: Ladder, fields: tuple[str, ...]) -> None:
    before = 0
    for field in fields:
        value = getattr(ladder, field)
        if value is not None:
            if value <= before:
                raise Invalid("Each step comes after the one before.", field=field)
            before = value


def strictest(ladders: Iterable[Ladder]) -> Ladder | None:
    """Return the strictest of each step; its first name is that of the ladder that holds first. None where none is."""
    found = list(ladders)
    if len(found) < 2:
        return found[0] if found else None
    firsts = sorted(found, key=lambda each: (each.hold or LONGEST, each.grace or 0, each.due or 0))
    steps: dict[str, Any] = {}
    for field in ALL_STEPS[1:]:
        values = [value for each in found if (value := getattr(each, field)) is not None]
        # A grace that one does not give, nobody has; any other step is there when one of them has it.
        if values and not (field == "grace" and len(values) < len(found)):
            steps[field] = (max if field in LONGER_IS_STRICTER else min)(values)
    rising = steps.get("hold") is not None and "ahead" not in steps
    warn = {day for each in found for day in each.warn if not rising or day < steps["hold"]}
    names = tuple(dict.fromkeys(name for each in firsts for name in each.names))
    return Ladder(warn=tuple(sorted(warn, reverse=not rising)), names=names, **steps)


@dataclass(frozen=True)
class Idle:
    """Where an account stands on a ladder of inactivity."""

    days: int
    since: datetime
    warned: int | None
    """The highest warning that has come."""
    holds_at: datetime
    needs: str
    """What comes before it opens again: nothing, refresher, full."""
    archives: bool


def idle_on(ladder: Ladder, since: datetime, now: datetime) -> Idle:
    """Return where an account whose last sign of life was at `since` stands now."""
    days = max((now - since).days, 0)
    warned = max((day for day in ladder.warn if day <= days), default=None)
    needs = "full" if _over(ladder.full, days) else "refresher" if _over(ladder.refresher, days) else ""
    holds_at = since + timedelta(days=ladder.hold or LONGEST)
    return Idle(days, since, warned, holds_at, needs, _over(ladder.archive, days))


def step_of(ladder: Ladder, since: datetime, now: datetime) -> tuple[str, int] | None:
    """Return who hears of a leaver whose clock runs since `since`, and after how many hours; None: nobody yet."""
    hours = (now - since) / timedelta(hours=1)
    if ladder.escalate is not None and hours >= ladder.escalate:
        return "managers", ladder.escalate
    return ("team", ladder.due) if ladder.due is not None and hours >= ladder.due else None


def _over(step: int | None, days: int) -> bool:
    return step is not None and days >= step
