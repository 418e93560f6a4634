"""Rows of Services and CurrentLivingSituation: bed nights, partners' services and money, contacts."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import TypeAlias

from adminops.demo.chance import Chance, Table
from adminops.demo.elements import HOPWA, PATH, RHY_LIVING, SSVF, VASH
from adminops.demo.programs import CE, NBN, PSH, SO
from adminops.demo.rows import Lines, Row, Sitting
from adminops.demo.stays import UPDATE, Stay

_Detail: TypeAlias = Callable[[Chance, Stay, date], Row]

_PLACES = Table({116: 52, 101: 24, 336: 5, 335: 4, 314: 5, 8: 1, 37: 6, 410: 2, 207: 1})
_STREET = Table({116: 82, 101: 8, 336: 3, 314: 2, 37: 5})
_SETTLED = (207, 314, 335, 336, 410)
_SPOTS = (
    "Behind the library",
    "River walk",
    "Bus station",
    "Woods off the bypass",
    "Plaza benches",
    "Under the bridge",
)
_PATH_SERVICES = (1, 2, 4, 6, 6, 6, 10, 14)
_RHY_SERVICES = (2, 5, 6, 7, 8, 8, 14, 17)
_SSVF_SERVICES = (1, 2, 2, 2, 3, 4, 5, 6, 7, 9, 10)


def bed_night_lines(chance: Chance, stay: Stay) -> Lines:
    """Yield the nights a client slept in a night-by-night shelter, from the night of entry (4.14)."""
    if stay.project.type != NBN:
        return
    faithful = chance.of((0.3, 0.55, 0.8, 0.95))
    nights = max(1, (stay.last_day - stay.entry).days)
    first_missing = stay.ledger.spoils(chance, 0.02, "no bed night on the day of entry", "Enrollment", stay.id)
    for night in range(nights):
        if (night == 0 and first_missing and nights > 1) or (night and not chance.yes(faithful)):
            continue
        day = stay.entry + timedelta(days=night)
        yield _service(stay, _sitting(chance, stay, day), 200, 200, {})
    if stay.exit and stay.ledger.spoils(chance, 0.01, "bed night on the day of exit", "Enrollment", stay.id):
        yield _service(stay, _sitting(chance, stay, stay.exit), 200, 200, {})


def partner_service_lines(chance: Chance, stay: Stay) -> Lines:
    """Yield what partners ask to be recorded: services, financial assistance, referrals, vouchers."""
    for suits, number, record_type, detail in _PARTNERS:
        if not suits(stay):
            continue
        for _ in range(chance.between(*number)):
            day = _some_day(chance, stay)
            row = detail(chance, stay, day)
            kind = row.pop("TypeProvided")
            yield _service(stay, _sitting(chance, stay, day), record_type, kind, row)


def contact_lines(chance: Chance, stay: Stay) -> Lines:
    """Yield where outreach, shelter and coordinated entry met a client: at entry and then now and again (4.12)."""
    if not stay.asked.contacts or not stay.answers:
        return
    day, apart = stay.entry, 16 if stay.project.type == SO else 34
    while day <= stay.last_day:
        yield "CurrentLivingSituation", _contact(chance, stay, day)
        day += timedelta(days=1 + chance.days(apart, 80))


def _contact(chance: Chance, stay: Stay, day: date) -> Row:
    row = stay.row("CurrentLivingSitID", stay.ledger.number("CurrentLivingSituation"), _sitting(chance, stay, day))
    place = chance.pick(_STREET if stay.project.type == SO else _PLACES)
    row |= {"InformationDate": day, "CurrentLivingSituation": place}
    if stay.project.type == CE:
        row["VerifiedBy"] = stay.project.owner.name
    if place in _SETTLED:
        row["LeaveSituation14Days"] = leaves = int(chance.yes(0.5))
        if leaves:
            row |= {"SubsequentResidence": chance.of((0, 0, 1)), "ResourcesToObtain": chance.of((0, 0, 1))}
            row |= {"LeaseOwn60Day": chance.of((0, 1)), "MovedTwoOrMore": chance.of((0, 1))}
    if place == 116 and chance.yes(0.6):
        row["LocationDetails"] = chance.of(_SPOTS)
    return row


def _service(stay: Stay, sitting: Sitting, record_type: int, kind: object, more: Row) -> tuple[str, Row]:
    row = stay.row("ServicesID", stay.ledger.number("Services"), sitting)
    row["DateProvided"], row["RecordType"], row["TypeProvided"] = sitting.day, record_type, int(str(kind))
    row |= more
    return "Services", row


def _sitting(chance: Chance, stay: Stay, day: date) -> Sitting:
    stamp = f"{day} {chance.between(17, 18)}:{chance.between(0, 29):02d}:00"
    audit: Row = {"DateCreated": stamp, "DateUpdated": stamp, "UserID": chance.of(stay.workers)}
    return Sitting(UPDATE, day, audit)


def _some_day(chance: Chance, stay: Stay) -> date:
    return stay.entry + timedelta(days=chance.between(0, (stay.last_day - stay.entry).days))


def _one_of(*kinds: int) -> _Detail:
    return lambda chance, _, __: {"TypeProvided": chance.of(kinds)}


def _ssvf_service(chance: Chance, _: Stay, __: date) -> Row:
    kind = chance.of(_SSVF_SERVICES)
    row: Row = {"TypeProvided": kind}
    if kind in (3, 4, 5):
        row["SubTypeProvided"] = chance.between(1, {3: 4, 4: 13, 5: 11}[kind])
    if kind == 6:
        row["OtherTypeProvided"] = "Household furniture"
    return row


def _ssvf_money(chance: Chance, _: Stay, day: date) -> Row:
    kind = chance.of((1, 1, 1, 2, 2, 4, 5, 8, 12, 14))
    until = day + timedelta(days=30 if kind == 1 else 0)
    return {"TypeProvided": kind, "FAAmount": _dollars(chance, 60, 1900), "FAStartDate": day, "FAEndDate": until}


def _hopwa_money(chance: Chance, _: Stay, __: date) -> Row:
    return {"TypeProvided": chance.of((1, 1, 2, 4)), "FAAmount": _dollars(chance, 90, 1400)}


def _path_referral(chance: Chance, _: Stay, __: date) -> Row:
    return {"TypeProvided": chance.between(1, 11), "ReferralOutcome": chance.of((1, 1, 2, 3))}


def _moving_on(chance: Chance, _: Stay, __: date) -> Row:
    kind = chance.of((1, 2, 3, 4, 5))
    return {"TypeProvided": kind, "MovingOnOtherType": "Utility deposit pledge" if kind == 5 else None}


def _dollars(chance: Chance, low: int, high: int) -> str:
    return f"{chance.between(low, high)}.{chance.of((0, 0, 25, 50, 75)):02d}"


# Who it is for, how many (from, to), HUD record type (list 1.4), and what a row says.
_PARTNERS: tuple[tuple[Callable[[Stay], bool], tuple[int, int], int, _Detail], ...] = (
    (lambda stay: PATH in stay.project.funders and stay.answers, (1, 6), 141, _one_of(*_PATH_SERVICES)),
    (lambda stay: PATH in stay.project.funders and stay.answers, (0, 3), 161, _path_referral),
    (lambda stay: bool(stay.project.funders & RHY_LIVING) and stay.answers, (1, 5), 142, _one_of(*_RHY_SERVICES)),
    (lambda stay: bool(stay.project.funders & HOPWA), (1, 4), 143, _one_of(2, 2, 7, 8, 10, 13)),
    (lambda stay: bool(stay.project.funders & HOPWA) and stay.head, (1, 3), 151, _hopwa_money),
    (lambda stay: SSVF in stay.project.funders and stay.answers, (2, 8), 144, _ssvf_service),
    (lambda stay: SSVF in stay.project.funders and stay.head, (1, 4), 152, _ssvf_money),
    (lambda stay: VASH in stay.project.funders and stay.head, (1, 3), 210, _one_of(1, 3, 5)),
    (
        lambda stay: bool(stay.project.funders & {2, 56}) and stay.project.type == PSH and stay.head,
        (0, 1),
        300,
        _moving_on,
    ),
)
