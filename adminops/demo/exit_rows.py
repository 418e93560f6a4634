"""Rows of Exit.csv: where people went, and what partners ask at the end."""

from datetime import timedelta

from adminops.demo.chance import Chance, Table
from adminops.demo.elements import RHY_LIVING, VASH
from adminops.demo.programs import CE, DAY, ES, HOUSING, HP, NBN, OTHER, SH, SO, SSO, TH
from adminops.demo.rows import Line, Row, Sitting
from adminops.demo.stays import Stay

_LOOSE = Table({30: 46, 116: 16, 99: 9, 101: 8, 8: 4, 410: 4, 313: 3, 312: 3, 205: 2, 206: 1, 207: 2, 435: 2})
_SHELTER = Table(
    {30: 22, 116: 13, 410: 12, 435: 11, 312: 8, 313: 7, 422: 6, 423: 4, 101: 6, 302: 4, 205: 2, 207: 2, 314: 2, 24: 1}
)
_TRANSITION = Table({410: 30, 435: 24, 422: 12, 423: 6, 312: 6, 313: 5, 101: 4, 116: 3, 30: 6, 205: 2, 207: 2})
_HOUSED = Table(
    {410: 44, 435: 24, 422: 8, 423: 4, 411: 2, 312: 3, 313: 3, 116: 3, 101: 2, 30: 4, 24: 1, 207: 1, 225: 1}
)
_KEPT = Table({410: 70, 435: 12, 411: 7, 422: 3, 312: 2, 313: 2, 101: 2, 30: 2})
_YOUTH = Table({422: 52, 423: 5, 215: 12, 312: 9, 302: 6, 30: 6, 410: 4, 207: 3, 116: 2})
_DESTINATIONS = {
    NBN: _LOOSE, SO: _LOOSE, DAY: _LOOSE, OTHER: _LOOSE, CE: _SHELTER, SSO: _SHELTER, ES: _SHELTER, SH: _TRANSITION,
    TH: _TRANSITION, HP: _KEPT,
}  # fmt: skip
_SUBSIDIES = Table({431: 32, 433: 24, 439: 18, 434: 9, 420: 8, 440: 6, 436: 3})
_VETERAN_SUBSIDIES = Table({419: 60, 431: 22, 428: 6, 433: 12})


def exit_line(chance: Chance, stay: Stay, sitting: Sitting) -> Line:
    """Return the row of an exit."""
    row: Row = {
        "ExitID": stay.ledger.number("Exit"),
        "EnrollmentID": stay.id,
        "PersonalID": stay.record.personal_id,
        "ExitDate": sitting.day,
        **sitting.audit,
    }
    _destination(chance, stay, row)
    funders = stay.project.funders
    if stay.project.type == HP and funders & {1, 9, 17}:
        _housing_at_exit(chance, row)
    if funders & RHY_LIVING and stay.answers:
        _youth_at_exit(chance, stay, row)
    if VASH in funders and stay.head:
        row["CMExitReason"] = chance.of((1, 1, 1, 3, 4, 7, 8, 9, 12))
    days = (stay.exit - stay.entry).days if stay.exit else 0
    if days > 2 and stay.ledger.spoils(chance, 0.002, "exit before entry", "Exit", str(row["ExitID"])):
        row["ExitDate"] = stay.entry - timedelta(days=chance.between(1, 9))
    return "Exit", row


def _destination(chance: Chance, stay: Stay, row: Row) -> None:
    table = _HOUSED if stay.project.type in HOUSING else _DESTINATIONS[stay.project.type]
    if stay.age < 18 and stay.head:
        table = _YOUTH
    place = chance.pick(table)
    if stay.project.type in HOUSING and stay.move_in is None and place in (410, 411, 435):
        place = chance.of((30, 116, 101, 312))
    if place == 24 and stay.party.later:
        place = 30
    if chance.yes(0.008):
        place, row["OtherDestination"] = 17, chance.of(("Moved out of state", "Camper on a relative's land", "Boat"))
    if place == 435:
        row["DestinationSubsidyType"] = chance.pick(_VETERAN_SUBSIDIES if stay.person.veteran else _SUBSIDIES)
    row["Destination"] = place


def _housing_at_exit(chance: Chance, row: Row) -> None:
    """Say whether the home could be kept (W5)."""
    kept = chance.of((1, 1, 1, 1, 2, 3, 4, 6, 99))
    row["HousingAssessment"] = kept
    if kept == 1:
        row["SubsidyInformation"] = chance.of((1, 2, 3, 4))
    elif kept == 2:
        row["SubsidyInformation"] = chance.of((11, 12))


def _youth_at_exit(chance: Chance, stay: Stay, row: Row) -> None:
    """Answer completion, exploitation, counselling, safety and aftercare (R15 to R20)."""
    row["ProjectCompletionStatus"] = status = chance.of((1, 1, 2, 3))
    if status == 3:
        row["EarlyExitReason"] = chance.between(1, 6)
    _exploitation(chance, row)
    row["CounselingReceived"] = int(chance.yes(0.6))
    if row["CounselingReceived"]:
        row |= {"IndividualCounseling": 1, "FamilyCounseling": int(chance.yes(0.4)), "GroupCounseling": 0}
        row["SessionCountAtExit"] = chance.between(1, 16)
    row["PostExitCounselingPlan"] = int(chance.yes(0.4))
    if row["PostExitCounselingPlan"]:
        row["SessionsInPlan"] = chance.between(1, 8)
    row |= {"DestinationSafeClient": int(chance.yes(0.9)), "DestinationSafeWorker": chance.of((0, 1, 1, 1, 2))}
    row |= {"PosAdultConnections": 1, "PosPeerConnections": chance.of((0, 1, 2)), "PosCommunityConnections": 1}
    _aftercare(chance, stay, row)


def _exploitation(chance: Chance, row: Row) -> None:
    row["ExchangeForSex"] = int(chance.yes(0.05))
    if row["ExchangeForSex"]:
        row |= {"ExchangeForSexPastThreeMonths": chance.of((0, 1)), "CountOfExchangeForSex": chance.between(1, 4)}
        row["AskedOrForcedToExchangeForSex"] = chance.of((0, 1))
        if row["AskedOrForcedToExchangeForSex"]:
            row["AskedOrForcedToExchangeForSexPastThreeMonths"] = chance.of((0, 1))
    row |= {"WorkplaceViolenceThreats": int(chance.yes(0.04)), "WorkplacePromiseDifference": 0}
    if row["WorkplaceViolenceThreats"]:
        row |= {"CoercedToContinueWork": chance.of((0, 1)), "LaborExploitPastThreeMonths": chance.of((0, 1))}


def _aftercare(chance: Chance, stay: Stay, row: Row) -> None:
    if stay.exit is None or not chance.yes(0.5):
        return
    day = stay.exit + timedelta(days=chance.between(1, 60))
    if day > stay.ledger.today:
        return
    row |= {"AftercareDate": day, "AftercareProvided": 1, "EmailSocialMedia": chance.of((0, 1)), "Telephone": 1}
    row |= {"InPersonIndividual": chance.of((0, 1)), "InPersonGroup": 0}
