"""Entry questions of federal partners: PATH outreach, Supportive Services for Veteran Families, Runaway Youth."""

from datetime import timedelta

from adminops.demo.chance import Chance, Table
from adminops.demo.programs import HP
from adminops.demo.rows import Row
from adminops.demo.stays import Stay

# The VA medical centre that serves the north of Florida (HUD list V6.1).
_STATION = "573"
_INCOME_BANDS = Table({1: 58, 2: 32, 3: 10})
_REFERRAL_SOURCES = Table({1: 20, 2: 22, 7: 10, 11: 6, 18: 4, 28: 6, 30: 8, 34: 5, 35: 6, 38: 8, 39: 5})
_FAMILY = (
    "UnemploymentFam",
    "MentalHealthDisorderFam",
    "PhysicalDisabilityFam",
    "AlcoholDrugUseDisorderFam",
    "InsufficientIncome",
    "IncarceratedParent",
)
# Screening answers of SSVF prevention (V7): column, answers.
_SCREENING: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("TimeToHousingLoss", (0, 1, 2, 2, 3)),
    ("AnnualPercentAMI", (0, 1, 2, 2, 3)),
    ("LiteralHomelessHistory", (0, 1, 2, 2)),
    ("ClientLeaseholder", (0, 1, 1)),
    ("HOHLeaseholder", (0, 1, 1)),
    ("SubsidyAtRisk", (0, 0, 0, 1)),
    ("EvictionHistory", (0, 0, 1, 2)),
    ("CriminalRecord", (0, 0, 0, 1)),
    ("IncarceratedAdult", (0, 0, 1)),
    ("PrisonDischarge", (0, 0, 0, 0, 1)),
    ("SexOffender", (0,)),
    ("DisabledHoH", (0, 1)),
    ("CurrentPregnant", (0,)),
    ("SingleParent", (0, 0, 1)),
    ("DependentUnder6", (0, 0, 1, 2)),
    ("CoCPrioritized", (0, 1)),
)


def path_columns(chance: Chance, stay: Stay) -> Row:
    """Say whether and when the client was enrolled in PATH (P3)."""
    day = min(stay.last_day, stay.entry + timedelta(days=chance.between(0, 60)))
    if chance.yes(0.78):
        return {"DateOfPATHStatus": day, "ClientEnrolledInPATH": 1}
    return {"DateOfPATHStatus": day, "ClientEnrolledInPATH": 0, "ReasonNotEnrolled": chance.of((1, 2, 3))}


def ssvf_columns(chance: Chance, stay: Stay) -> Row:
    """Answer income band, VA station and, in prevention, the targeting screener (V4, V6, V7, V10)."""
    row: Row = {"VAMCStation": _STATION}
    if stay.person.veteran:
        row["MentalHealthConsultation"] = chance.of((1, 2, 3, 4, 4))
    if not stay.head:
        return row
    row["PercentAMI"] = chance.pick(_INCOME_BANDS)
    if stay.project.type == HP:
        row["TargetScreenReqd"] = 1
        row |= {column: chance.of(answers) for column, answers in _SCREENING}
        row["HH5Plus"] = int(stay.party.size >= 5)
        row["HPScreeningScore"] = chance.between(4, 26)
        row["ThresholdScore"] = 12
    return row


def rhy_columns(chance: Chance, stay: Stay) -> Row:
    """Answer who referred the youth, eligibility, wardship and the family's critical issues (R1, R2, R11 to R13)."""
    row: Row = {"ReferralSource": chance.pick(_REFERRAL_SOURCES)}
    if row["ReferralSource"] == 7:
        row["CountOutreachReferralApproaches"] = chance.between(1, 6)
    if 22 in stay.project.funders:
        row["DateOfBCPStatus"] = stay.entry
        row["EligibleForRHY"] = int(chance.yes(0.94))
        if row["EligibleForRHY"]:
            row["RunawayYouth"] = int(chance.yes(0.55))
        else:
            row["ReasonNoServices"] = chance.of((1, 2, 3, 4))
    if 25 in stay.project.funders:
        return row
    _wardship(chance, row, "FormerWardChildWelfare", "ChildWelfareYears", "ChildWelfareMonths")
    _wardship(chance, row, "FormerWardJuvenileJustice", "JuvenileJusticeYears", "JuvenileJusticeMonths")
    row |= {column: int(chance.yes(0.3)) for column in _FAMILY}
    return row


def _wardship(chance: Chance, row: Row, ward: str, years: str, months: str) -> None:
    row[ward] = int(chance.yes(0.28))
    if row[ward]:
        row[years] = chance.of((1, 2, 3))
        if row[years] == 1:
            row[months] = chance.between(1, 11)
