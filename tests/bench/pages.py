"""Pages of the demo against a page that says hello in the same process, on SQLite."""

import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from flask import Blueprint
from sqlalchemy import select

import wsgi
from adminops.app import AdminOps, create_app
from adminops.db import db, transaction
from adminops.demo.load import load_demo
from adminops.feature import Feature
from adminops.identity.models import User
from adminops.settings import Settings
from adminops.web.access import PUBLIC, access
from dedupe.models import Pair, PairState
from migrations.run import upgrade_database
from tests.bench.figures import Figure, side_by_side
from tests.browsing import Desk, Page, Visitor
from tickets.models import Ticket

TIMES = 200
BROWSER = {"Accept-Encoding": "gzip, deflate, br", "Sec-Fetch-Site": "same-origin"}
"""What makes a page leave packed."""
hello = Blueprint("hello", __name__)


@hello.get("/hello")
@access(PUBLIC)
def say_hello() -> str:
    """Answer with one word."""
    return "hello"


def run() -> Iterator[Figure]:
    """Measure the pages that people have open all day."""
    with tempfile.TemporaryDirectory(prefix="adminops-bench-") as folder:
        app = _demo(Path(folder))
        desk = Desk(app)
        with desk.look() as session:
            maya = session.scalars(select(User).where(User.username == "maya")).one()
            ticket = session.scalars(select(Ticket.id).where(~Ticket.is_private).order_by(Ticket.id.desc())).first()
            pair = session.scalars(select(Pair.id).where(Pair.state == PairState.OPEN)).first()
        visitor = desk.signed_in(maya)
        urls = {"ticket list": "/tickets", "ticket": f"/tickets/{ticket}", "pair": f"/duplicates/pairs/{pair}"}
        for name, url in urls.items():
            yield from _page(visitor, name, url, list_page=name == "ticket list")


def _demo(home: Path) -> AdminOps:
    settings = Settings(home=home, environment="test", log_level="error")
    app = create_app(settings, (*wsgi.FEATURES, Feature(name="hello", title="Hello", blueprints=(hello,))))
    with app.app_context():
        upgrade_database()
        with transaction():
            load_demo(clients=1500, seed=1, say=lambda _line: None)
        db.session.remove()
    return app


def _page(visitor: Visitor, name: str, url: str, *, list_page: bool) -> Iterator[Figure]:
    statements = visitor.app.extensions["statements"]
    page = visitor.get(url)
    statements["count"] = 0
    visitor.get(url)
    yield Figure(f"{name}, SQL statements", statements["count"], "", 12)
    get = partial(visitor.client.get, headers=BROWSER)
    cost, hello_cost = side_by_side(lambda: get(url), lambda: get("/hello"), times=TIMES)
    yield Figure(f"{name}, server time, 95th percentile", cost.p95, "ms", 60)
    yield Figure(f"{name}, CPU against hello", cost.cpu / hello_cost.cpu, "x", 14 if list_page else None)
    yield Figure(f"{name}, compressed", len(get(url).data) / 1000, "kB", 8)
    yield Figure(f"{name}, elements", _elements(page), "", 1200)


def _elements(page: Page) -> int:
    return page.html.count("<") - page.html.count("</") - page.html.count("<!")
