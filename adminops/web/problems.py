"""Error pages: a sentence, what to do next, and a reference number that stands in the log too."""

import secrets

import structlog
from flask import Flask, current_app, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, IntegrityError, OperationalError, SQLAlchemyError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from adminops.db import is_busy
from adminops.errors import DomainError
from adminops.web.problem_json import asked_by_a_program, problem_json
from adminops.web.typed import came_from, typed_texts

log = structlog.get_logger("adminops.web")

SENTENCES = {
    400: ("That did not arrive in one piece", "Go back, reload the page and try again."),
    401: ("Please sign in", "Your session has ended. Sign in and try again."),
    403: ("This is not for your role", "Ask your agency lead or the Systems Team if you need it."),
    404: ("There is no such page", "It may have moved, or it is not yours to see. Search for it, or start over."),
    405: ("That can't be done here", "Go back and use the button on the page."),
    409: ("That does not fit how things stand", "Reload the page to see how they stand now."),
    413: ("That file is too large", "Choose a smaller one."),
    415: ("That kind of file can't be read here", "Choose another."),
    422: ("That can't be done like this", "Go back and change what you entered."),
    429: ("Too many tries", "Please wait a little and try again."),
    500: ("Something went wrong on our side", "Nothing was changed. Try again; if it stays, tell us the reference."),
    503: ("A service we need does not answer", "Nothing was changed. Please try again in a few minutes."),
}


TWICE = ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY", "23505")
"""What the databases call a value that may be there once, and is."""

#: What is left to say when not even the frame of a page can be drawn. House words only.
BARE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
    "<body><main><h1>{title}</h1><p>{next_step}</p><p>Reference {reference}</p></main></body></html>"
)


def register(app: Flask) -> None:
    """Answer every refusal and every failure with a page."""
    app.register_error_handler(DomainError, _refused)
    app.register_error_handler(CSRFError, _stale_token)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _database)
    app.register_error_handler(DataError, _unstorable)
    app.register_error_handler(IntegrityError, _clash)
    app.register_error_handler(Exception, _failed)


def problem_page(status: int, sentence: str | None = None, *, level: str = "info", **fields: object) -> Response:
    """Return the error page of `status`; the log gets the reference and no more than `fields`."""
    reference = secrets.token_hex(4).upper()
    title, next_step = SENTENCES.get(status, SENTENCES[500 if status >= 500 else 400])
    getattr(log, level)("problem", reference=reference, status=status, endpoint=request.endpoint, **fields)
    if asked_by_a_program():
        return problem_json(status, sentence, reference=reference)
    template = "errors/fragment.html" if request.headers.get("HX-Request") else "errors/page.html"
    values = {"status": status, "title": title, "sentence": sentence, "next_step": next_step, "reference": reference}
    values |= {"typed": typed_texts(), "came_from": came_from()}
    try:
        body = render_template(template, **values)
    except SQLAlchemyError:  # the frame asks who is signed in, and the database does not answer
        body = BARE.format(title=title, next_step=next_step, reference=reference)
    return Response(body, status=status, mimetype="text/html")


def _refused(refusal: DomainError) -> Response:
    if asked_by_a_program():
        errors = [(refusal.field, refusal.sentence)] if refusal.field else []
        return problem_json(refusal.status, refusal.sentence, errors=errors)
    return problem_page(refusal.status, refusal.sentence)


def _stale_token(_error: CSRFError) -> Response:
    if request.endpoint == "signin.sign_in":  # a sign-in page left open over lunch
        return redirect(url_for("signin.sign_in"))
    return problem_page(400, "This page was open for too long, or in another window. Nothing was changed.")


def _http(error: HTTPException) -> Response:
    if error.response is not None:
        return error.response  # type: ignore[return-value]
    answer = problem_page(error.code or 500)
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            answer.headers[name] = value
    return answer


def _database(error: OperationalError) -> Response:
    busy = is_busy(error)
    return problem_page(503 if busy else 500, level="error", cause="database is busy" if busy else "database")


def _unstorable(_error: DataError) -> Response:
    # The driver refused a value (a number too large, a character no text column takes): the sender's doing, not ours.
    return problem_page(422, "One of the values can't be stored. Go back, look at what you entered, and try again.")


def _clash(error: IntegrityError) -> Response:
    """Answer who stores what somebody else (or the first of two clicks) stored at that very moment."""
    twice = getattr(error.orig, "sqlite_errorname", "") in TWICE or getattr(error.orig, "sqlstate", "") in TWICE
    if not twice:
        return _failed(error)
    return problem_page(409, "The same was stored at this very moment, maybe by a second click.", cause="stored twice")


def _failed(error: Exception) -> Response:
    if current_app.testing:
        raise error  # a test wants to see where it comes from
    # The text of an unforeseen error may hold data of a person: the log gets its kind and place, not its words.
    frame = error.__traceback__
    while frame and frame.tb_next:
        frame = frame.tb_next
    place = f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}" if frame else ""
    return problem_page(500, level="error", cause=type(error).__name__, place=place)
