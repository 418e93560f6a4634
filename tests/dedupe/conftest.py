"""What tests of the merge desk may ask for besides the shared fixtures."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from adminops.facts import Fact, FactBus
from adminops.hmis.models import Client, HmisSource
from adminops.identity.models import User
from dedupe.models import Pair
from tests.make import make_admin
from tests.make_dedupe import make_clients, make_pair, make_source


@pytest.fixture
def source(session: Session) -> HmisSource:
    """A source without rows."""
    return make_source()


@pytest.fixture
def reviewer(session: Session) -> User:
    """Somebody who reviews pairs."""
    return make_admin()


@pytest.fixture
def clients(source: HmisSource) -> list[Client]:
    """Three records, A, B and C."""
    return make_clients(source, 3)


@pytest.fixture
def pair(clients: list[Client]) -> Pair:
    """The open pair of A and B."""
    return make_pair(clients[0], clients[1])


@pytest.fixture
def facts(app: Any) -> Callable[[], list[Fact]]:
    """Return a function that tells what was published since it was last called."""
    bus: FactBus = app.extensions["facts"]
    heard: list[Fact] = []

    def listen(fact: Fact, by: User) -> None:
        heard.append(fact)

    bus.subscribe(Fact, listen)

    def since_last() -> list[Fact]:
        told = list(heard)
        heard.clear()
        return told

    return since_last
