"""The verbs of the second step: set an app up, take it away, make recovery codes, and prove oneself by a code."""

from collections.abc import Sequence

from sqlalchemy import delete, select, update

from adminops import clock
from adminops.db import db
from adminops.errors import Invalid, InvalidState, NotFound
from adminops.facts import publish
from adminops.facts.proving import FactorAdded, FactorRemoved, RecoveryCodesMade, RecoveryCodeUsed
from adminops.hmis.resealing import SealedColumn
from adminops.hmis.sealing import key_ring, open_cell
from adminops.identity import throttle
from adminops.identity.factors import recovery, totp
from adminops.identity.factors.standing import has_factor, is_required, standing_of
from adminops.identity.holding import hold_user
from adminops.identity.models import AuthenticatorApp, RecoveryCode, SecurityKey, SignInStep, User, UserSession
from adminops.identity.sessions import end_all_sessions

WRONG = (
    "That code does not fit. A code of the app is good for half a minute and for one use: wait for the next one, "
    "or take one of your recovery codes."
)
TOO_MANY = "Too many tries. Please wait a few minutes."


def _cell(user_id: int) -> str:
    return f"authenticator_app|sealed|{user_id}"


SEALED_APPS = SealedColumn(AuthenticatorApp, "sealed", ("user_id",), _cell)


def begin_app(*, by: User) -> bytes:
    """Return the secret of an app that is being set up; it is the same until it is in use or a day old.

    It publishes nothing: what is not in use changes nothing.
    """
    hold_user(by)
    waiting = _app(by, in_use=False)
    if waiting is not None and waiting.made_at.date() == clock.now().date():
        return secret_of(waiting)
    db.session.execute(delete(AuthenticatorApp).where(AuthenticatorApp.user_id == by.id, ~AuthenticatorApp.in_use))
    secret = totp.new_secret()
    sealed = key_ring().encrypt(totp.written(secret), bound_to=_cell(by.id))
    db.session.add(AuthenticatorApp(user_id=by.id, sealed=sealed))
    db.session.flush()
    return secret


def finish_app(code: str, *, by: User, keep: UserSession | None = None) -> None:
    """Take the app into use whose code this is; the one before is no longer asked for. Other sessions end.

    Raises `NotFound` when none is being set up, `Invalid` for a wrong code. Publishes `FactorAdded`.
    """
    hold_user(by)
    waiting = _app(by, in_use=False)
    if waiting is None:
        raise NotFound("Nothing is being set up any more. Begin again.")
    step = totp.fitting_step(secret_of(waiting), _typed(code), at=clock.now(), after=0)
    if step is None:
        raise Invalid("That code does not fit. Check the time of your phone, and type the next code.", field="code")
    db.session.execute(delete(AuthenticatorApp).where(AuthenticatorApp.user_id == by.id, AuthenticatorApp.in_use))
    waiting.in_use, waiting.last_step, waiting.made_at, waiting.last_used_at = True, step, clock.now(), clock.now()
    if keep is not None:
        keep.is_limited = False
    db.session.flush()
    end_all_sessions(by, reason="second step changed", keep=keep)
    publish(FactorAdded(user_id=by.id, agency_id=by.agency_id, kind="app"), by=by)


def remove_app(*, by: User) -> None:
    """Take one's app away; without a security key the password alone lets in from now on, and recovery codes go, too.

    Raises `InvalidState` when that would leave none where one is needed. Publishes `FactorRemoved`.
    """
    hold_user(by)
    if _app(by, in_use=True) is None:
        return
    keys = standing_of(by).keys
    if not keys:
        check_can_do_without(by)
        forget_all(by)
    db.session.execute(delete(AuthenticatorApp).where(AuthenticatorApp.user_id == by.id))
    publish(FactorRemoved(user_id=by.id, agency_id=by.agency_id, kind="app"), by=by)


