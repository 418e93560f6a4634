"""Six hundred labelled messages, as people write them to a help desk: what must be found in them, and what must not.

Everybody is invented. The numbers are those that were never given to anybody or that are set aside for examples
(987-65-432x, 219-09-9999, 078-05-1120; 555-01xx), in all spellings. A message is made of a pattern and fillings: what
stands in `MARKED` slots must be found, everything else in a message must not. The patterns of `TUNED` were
looked at while the detectors were tuned. Those of `HELD_OUT` were written afterwards; what they showed at first sight
stands in docs/adr/022.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from string import Formatter

from adminops.pii import PiiKind, Staff

MARKED = {
    "ssn": PiiKind.SSN,
    "last4": PiiKind.SSN,
    "dob": PiiKind.BIRTH_DATE,
    "store_dob": PiiKind.BIRTH_DATE,
    "phone": PiiKind.PHONE,
    "email": PiiKind.EMAIL,
    "address": PiiKind.ADDRESS,
    "card": PiiKind.ID_CARD,
    "name": PiiKind.NAME,
    "store": PiiKind.NAME,
}

CLIENTS = [
    ("Marisol", "Quintavera", date(1984, 3, 17)),
    ("Deshawn", "Okonradu", date(1979, 11, 2)),
    ("Thuy", "Lanhdao", date(1991, 6, 30)),
    ("Ana", "de la Brezza", date(1966, 1, 9)),
    ("Mary Ann", "Feldspar", date(1958, 12, 24)),
    ("José", "Ruidíaz", date(2001, 7, 4)),
    ("Siobhan", "O'Quill", date(1988, 2, 28)),
    ("Will", "Grantham", date(1973, 5, 11)),
    ("Grace", "Hopewood", date(1995, 9, 19)),
    ("Lamar", "Smith-Tarrow", date(1982, 8, 8)),
    ("Bo", "Yim", date(1999, 10, 13)),
    ("Rosa", "Field", date(1970, 4, 22)),
]
"""First name, last name, birth date of the clients in the store."""

STAFF = ["Ben Turnwell", "Priya Nandakar", "Lucia Fairholt", "Dana Westerby"]
STAFF_PHONES = ["(904) 555-0111", "904-555-0112", "904.555.0113"]
STAFF_STREETS = ["120 Harbor Street", "48 W Beaver Street", "900 Ocean Blvd"]
KNOWN = Staff(
    names=frozenset(part for name in STAFF for part in (name.lower().replace(" ", ""), name.lower().split()[1])),
    phones=frozenset("".join(filter(str.isdigit, phone)) for phone in STAFF_PHONES),
    addresses=frozenset("".join(filter(str.isalnum, street.lower())) for street in STAFF_STREETS),
)


@dataclass(frozen=True)
class Sample:
    """A message, and the places in it that must be found."""

    text: str
    marks: tuple[tuple[int, int, str], ...]
    """Start, end, name of the slot."""
    held_out: bool


TUNED = """\
Client 48213 has the wrong SSN, it should be {ssn}.
Please change the social security number to {ssn}. Thank you.
SSN on card: {ssn}, SSN in HMIS: {ssn}. Enrollment {enrollment} is fine.
The two records {client_id} and {client_id} are one person, {ssn} on both.
hi, client's ssn is {ssn} and dob {dob}. she was entered twice
The last four of her SSN are {last4}.
SSN ends in {last4}, not what we have.
DOB is {dob} in one record and {dob} in the other. The exit on {report_date} is right.
Her birth date should be {dob}.
He was born {dob} and entered the shelter on {report_date}.
Wrong date of birth: {dob}. Right one is on file.
Can you fix the DOB? It reads {dob} and should be {dob}.
His number is {phone}, please add it.
Client can be reached at {phone} after 5.
I tried to call her on {phone} but nobody answers. Call me at {own_phone}.
Please update the client's cell to {phone}
Her mother's phone: {phone}
The client wrote from {email} to ask for her record.
E-mail in profile should be {email}, now it is blank.
Client now lives at {address}.
Mailing address: {address}. The bed at {agency_address} was released.
Her home is {address}
Driver's license number {card} does not match the record.
Passport no. {card} was scanned into the wrong file.
Client name: {name}
Her name is {name} but the record says otherwise.
I need Mr. {name} merged with the other one.
a client named {name} came in on {report_date}
{store} is in twice: {client_id} and {client_id}.
Please merge {store} and {store}. They share a household.
We exited {store} on {report_date} by mistake, enrollment {enrollment}.
I can't find {store} in the system.
{store}'s enrollment {enrollment} has no exit.
Can you look at {store}? She should be in program {project}.
The one with {store_dob} is right, the other record is older.
Two records, {store_dob} is on both. Which one do we keep?
Enrollment {enrollment} starts before the project does. Report of {report_date}.
Grant {grant} was renewed on {report_date} for {money}.
The APR for {report_date} to {report_date} shows 10,000 rows; Q6a is off by 3.
Call me at {own_phone} or ask {staff}.
Our new number is {own_phone}. Our fax is {own_phone}.
{staff} from Harbor House needs a login. Her supervisor is {staff}.
Ms. {staff_last} asked for report access, {agency_phone}.
The office moved to {agency_address}, effective {report_date}.
Training is at {own_address} on {report_date} at 10 am.
Export {nine} failed with error {nine} at 12:45:09.
Client IDs {nine} and {nine} are the same person.
Invoice {nine}, PO {nine}, EIN 59-1234567.
How do we enter a client who refused the SSN and has no birth date?
Name data quality is 2 and the last name is misspelled in the older record.
Please reset my password, my user name is {username}.
ZIP {zip} is not in the list of element 3.917, FY2026 version 1.2.
The client name is not shown on the dashboard. The Client Profile page is blank.
There are 40 units and 12 clients on the street list, 3 of them chronically homeless.
The vendor's line 1-800-555-0199 gave us case 219-555.
Thanks Ms. {stranger}, that worked. Dear Mr. {stranger}, hello again.
Will Grant {grant} be closed by {report_date}? In May we grant hope to the field.
Match score 94: SSN last four and birth month agree.
Bed nights from {report_date} through {report_date} are missing for program {project}.
Write to {work_email} or {work_email}; {staff} is on leave till {report_date}.
correct SSN = {ssn}
We have the card here. Number reads {ssn} so please update client {client_id}
SS# {ssn} belongs to client {client_id}, not to {client_id}.
For the merge: soc sec no. {ssn}, born {dob}.
Both have {ssn}. Is that a duplicate, yes or no? Report of {report_date} lists both.
her social is {ssn} I think
It's the one whose SSN ends with {last4}
SSN last 4: {last4}
d.o.b. {dob}; see enrollment {enrollment}
date of birth should say {dob}, please fix it before the report on {report_date}
The child was born on {dob}.
Birthday {dob} was typed as {dob}.
DOB wrong ({dob}). Entry {report_date} is right.
{dob} is her date of birth.
Client phone {phone}, disconnected.
you can text him at {phone}
Contact for the client: {phone} (sister's phone)
new cell {phone} for client {client_id}
Tel. {phone} is in the notes and should not be.
He gave me {email} as his address.
client email {email} bounced
She moved to {address} last week.
current residence of client {client_id}: {address}
They are living at {address} with an aunt.
DL # {card} is hers
state ID {card} expired
Full name: {name}
Client's last name is {name} now, she married.
The tenant called {name} is shown twice.
Mrs. {name} wants a copy of her record.
{store} and client {client_id} look the same to me.
why is {store} still open
Please delete the stay of {store} (enrollment {enrollment}).
hello, {store} was exited to the wrong place, thanks
I worked with {store} yesterday, her assessment is gone.
Household of {store}: add the child, {store}.
The note says {store_dob}. Is that in the record?
Only {store_dob} fits what she told us.
Please move enrollment {enrollment} from project {project} to {project}, dates {report_date} to {report_date}.
Grant number {grant}, amount {money}, starts {report_date}.
LSA upload of {report_date} had 4 errors and 219 warnings; file LSA-{nine}.zip
You can reach us at {own_phone}. The front desk is {own_phone}.
My direct line is {own_phone}.
{staff} left on {report_date}. Please disable the account, and tell {staff}.
Mr. {staff_last} is our new case manager, his office number is {agency_phone}.
New site: {own_address}. Please set up the program.
Our shelter at {agency_address} has 24 beds.
PersonalID {nine} is not the same as {nine}
Service record {nine} and referral {nine} were deleted.
Job 20261103 ended at 03:15, 1234567 rows, build 2026.11.02.
What do I enter when the birth date is unknown? And for a partial SSN?
First and last name were swapped by the import. The name is in the wrong field.
I get "session expired" as {username}. Browser is version 128.0.6613.
Median stay is 214 days; 12 of 98 exits on {report_date} went to a place not meant for habitation.
The Client Search page is slow since {report_date}.
We counted 31 people in 12 tents on 4 sites off the highway.
The hotline is 1-877-555-0123, press 2 for the vendor.
Hi {stranger}, the training with {stranger} from the county was great.
Mark May has 31 days, long day for the report. Case Bond is a test.
User {work_email} can't sign in, supervisor {staff}, {agency_phone}.
Two profiles carry {ssn}, please combine {client_id} with {client_id}.
The SSN field shows {ssn}; on paper it is {ssn}.
social: {ssn}
Last four SSN {last4} matches but the DOB {dob} does not.
Birthdate on the ID is {dob}, ours says {dob}.
She says she was born on {dob}; intake was {report_date}.
Change DOB from {dob} to {dob} for client {client_id}
DOB: {dob} (client {client_id}), enrollment date {report_date}
Please call the client back on {phone}.
Emergency contact of client {client_id}: {phone}
cell: {phone}, no voicemail
Send the letter for client {client_id} to {email}
The landlord of {address} wants the lease of client {client_id}.
Client {client_id} was housed at {address} on {report_date}.
medicaid ID {card} is in the wrong box
The client's name is {name}, ID {client_id}.
a guest named {name} was refused on {report_date}
Did {store} exit on {report_date}? The bed list says no.
{store} has two open stays, {enrollment} and {enrollment}.
could you merge {store} please
We think {store_dob} is the right one for {client_id}.
Enrollment IDs {nine}, {nine} and {nine} overlap by a day.
The grant {grant} replaces {grant} as of {report_date}; project {project} keeps its ID.
{staff} is out from {report_date} to {report_date}; {staff} covers. Her desk is {agency_phone}.
Report run on {report_date} for {report_date} - {report_date}: 219 rows, 09 errors, 9999 cells.
Our intake line is {own_phone}; the program at {agency_address} is full.
Please give {staff} ({work_email}) the role of agency lead.
How is the name data quality scored when the first name is blank and the last name is partial?
Error 0x80070057 after import {nine}, see line 10452 of Exit.csv, {report_date} 07:14
The class of {report_date} had 14 people; {stranger} has the list. Thanks, Ms. {stranger}
"""


HELD_OUT = """\
I typed {ssn} into the wrong profile, it belongs to {client_id}.
Duplicate found by SSN {ssn}
{ssn} - is this number on file already?
the last 4 digits of his social are {last4}
Wrong year: DOB should read {dob}
{client_id}: date of birth {dob}, gender missing
mother born {dob}, child born {dob}
Her birthday is {dob}, she turns old enough this year.
Two DOBs on file: {dob} and {dob}. Which one counts?
call him at {phone}, he has no e-mail
His phone ({phone}) is off, try {email}.
Her aunt picks up at {phone} most days
phone no: {phone}
they moved out of {address} and left no word
{name} is her maiden name: last name is {name} in the old record.
Client's full legal name is {name}.
passport {card} expired, can we still use it?
Assign {store} to bed 12 from {report_date}.
Since when is {store} in program {project}?
FYI: {store} / {client_id} needs a merge.
"{store}" comes up twice when I search.
On file there is {store_dob}; she brought a card with it.
Funding {grant}: {money} spent, {money} left, closes {report_date}.
The HIC of {report_date} lists 40 beds, 219 in all; sheet 3 of 9999.
Referral IDs: {nine}, {nine}.
Reach {staff} on {agency_phone} before noon.
My supervisor {staff} approved it on {report_date}. {work_email}
We lease an office at {own_address}.
Which name goes first, the client or the head of household? The manual says both.
Bed night report from {report_date} has 31 rows for project {project}, 30 of them right.
"""

_SSNS = ("987-65-432{n}", "219-09-9999", "078-05-1120", "219-09-999{n}")
_SSN_SPELLINGS = (
    "{a}-{b}-{c}",
    "{a} {b} {c}",
    "{a}.{b}.{c}",
    "{a}–{b}–{c}",
    "{a}/{b}/{c}",
    "{a} - {b} - {c}",
    "{a}\u00a0{b}\u00a0{c}",
)
_DOB_SPELLINGS = ("%m/%d/%Y", "%m-%d-%y", "%Y-%m-%d", "%B %d, %Y", "%d %B %Y", "%b %d %Y", "%m.%d.%Y")
_PHONE_SPELLINGS = (
    "({a}) 555-{c}",
    "{a}-555-{c}",
    "{a}.555.{c}",
    "{a} 555 {c}",
    "+1 {a} 555 {c}",
    "1-{a}-555-{c}",
    "{a}/555-{c}",
)
_STREETS = (
    "4417 Alder Creek Road",
    "12 Nightingale Ln, Apt 4B",
    "8809 NW 23rd Avenue",
    "77 Pepperwood Court #12",
    "510 S. Marigold St.",
)
_OWN_STREETS = ("31 Quarry Road", "2200 Lakeview Drive, Suite 300", "15 E Union St.")
_NAMES = ("Tamsin Verrick", "Odell Brantigan", "Yolanda Pruett-Oakes", "Kofi Adjeman", "Lena Marchetti")
_STRANGERS = ("Halloran", "Pettibone", "Vasquez", "Kim")
_EMAILS = (
    "no-such-person.q7@gmail.com",
    "invented_writer@yahoo.com",
    "nobody.at.all42@hotmail.com",
    "made.up.name@icloud.com",
)


def samples() -> list[Sample]:
    """Return all six hundred, the same ones every time."""
    draw = random.Random(7)
    patterns = [(line, False) for line in TUNED.splitlines()] + [(line, True) for line in HELD_OUT.splitlines()]
    return [_filled(pattern, held_out, draw) for pattern, held_out in patterns for _ in range(5 if held_out else 3)]


def _filled(pattern: str, held_out: bool, draw: random.Random) -> Sample:
    text, marks = "", []
    for literal, slot, _, _ in Formatter().parse(pattern):
        text += literal
        if slot:
            words = _FILLINGS[slot](draw)
            if slot in MARKED:
                marks.append((len(text), len(text) + len(words), slot))
            text += words
    return Sample(text, tuple(marks), held_out)


def _ssn(draw: random.Random) -> str:
    a, b, c = draw.choice(_SSNS).format(n=draw.randrange(1, 9)).split("-")
    return draw.choice(_SSN_SPELLINGS).format(a=a, b=b, c=c)


def _day(draw: random.Random, first: int, last: int, forms: tuple[str, ...]) -> str:
    return date(draw.randint(first, last), draw.randint(1, 12), draw.randint(1, 28)).strftime(draw.choice(forms))


def _phone(draw: random.Random) -> str:
    return draw.choice(_PHONE_SPELLINGS).format(a=draw.choice(("904", "305", "212")), c=f"01{draw.randrange(20, 99)}")


def _store_name(draw: random.Random) -> str:
    first, last, _ = draw.choice(CLIENTS)
    forms = (f"{first} {last}", f"{last}, {first}", f"{first} {last}".upper(), f"{first} {last}".lower())
    return draw.choice(forms)


def _store_birth(draw: random.Random) -> str:
    return draw.choice(CLIENTS)[2].strftime(draw.choice(_DOB_SPELLINGS))


def _any(*choices: str):  # type: ignore[no-untyped-def]
    return lambda draw: draw.choice(choices)


_FILLINGS = {
    "ssn": _ssn,
    "last4": lambda draw: f"{draw.randrange(1000, 9999)}",
    "dob": lambda draw: _day(draw, 1940, 2015, _DOB_SPELLINGS),
    "store_dob": _store_birth,
    "phone": _phone,
    "email": _any(*_EMAILS),
    "address": _any(*_STREETS),
    "card": lambda draw: f"{draw.choice('ABCX')}{draw.randrange(10**8, 10**9)}",
    "name": _any(*_NAMES),
    "store": _store_name,
    "enrollment": lambda draw: f"{draw.randrange(10**5, 10**9)}",
    "client_id": lambda draw: f"{draw.randrange(10**4, 10**6)}",
    "project": lambda draw: f"P-{draw.randrange(100, 999)}",
    "nine": lambda draw: f"{draw.randrange(219_000_000, 899_999_999)}",
    "grant": lambda draw: f"FL0{draw.randrange(100, 999)}L4H10{draw.randrange(1000, 2999)}",
    "money": lambda draw: f"${draw.randrange(10, 900)},{draw.randrange(100, 999)}.00",
    "report_date": lambda draw: _day(draw, 2025, 2026, _DOB_SPELLINGS),
    "own_phone": _phone,
    "agency_phone": _any(*STAFF_PHONES),
    "agency_address": _any(*STAFF_STREETS),
    "own_address": _any(*_OWN_STREETS),
    "staff": _any(*STAFF),
    "staff_last": _any(*(name.split()[1] for name in STAFF)),
    "stranger": _any(*_STRANGERS),
    "username": _any("bturnwell", "pnandakar22"),
    "zip": lambda draw: f"{draw.randrange(32000, 32999)}-{draw.randrange(1000, 9999)}",
    "work_email": _any("intake@harborhouse.example.org", "b.turnwell@clay.example.org"),
}


@dataclass
class Tally:
    """How a kind of slot fared."""

    there: int = 0
    found: int = 0

    @property
    def recall(self) -> float:
        """The share that was found."""
        return self.found / self.there


def judge(all_samples: list[Sample], find) -> tuple[dict[str, Tally], float, Iterator[str]]:  # type: ignore[no-untyped-def]
    """Return recall by slot, precision of all findings, and what went wrong (`find(text)` returns findings)."""
    tallies = {slot: Tally() for slot in MARKED}
    right = wrong = 0
    problems: list[str] = []
    for sample in all_samples:
        findings = find(sample.text)
        for start, end, slot in sample.marks:
            met = any(
                finding.kind is MARKED[slot] and finding.start < end and start < finding.end for finding in findings
            )
            tallies[slot].there += 1
            tallies[slot].found += met
            if not met:
                problems.append(f"missed {slot} in: {sample.text}")
        for finding in findings:
            met = any(finding.start < end and start < finding.end for start, end, _ in sample.marks)
            right += met
            wrong += not met
            if not met:
                words = sample.text[finding.start : finding.end]
                problems.append(f"wrong {finding.kind.name} {words!r} in: {sample.text}")
    return tallies, right / (right + wrong), iter(problems)
