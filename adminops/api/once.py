"""Doing once what is asked for twice under the same Idempotency-Key, and giving the first answer again."""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from werkzeug.wrappers import Response

from adminops import clock
from adminops.api.models import KeptAnswer
from adminops.db import db
from adminops.identity.models import User
from adminops.web.problem_json import KEY_REUSED, problem_json

KEPT = timedelta(days=1)
AGAIN = "Idempotency-Replayed"


def answer(key: str, fingerprint: bytes, user: User, run: Callable[[], Response]) -> Response:
    """Return what `run` answers, or what it answered to the same request of `user` under `key` before.

    The row is taken first: a twin that comes meanwhile waits for the end of this transaction. A refusal is not kept,
    so that the request may be mended or tried again.
    """
    key_hash = hashlib.sha256(key.encode()).digest()
    kept = _known(user, key_hash)
    if kept is None and (kept_id := _take(user, key_hash, fingerprint)) is not None:
        given = run()
        if given.status_code >= 400:
            db.session.execute(delete(KeptAnswer).where(KeptAnswer.id == kept_id))
            return given
        kept = db.session.get_one(KeptAnswer, kept_id)
        kept.status, kept.data = given.status_code, json.loads(given.get_data())
        kept.location = given.headers.get("Location", "")
        db.session.flush()
        return given
    kept = kept or _known(user, key_hash)
    if kept is None or kept.fingerprint != fingerprint:
        return problem_json(422, "Use a new Idempotency-Key for another request. Nothing was changed.", kind=KEY_REUSED)
    headers = {AGAIN: "true"} | ({"Location": kept.location} if kept.location else {})
    return Response(json.dumps(kept.data), status=kept.status, headers=headers, mimetype="application/json")


def forget_answers() -> None:
    """Delete the answers that nobody will ask for again."""
    db.session.execute(delete(KeptAnswer).where(KeptAnswer.given_at < clock.now() - KEPT))


def _known(user: User, key_hash: bytes) -> KeptAnswer | None:
    return db.session.scalar(select(KeptAnswer).where(KeptAnswer.user_id == user.id, KeptAnswer.key_hash == key_hash))


def _take(user: User, key_hash: bytes, fingerprint: bytes) -> int | None:
    """Take the key for this request and return the row's number; None when a twin was faster."""
    insert = postgresql.insert if db.session.get_bind().dialect.name == "postgresql" else sqlite.insert
    values = {"user_id": user.id, "key_hash": key_hash, "fingerprint": fingerprint}
    taking = insert(KeptAnswer).values(**values, status=0, data={}, location="", given_at=clock.now())
    return db.session.scalar(taking.on_conflict_do_nothing().returning(KeptAnswer.id))
