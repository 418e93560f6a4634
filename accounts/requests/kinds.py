"""What may be asked of accounts, and what has to be there before it is carried out: one table for all of it."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from adminops.titled import Titled


class RequestKind(StrEnum):
    """What is asked for, with its number in the list of what such a team is asked for, and the words for screens."""

    def __new__(cls, value: str, code: str = "", title: str = "", done: str = "") -> "RequestKind":
        """Keep the words beside the value."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.code, member.title, member.done = code, title, done
        return member

    code: str
    title: str  # type: ignore[assignment]
    done: str
    """What is true once it was carried out."""

    NEW = "new", "A1", "New account", "The person was invited by mail, or is as soon as the directory has the account."
    RAISE = "raise", "A2", "A higher role", "The person has the role from the next sign-in."
    LOWER = "lower", "A2", "A lower role", "The role was taken away, and the person signed out."
    CHANGE = "change", "A2", "Other work in the HMIS", "The Systems Team enters it in the HMIS by a sheet."
    FURTHER = "further", "A2", "Work for a further agency", "The person works for both agencies from the next sign-in."
    TRANSFER = "transfer", "A3", "Transfer from another agency", "The account belongs to the new agency."
    RESET = "reset", "A4", "Help with signing in", "The person can get in again, or has a link in the mail."
    STEP = "step", "A4", "A lost second step", "The person sets a new one up at the next sign-in."
    REACTIVATE = "reactivate", "A5", "Reactivation", "The account is open."
    LEAVE = "leave", "A6", "Close an account", "Access ends by itself at the moment that was named."
    ASSESSOR = "assessor", "A7", "Coordinated entry assessor", "The Systems Team adds the workgroup by a sheet."
    LICENSE = "license", "A8", "License for own reports", "The Systems Team enters it in the HMIS by a sheet."
    PARTICULARS = "particulars", "A9", "New name or address", "It is changed."
    OFFICE = "office", "A9", "New holder of an office", "The person has the role from the next sign-in."


class Mover(Titled):
    """Whose move it is while something is missing."""

    LEAD = "lead", "The agency lead"
    SUPERVISOR = "supervisor", "The supervisor"
    OTHER = "other", "The lead of the other agency"
    PERSON = "person", "The person"
    TRAINER = "trainer", "A trainer"
    HMIS_LEAD = "hmis_lead", "The HMIS lead"
    TEAM = "team", "The Systems Team"
    DAY = "day", "Nobody: the day has to come"


