"""Rows of HealthAndDV, Disabilities, EmploymentEducation and YouthEducationStatus."""

from datetime import timedelta

from adminops.demo.chance import Chance
from adminops.demo.elements import HOPWA, RHY_LIVING, SSVF, VASH, YHDP
from adminops.demo.income_rows import Means
from adminops.demo.names import FEMALE
from adminops.demo.programs import HP, RRH
from adminops.demo.rows import Lines, Row, Sitting
from adminops.demo.stays import EXIT, START, Stay

_HIV, _SUBSTANCE, _DEVELOPMENTAL = 8, 10, 6
DISABILITY_TYPES = (5, 6, 7, 8, 9, 10)


def violence_and_health_lines(chance: Chance, stay: Stay, sitting: Sitting) -> Lines:
    """Yield domestic violence at start, and health and pregnancy of youth at start and exit (4.11, R7 to R10)."""
    youth = bool(stay.project.funders & RHY_LIVING) and sitting.stage in (START, EXIT)
    violence = stay.asked.violence and sitting.stage == START
    if not stay.answers or not (youth or violence):
        return
    row = stay.row("HealthAndDVID", stay.ledger.number("HealthAndDV"), sitting)
    row |= {"InformationDate": sitting.day, "DataCollectionStage": sitting.stage}
    if violence:
        row |= _violence(chance, stay)
    if youth:
        row |= _health(chance, stay, sitting)
    yield "HealthAndDV", row


def disability_lines(chance: Chance, stay: Stay, sitting: Sitting) -> Lines:
    """Yield one row for each of the six disabilities, at start and at exit (4.05 to 4.10)."""
    if not stay.asked.disabilities or sitting.stage not in (START, EXIT):
        return
    number, person = stay.ledger.number, stay.person
    lasting = int(chance.yes(0.86))
    for kind in DISABILITY_TYPES:
        row = stay.row("DisabilitiesID", number("Disabilities"), sitting)
        row["InformationDate"], row["DataCollectionStage"] = sitting.day, sitting.stage
        row["DisabilityType"] = kind
        has = kind in person.disabilities
        row["DisabilityResponse"] = person.substance if kind == _SUBSTANCE else int(has)
        if has and kind not in (_DEVELOPMENTAL, _HIV):
            row["IndefiniteAndImpairs"] = lasting
        if has and kind == _HIV and stay.project.funders & HOPWA:
            row |= _hiv(chance)
        yield "Disabilities", row


def education_lines(chance: Chance, stay: Stay, sitting: Sitting, means: Means) -> Lines:
    """Yield schooling and work for youth and veterans' programs at start and exit (R4 to R6)."""
    funders = stay.project.funders
    if not stay.answers or sitting.stage not in (START, EXIT) or not funders & (RHY_LIVING | {SSVF, VASH}):
        return
    row = stay.row("EmploymentEducationID", stay.ledger.number("EmploymentEducation"), sitting)
    row |= {"InformationDate": sitting.day, "DataCollectionStage": sitting.stage}
    row["LastGradeCompleted"] = chance.of((4, 4, 5) if stay.age < 19 else (4, 5, 5, 5, 7, 10, 10, 11, 12, 14))
    if funders & RHY_LIVING:
        row["SchoolStatus"] = chance.of((1, 1, 2, 3, 4, 5))
    row["Employed"] = int("Earned" in means.amounts)
    if row["Employed"]:
        row["EmploymentType"] = chance.of((1, 2, 2, 3))
    else:
        row["NotEmployedReason"] = chance.of((1, 1, 2, 3))
    yield "EmploymentEducation", row


def youth_education_lines(chance: Chance, stay: Stay, sitting: Sitting) -> Lines:
    """Yield current schooling of heads of household in youth homelessness demonstration programs (C3)."""
    if YHDP not in stay.project.funders or not stay.head or sitting.stage not in (START, EXIT):
        return
    row = stay.row("YouthEducationStatusID", stay.ledger.number("YouthEducationStatus"), sitting)
    attends = chance.of((0, 0, 0, 1, 2))
    row |= {"InformationDate": sitting.day, "DataCollectionStage": sitting.stage, "CurrentSchoolAttend": attends}
    if attends:
        row["CurrentEdStatus"] = chance.of((0, 0, 1, 2, 4))
    else:
        row["MostRecentEdStatus"] = chance.of((0, 0, 1, 2, 2, 6))
    yield "YouthEducationStatus", row


def _violence(chance: Chance, stay: Stay) -> Row:
    if chance.yes(0.02):
        return {"DomesticViolenceSurvivor": chance.of((8, 9, 99))}
    if not stay.person.survivor:
        return {"DomesticViolenceSurvivor": 0}
    fleeing = int(chance.yes(0.12 if stay.project.type in (HP, RRH) else 0.24))
    return {"DomesticViolenceSurvivor": 1, "WhenOccurred": chance.of((1, 2, 3, 4, 4, 4)), "CurrentlyFleeing": fleeing}


def _health(chance: Chance, stay: Stay, sitting: Sitting) -> Row:
    row: Row = {
        "GeneralHealthStatus": chance.between(1, 5),
        "DentalHealthStatus": chance.between(1, 5),
        "MentalHealthStatus": chance.between(1, 5),
    }
    if stay.person.sex == FEMALE:
        row["PregnancyStatus"] = int(chance.yes(0.5 if 23 in stay.project.funders else 0.06))
        if row["PregnancyStatus"]:
            row["DueDate"] = sitting.day + timedelta(days=chance.between(20, 240))
    return row


def _hiv(chance: Chance) -> Row:
    row: Row = {"TCellCountAvailable": 1, "TCellCount": chance.between(180, 1300), "TCellSource": chance.of((1, 2))}
    row["ViralLoadAvailable"] = chance.of((1, 2, 2))
    if row["ViralLoadAvailable"] == 1:
        row |= {"ViralLoad": chance.between(40, 90000), "ViralLoadSource": 1}
    row["AntiRetroviral"] = 1
    return row
