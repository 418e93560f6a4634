"""Rows of Client.csv: what was typed about a person, with race and military service."""

from adminops.demo.chance import Chance
from adminops.demo.duplicates import Record
from adminops.demo.people import RACES, Person
from adminops.demo.rows import Ledger, Line, Row, age_on

# Theatres of operations with the years of HUD's definitions (V1).
_THEATERS: tuple[tuple[str, int, int], ...] = (
    ("WorldWarII", 1940, 1947),
    ("KoreanWar", 1950, 1954),
    ("VietnamWar", 1961, 1975),
    ("DesertStorm", 1990, 1991),
    ("AfghanistanOEF", 2001, 2014),
    ("IraqOIF", 2003, 2010),
    ("IraqOND", 2010, 2011),
)
_NO_RACE: Row = dict.fromkeys(RACES, 0)


def client_line(chance: Chance, ledger: Ledger, record: Record) -> Line:
    """Return the row of a client record."""
    person = record.person
    row: Row = {
        "PersonalID": record.personal_id,
        "FirstName": record.first,
        "MiddleName": record.middle,
        "LastName": record.last,
        "NameSuffix": record.suffix,
        "NameDataQuality": record.name_quality,
        "SSN": record.ssn,
        "SSNDataQuality": record.ssn_quality,
        "DOB": record.born,
        "DOBDataQuality": record.born_quality,
        "Sex": record.sex,
        "RaceNone": record.race_none,
        "VeteranStatus": int(person.veteran),
        **record.audit,
    }
    row |= _NO_RACE if record.race_none else dict(zip(RACES, record.races, strict=True))
    if chance.yes(0.008):
        row["Sex"] = chance.of((8, 9, 99))
    if person.veteran:
        row |= _service(chance, person)
    elif age_on(person.born, ledger.today) >= 20:
        _spoil(chance, ledger, record, row)
    if record.race_none is None and chance.yes(0.01):
        row["AdditionalRaceEthnicity"] = chance.of(("Gullah Geechee", "Seminole", "Cape Verdean", "Garifuna"))
    return "Client", row


def _spoil(chance: Chance, ledger: Ledger, record: Record, row: Row) -> None:
    if ledger.spoils(chance, 0.012, "veteran status not asked", "Client", record.personal_id):
        row["VeteranStatus"] = chance.of((8, 9, 99, 99))


def _service(chance: Chance, person: Person) -> Row:
    """Answer where and when a veteran served (V1)."""
    entered, separated = person.entered or 0, person.separated or 0
    row: Row = {"YearEnteredService": entered, "YearSeparated": separated, "OtherTheater": 0}
    for theater, first, last in _THEATERS:
        row[theater] = int(entered <= last and separated >= first and chance.yes(0.6))
    row["MilitaryBranch"] = chance.of((1, 1, 1, 2, 3, 3, 4, 6))
    row["DischargeStatus"] = chance.of((1, 1, 1, 1, 1, 1, 1, 2, 2, 6, 7, 99))
    return row