class GateKind(StrEnum):
    """What has to be there first, with the words for screens, what to do about it and who does it."""

    def __new__(cls, value: str, title: str = "", advice: str = "", mover: Mover = Mover.TEAM) -> "GateKind":
        """Keep the words beside the value."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.title, member.advice, member.mover = title, advice, mover
        return member

    title: str  # type: ignore[assignment]
    advice: str
    mover: Mover

    @property
    def short(self) -> str:
        """What it is, in a few words: for "Missing: …" and "… is there"."""
        return _SHORT[self]

    AUTHORITY = (
        "authority",
        "Asked for by somebody who may",
        "The agency lead has to send the request on.",
        Mover.LEAD,
    )
    SUPERVISOR = (
        "supervisor",
        "The supervisor agrees",
        "The supervisor confirms it on this page.",
        Mover.SUPERVISOR,
    )
    OTHER_AGENCY = (
        "other_agency",
        "The other agency agrees",
        "The lead of the other agency confirms it on this page.",
        Mover.OTHER,
    )
    CLEAR = (
        "clear",
        "Nothing else keeps the account closed",
        "The Systems Team sees what it is, and releases it.",
        Mover.TEAM,
    )
    MOU = (
        "mou",
        "The agency agreement is current",
        "The Systems Team records the new agreement when it is signed.",
        Mover.LEAD,
    )
    SEAT = (
        "seat",
        "A license seat is free",
        "Order a seat, or close the account of somebody who has left.",
        Mover.LEAD,
    )
    BACKGROUND = (
        "background",
        "The background check is passed",
        "The agency lead confirms it on this page.",
        Mover.LEAD,
    )
    AGREEMENT = (
        "agreement",
        "The user agreement is signed",
        "The person signs by the link that was mailed to them.",
        Mover.PERSON,
    )
    TRAINING = (
        "training",
        "The required training is taken",
        "A trainer signs the person up for the next class.",
        Mover.TRAINER,
    )
    REFRESHER = (
        "refresher",
        "A refresher is taken",
        "Any class that is taken now counts: a trainer signs the person up.",
        Mover.TRAINER,
    )
    FULL = (
        "full",
        "The whole training is taken anew",
        "The trainer who has given it confirms it on this page.",
        Mover.TRAINER,
    )
    COURSE = (
        "course",
        "The course for this work is taken",
        "A trainer looks it up, and confirms it on this page.",
        Mover.TRAINER,
    )
    FEE = "fee", "The agency accepts the yearly fee", "The agency lead confirms it on this page.", Mover.LEAD
    CE_LEAD = (
        "ce_lead",
        "The coordinated entry lead agrees",
        "The Systems Team asks, and notes it on this page.",
        Mover.TEAM,
    )
    DESIGNATION = (
        "designation",
        "The signed designation is on file",
        "The Systems Team files it, and notes it on this page.",
        Mover.LEAD,
    )
    IDENTITY = (
        "identity",
        "Somebody made sure who is asking",
        "The help desk calls back at the number on file.",
        Mover.TEAM,
    )
    SECOND = (
        "second",
        "A second person of the team agrees",
        "Somebody else of the team agrees on the page of the account.",
        Mover.TEAM,
    )
    APPROVAL = "approval", "The HMIS lead approves", "The HMIS lead decides on the ticket.", Mover.HMIS_LEAD
    GRANT = (
        "grant",
        "An administrator gives the higher role",
        "An administrator gives it on this page, and proves who they are.",
        Mover.TEAM,
    )
    DAY = "day", "The day has come", "It is carried out by itself on that day.", Mover.DAY


K, G = RequestKind, GateKind
_SHORT: Mapping[GateKind, str] = {
    G.AUTHORITY: "the agency lead's word",
    G.SUPERVISOR: "the supervisor's word",
    G.OTHER_AGENCY: "the other agency's word",
    G.CLEAR: "an account that nothing else keeps closed",
    G.MOU: "a current agency agreement",
    G.SEAT: "a license seat",
    G.BACKGROUND: "the background check",
    G.AGREEMENT: "a signed user agreement",
    G.TRAINING: "the required training",
    G.REFRESHER: "a refresher",
    G.FULL: "the whole training",
    G.COURSE: "the course",
    G.FEE: "the agency's word on the fee",
    G.CE_LEAD: "the coordinated entry lead's word",
    G.DESIGNATION: "the signed designation",
    G.IDENTITY: "a look at who is asking",
    G.SECOND: "a second person's word",
    G.APPROVAL: "the HMIS lead's approval",
    G.GRANT: "an administrator who gives the role",
    G.DAY: "the day",
}

GATES: Mapping[RequestKind, Sequence[GateKind]] = {
    K.NEW: (G.AUTHORITY, G.SUPERVISOR, G.MOU, G.SEAT, G.BACKGROUND, G.AGREEMENT, G.TRAINING, G.APPROVAL),
    K.RAISE: (G.AUTHORITY, G.CLEAR, G.AGREEMENT, G.TRAINING, G.DAY, G.APPROVAL, G.GRANT),
    K.LOWER: (G.AUTHORITY, G.DAY),
    K.CHANGE: (G.AUTHORITY, G.CLEAR, G.TRAINING, G.DAY, G.APPROVAL),
    K.FURTHER: (
        *(G.AUTHORITY, G.OTHER_AGENCY, G.CLEAR, G.MOU, G.SEAT, G.AGREEMENT, G.TRAINING),
        *(G.DAY, G.APPROVAL),
    ),
    K.TRANSFER: (
        *(G.AUTHORITY, G.OTHER_AGENCY, G.CLEAR, G.MOU, G.SEAT, G.AGREEMENT, G.TRAINING),
        *(G.DAY, G.APPROVAL),
    ),
    K.RESET: (G.CLEAR, G.IDENTITY),
    K.STEP: (G.CLEAR, G.IDENTITY, G.SECOND),
    K.REACTIVATE: (G.AUTHORITY, G.CLEAR, G.MOU, G.SEAT, G.AGREEMENT, G.TRAINING),
    K.LEAVE: (G.AUTHORITY,),
    K.ASSESSOR: (G.AUTHORITY, G.CLEAR, G.COURSE, G.CE_LEAD, G.APPROVAL),
    K.LICENSE: (G.AUTHORITY, G.CLEAR, G.COURSE, G.FEE, G.APPROVAL),
    K.PARTICULARS: (G.AUTHORITY, G.DAY, G.APPROVAL),
    K.OFFICE: (G.AUTHORITY, G.CLEAR, G.AGREEMENT, G.TRAINING, G.DESIGNATION, G.DAY, G.APPROVAL, G.GRANT),
}
"""What each kind of request needs. A higher role adds `GRANT`, long absence `REFRESHER` or `FULL`."""
SETTABLE = (G.SUPERVISOR, G.MOU, G.SEAT, G.BACKGROUND, G.AGREEMENT, G.TRAINING)
"""Gates that a team may do without, by `ADMINOPS_ACCOUNT_GATES`. All others are always asked for."""
OF_THE_WORLD = (G.CLEAR, G.MOU, G.SEAT, G.AGREEMENT, G.TRAINING, G.SECOND, G.DAY)
"""Gates that are looked up anew: they may open and close by themselves until nothing is missing."""
NEVER_WAIVED = (G.AUTHORITY, G.CLEAR, G.IDENTITY, G.SECOND, G.APPROVAL, G.GRANT, G.DAY)
"""Words of people that only they can say, and what is no matter of opinion."""
WITH_A_DAY: Mapping[GateKind, str] = {
    G.BACKGROUND: "Passed on",
    G.FULL: "Finished on",
    G.COURSE: "Taken on",
    G.CE_LEAD: "Said on",
    G.DESIGNATION: "Signed on",
}
"""Words that name the day that stands on paper elsewhere, and how the day is called."""
SPOKEN = (G.SUPERVISOR, G.OTHER_AGENCY, G.FEE, G.IDENTITY, *WITH_A_DAY)
"""Words that are given on the page of the request. `GRANT` is one, too, and asks again who is there."""