def check_can_do_without(user: User) -> None:
    """Raise `InvalidState` when a person needs a second step: by a role of theirs, or for a password that is short."""
    if user.password_is_short:
        raise InvalidState("Your password is too short without a second step. Choose a longer one first.")
    if is_required(user):
        raise InvalidState("Your role needs a second step. Set another one up before you take this one away.")


def take_factors_away(user: User, *, by: User) -> None:
    """Let somebody who has lost app and codes set up a new second step: at the next sign-in, before anything else.

    Who may is for the caller to check. All sessions end. Publishes `FactorRemoved`.
    """
    hold_user(user)
    forget_all(user)
    user.factor_due_at = clock.now()
    db.session.flush()
    end_all_sessions(user, reason="second step taken away")
    publish(FactorRemoved(user_id=user.id, agency_id=user.agency_id, kind="all"), by=by)


def make_recovery_codes(*, by: User) -> list[str]:
    """Return a sheet of new recovery codes, which is shown once; those of before work no more.

    Raises `InvalidState` without a second step that they could stand in for. Publishes `RecoveryCodesMade`.
    """
    hold_user(by)
    if not has_factor(by):
        raise InvalidState("Set up a second step first: recovery codes stand in for it.")
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == by.id))
    codes = recovery.new_codes()
    db.session.add_all([RecoveryCode(user_id=by.id, code_hash=recovery.hash_of(code)) for code in codes])
    db.session.flush()
    publish(RecoveryCodesMade(user_id=by.id, agency_id=by.agency_id), by=by)
    return codes


def prove(code: str, meters: Sequence[throttle.Meter], *, by: User) -> str | None:
    """Return None when `code` is one of the person's app, or a recovery code not used yet; else a sentence.

    It is the same for a wrong, an old and a used code. It returns instead of raising, because the counted try has to
    be stored. Publishes `RecoveryCodeUsed`.
    """
    hold_user(by)
    if throttle.seconds_to_wait(meters):
        return TOO_MANY
    if not (_use_app(code, by) or _use_recovery(code, by)):
        throttle.note_failure(meters)
        return WRONG
    throttle.clear_failures(meters)
    return None


def _use_app(code: str, user: User) -> bool:
    app = _app(user, in_use=True)
    if app is None:
        return False
    step = totp.fitting_step(secret_of(app), _typed(code), at=clock.now(), after=app.last_step)
    if step is None:
        return False
    app.last_step, app.last_used_at = step, clock.now()
    db.session.flush()
    return True


def _use_recovery(code: str, user: User) -> bool:
    if not recovery.is_code(code):
        return False
    unused = (RecoveryCode.user_id == user.id, RecoveryCode.used_at.is_(None))
    mine = update(RecoveryCode).where(*unused, RecoveryCode.code_hash == recovery.hash_of(code))
    if not db.session.execute(mine.values(used_at=clock.now())).rowcount:  # type: ignore[attr-defined]
        return False
    left = len(db.session.scalars(select(RecoveryCode.id).where(*unused)).all())
    publish(RecoveryCodeUsed(user_id=user.id, agency_id=user.agency_id, left=left), by=user)
    return True


def secret_of(app: AuthenticatorApp) -> bytes:
    """Return the secret of an app. Raises `CannotDecrypt`."""
    return totp.read(open_cell(app.sealed, bound_to=_cell(app.user_id)))


def _app(user: User, *, in_use: bool) -> AuthenticatorApp | None:
    chosen = select(AuthenticatorApp).where(AuthenticatorApp.user_id == user.id, AuthenticatorApp.in_use.is_(in_use))
    return db.session.scalar(chosen.execution_options(populate_existing=True))


def forget_all(user: User) -> None:
    """Forget every second step of a held user, with recovery codes and half sign-ins."""
    for table in (AuthenticatorApp, SecurityKey, RecoveryCode, SignInStep):
        db.session.execute(delete(table).where(table.user_id == user.id))


def _typed(code: str) -> str:
    return "".join(code.split())
