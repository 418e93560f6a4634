"""The accounts of the demo."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.demo import PARTS, fill
from accounts.licenses.models import LicenseOrder
from accounts.licenses.queries import today
from accounts.models import Account, AccountState
from adminops import clock
from adminops.demo.cast import PASSWORD, Cast
from adminops.identity import passwords
from adminops.identity.models import User
from adminops.identity.permissions import Role
from tests.make import make_agency, make_user


def _cast() -> Cast:
    agencies = [make_agency() for _ in range(12)]
    people = {f"worker{number}": make_user(agency=agency) for number, agency in enumerate(agencies)}
    people["desmond"] = make_user(Role.MANAGER, username="desmond")
    people["maya"] = make_user(Role.SYSTEM_ADMIN, username="maya")
    return Cast(seed=1, now=clock.now(), source_id=1, agencies=agencies, people=people)


def test_everybody_has_an_account_and_some_come_and_go(session: Session) -> None:
    cast = _cast()
    fill(cast)
    states = dict(session.execute(select(Account.state, func.count()).group_by(Account.state)).all())  # type: ignore[arg-type]
    assert states == {
        AccountState.ACTIVE: len(cast.people),
        AccountState.INVITED: 3,
        AccountState.DISABLED: 3,
        AccountState.ARCHIVED: 1,
    }
    standings = {order.standing_on(today()) for order in session.scalars(select(LicenseOrder))}
    assert {"ordered", "overdue", "paid"} <= standings
    assert all(user.last_sign_in_at and user.last_sign_in_at < clock.now() for user in cast.people.values())


def test_only_active_people_of_the_demo_can_sign_in(session: Session) -> None:
    fill(_cast())
    names = [".".join(part.name.casefold().split()) for part in PARTS]
    left = session.scalars(select(User).where(User.username.in_(names))).all()
    assert len(left) == len(PARTS)
    assert not any(user.may_sign_in for user in left)
    with_password = [user for user in left if user.password_hash]
    assert len(with_password) == 4
    assert all(passwords.matches(user.password_hash, PASSWORD) for user in with_password)
