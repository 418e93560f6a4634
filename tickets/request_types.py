"""What people may ask the help desk itself: what no other feature carries out."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal

from adminops import clock
from adminops.feature import RequestGroup, RequestType
from adminops.identity.permissions import Permission
from tickets import request_forms as forms
from tickets.type_versions import INCIDENT, SOMETHING_ELSE

OFFICE_DAY = 9
"""Hours of business of a day, as targets are counted."""
SOON = timedelta(days=7)
IDS_ONLY = "Client IDs only. What is wrong can be said without the values: “the second exit date is right”."


def presses_by_day(answers: Mapping[str, Any]) -> Literal["high"] | None:
    """Return that a report which is needed within a week comes before others."""
    due = str(answers.get("due") or "")
    return "high" if due and due <= (clock.today() + SOON).isoformat() else None


def presses_by_people(answers: Mapping[str, Any]) -> Literal["urgent", "high"] | None:
    """Return that a fault presses the more, the more people have it."""
    return {"all": "urgent", "agency": "urgent", "some": "high"}.get(str(answers.get("affected")))  # type: ignore[return-value]


def _for_lead(**over: Any) -> RequestType:
    """Return a request about records that the agency's lead makes; others write it for their lead."""
    return RequestType(
        group=RequestGroup.CLIENTS,
        audience=Permission.REQUEST_FOR_AGENCY,
        through_lead=True,
        files=False,
        closing="evidence",
        **{"pii_rule": IDS_ONLY, **over},
    )


GENERAL = (
    RequestType(
        key="wrong_number",
        code="C2",
        title="A number looks wrong",
        help="Reports, bed counts, missing data",
        icon="circle-alert",
        group=RequestGroup.NUMBERS,
        order=40,
        form=lambda: forms.WrongNumberForm,
        checklist=("Run it with the same dates and programs.", "Which rows make the difference, and why?"),
        manuals=("report",),
    ),
    RequestType(
        key="pull_report",
        code="C1",
        title="Help with a report",
        help="Which one, with which dates, and how to read it",
        icon="file-spreadsheet",
        group=RequestGroup.NUMBERS,
        order=41,
        form=lambda: forms.PullReportForm,
        presses=presses_by_day,
        manuals=("report",),
    ),
    RequestType(
        key="custom_report",
        code="C3",
        title="Numbers that no report has",
        help="A report of your own, or numbers for somebody outside",
        icon="table",
        group=RequestGroup.NUMBERS,
        order=42,
        form=lambda: forms.CustomReportForm,
        priority="low",
        presses=presses_by_day,
        target_hours=10 * OFFICE_DAY,
        approval="team",
        checklist=("Outside: the rule of the Continuum of Care allows it.", "Counts below five are not shown."),
    ),
    RequestType(
        key="own_record",
        code="C4",
        title="A client asks for their own record",
        help="You check who asks; we put it together within five days",
        icon="file-text",
        group=RequestGroup.NUMBERS,
        order=43,
        audience=Permission.REQUEST_FOR_AGENCY,
        through_lead=True,
        form=lambda: forms.OwnRecordForm,
        priority="high",
        target_hours=5 * OFFICE_DAY,
        approval="team",
        pii_rule="The client ID only. The record is handed over by the agency, never by mail.",
        files=False,
        checklist=("Case notes stay out.", "Hand it to the agency in the HMIS, not in this request."),
    ),
    _for_lead(
        key="delete_entry",
        code="B2",
        title="Delete what was entered in error",
        help="An enrollment, a service, or a whole record that should not be there",
        icon="trash-2",
        order=71,
        form=lambda: forms.DeleteForm,
        approval="work",
        checklist=(
            "Delete, exit, or take out of the household: which one is meant?",
            "Look at what hangs on it before it is gone.",
            "Write down what was deleted, by its IDs.",
        ),
    ),
    RequestType(
        key="data_correction",
        code="B3",
        title="Correct data that I can't change",
        help="Locked records, wrong dates, an exit to reopen, an enrollment to move",
        icon="pencil",
        group=RequestGroup.CLIENTS,
        order=70,
        form=lambda: forms.CorrectionForm,
        approval="work",
        closing="evidence",
        pii_rule=IDS_ONLY,
        files=False,
        checklist=("Services and bed nights go with the enrollment.", "Ask the agency to look at it once."),
    ),
    _for_lead(
        key="consent",
        code="B4",
        title="Consent taken back",
        help="Revoke, make anonymous, or lock a client's record",
        icon="shield-check",
        order=72,
        form=lambda: forms.ConsentForm,
        priority="high",
        target_hours=OFFICE_DAY,
        approval="team",
        pii_rule="The client ID only. The signed form stays in HMIS.",
        checklist=(
            "The signed form is in the client's file in HMIS.",
            "Close the record for other agencies from that day on.",
            "Tell every agency that serves the person, by the client ID.",
        ),
    ),
    RequestType(
        key="training_question",
        title="A question about training",
        help="Certificates, which course you need",
        icon="circle-question-mark",
        group=RequestGroup.LEARNING,
        order=75,
        manuals=("training",),
    ),
    RequestType(
        key="fault",
        code="F1",
        title="Something does not work",
        help="An error, a slow page, HMIS is down",
        icon="triangle-alert",
        group=RequestGroup.SYSTEM,
        order=80,
        form=lambda: forms.FaultForm,
        presses=presses_by_people,
        target_hours=2 * OFFICE_DAY,
        pii_rule="No screenshot with a client on it: the page's name and what you clicked say enough.",
        checklist=("Can it be seen in the training site, too?", "The vendor's status page.", "How many have it?"),
    ),
    RequestType(
        key="idea",
        code="F2",
        title="An idea to make it better",
        help="Something HMIS should be able to do",
        icon="star",
        group=RequestGroup.SYSTEM,
        order=81,
        form=lambda: forms.IdeaForm,
        priority="low",
        target_hours=10 * OFFICE_DAY,
        approval="work",
        checklist=("Collect it for the steering group.", "Tell who asked what was decided, and why."),
    ),
    RequestType(
        key=INCIDENT,
        code="G1",
        title="Report a privacy or security incident",
        help="Data seen, sent or lost; a login used by somebody else. Nobody is blamed for telling",
        icon="shield-check",
        group=RequestGroup.TRUST,
        order=90,
        form=lambda: forms.IncidentForm,
        priority="urgent",
        target_hours=4,
        pii_rule="Client IDs only, never a name: also not of who saw it, if that was a client.",
        files=False,
        private=True,
        checklist=(
            "Stop it: disable the login, take the page or the mail back.",
            "Who could have seen what? Write it down by IDs.",
            "Tell the security officer and the HMIS manager now.",
            "Decide who has to be told, and by when.",
        ),
        manuals=("without client data",),
    ),
    RequestType(
        key="concern",
        code="G2",
        title="A complaint or a question about the rules",
        help="Grievances, policies, points of a review",
        icon="scroll-text",
        group=RequestGroup.TRUST,
        order=91,
        form=lambda: forms.ConcernForm,
        files=False,
        checklist=("A complaint is never answered by whom it is about.",),
    ),
    RequestType(
        key=SOMETHING_ELSE,
        title="Something else",
        help="Write to us in your own words",
        icon="message-square",
        order=95,
    ),
)
