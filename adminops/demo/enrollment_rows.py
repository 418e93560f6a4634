"""Rows of Enrollment.csv: the universal elements of an entry, where people slept before, and partners' elements."""

from datetime import date, timedelta

from adminops.demo.agencies import COC_CODE
from adminops.demo.chance import Chance, Table
from adminops.demo.elements import PATH, RHY, SSVF
from adminops.demo.partner_elements import path_columns, rhy_columns, ssvf_columns
from adminops.demo.people import HEAD
from adminops.demo.programs import DAY, ES, HP, NBN, SH, SO, Project
from adminops.demo.rows import Line, Row
from adminops.demo.stays import Stay

HOMELESS, INSTITUTION, UNKNOWN = (101, 116, 118), (204, 205, 206, 207, 215, 225), (8, 9, 99)
_STREET_FIRST = Table({116: 46, 101: 18, 335: 7, 336: 9, 314: 6, 207: 3, 206: 3, 205: 3, 204: 1, 410: 3, 8: 1, 99: 1})
_HOUSED = Table({410: 52, 335: 16, 336: 14, 314: 6, 411: 5, 435: 6, 302: 1})
_MIXED = Table({101: 34, 116: 28, 118: 2, 335: 8, 336: 9, 314: 6, 410: 5, 205: 2, 302: 3, 435: 1, 8: 1, 99: 1})
_MINOR = Table({335: 48, 336: 12, 410: 14, 215: 14, 207: 7, 116: 5})
_LENGTH = Table({10: 6, 11: 11, 2: 22, 3: 22, 4: 22, 5: 15, 8: 1, 99: 1})
_SUBSIDY = Table({433: 40, 434: 30, 431: 15, 439: 10, 420: 5})


def living_before(chance: Chance, project: Project, entry: date, *, minor: bool = False) -> Row:
    """Draw where a household stayed before, with the questions that follow from it (3.917)."""
    situation = chance.pick(_situations(project, minor=minor))
    length = situation if situation in UNKNOWN else chance.pick(_LENGTH)
    row: Row = {"LivingSituation": situation, "LengthOfStay": length}
    if situation == 435:
        row["RentalSubsidyType"] = chance.pick(_SUBSIDY)
    if situation in HOMELESS or project.type in (ES, NBN, SO, SH):
        return row | _homeless_time(chance, entry)
    short = length in ((10, 11, 2, 3) if situation in INSTITUTION else (10, 11))
    if situation not in UNKNOWN:
        row["LOSUnderThreshold"] = int(short)
    if short:
        street = int(chance.yes(0.35))
        row["PreviousStreetESSH"] = street
        if street:
            row |= _homeless_time(chance, entry)
    return row


def enrollment_line(chance: Chance, stay: Stay) -> Line:
    """Return the row of an enrollment."""
    row: Row = {
        "EnrollmentID": stay.id,
        "PersonalID": stay.record.personal_id,
        "ProjectID": stay.project.id,
        "EntryDate": stay.entry,
        "HouseholdID": stay.party.household_id,
        "RelationshipToHoH": stay.relation,
        "DisablingCondition": _disabling(chance, stay),
        **stay.first.audit,
    }
    if stay.answers:
        row |= stay.party.before
        _partners(chance, stay, row)
        if stay.asked.engagement and chance.yes(0.8):
            row["DateOfEngagement"] = min(stay.last_day, stay.entry + timedelta(days=chance.between(0, 40)))
    if stay.relation == HEAD:
        row["EnrollmentCoC"] = COC_CODE
        row["MoveInDate"] = stay.move_in
    _spoil(chance, stay, row)
    return "Enrollment", row


def _situations(project: Project, *, minor: bool) -> Table[int]:
    if minor:
        return _MINOR
    if project.type == HP:
        return _HOUSED
    return _STREET_FIRST if project.type in (SO, NBN, DAY) else _MIXED


def _homeless_time(chance: Chance, entry: date) -> Row:
    """Say since when, how often and how many months in three years; the three fit together."""
    days = chance.days(160, 2400)
    since = entry - timedelta(days=days)
    months = (entry.year - since.year) * 12 + entry.month - since.month + 1
    if days >= 1095 or chance.yes(0.55):
        return _times(since, 1, 100 + min(13, months))
    if chance.yes(0.05):
        unknown = chance.of((8, 9, 99))
        return _times(since, unknown, unknown)
    times = chance.of((2, 2, 3, 4))
    return _times(since, times, 100 + min(13, max(times, months) + chance.between(0, 4)))


def _times(since: date, times: int, months: int) -> Row:
    return {
        "DateToStreetESSH": since,
        "TimesHomelessPastThreeYears": times,
        "MonthsHomelessPastThreeYears": months,
    }


def _disabling(chance: Chance, stay: Stay) -> int:
    if chance.yes(0.012):
        return chance.of((8, 9, 99))
    disabled = bool(stay.person.disabilities)
    if disabled and stay.ledger.spoils(chance, 0.02, "disabling condition denied", "Enrollment", stay.id):
        return 0
    return int(disabled)


def _partners(chance: Chance, stay: Stay, row: Row) -> None:
    funders = stay.project.funders
    if PATH in funders:
        row |= path_columns(chance, stay)
    if SSVF in funders:
        row |= ssvf_columns(chance, stay)
    if funders & RHY:
        row |= rhy_columns(chance, stay)


def _spoil(chance: Chance, stay: Stay, row: Row) -> None:
    """Put in the faults of entries that real exports have."""
    spoils, key = stay.ledger.spoils, stay.id
    if stay.head and spoils(chance, 0.004, "head without CoC", "Enrollment", key):
        row["EnrollmentCoC"] = None
    if row.get("MoveInDate") and spoils(chance, 0.01, "move-in before entry", "Enrollment", key):
        row["MoveInDate"] = stay.entry - timedelta(days=chance.between(1, 30))
    if row.get("LivingSituation") and spoils(chance, 0.012, "prior living situation missing", "Enrollment", key):
        row["LivingSituation"] = 99
        row["RentalSubsidyType"] = None
    if row.get("DateToStreetESSH") and spoils(chance, 0.01, "homeless since a day after entry", "Enrollment", key):
        row["DateToStreetESSH"] = stay.entry + timedelta(days=chance.between(1, 20))
