"""Reads that are remembered: forgotten with what they are of, and never known from a transaction that is not stored."""

from sqlalchemy import select, update

from adminops.app import AdminOps
from adminops.db import db, transaction
from adminops.identity.models import Agency, User
from adminops.web.remembering import recalled, remembered
from tests.make import make_agency, make_user


def names() -> list[str]:
    """Return the names of the agencies as they are remembered."""
    return remembered("names", lambda: list(db.session.scalars(select(Agency.name))), of=(Agency,))


def test_what_is_of_a_table_is_kept_while_others_change_and_forgotten_when_it_does(app: AdminOps) -> None:
    with app.app_context():
        with transaction():
            first = make_agency(name="First")
        with transaction(writes=False):
            known = names()
        with transaction():
            make_user(agency=first)
        with transaction(writes=False):
            assert names() is known
        with transaction():
            db.session.get_one(Agency, first.id).name = "Second"
        with transaction(writes=False):
            assert names() == ["Second"]
        with transaction():
            db.session.execute(update(Agency).values(name="Third"))
        with transaction(writes=False):
            assert names() == ["Third"]


def test_what_is_not_stored_is_read_by_its_own_transaction_alone(app: AdminOps) -> None:
    with app.app_context():
        with transaction() as session:
            assert names() == []
            make_agency(name="Never stored")
            assert names() == ["Never stored"]
            session.rollback()
        with transaction(writes=False):
            assert names() == []


def test_what_is_of_no_table_is_forgotten_with_anything_that_is_stored(app: AdminOps) -> None:
    def people() -> int:
        return remembered("people", lambda: len(db.session.scalars(select(User.id)).all()))

    with app.app_context():
        with transaction(writes=False):
            assert recalled("people") is None
            assert people() == recalled("people") == 0
        with transaction():
            make_user()
        with transaction(writes=False):
            assert recalled("people") is None
            assert people() == 1
