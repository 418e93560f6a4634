"""What a person may do, as one printable page: an enum with a sentence each, and which role holds what.

A role is granted at one agency or everywhere. `docs/permissions.md` is generated from this module. The start was the
team's matrix of roles; authority (who) is here, state rules (when) are in each feature's `policies.py`.
"""

from dataclasses import dataclass
from enum import StrEnum


class Permission(StrEnum):
    """Each permission with the sentence that says what it allows."""

    def __new__(cls, value: str, sentence: str) -> "Permission":
        """Keep the sentence beside the value."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.sentence = sentence
        return member

    sentence: str

    ASK_FOR_HELP = "tickets.file", "File tickets and read and answer one's own."
    READ_AGENCY_TICKETS = "tickets.read", "Read the tickets of the agency."
    WORK_TICKETS = "tickets.work", "Answer, assign and resolve tickets and write team notes."
    READ_PRIVATE_TICKETS = "tickets.private", "See private tickets, such as incidents, without being named on them."
    SET_GOALS = "tickets.goals", "Change the calendars and goals that tickets are measured by."
    SHAPE_DESK = (
        "tickets.shape",
        "Change shared views, tags, queues and what people are told; enter absences of others.",
    )
    IMPORT_TICKETS = "tickets.import", "Take tickets over from another desk, and back."
    REQUEST_FOR_AGENCY = "requests.agency", "Ask for accounts, merges and programs on the agency's behalf."
    APPROVE_REQUESTS = "requests.approve", "Approve or refuse requests that need the team's word."
    MANAGE_REQUEST_TYPES = "requests.types", "Change words, targets and approvals of request types; switch them off."
    READ_ACCOUNTS = "accounts.read", "See the agency's users and the state of their accounts."
    REPORT_LEAVERS = "accounts.leavers", "Say that somebody of the agency leaves, and confirm who is still there."
    MANAGE_ACCOUNTS = "accounts.manage", "Create, disable and reactivate accounts."
    MANAGE_LICENSES = "accounts.licenses", "Order license seats, and note what was billed and paid."
    KEEP_ACCESS_RULES = (
        "accounts.rules",
        "Publish the user agreement, and waive what a request for an account lacks, with a reason.",
    )
    RESET_PASSWORDS = "accounts.reset", "Start a password reset for somebody else."
    GRANT_ROLES = "accounts.roles", "Grant and revoke roles."
    READ_CLIENTS = "clients.read", "Look up client records (agency staff: of their agency's projects)."
    READ_PROTECTED_CLIENTS = "clients.protected", "See clients of victim service providers, to have them removed."
    REVEAL_SSN = "clients.ssn", "Look a client up by SSN, and have an SSN shown with a reason; both on the record."
    REVIEW_DUPLICATES = "duplicates.review", "Review pairs of client records, merge them and undo merges."
    IMPORT_EXPORTS = "store.import", "Import HMIS exports and see what each import did."
    EXPORT_STORE = "store.export", "Write HUD CSV exports out of the store."
    REQUEST_PROGRAMS = "programs.request", "Request programs for the agency."
    READ_PROGRAMS = "programs.read", "See programs with their funding."
    APPROVE_PROGRAMS = "programs.approve", "Approve or refuse program requests."
    SET_UP_PROGRAMS = "programs.set_up", "Set up approved programs."
    READ_AGENCIES = "agencies.read", "See agencies and their particulars."
    MANAGE_AGENCIES = "agencies.manage", "Add agencies and change their particulars."
    TAKE_TRAINING = "training.take", "Sign up for classes and see one's own completions."
    READ_TRAINING = "training.read", "See the completions of the agency's staff."
    MANAGE_TRAINING = "training.manage", "Write courses, schedule classes and mark attendance."
    READ_MANUALS = "manuals.read", "Read the published manuals."
    WRITE_MANUALS = "manuals.write", "Write drafts of manual pages."
    PUBLISH_MANUALS = "manuals.publish", "Publish and retire manual pages."
    SEE_FIGURES = "figures.read", "See the figures of the desk."
    READ_AUDIT = "audit.read", "Read the audit trail."
    ASK_WHO_SAW = "audit.sight", "Ask who could see a client's record on a day, and who looked."
    READ_HELD = (
        "privacy.read",
        "Read texts of one's agency that the guard holds back, and see who could have seen them.",
    )
    REDACT = "privacy.redact", "Settle texts that the guard holds back, and see the counts by agency."
    RUN_SYSTEM = "system.run", "See jobs and the outbox, and have messages tried again."
    MANAGE_PROVIDERS = "accounts.providers", "Say whose sign-ins are believed: identity providers of agencies."
    MANAGE_WEBHOOKS = "webhooks.manage", "Say which programs outside are told of tickets, and look at the calls."
    USE_DESK = "desk.use", "Work in the team's desk instead of the help page."


class Role(StrEnum):
    """Each role with its title, whether it is granted at an agency or for the whole CoC, and its rank.

    The rank answers one question: who may act on whose account. Nobody starts a password reset for a person of a
    higher rank, or the help desk's password would be worth an administrator's.
    """

    def __new__(cls, value: str, title: str = "", at_agency: bool = False, rank: int = 0) -> "Role":
        """Keep title, reach and rank beside the value."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.title = title
        member.at_agency = at_agency
        member.rank = rank
        return member

    title: str  # type: ignore[assignment]
    at_agency: bool
    rank: int

    END_USER = "end_user", "End user", True, 0
    AGENCY_LEAD = "agency_lead", "Agency lead", True, 1
    SECURITY_OFFICER = "security_officer", "Security officer", True, 1
    HELP_DESK = "help_desk", "Help desk", False, 2
    TRAINER = "trainer", "Trainer", False, 2
    SYSTEM_ADMIN = "system_admin", "System administrator", False, 3
    MANAGER = "manager", "HMIS manager", False, 3
    VIEWER = "viewer", "Read-only viewer", False, 1


