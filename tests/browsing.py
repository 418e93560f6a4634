"""People who click: a test client that signs in, adds form tokens and checks every page that it fetches."""

from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from typing import Any

from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from adminops import clock
from adminops.app import AdminOps
from adminops.db import transaction
from adminops.identity.models import User
from adminops.identity.sessions import start_session


class Page:
    """A fetched page: its status, its text and what a person would look for."""

    def __init__(self, response: TestResponse) -> None:
        self.response = response
        self.status = response.status_code
        self.body = response.get_data()
        self.html = response.get_data(as_text=True) if response.mimetype.startswith("text/") else ""
        response.close()
        self.reader = _Reader()
        if response.mimetype == "text/html":
            self.reader.feed(self.html)

    @property
    def words(self) -> str:
        """The page's text without tags, blanks folded."""
        return " ".join("".join(self.reader.text).split())

    @property
    def heading(self) -> str:
        """The text of the h1."""
        return " ".join("".join(self.reader.headings[0]).split()) if self.reader.headings else ""

    @property
    def goal(self) -> str:
        """Where a redirect leads."""
        return self.response.headers.get("Location", "")

    def says(self, text: str) -> bool:
        """Say whether the page's text holds `text`."""
        return " ".join(text.split()) in self.words

    def link(self, label: str) -> str:
        """Return the address of the link whose text holds `label`."""
        for address, text in self.reader.links:
            if label in " ".join("".join(text).split()):
                return address
        raise AssertionError(f"No link says {label!r} on: {self.words[:400]}")

    def check(self) -> None:
        """Fail when the page breaks a rule of the house: one h1, a title, labels, tokens, nothing inline."""
        if self.response.mimetype != "text/html" or not self.html.lstrip().lower().startswith("<!doctype"):
            return
        reader = self.reader
        assert len(reader.headings) == 1, f"{len(reader.headings)} h1 on the page: {self.words[:200]}"
        assert "".join(reader.title).strip(), "the page has no title"
        unlabelled = [name for id_, name in reader.inputs if id_ not in reader.labelled]
        assert not unlabelled, f"inputs without a label: {unlabelled}"
        assert not reader.forms_without_token, f"POST forms without a token: {reader.forms_without_token}"
        assert not reader.inline, f"inline script or style: {reader.inline}"
        assert len(reader.ids) == len(set(reader.ids)), f"ids used twice: {_twice(reader.ids)}"


def _twice(ids: list[str]) -> list[str]:
    return sorted({id_ for id_ in ids if ids.count(id_) > 1})


