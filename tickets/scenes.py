"""What the people of the demo write to the help desk: requests as they come in, and how the team answers.

Everything is invented and clean: client IDs, never a name, birth date or SSN. `{client}` and `{other}` are client IDs,
`{program}` a kind of program, `{report}` a report, `{month}` a month, `{count}` a number, `{colleague}` a staff
member's name, `{first_name}` the requester's, `{day}` a day of the week.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tickets.models import Resolution


@dataclass(frozen=True)
class Scene:
    """A request and the lines around it. `question` may be asked back, and `reply` answers it."""

    subject: str
    body: str
    answer: str
    question: str = ""
    reply: str = ""
    note: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)


EVIDENCE = "Done in the HMIS today; the screen of the record shows the change with date and my user name."
ENDINGS = (Resolution.DONE, Resolution.NOT_NEEDED, Resolution.DUPLICATE, Resolution.NOT_POSSIBLE)
ENDING_SHARES = (88, 5, 4, 3)

LOCKED_OUT = (
    Scene(
        "Locked out after the update",
        "I typed my password three times this morning and now the page says that my account is locked. I have an"
        " intake at 10.",
        "Your account is unlocked. Please sign in with your old password; if it does not work, use the reset link.",
        "Does the page say locked or inactive? The two are mended in different places.",
        "It says locked.",
        answers={"screen": "locked"},
    ),
    Scene(
        "Password expired while I was on leave",
        "I was away for six weeks and the system wants a new password, but it refuses every one I try.",
        "I sent you a reset link. The new password needs 15 characters or more; a few unrelated words work best.",
        "Which message do you see when it refuses the new one?",
        "It only says that it was used before.",
        answers={"screen": "expired"},
    ),
    Scene(
        "Code for the second step never arrives",
        "The six-digit code does not come to my phone any more. I changed my number last week.",
        "I reset the second step. At your next sign-in you will be asked to set it up with the new number.",
        note="Called back on the agency's main line to make sure who is asking.",
        answers={"screen": "other"},
    ),
    Scene(
        "Account inactive",
        "I have not signed in since {month} because I covered another program. Now it says that I am inactive.",
        "You are active again. Please take the refresher course within 14 days, it is in your training list.",
        "Did your manager change while you were away? I need to know who confirms that you still need access.",
        "No, it is the same director as before.",
        answers={"screen": "inactive"},
    ),
)

JOINERS = (
    (1, 9, "Odalys Ferrer", "Case manager"),
    (0, 4, "Priya Raman", "Intake worker"),
    (3, 2, "Tobias Engel", "Housing navigator"),
    (8, 1.2, "Lucille Pratt", "Data entry"),
)
"""Accounts that are asked for: index of the agency, days ago, name and job title."""
CHANGES: tuple[tuple[int, float, str, str, str, dict[str, str]], ...] = (
    (
        *(0, 3, "access_change", "A second agency lead for us"),
        "I am away in December, and somebody has to speak for us then.",
        {"wanted": "role", "role": "lead"},
    ),
    (
        *(1, 2, "access_change", "Helps with intake next door"),
        "Both agencies share the front desk from now on.",
        {"wanted": "agency", "agency": "2"},
    ),
    (
        *(2, 1, "assessor_access", "One more assessor for coordinated entry"),
        "The assessor training was last week.",
        {"trained_on": "", "trainer": "Theo Marsh"},
    ),
)
"""What leads ask to have changed: index of the agency, days ago, type, subject, text, answers."""
STAFF_CHANGE = (
    Scene(
        "New case manager needs an account by {day}",
        "{colleague} starts with us on {day} and needs an account for {program}. The training is done.",
        "The account is ready and the invitation is on its way. Please let us know if it does not arrive by tomorrow.",
        "Which programs should the person see? {program} only, or the shelter too?",
        "Only that one for now.",
        answers={"person": "{colleague}", "work_email": "new.colleague@example.org", "role": "direct"},
    ),
    Scene(
        "Please deactivate an account: staff member left on Friday",
        "One of our case managers left us on Friday. Please close the account as of that day.",
        "Done: the account is disabled and all of its sessions have ended.",
        "Thank you. Does anybody take over the caseload, or should the open enrollments stay as they are?",
        "They stay as they are until next week.",
        "Sessions ended at once; told the agency's lead.",
        answers={"username": "{username}", "why": "left"},
    ),
    Scene(
        "Change of role: case manager becomes supervisor",
        "{colleague} leads the {program} team from the first of the month and should run reports for the agency.",
        "The role is changed. It works from the next sign-in on.",
        "Should the old role stay beside it?",
        "No, only the new one.",
        answers={"username": "{username}", "wanted": "role", "role": "supervisor"},
    ),
)

CLIENT_TWICE = (
    Scene(
        "Same client entered twice at intake: enrollment history is split",
        "We did an intake on {day} and I think the person was already in the system from last winter. Now the shelter"
        " stays show on one record and the {program} enrollment shows on the other.\n\nClient IDs are {client} and"
        " {other}. I have not changed anything. Can you put them together?",
        "Thank you for leaving both records as they are, that made it easy. The two are one now; you find everything"
        " under {client}.",
        "One question first: the two records differ in the birth date. Could you check the ID on file and tell me which"
        " record is right, the older or the newer one?",
        "Just looked at the scan: the newer one is right. Thank you!",
        "Match score is 94. Last name and the last four agree. Note the overlapping shelter stays before merging.",
        answers={"first_client": "{client}", "second_client": "{other}", "right_record": "mixed"},
    ),
    Scene(
        "Two records for one veteran, different birth dates",
        "Client IDs {client} and {other} are the same person as far as I can tell. One came from the outreach team.",
        "Merged. The outreach contacts now show on {client} as well.",
        "Is there a copy of the discharge paper on file for one of them?",
        "Yes, uploaded with {client}.",
        answers={"first_client": "{client}", "second_client": "{other}", "right_record": "first"},
    ),
    Scene(
        "Household entered twice",
        "The whole family is in the system twice since {month}: {client} and {other} are the heads of household.",
        "All members are together again, and the second household is gone from the list.",
        note="Children: check that the two little ones with the same initials are kept apart, they are twins.",
        answers={"first_client": "{client}", "second_client": "{other}", "right_record": "first"},
    ),
    Scene(
        "Please do not merge these two",
        "Your list says that {client} and {other} may be one person. They are father and son with the same name.",
        "Thank you for telling us. The pair is marked as two people and will not be proposed again.",
        answers={"first_client": "{client}", "second_client": "{other}", "right_record": "mixed"},
    ),
)

WRONG_NUMBER = (
    Scene(
        "{report} counts fewer households than we do",
        "The {report} for {month} shows {count} households less than our own list. I compared the IDs, see above.",
        "The difference are {count} enrollments without a head of household. I listed them in a report for you.",
        "Which date range did you use, and which project?",
        "The whole month, and only {program}.",
        "Q6a counts by head of household; their list counts rows.",
        answers={"report": "{report}, {month}", "expected": "{count} more households, as in our own list"},
    ),
    Scene(
        "Report export stops at 10,000 rows",
        "When I export the service report the file ends at row 10,000, in the middle of a client.",
        "The limit is lifted. Please run it once more; it should be complete now.",
        "Which of the two exports was it, with or without the notes?",
        "With the notes.",
        answers={"report": "Services, {month}", "expected": "All rows until the end of the month"},
    ),
    Scene(
        "Bed count of {program} is wrong on the dashboard",
        "We have {count} beds since the renovation, the page still shows the old number.",
        "The inventory record had no end date. It has one now, and the new one starts on the first of the month.",
        "From which day on do you have the new beds?",
        "From the first of the month.",
        answers={"report": "Dashboard, bed use", "expected": "{count} beds"},
    ),
    Scene(
        "Move-in date missing on {count} exits",
        "The data quality report lists {count} exits of {program} without a move-in date. I can see it on the screen.",
        "It is the enrollment of the head of household that lacks it. I sent you the list with the enrollment IDs.",
        "Are these families or single adults? For families the date stands with the head of household.",
        "Families, all of them.",
        answers={"report": "Data quality, {month}", "expected": "No missing move-in dates"},
    ),
)

CORRECTION = (
    Scene(
        "Exit date typed wrong, the record is locked",
        "I typed the exit of client {client} into the wrong month and can't change it any more.",
        "The exit is corrected. Please look at it once.",
        "Which day is right, and does the destination stay the same?",
        "The last day of {month}, and yes, it stays.",
        answers={"client_ids": "{client}", "program": "{program}", "change": "Exit on the last day of {month}"},
    ),
    Scene(
        "Enrollment in the wrong program",
        "Client {client} was enrolled into the shelter instead of {program}. Services were already entered.",
        "The enrollment and its services are moved to {program}.",
        note="Moved 11 services with it; checked that no bed night was lost.",
        answers={"client_ids": "{client}", "program": "{program}", "change": "Move the enrollment to {program}"},
    ),
    Scene(
        "Please delete a test client",
        "During the training we entered a test client by mistake into the live system: {client}.",
        "Deleted, with its enrollment.",
        answers={"client_ids": "{client}", "change": "Delete the record, it is no real person"},
    ),
)

PROGRAM = (
    Scene(
        "Set up a project for {program}",
        "We were awarded a new grant for {program} and start on the first of next month. The agreement is signed.",
        "The project is set up with its funding source and shows in your program list.",
        "Thank you. Which grant number is it, and how many units does it have?",
        "It is in the signed agreement, which I handed in with the request. {count} units.",
    ),
    Scene(
        "Add a funding source to {program}",
        "From {month} on the county pays for part of {program}. Please add it beside the federal grant.",
        "The second funding source is added as of {month}.",
        "Which component is it, and is there an end date in the agreement?",
        "Rental assistance, until the end of next June.",
    ),
    Scene(
        "Program closes at the end of the month",
        "{program} ends this month. What do we have to do with the open enrollments?",
        "Please exit everybody by the last day; I then close the project. Who is still enrolled stands on the program's"
        " page.",
        note="{count} open enrollments as of today.",
    ),
)

TRAINING = (
    Scene(
        "Certificate not showing after I finished the course",
        "I finished the privacy course on {day} and passed, but my page does not show it.",
        "It shows now. The course was closed before the result was saved.",
    ),
    Scene(
        "Sign up three staff for privacy training",
        "Please put three of our new staff into the next privacy class. I can send the names of the staff.",
        "All three have a place and got a mail with the details.",
        "Which date suits you better, the first or the third week of the month?",
        "The third week, please.",
    ),
    Scene(
        "Which course do I need for coordinated entry?",
        "I will do assessments for coordinated entry from {month} on. Which courses do I need before?",
        "The assessor course and the yearly privacy refresher. Both are in the list under Training.",
    ),
)

SOMETHING_ELSE = (
    Scene(
        "How do I record a client who declined to give an SSN?",
        "At intake the client did not want to give the number. Which answer is right so that it does not count as an"
        " error?",
        "Choose “Client prefers not to answer” as the quality of the number and leave the number empty. The manual has"
        " a page on it, see the link.",
    ),
    Scene(
        "Printer form of the intake packet is cut off",
        "When I print the intake packet for {program} the right side is missing.",
        "Please print it with “fit to page”. I also asked for a narrower layout.",
    ),
    Scene(
        "Who approves a data request from the county?",
        "The county asks us for numbers by ZIP code. Are we allowed to hand them out?",
        "Requests from outside go to the HMIS manager first. I passed yours on and you will hear from Desmond.",
        "Is it for one report or every month?",
        "Once, for the budget.",
    ),
    Scene(
        "Referral does not reach the other agency",
        "I sent a referral for client {client} on {day} and they don't see it.",
        "The sharing agreement between the two of you had not been entered. It has been now; please send it once more.",
        note="Agreement was signed in {month}; scan on file.",
    ),
)

FAULT = (
    Scene(
        "Pages are slow since this morning",
        "Every click takes about ten seconds. {count} of us see it.",
        "One of the servers was restarted. It should be fast again; please tell us if not.",
        "Is it the same on every page, and on another computer?",
        "Every page, and yes, it is the same on my colleague's laptop.",
        "Vendor status page says degraded between 8 and 9.",
        answers={"since": "This morning", "affected": "some"},
    ),
)

SCENES: Mapping[str, Sequence[Scene]] = {
    "locked_out": LOCKED_OUT,
    "new_account": STAFF_CHANGE[:1],
    "deactivate_account": STAFF_CHANGE[1:2],
    "access_change": STAFF_CHANGE[2:],
    "merge_clients": CLIENT_TWICE,
    "wrong_number": WRONG_NUMBER,
    "data_correction": CORRECTION,
    "new_program": PROGRAM[:1],
    "program_change": PROGRAM[1:2],
    "close_program": PROGRAM[2:],
    "training_question": TRAINING,
    "fault": FAULT,
    "something_else": SOMETHING_ELSE,
}
"""By the keys of the request types; what nobody offers is not played."""

PROGRAMS = (
    "Rapid Rehousing",
    "Permanent Supportive Housing",
    "the emergency shelter",
    "Street Outreach",
    "Transitional Housing",
    "Homelessness Prevention",
    "the youth program",
)
REPORTS = ("APR", "CAPER", "Data quality report", "Bed use report", "System performance report", "Veteran list")
MONTHS = ("June", "July", "August", "September", "October")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
COLLEAGUES = ("Jonah Grant", "Gina Figueroa", "Hector Brooks", "Quinn Delgado", "Paula Ellison", "Keiko Morris")
BACK_AGAIN = (
    "It is back again this morning, exactly as before.",
    "Sorry, I looked too soon: it still does not work for my colleague.",
    "Thank you. One thing is missing still, see my first message.",
)
STILL_ON_IT = (
    "I am looking into it and come back to you.",
    "Thank you for the details. I can see it too and am on it.",
    "I asked the vendor about this and will write as soon as I hear back.",
)
HELD = (
    "The SSN on her card is 219-09-9999. The older record is the right one.",
    "Client name: Tamsin Verrick, born 3/17/1984. Please look which of the two is hers.",
)
"""What the guard stops: nobody's number, an invented name."""
