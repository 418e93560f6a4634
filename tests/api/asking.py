"""Programs that ask the API: a client that shows a token."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from adminops.identity.models import User
from adminops.identity.tokens import TokenScope, make_token
from tests.browsing import Desk


class Program:
    """A program with a token."""

    def __init__(self, desk: Desk, token: str) -> None:
        self.client, self.token = desk.app.test_client(), token

    def ask(self, method: str, path: str, body: Any = None, *, status: int = 200, key: str = "") -> Any:
        """Ask, check the status and return what was answered."""
        headers = {"Authorization": f"Bearer {self.token}"} | ({"Idempotency-Key": key} if key else {})
        sent = {} if body is None else {"json": body}
        answer = self.client.open(f"/api/v1{path}", method=method, headers=headers, **sent)
        assert answer.status_code == status, (path, answer.status_code, answer.get_data(as_text=True)[:600])
        self.headers = answer.headers
        assert answer.mimetype == ("application/json" if status < 400 else "application/problem+json")
        return answer.get_json(force=True)


def token_of(desk: Desk, user: User, scopes: Iterable[TokenScope] = TokenScope, days: int = 30) -> str:
    """Return the text of a new token of `user`."""
    with desk.work() as session:
        by = session.get_one(User, user.id)
        return make_token(name="Reporter", scopes=set(scopes), lives=timedelta(days=days), by=by)


def program_of(desk: Desk, user: User, scopes: Iterable[TokenScope] = TokenScope) -> Program:
    """Return a program that acts for `user`."""
    return Program(desk, token_of(desk, user, scopes))
