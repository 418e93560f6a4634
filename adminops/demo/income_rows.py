"""Rows of IncomeBenefits.csv: what people live on, at start, at every anniversary and at exit."""

from dataclasses import dataclass

from adminops.demo.chance import Chance, Table
from adminops.demo.elements import HOPWA, PATH, SSVF, VASH
from adminops.demo.names import FEMALE
from adminops.demo.rows import Line, Row, Sitting
from adminops.demo.stays import EXIT, START, Stay

# The fifteen sources of 4.02 with the column of their amount, in the order of the file.
SOURCES: dict[str, str] = {
    "Earned": "EarnedAmount", "Unemployment": "UnemploymentAmount", "SSI": "SSIAmount", "SSDI": "SSDIAmount",
    "VADisabilityService": "VADisabilityServiceAmount", "VADisabilityNonService": "VADisabilityNonServiceAmount",
    "PrivateDisability": "PrivateDisabilityAmount", "WorkersComp": "WorkersCompAmount", "TANF": "TANFAmount",
    "GA": "GAAmount", "SocSecRetirement": "SocSecRetirementAmount", "Pension": "PensionAmount",
    "ChildSupport": "ChildSupportAmount", "Alimony": "AlimonyAmount", "OtherIncomeSource": "OtherIncomeAmount",
}  # fmt: skip
_BENEFITS = ("SNAP", "WIC", "TANFChildCare", "TANFTransportation", "OtherTANF", "OtherBenefitsSource")
_INSURANCES = {
    "Medicaid": "NoMedicaidReason", "Medicare": "NoMedicareReason", "SCHIP": "NoSCHIPReason",
    "VHAServices": "NoVHAReason", "EmployerProvided": "NoEmployerProvidedReason", "COBRA": "NoCOBRAReason",
    "PrivatePay": "NoPrivatePayReason", "StateHealthIns": "NoStateHealthInsReason",
    "IndianHealthServices": "NoIndianHealthServicesReason", "OtherInsurance": None,
}  # fmt: skip
_NO_SOURCES: Row = dict.fromkeys(SOURCES, 0)
_NO_BENEFITS: Row = dict.fromkeys(_BENEFITS, 0)
_NO_INSURANCE: Row = dict.fromkeys(_INSURANCES, 0)
_SOURCE = Table(
    {"": 44, "Earned": 22, "SSI": 10, "SSDI": 9, "SocSecRetirement": 4, "TANF": 2, "ChildSupport": 2, "Unemployment": 2,
     "GA": 1, "Pension": 1, "WorkersComp": 0.4, "PrivateDisability": 0.4, "Alimony": 0.3, "OtherIncomeSource": 2}
)  # fmt: skip
_AMOUNTS = {
    "Earned": (320, 2900), "SSI": (943, 967), "SSDI": (880, 1640), "SocSecRetirement": (760, 2100), "TANF": (180, 364),
    "VADisabilityService": (171, 3800), "VADisabilityNonService": (300, 1400), "Pension": (240, 1200),
}  # fmt: skip
_OTHER_AMOUNT = (60, 900)


@dataclass(slots=True)
class Means:
    """What a person lives on: dollars a month by source, benefits and insurances."""

    amounts: dict[str, int]
    benefits: tuple[str, ...]
    insurances: tuple[str, ...]
    answer: int | None = None  # 8, 9 or 99 when they do not say
    adult: bool = True


def means_of(chance: Chance, stay: Stay) -> Means:
    """Draw what a person lives on at the start of a stay."""
    if not stay.answers:
        return Means({}, (), chance.of((("Medicaid",), ("Medicaid",), ("Medicaid",), ("SCHIP",), ())), adult=False)
    amounts: dict[str, int] = {}
    for _ in range(2 if chance.yes(0.2) else 1):
        _earn(chance, amounts, chance.pick(_SOURCE))
    if stay.person.veteran and chance.yes(0.4):
        _earn(chance, amounts, chance.of(("VADisabilityService", "VADisabilityService", "VADisabilityNonService")))
    answer = chance.of((8, 9, 99, 99)) if chance.yes(0.025) else None
    return Means({} if answer else amounts, _benefits(chance, stay), _insurances(chance, stay, amounts), answer)


def improve(chance: Chance, means: Means) -> None:
    """Change what a person lives on between two occasions: a job found, a benefit granted, or nothing."""
    if means.answer is None and means.adult and chance.yes(0.3):
        _earn(chance, means.amounts, chance.of(("Earned", "Earned", "Earned", "SSI", "SSDI")))
    if not means.insurances and chance.yes(0.3):
        means.insurances = ("Medicaid",)


