"""The steps of the sheet, in the order of the vendor's screens, and what is to be entered at each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from accounts.models import Account
from adminops.identity.permissions import Role
from adminops.titled import Titled


class Purpose(Titled):
    """Why a sheet was opened, with the words for screens."""

    OPENING = "opening", "New account"
    ACCESS = "access", "Other work"
    FURTHER = "further", "Further agency"
    TRANSFER = "transfer", "Transfer"
    REACTIVATION = "reactivation", "Reactivation"
    ASSESSOR = "assessor", "Coordinated entry assessor"
    LICENSE = "license", "License for own reports"
    PARTICULARS = "particulars", "New name or address"


@dataclass(frozen=True)
class Step:
    """One thing to enter or to do. `evidence` asks what was entered where that is not said here."""

    key: str
    screen: str
    label: str
    value: Callable[[Account], str]
    evidence: str = ""


def _first(account: Account) -> str:
    return account.user.name.rpartition(" ")[0] or account.user.name


def _last(account: Account) -> str:
    return account.user.name.rpartition(" ")[2]


def _agency(account: Account) -> str:
    return account.agency.name if account.agency else "The Systems Team's organization"


def _workgroups(account: Account) -> str:
    lead = Role.AGENCY_LEAD in account.user.roles
    return "Those of the work, and of agency administrators" if lead else "Those of the work that was asked for"


def _said(text: str) -> Callable[[Account], str]:
    return lambda _: text


STEPS: Sequence[Step] = (
    Step("first_name", "User", "First name", _first),
    Step("last_name", "User", "Last name", _last),
    Step("email", "User", "E-mail: it is the login, and nobody else's", lambda account: account.user.email),
    Step("title", "User", "Job title", lambda account: account.user.title or "Leave it empty"),
    Step("organization", "Organization", "Owning organization", _agency, "Which organization"),
    Step("location", "Organization", "Location", _said("Where the person works"), "Which location"),
    Step(
        "further",
        "Organization",
        "Further organizations",
        _said("Only those that their leads agreed to"),
        "Which, or none",
    ),
    Step("supervisor", "My team", "Supervisor", _said("As on the request"), "Who"),
    Step("case_manager", "My team", "Case manager", _said("Only who carries clients"), "Yes or no"),
    Step("workgroups", "Workgroups", "Workgroups", _workgroups, "Which workgroups"),
    Step("tools", "Tools", "Tool permissions", _said("None beyond the role, but for reports"), "Which, or none"),
    Step(
        "password",
        "Sign-in",
        "Temporary password",
        _said("Told by phone, to be changed at the first sign-in"),
        "How it was told",
    ),
    Step("active", "Sign-in", "Status", _said("Active")),
    Step(
        "signed_in",
        "Sign-in",
        "The person has signed in",
        _said("The list of last sign-ins ticks it by itself"),
        "How you know",
    ),
)
_OF_CHANGES: Sequence[Step] = (
    Step("assessor", "Workgroups", "Workgroup of assessors", _said("Coordinated Entry Assessors"), "Which workgroup"),
    Step("report_license", "Tools", "Reports", _said("Build and save own reports"), "Which license"),
    Step("billed", "Tools", "Fee", _said("On the agency's next bill"), "Which bill"),
    Step("old_login", "Sign-in", "Access at the old agency", _said("Inactive, never deleted"), "How you know"),
)
BY_KEY = {step.key: step for step in (*STEPS, *_OF_CHANGES)}
_KEYS: Mapping[Purpose, Sequence[str]] = {
    Purpose.OPENING: [step.key for step in STEPS],
    Purpose.ACCESS: ("workgroups", "tools"),
    Purpose.FURTHER: ("further", "workgroups"),
    Purpose.TRANSFER: ("old_login", "organization", "location", "supervisor", "workgroups", "tools"),
    Purpose.REACTIVATION: ("active", "signed_in"),
    Purpose.ASSESSOR: ("assessor",),
    Purpose.LICENSE: ("report_license", "billed"),
    Purpose.PARTICULARS: ("first_name", "last_name", "email"),
}


def steps_for(purpose: Purpose) -> list[Step]:
    """Return what is to be entered, in the order of the vendor's screens."""
    return [BY_KEY[key] for key in _KEYS[purpose]]


SIGNED_IN = "signed_in"
