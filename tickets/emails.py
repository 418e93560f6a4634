"""Mails about tickets: a number and a link, never a word of the ticket itself. Called when a mail is sent."""

from collections.abc import Callable

from adminops.db import db
from adminops.identity.models import User
from adminops.identity.permissions import Permission
from adminops.outbox.messages import Mail
from tickets.approvals import is_asked
from tickets.cases.refs import promise
from tickets.importing.models import STAND_IN
from tickets.mail.brakes import has_bounced, is_held_off
from tickets.models import OPEN_STATES, Ticket
from tickets.noted import words_of_note
from tickets.notices.occasions import Occasion
from tickets.notices.queries import lines_of
from tickets.policies import is_team
from tickets.problems.refs import solved as problem_solved
from tickets.projects.queries import find_project
from tickets.sight import visible_to
from tickets.survey.refs import asked as survey_asked
from tickets.webhooks.models import Webhook


def filed(*, to_id: int, ticket_id: int) -> Mail | None:
    """Tell a requester that the request arrived."""
    return _mail("tickets/filed", f"We have your request #{ticket_id}", to_id, ticket_id)


def replied(*, to_id: int, ticket_id: int, message_id: int) -> Mail | None:  # noqa: ARG001 - tells replies apart
    """Tell the other side that there is an answer."""
    return _mail("tickets/replied", f"There is a reply on request #{ticket_id}", to_id, ticket_id)


def assigned(*, to_id: int, ticket_id: int, **_ids: int) -> Mail | None:
    """Tell a member of the team that a ticket is theirs now; not if it has moved on meanwhile."""
    ticket = db.session.get(Ticket, ticket_id)
    if ticket is None or ticket.assignee_id != to_id or ticket.state not in OPEN_STATES:
        return None
    return _mail("tickets/assigned", f"Ticket #{ticket_id} is assigned to you", to_id, ticket_id)


def resolved(*, to_id: int, ticket_id: int, round: int) -> Mail | None:  # noqa: A002 - stored by this name
    """Tell a requester that the request is resolved; not if it is open again. `round` counts the reopenings."""
    ticket = db.session.get(Ticket, ticket_id)
    if ticket is None or ticket.state in OPEN_STATES or ticket.times_reopened != round:
        return None
    return _mail("tickets/resolved", f"Your request #{ticket_id} is resolved", to_id, ticket_id)


def silent(*, to_id: int, ticket_id: int, round: int) -> Mail | None:  # noqa: A002 - stored by this name
    """Tell a requester that the request is closed because nobody answered; not if it is open again."""
    ticket = db.session.get(Ticket, ticket_id)
    if ticket is None or ticket.state in OPEN_STATES or ticket.times_reopened != round:
        return None
    return _mail("tickets/silent", f"We closed your request #{ticket_id} as we heard nothing", to_id, ticket_id)


def goal(*, to_id: int, ticket_id: int, aim: str, minutes: int, round: int) -> Mail | None:  # noqa: A002, ARG001
    """Warn that a goal is close or was passed; not if nothing is expected any more. `round` tells replies apart."""
    ticket = db.session.get(Ticket, ticket_id)
    if ticket is None or ticket.state not in OPEN_STATES:
        return None
    what = "solution" if aim == "solution" else "reply"
    said = f"a {what} is due soon" if minutes < 0 else f"a {what} is past its goal"
    return _mail("tickets/goal", f"Ticket #{ticket_id}: {said}", to_id, ticket_id)


def approval(*, to_id: int, ticket_id: int, approval_id: int, reminder: int = 0) -> Mail | None:
    """Ask for somebody's word, or remind of it; not when it was given meanwhile or nobody waits for it any more."""
    if not is_asked(approval_id):
        return None
    waits = "still waits" if reminder else "waits"
    return _mail("tickets/approval", f"Request #{ticket_id} {waits} for your approval", to_id, ticket_id)


def approval_late(*, to_id: int, ticket_id: int, approval_id: int, reminder: int) -> Mail | None:  # noqa: ARG001
    """Tell the team that an agency's lead says nothing; not when they did meanwhile. `reminder` tells times apart."""
    if not is_asked(approval_id):
        return None
    return _mail("tickets/approval_late", f"Nobody answers for the agency on #{ticket_id}", to_id, ticket_id)


def added(*, to_id: int, ticket_id: int, participant_id: int) -> Mail | None:  # noqa: ARG001 - tells times apart
    """Tell a person that they take part in a ticket; not if they were taken off meanwhile."""
    return _mail("tickets/added", f"You were added to request #{ticket_id}", to_id, ticket_id)


def private(*, to_id: int, ticket_id: int, **_ids: int) -> Mail | None:
    """Tell a security officer of a private ticket."""
    return _mail("tickets/private", f"Request #{ticket_id} is private and needs your eyes", to_id, ticket_id)