P = Permission

_EVERYBODY = frozenset({P.ASK_FOR_HELP, P.TAKE_TRAINING, P.READ_MANUALS})
_TEAM = _EVERYBODY | {P.USE_DESK, P.READ_AGENCY_TICKETS, P.READ_AGENCIES, P.READ_PROGRAMS, P.WRITE_MANUALS}
_LEAD = _EVERYBODY | {
    P.READ_AGENCY_TICKETS,
    P.REQUEST_FOR_AGENCY,
    P.READ_ACCOUNTS,
    P.REPORT_LEAVERS,
    P.READ_CLIENTS,
    P.REQUEST_PROGRAMS,
    P.READ_PROGRAMS,
    P.READ_AGENCIES,
    P.READ_TRAINING,
}

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.END_USER: _EVERYBODY | {P.READ_CLIENTS},
    Role.AGENCY_LEAD: _LEAD,
    Role.SECURITY_OFFICER: _EVERYBODY
    | {P.READ_PRIVATE_TICKETS, P.READ_HELD, P.READ_ACCOUNTS, P.REPORT_LEAVERS, P.READ_TRAINING, P.READ_AGENCIES}
    | {P.ASK_WHO_SAW},
    Role.HELP_DESK: _TEAM
    | {P.WORK_TICKETS, P.READ_ACCOUNTS, P.REPORT_LEAVERS, P.RESET_PASSWORDS}
    | {P.READ_CLIENTS, P.READ_TRAINING, P.SEE_FIGURES},
    Role.TRAINER: _TEAM | {P.WORK_TICKETS, P.READ_ACCOUNTS, P.READ_TRAINING, P.MANAGE_TRAINING, P.PUBLISH_MANUALS},
    Role.SYSTEM_ADMIN: frozenset(Permission)
    - {P.READ_AUDIT, P.READ_PRIVATE_TICKETS, P.MANAGE_LICENSES, P.KEEP_ACCESS_RULES},
    Role.MANAGER: frozenset(Permission),
    Role.VIEWER: frozenset({P.USE_DESK, P.READ_MANUALS, P.READ_PROGRAMS, P.READ_AGENCIES, P.SEE_FIGURES}),
}


@dataclass(frozen=True)
class Reach:
    """Where somebody holds a permission: everywhere, or at some agencies (by id), or nowhere."""

    everywhere: bool = False
    agency_ids: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return self.everywhere or bool(self.agency_ids)

    def covers(self, agency_id: int | None) -> bool:
        """Say whether it reaches a thing of agency `agency_id` (None: a thing of no agency, for the team only)."""
        return self.everywhere or (agency_id is not None and agency_id in self.agency_ids)


def describe_permissions() -> str:
    """Return `docs/permissions.md`: each permission, its sentence and the roles that hold it."""
    titles = [role.title for role in Role]
    lines = [
        "# Permissions",
        "",
        "Who may do what. Roles marked * are granted at one agency and reach no further.",
        "This page is generated by `adminops docs` from `adminops/identity/permissions.py`.",
        "",
        "| permission | what it allows | " + " | ".join(f"{r.title}{'*' if r.at_agency else ''}" for r in Role) + " |",
        "|---|---|" + ":-:|" * len(titles),
    ]
    for permission in Permission:
        held = " | ".join("✓" if permission in ROLE_PERMISSIONS[role] else "" for role in Role)
        lines.append(f"| `{permission.value}` | {permission.sentence} | {held} |")
    return "\n".join(lines) + "\n"
