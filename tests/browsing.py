"""People who click: a test client that signs in, adds form tokens and checks every page that it fetches."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from selectolax.lexbor import LexborHTMLParser, LexborNode
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
        self.reader = Reader(self.html if response.mimetype == "text/html" else "")

    @cached_property
    def words(self) -> str:
        """The page's text without tags, blanks folded."""
        return " ".join(self.reader.text.split())

    @property
    def heading(self) -> str:
        """The text of the h1."""
        return " ".join(self.reader.headings[0].split()) if self.reader.headings else ""

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
            if label in " ".join(text.split()):
                return address
        raise AssertionError(f"No link says {label!r} on: {self.words[:400]}")

    def check(self) -> None:
        """Fail when the page breaks a rule of the house: one h1, a title, labels, tokens, nothing inline."""
        if self.response.mimetype != "text/html" or not self.html.lstrip().lower().startswith("<!doctype"):
            return
        reader = self.reader
        assert len(reader.headings) == 1, f"{len(reader.headings)} h1 on the page: {self.words[:200]}"
        assert reader.title.strip(), "the page has no title"
        unlabelled = [name for id_, name in reader.inputs if id_ not in reader.labelled]
        assert not unlabelled, f"inputs without a label: {unlabelled}"
        assert not reader.forms_without_token, f"POST forms without a token: {reader.forms_without_token}"
        assert not reader.inline, f"inline script or style: {reader.inline}"
        assert len(reader.ids) == len(set(reader.ids)), f"ids used twice: {_twice(reader.ids)}"


def _twice(ids: list[str]) -> list[str]:
    return sorted({id_ for id_ in ids if ids.count(id_) > 1})


class Reader:
    """What `Page` looks at, read by the rules that browsers read by; each thing when it is asked for."""

    INLINE = frozenset({"a", "b", "strong", "em", "code", "mark", "span", "small", "svg", "use", "path", "kbd"})
    UNSEEN = frozenset({"title", "script", "style"})
    UNLABELLED = frozenset({"hidden", "submit", "button", "image", "reset"})

    def __init__(self, html: str) -> None:
        self.html = html
        self.tree = LexborHTMLParser(html)

    @cached_property
    def text(self) -> str:
        """What there is to read; every element that is not part of a line stands apart."""
        return _text(self.tree.root, apart=" ") if self.tree.root else ""

    @property
    def title(self) -> str:
        """What the window is called."""
        return "".join(title.text() for title in self.tree.css("title"))

    @cached_property
    def headings(self) -> list[str]:
        """The text of each h1."""
        return [_text(heading) for heading in self.tree.css("h1")]

    @cached_property
    def links(self) -> list[tuple[str, str]]:
        """Where each link leads, and its text."""
        return [(link.attributes.get("href") or "", _text(link)) for link in self.tree.css("a")]

    @property
    def inputs(self) -> list[tuple[str, str]]:
        """The id and the name of each input that needs a label beside it."""
        inputs = self.tree.css("input, select, textarea")
        values = [each.attributes for each in inputs if not _is_in(each, "label")]
        return [
            (each.get("id") or "", each.get("name") or "?")
            for each in values
            if each.get("type", "text") not in self.UNLABELLED and each.keys().isdisjoint(ARIA_LABELS)
        ]

    @property
    def labelled(self) -> set[str]:
        """The ids that labels are for."""
        return {label.attributes.get("for") or "" for label in self.tree.css("label")}

    @property
    def ids(self) -> list[str]:
        """Every id, as often as it is used."""
        return [each.attributes["id"] or "" for each in self.tree.css("[id]")]

    @property
    def inline(self) -> list[str]:
        """What the house's policy would keep a browser from running or showing."""
        found = [each.tag or "" for each in self.tree.css("style, script:not([src])")]
        found += [f"{each.tag} style" for each in self.tree.css("[style]")]
        if HANDLER.search(self.html):  # rarely: nobody has to look at every attribute of every page
            every = ((each.tag, name) for each in self.tree.css("*") for name in each.attributes)
            found += [f"{tag} {name}" for tag, name in every if name.startswith("on")]
        return found

    @property
    def forms_without_token(self) -> list[str]:
        """Where the forms go that would be refused."""
        forms = [form for form in self.tree.css("form") if (form.attributes.get("method") or "").lower() == "post"]
        return [form.attributes.get("action") or "" for form in forms if not form.css("[name=csrf_token]")]


ARIA_LABELS = frozenset({"aria-label", "aria-labelledby"})
HANDLER = re.compile(r"""[\s"'/]on\w+\s*=""", re.IGNORECASE)


def _text(node: LexborNode, apart: str = "") -> str:
    parts = []
    for each in node.traverse(include_text=True):
        if each.is_text_node:
            parts.append("" if each.parent and each.parent.tag in Reader.UNSEEN else each.text_content or "")
        elif each.tag not in Reader.INLINE:
            parts.append(apart)
    return "".join(parts)


def _is_in(node: LexborNode, tag: str) -> bool:
    above = node.parent
    while above is not None and above.tag != tag:
        above = above.parent
    return above is not None


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