def merged(*, to_id: int, ticket_id: int, source_id: int, **_ids: int) -> Mail | None:
    """Tell who asked for a ticket that was merged where its conversation goes on."""
    return _mail("tickets/merged", f"Your request #{source_id} goes on in #{ticket_id}", to_id, ticket_id)


def mentioned(*, to_id: int, ticket_id: int, message_id: int) -> Mail | None:
    """Tell a person that a message mentions them."""
    subject = f"You are mentioned on request #{ticket_id}"
    return _mail("tickets/mentioned", subject, to_id, ticket_id, note=words_of_note(message_id, to_id=to_id))


def unsent(*, to_id: int, ticket_id: int, sending_id: int) -> Mail | None:  # noqa: ARG001 - tells answers apart
    """Tell the author of a planned answer that it could not be sent."""
    return _mail("tickets/unsent", f"Your answer on #{ticket_id} did not go out", to_id, ticket_id)


def project(*, to_id: int, ticket_id: int, done: int, day: int = 0) -> Mail | None:
    """Tell the owner of a project that its parts are done, or that its day comes; not if that has changed since."""
    ticket = db.session.get(Ticket, ticket_id)
    known = find_project(ticket) if ticket else None
    if ticket is None or known is None or known.owner_id != to_id or ticket.state not in OPEN_STATES:
        return None
    if done:
        return _mail("tickets/project_done", f"All parts of project #{ticket_id} are done", to_id, ticket_id)
    if known.due_on.toordinal() != day:
        return None
    return _mail("tickets/project_due", f"The day of project #{ticket_id} comes", to_id, ticket_id)


def happened(*, to_id: int, ticket_id: int, occasion: str, message_id: int = 0, **_ids: int) -> Mail | None:
    """Tell what somebody wished to hear of; what is the team's alone not to who is not of it any more."""
    what, ticket, reader = Occasion(occasion), db.session.get(Ticket, ticket_id), db.session.get(User, to_id)
    if ticket is None or reader is None or (what.for_team and not is_team(reader, ticket)):
        return None
    note = words_of_note(message_id, to_id=to_id) if what is Occasion.NOTED else ""
    return _mail("tickets/happened", what.subject.format(ticket_id), to_id, ticket_id, note=note)


def digest(*, to_id: int, digest_id: int) -> Mail | None:
    """Tell what was gathered for somebody, as numbers of tickets; None when they see none of them any more."""
    reader = db.session.get(User, to_id)
    told = lines_of(digest_id, reader) if reader and not has_bounced(reader) else []
    if not told:
        return None
    return Mail(
        subject=f"What happened on {len(told)} ticket{'s' * (len(told) != 1)}",
        template="tickets/digest",
        values={"told": told},
        link=f"/me/notices/digests/{digest_id}",
        link_label="Open the digest",
    )


def webhook_off(*, to_id: int, webhook_id: int, at: int) -> Mail | None:  # noqa: ARG001 - tells times apart
    """Tell who looks after webhooks that one was switched off; not if it is on again."""
    webhook, reader = db.session.get(Webhook, webhook_id), db.session.get(User, to_id)
    if webhook is None or webhook.is_on or reader is None or not reader.may(Permission.MANAGE_WEBHOOKS):
        return None
    return Mail(
        subject="A webhook was switched off",
        template="tickets/webhook_off",
        link=f"/webhooks/{webhook_id}",
        link_label="Open the webhook",
    )


MAILS: dict[str, Callable[..., Mail | None]] = {
    "tickets.filed": filed,
    "tickets.replied": replied,
    "tickets.assigned": assigned,
    "tickets.resolved": resolved,
    "tickets.silent": silent,
    "tickets.goal": goal,
    "tickets.approval": approval,
    "tickets.approval_late": approval_late,
    "tickets.added": added,
    "tickets.private": private,
    "tickets.merged": merged,
    "tickets.mentioned": mentioned,
    "tickets.unsent": unsent,
    "tickets.problem": problem_solved,
    "tickets.project": project,
    "tickets.promise": promise,
    "tickets.happened": happened,
    "tickets.digest": digest,
    "tickets.survey": survey_asked,
    "tickets.webhook_off": webhook_off,
}


def _mail(template: str, subject: str, to_id: int, ticket_id: int, *, note: str = "") -> Mail | None:
    """Return the mail, or None when the person may not see the ticket (any more), or stands for somebody elsewhere."""
    reader = db.session.get(User, to_id)
    if (
        reader is None
        or reader.username.startswith(STAND_IN)
        or db.session.scalar(visible_to(reader).where(Ticket.id == ticket_id)) is None
    ):
        return None
    if is_held_off(reader, ticket_id):
        return None
    return Mail(
        subject=subject,
        template=template,
        values={"number": ticket_id} | ({"note": note} if note else {}),
        link=f"/tickets/{ticket_id}",
        link_label="Open the request",
    )
