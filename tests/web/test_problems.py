"""What a page says where the database refused to store something."""

import pytest
from sqlalchemy.exc import IntegrityError

from adminops.app import AdminOps
from adminops.db import db, savepoint, transaction
from adminops.identity.models import RoleGrant, User
from adminops.identity.permissions import Role
from adminops.web.problems import _clash
from tests.make import make_user


def refused(row: object) -> IntegrityError:
    """Return the error of storing `row`."""
    db.session.flush()
    with pytest.raises(IntegrityError) as caught:
        store(row)
    return caught.value


def store(row: object) -> None:
    """Store `row`, or nothing of it."""
    with savepoint():
        db.session.add(row)
        db.session.flush()


def test_what_is_there_already_is_a_conflict_and_what_fits_nothing_is_our_fault(app: AdminOps) -> None:
    with app.test_request_context("/"), transaction():
        make_user(username="grace")
        twice = refused(User(username="grace", name="Grace", email="g@example.org"))
        loose = refused(RoleGrant(user_id=999_999, role=Role.VIEWER))
        answer = _clash(twice)
        assert (answer.status_code, "at this very moment" in answer.get_data(as_text=True)) == (409, True)
        with pytest.raises(IntegrityError):  # a test sees it; others get the page of our own faults
            _clash(loose)
