"""Rows of coordinated entry: Assessment with its questions and results, and Event."""

from datetime import date, timedelta

from adminops.demo.chance import Chance, Table
from adminops.demo.people import HEAD
from adminops.demo.programs import CE, ES, HP, NBN, OPH, PH, PROJECT, PSH, RRH, SH, TH
from adminops.demo.rows import Lines, Row, Sitting
from adminops.demo.stays import Stay

# HUD list 4.20.2: the referral that leads into a project of a type.
_REFERRAL_TO = {ES: 10, NBN: 10, SH: 10, TH: 11, RRH: 13, PSH: 14, PH: 15, OPH: 15, HP: 1}
_WITH_RESULT = (10, 11, 12, 13, 14, 15, 17, 18)
_OTHER_EVENTS = Table({2: 20, 3: 14, 4: 24, 6: 4, 7: 12, 9: 6, 16: 8, 5: 6})
_UNUSED_OFFERS = ("open-door-singles", "open-door-families", "lakeview-heron", "harbor-men")
_QUESTIONS = (
    ("Where did you sleep most often in the past month?", ("Shelter", "Outdoors", "Vehicle", "With others")),
    ("How long since you had a home of your own?", ("Under 3 months", "3-12 months", "1-3 years", "Over 3 years")),
    ("Does a health condition make it hard to keep a home?", ("Yes", "No", "Not sure")),
    ("How many times did you use an emergency room in six months?", ("0", "1", "2", "3 or more")),
    ("Do you have any income now?", ("Yes", "No")),
    ("Is there a safe place you could go tonight?", ("Yes", "No")),
)


def coordination_lines(chance: Chance, stay: Stay) -> Lines:
    """Yield assessments and events of a head of household in coordinated entry, up to where it goes next."""
    later = stay.party.later
    if stay.project.type != CE or stay.relation != HEAD:
        return
    if chance.yes(0.82):
        yield from _assessment(chance, stay)
    if chance.yes(0.5):
        yield "Event", _event(chance, stay, stay.entry, chance.pick(_OTHER_EVENTS))
    if later is not None and later.project.type in _REFERRAL_TO and later.entry <= stay.last_day:
        row = _event(chance, stay, stay.entry, _REFERRAL_TO[later.project.type])
        yield "Event", row | _result(row, 1, later.project.id, later.entry)
    elif chance.yes(0.25):
        yield "Event", _open_or_refused(chance, stay)


def _open_or_refused(chance: Chance, stay: Stay) -> Row:
    offered = PROJECT[chance.of(_UNUSED_OFFERS)]
    day = stay.entry + timedelta(days=chance.between(0, (stay.last_day - stay.entry).days))
    row = _event(chance, stay, day, _REFERRAL_TO[offered.type])
    row["LocationCrisisOrPHHousing"] = offered.id
    answered = day + timedelta(days=chance.between(1, 12))
    if answered <= stay.ledger.today and chance.yes(0.6):
        return row | _result(row, chance.of((2, 3)), offered.id, answered)
    return row


def _event(chance: Chance, stay: Stay, day: date, kind: int) -> Row:
    row = stay.row("EventID", stay.ledger.number("Event"), _on(chance, stay, day))
    row |= {"EventDate": day, "Event": kind}
    if kind == 2:
        row["ProbSolDivRRResult"] = chance.of((0, 0, 1))
    if kind == 5:
        row["ReferralCaseManageAfter"] = chance.of((0, 1))
    return row


def _result(row: Row, result: int, project_id: str, day: date) -> Row:
    """Say how a referral to a bed or home ended; other events have no result."""
    if row["Event"] not in _WITH_RESULT:
        return {}
    return {"LocationCrisisOrPHHousing": project_id, "ReferralResult": result, "ResultDate": day}


def _assessment(chance: Chance, stay: Stay) -> Lines:
    day = min(stay.last_day, stay.entry + timedelta(days=chance.between(0, 10)))
    sitting = _on(chance, stay, day)
    number = stay.ledger.number("Assessment")
    level = chance.of((1, 2, 2))
    row = stay.row("AssessmentID", number, sitting)
    row |= {"AssessmentDate": day, "AssessmentLocation": stay.project.owner.short, "AssessmentLevel": level}
    row |= {"AssessmentType": chance.of((1, 2, 3, 3)), "PrioritizationStatus": 1 if level == 2 else 2}
    yield "Assessment", row
    for order, (question, answers) in enumerate(_QUESTIONS, start=1):
        asked = stay.row("AssessmentQuestionID", stay.ledger.number("AssessmentQuestions"), sitting)
        asked |= {"AssessmentID": number, "AssessmentQuestionGroup": "Housing", "AssessmentQuestionOrder": order}
        asked |= {"AssessmentQuestion": question, "AssessmentAnswer": chance.of(answers)}
        yield "AssessmentQuestions", asked
    result = stay.row("AssessmentResultID", stay.ledger.number("AssessmentResults"), sitting)
    result |= {"AssessmentID": number, "AssessmentResultType": "Vulnerability score"}
    result["AssessmentResult"] = str(chance.between(1, 17))
    yield "AssessmentResults", result


def _on(chance: Chance, stay: Stay, day: date) -> Sitting:
    return Sitting(2, day, stay.ledger.audit(chance, day, stay.workers))