class _Reader(HTMLParser):
    """Collects what `Page` looks at."""

    INLINE = frozenset({"a", "b", "strong", "em", "code", "mark", "span", "small", "svg", "use", "path", "kbd"})
    UNLABELLED = frozenset({"hidden", "submit", "button", "image", "reset"})

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.title: list[str] = []
        self.headings: list[list[str]] = []
        self.links: list[tuple[str, list[str]]] = []
        self.inputs: list[tuple[str, str]] = []
        self.labelled: set[str] = set()
        self.ids: list[str] = []
        self.inline: list[str] = []
        self.forms_without_token: list[str] = []
        self._open: list[str] = []
        self._form: str | None = None
        self._label_depth = 0

    def updatepos(self, i: int, j: int) -> int:
        """Count no lines: nobody asks where something stands, and counting takes an eighth of the reading."""
        return j

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the element."""
        values = {name: value or "" for name, value in attrs}
        self.ids += [values["id"]] if "id" in values else []
        self.inline += [f"{tag} {name}" for name in values if name == "style" or name.startswith("on")]
        if tag in ("style",) or (tag == "script" and "src" not in values):
            self.inline.append(tag)
        if tag not in self.INLINE:
            self.text.append(" ")
        self._open_element(tag, values)

    def _open_element(self, tag: str, values: dict[str, str]) -> None:
        if tag == "h1":
            self.headings.append([])
        elif tag == "a":
            self.links.append((values.get("href", ""), []))
        elif tag == "label":
            self._label_depth += 1
            self.labelled.add(values.get("for", ""))
        elif tag == "form" and values.get("method", "get").lower() == "post":
            self._form = values.get("action", "")
        if tag in ("input", "select", "textarea"):
            self._input(values)
        if tag in ("title", "h1", "a", "script", "style"):
            self._open.append(tag)

    def _input(self, values: dict[str, str]) -> None:
        if values.get("name") == "csrf_token":
            self._form = None
        if values.get("type", "text") in self.UNLABELLED or self._label_depth or "aria-label" in values:
            return
        if "aria-labelledby" not in values:
            self.inputs.append((values.get("id", ""), values.get("name", "?")))

    def handle_endtag(self, tag: str) -> None:
        """Close the element."""
        if self._open and self._open[-1] == tag:
            self._open.pop()
        if tag == "label":
            self._label_depth = max(0, self._label_depth - 1)
        if tag == "form" and self._form is not None:
            self.forms_without_token.append(self._form)
            self._form = None

    def handle_data(self, data: str) -> None:
        """Keep the text where it belongs."""
        if "script" in self._open or "style" in self._open:
            return
        if "title" in self._open:
            self.title.append(data)
            return
        self.text.append(data)
        if "h1" in self._open and self.headings:
            self.headings[-1].append(data)
        if "a" in self._open and self.links:
            self.links[-1][1].append(data)


class Visitor:
    """One browser: fetches and sends pages, follows redirects when asked to."""

    def __init__(self, app: AdminOps) -> None:
        self.app = app
        self.client: FlaskClient = app.test_client()

    def get(self, url: str, *, status: int = 200, follow: bool = False, **kwargs: Any) -> Page:
        """Fetch `url`, check its status and the page."""
        return self._checked(self.client.get(url, follow_redirects=follow, **kwargs), url, status)

    def post(
        self,
        url: str,
        data: dict[str, Any] | None = None,
        *,
        status: int = 302,
        follow: bool = False,
        token: bool = True,
        **kwargs: Any,
    ) -> Page:
        """Send `data` to `url` with a valid form token; `status` is that of the answer itself, or 200 with `follow`."""
        data = dict(data or {})
        if token:
            data["csrf_token"] = self.form_token()
        expected = 200 if follow and status == 302 else status
        return self._checked(self.client.post(url, data=data, follow_redirects=follow, **kwargs), url, expected)

    def form_token(self) -> str:
        """Return a token that belongs to this browser's cookie."""
        with self.client.session_transaction() as cookie:
            raw = cookie.setdefault("csrf_token", "a" * 40)
        secret = self.app.config["SECRET_KEY"]
        return str(URLSafeTimedSerializer(secret, salt="wtf-csrf-token").dumps(raw))

    def _checked(self, response: TestResponse, url: str, status: int) -> Page:
        page = Page(response)
        assert page.status == status, f"{url} answered {page.status}, not {status}: {page.words[:600]}"
        page.check()
        return page


class Desk:
    """The app with people who browse it."""

    def __init__(self, app: AdminOps) -> None:
        self.app = app

    @contextmanager
    def work(self) -> Iterator[Session]:
        """Make data: an app context and a transaction that is stored at the end."""
        with self.app.app_context(), transaction() as session:
            yield session

    @contextmanager
    def look(self) -> Iterator[Session]:
        """Read data."""
        with self.app.app_context(), transaction(writes=False) as session:
            yield session

    def visitor(self) -> Visitor:
        """Return a browser in which nobody is signed in."""
        return Visitor(self.app)

    def signed_in(self, user: User) -> Visitor:
        """Return a browser in which `user` is signed in (by a session row, not by the sign-in page)."""
        with self.work() as session:
            token = start_session(session.get_one(User, user.id), device="Firefox on Linux", hours=12)
        visitor = self.visitor()
        with visitor.client.session_transaction() as cookie:
            cookie["_user_id"] = token
            cookie["_fresh"] = True
            cookie["seen"] = clock.now().timestamp()
        return visitor
