"""The places, one after the other: every test that asks for `place` is held against each."""

from collections.abc import Iterator

import pytest

from adminops.db import transaction
from tests.accounts.directory import places
from tests.accounts.directory.fake import FakeDirectory
from tests.accounts.directory.places import Place
from tests.services.dirsrv import Dirsrv
from tests.services.dirsrv import running as run_dirsrv
from tests.services.requirements import is_required
from tests.services.samba import Samba, running

MORE = [kind for kind in ("ad", "389") if is_required(kind)]
"""`./dev test --ad` and `./dev test --389`: servers that take their time to be made."""


@pytest.fixture(scope="session")
def samba() -> Iterator[Samba]:
    """A private domain controller for the whole run."""
    with running() as controller:
        yield controller


@pytest.fixture(scope="session")
def dirsrv() -> Iterator[Dirsrv]:
    """A private 389 Directory Server for the whole run."""
    with run_dirsrv() as server:
        yield server


@pytest.fixture(params=["local", "fake", "slapd", *MORE])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """A directory: this database, the fake, a real OpenLDAP."""
    if request.param == "local":
        app = request.getfixturevalue("sqlite_app")
        with app.app_context(), transaction():
            yield places.local_place()
    elif request.param == "fake":
        yield places.fake_place(FakeDirectory())
    else:
        yield _real(request)


@pytest.fixture(params=["fake", "slapd", *MORE])
def far(request: pytest.FixtureRequest) -> Place:
    """A directory that is no part of this database."""
    if request.param == "fake":
        return places.fake_place(FakeDirectory())
    return _real(request)


def _real(request: pytest.FixtureRequest) -> Place:
    if request.param == "ad":
        return places.ad_place(request.getfixturevalue("samba"))
    if request.param == "389":
        return places.dirsrv_place(request.getfixturevalue("dirsrv"))
    return places.ldap_place(request.getfixturevalue("shared_slapd"))