def income_line(chance: Chance, stay: Stay, sitting: Sitting, means: Means) -> Line:
    """Return one row of income, benefits and insurance; children are asked about insurance alone."""
    key = stay.ledger.number("IncomeBenefits")
    row = stay.row("IncomeBenefitsID", key, sitting)
    row |= {"InformationDate": sitting.day, "DataCollectionStage": sitting.stage}
    if stay.answers and stay.asked.income:
        row |= _income(means)
        _spoil(chance, stay, row, key, sitting)
    if stay.answers and stay.asked.non_cash:
        row |= _non_cash(means)
    if stay.asked.insurance:
        row |= _insurance(stay, means)
    if stay.project.funders & {PATH, SSVF, VASH} and stay.answers:
        row["ConnectionWithSOAR"] = int(9 in stay.person.disabilities)
    return "IncomeBenefits", row


def _earn(chance: Chance, amounts: dict[str, int], source: str) -> None:
    if source and source not in amounts:
        amounts[source] = chance.between(*_AMOUNTS.get(source, _OTHER_AMOUNT))


def _benefits(chance: Chance, stay: Stay) -> tuple[str, ...]:
    found = ["SNAP"] if chance.yes(0.52) else []
    if stay.party.size > 1 and stay.person.sex == FEMALE and stay.age < 45 and chance.yes(0.25):
        found.append("WIC")
    return tuple(found)


def _insurances(chance: Chance, stay: Stay, amounts: dict[str, int]) -> tuple[str, ...]:
    if stay.person.veteran and chance.yes(0.7):
        return ("VHAServices",)
    if "SSDI" in amounts or stay.age >= 65:
        return ("Medicare",)
    if "SSI" in amounts or chance.yes(0.34):
        return ("Medicaid",)
    return (chance.of(("EmployerProvided", "PrivatePay", "StateHealthIns")),) if chance.yes(0.12) else ()


def _income(means: Means) -> Row:
    if means.answer is not None:
        return {"IncomeFromAnySource": means.answer}
    row = _NO_SOURCES | {
        "IncomeFromAnySource": int(bool(means.amounts)),
        "TotalMonthlyIncome": f"{sum(means.amounts.values())}.00",
    }
    for source, amount in means.amounts.items():
        row[source] = 1
        row[SOURCES[source]] = f"{amount}.00"
    if "OtherIncomeSource" in means.amounts:
        row["OtherIncomeSourceIdentify"] = "Help from relatives"
    return row


def _non_cash(means: Means) -> Row:
    if means.answer is not None:
        return {"BenefitsFromAnySource": means.answer}
    return {"BenefitsFromAnySource": int(bool(means.benefits))} | _NO_BENEFITS | dict.fromkeys(means.benefits, 1)


def _insurance(stay: Stay, means: Means) -> Row:
    if means.answer is not None:
        return {"InsuranceFromAnySource": means.answer}
    row = {"InsuranceFromAnySource": int(bool(means.insurances))} | _NO_INSURANCE | dict.fromkeys(means.insurances, 1)
    if stay.project.funders & HOPWA:
        row |= {reason: 3 for kind, reason in _INSURANCES.items() if reason and not row[kind]}
        row |= {"ADAP": 0, "NoADAPReason": 3, "RyanWhiteMedDent": 1}
    return row


def _spoil(chance: Chance, stay: Stay, row: Row, key: str, sitting: Sitting) -> None:
    spoils = stay.ledger.spoils
    if spoils(chance, 0.008, "income answer contradicts sources", "IncomeBenefits", key):
        row["IncomeFromAnySource"] = 0 if row.get("IncomeFromAnySource") == 1 else 1
    if row.get("TotalMonthlyIncome") and spoils(chance, 0.008, "total is not the sum", "IncomeBenefits", key):
        row["TotalMonthlyIncome"] = f"{chance.between(50, 4000)}.00"
    share = {START: 0.01, EXIT: 0.03}.get(sitting.stage, 0.0)
    if spoils(chance, share, "income not asked", "IncomeBenefits", key):
        row |= dict.fromkeys((*SOURCES, *SOURCES.values(), "TotalMonthlyIncome", "OtherIncomeSourceIdentify"))
        row["IncomeFromAnySource"] = 99
