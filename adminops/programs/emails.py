"""The mails of program requests: what happened and a link, nothing else."""

from adminops.db import db
from adminops.outbox.messages import Mail
from adminops.programs.models import ProgramRequest, RequestState


def _mail(program_request_id: int, subject: str, sentence: str, *states: RequestState) -> Mail | None:
    request = db.session.get(ProgramRequest, program_request_id)
    if request is None or request.state not in states:
        return None  # the request went on meanwhile; a newer mail says so
    return Mail(
        subject=f"{subject} (program request {request.id})",
        template="programs/told",
        values={"sentence": sentence},
        link=f"/programs/requests/{request.id}",
        link_label="Open the request",
    )


def requested(*, program_request_id: int, **_: int | str) -> Mail | None:
    """Tell the team that a program request waits."""
    sentence = "An agency asked for a program. Please look at it and decide."
    return _mail(program_request_id, "A program request waits for you", sentence, RequestState.SUBMITTED)


def questioned(*, program_request_id: int, **_: int | str) -> Mail | None:
    """Tell the requester that there is a question."""
    sentence = "We have a question about your program request. Answer it on its page."
    return _mail(program_request_id, "A question about your program", sentence, RequestState.QUESTIONED)


def refused(*, program_request_id: int, **_: int | str) -> Mail | None:
    """Tell the requester that the request was refused."""
    sentence = "We could not approve your program request. The reason stands on its page."
    return _mail(program_request_id, "Your program request", sentence, RequestState.REFUSED)


def set_up(*, program_request_id: int, **_: int | str) -> Mail | None:
    """Tell the requester that the program is there."""
    sentence = "Your program is set up. Please look it over and tell us if something is wrong."
    return _mail(program_request_id, "Your program is set up", sentence, RequestState.SET_UP)
