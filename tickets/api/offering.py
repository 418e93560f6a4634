"""Offering what is about no single ticket: looked up or done, and refused as acts on tickets are."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Literal

from werkzeug.wrappers import Response

from adminops.api.routes import Answer, Asked, Route
from adminops.api.shapes import Shape
from adminops.db import savepoint
from adminops.errors import DomainError
from adminops.identity.permissions import Permission
from adminops.identity.tokens import TokenScope
from tickets.api.acts import refused_by

Run = Callable[[Asked], Answer]

OFFERED: list[Route] = []
ASK, WORK = Permission.ASK_FOR_HELP, Permission.WORK_TICKETS
TICKET = "/tickets/<int:ticket_id>"


def reads(
    path: str,
    summary: str,
    answer: Shape,
    *,
    needs: Permission = WORK,
    query: Mapping[str, Shape] | None = None,
    body: Shape | None = None,
    about: str = "",
) -> Callable[[Run], Run]:
    """Offer the function as something that is looked up: by words that come in `body`, where there is one."""

    def offer(run: Run) -> Run:
        OFFERED.append(
            Route(
                name=run.__name__,
                method="POST" if body else "GET",
                path=path,
                summary=summary,
                about=about,
                run=run,
                scope=TokenScope.READ_TICKETS,
                needs=needs,
                query=query or {},
                body=body,
                looks_up=body is not None,
                answer=answer,
            )
        )
        return run

    return offer


def does(
    method: Literal["POST", "PUT", "DELETE"],
    path: str,
    summary: str,
    answer: Shape,
    *,
    needs: Permission = WORK,
    body: Shape | None = None,
    about: str = "",
) -> Callable[[Run], Run]:
    """Offer the function as something that is done."""

    def offer(run: Run) -> Run:
        OFFERED.append(
            Route(
                name=run.__name__,
                method=method,
                path=path,
                summary=summary,
                about=about,
                run=lambda asked: _done(run, asked),
                scope=TokenScope.WRITE_TICKETS,
                needs=needs,
                body=body,
                answer=answer,
            )
        )
        return run

    return offer


def _done(run: Run, asked: Asked) -> Answer | Response:
    try:
        with savepoint():
            return run(asked)
    except DomainError as refusal:
        return refused_by(refusal, asked, None)


def dated(body: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Return the days among what was sent, each read; None for one that was left out."""
    return {name: date.fromisoformat(body[name]) if body.get(name) else None for name in names}
