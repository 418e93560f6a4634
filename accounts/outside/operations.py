"""The verbs of identity providers: keep them, let their people in, connect and disconnect."""

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from accounts.outside.models import IdentityProvider, OutsideIdentity
from accounts.outside.protocol import Claims, Client, problem_of
from accounts.outside.queries import identity_of, known_by_address
from adminops import clock
from adminops.db import db
from adminops.errors import Conflict, Invalid, NotAllowed
from adminops.facts import publish
from adminops.facts.outside import (
    IdentityConnected,
    IdentityDisconnected,
    ProviderSaved,
    ProviderSwitchedOff,
    ProviderSwitchedOn,
    VouchedSignInRefused,
)
from adminops.hmis import sealing
from adminops.hmis.resealing import SealedColumn
from adminops.identity.holding import hold_user
from adminops.identity.models import Agency, User
from adminops.identity.operations import SignInOutcome, sign_in_vouched_for
from adminops.identity.permissions import Permission
from adminops.outbox.messages import enqueue_mail
from adminops.settings import current_settings

MOST_DOMAINS = 20
NOBODY = (
    "That worked, but nobody here belongs to it yet. Sign in with your user name and password once, and connect it "
    "on your own page."
)
CLOSED = "Your account here is not open. Ask your agency lead, or call us."
GONE = "This sign-in has ended. Please begin again."
_DOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+")


def cell(code: str) -> str:
    """Return what the secret of a provider is bound to."""
    return f"identity_provider|secret_sealed|{code}"


SEALED_SECRETS = SealedColumn(IdentityProvider, "secret_sealed", ("code",), cell)


def save_provider(
    provider: IdentityProvider | None,
    *,
    name: str,
    issuer: str,
    client_id: str,
    secret: str,
    agency: Agency | None,
    domains: Iterable[str],
    has_second_step: bool,
    by: User,
) -> IdentityProvider:
    """Save `provider` (None: a new one); without a `secret` one that is there keeps its own.

    Raises `NotAllowed` (accounts.providers), `Invalid` for an address that can't be believed, a domain that is none,
    or what is missing, `Conflict` where another has that name, or people are connected and the issuer would change:
    their keys mean others there. Publishes `ProviderSaved`.
    """
    check_may_keep(by)
    name, client_id, chosen = " ".join(name.split()), client_id.strip(), sorted({_domain(each) for each in domains})
    problem = problem_of(issuer, allow_loopback=current_settings().environment != "production")
    if problem is not None:
        raise Invalid(problem, field="issuer")
    if not name or not client_id or len(chosen) > MOST_DOMAINS:
        raise Invalid(f"A provider has a name, what we are called there, and at most {MOST_DOMAINS} domains.")
    if provider is None and not secret:
        raise Invalid("Enter the secret that the provider gave you.", field="secret")
    other = db.session.scalar(select(IdentityProvider.id).where(IdentityProvider.name == name))
    if other is not None and (provider is None or other != provider.id):
        raise Conflict("Another provider has that name.", field="name")
    if provider is not None and provider.issuer != issuer and _has_people(provider):
        raise Conflict(
            "People are connected with it. Add the new one beside it, and switch this one off.", field="issuer"
        )
    provider = provider or IdentityProvider(code=secrets.token_hex(8))
    provider.name, provider.issuer, provider.client_id = name, issuer, client_id
    provider.agency_id, provider.domains = agency.id if agency else None, chosen
    provider.has_second_step = has_second_step
    if secret:
        provider.secret_sealed = sealing.key_ring().encrypt(secret, bound_to=cell(provider.code))
    db.session.add(provider)
    db.session.flush()
    publish(ProviderSaved(provider_id=provider.id, agency_id=provider.agency_id), by=by)
    return provider


def switch_provider(provider: IdentityProvider, *, on: bool, by: User) -> None:
    """Let people sign in by it, or not. Raises `NotAllowed`. Publishes `ProviderSwitchedOn`, `ProviderSwitchedOff`."""
    check_may_keep(by)
    if provider.is_on is on:
        return
    provider.is_on = on
    db.session.flush()
    fact = ProviderSwitchedOn if on else ProviderSwitchedOff
    publish(fact(provider_id=provider.id, agency_id=provider.agency_id), by=by)


def client_of(provider: IdentityProvider) -> Client:
    """Return what we are to a provider, with the secret."""
    secret = sealing.open_cell(provider.secret_sealed, bound_to=cell(provider.code))
    return Client(provider.id, provider.issuer, provider.client_id, secret)


@dataclass(frozen=True)
class Visit:
    """Who came back from a provider: somebody who is connected, or is known by their address, or nobody."""

    provider_id: int
    subject: str
    user_id: int | None
    had_second_step: bool


def recognise(provider: IdentityProvider, claims: Claims) -> Visit:
    """Return whom a provider vouches for: who is connected, else whose address it is believed for."""
    known = identity_of(provider, claims.subject)
    user_id = known.user_id if known else known_by_address(provider, claims.email)
    return Visit(provider.id, claims.subject, user_id, claims.had_second_step)


def admit(visit: Visit, *, device: str, hours: int, by: User | None) -> SignInOutcome:
    """Let in whom a provider vouches for (`by`, if anybody); who comes the first time is connected, told so by mail.

    Never raises for a refusal, because that is stored, too. A second step of their own is asked for as ever, unless
    the provider had one and its word counts. Publishes `SignedIn`, `IdentityConnected`, or `VouchedSignInRefused`.
    """
    provider = db.session.get(IdentityProvider, visit.provider_id)
    if provider is None or not provider.is_on:
        return SignInOutcome(sentence=GONE)
    if by is None:
        return SignInOutcome(sentence=NOBODY)
    hold_user(by)
    db.session.refresh(by)
    elsewhere = provider.agency_id is not None and provider.agency_id != by.agency_id
    if elsewhere or not by.may_sign_in:
        why = "agency" if elsewhere else "disabled"
        refused = VouchedSignInRefused(user_id=by.id, agency_id=by.agency_id, provider_id=provider.id, reason=why)
        publish(refused, by=by)
        return SignInOutcome(sentence=CLOSED)
    identity = identity_of(provider, visit.subject) or _connect(provider, visit.subject, how="address", by=by)
    if identity.user_id != by.id:
        return SignInOutcome(sentence=GONE)  # connected with somebody else a moment ago
    identity.last_used_at = clock.now()
    counts = visit.had_second_step and provider.has_second_step
    return sign_in_vouched_for(device=device, hours=hours, had_second_step=counts, by=by)


def connect(visit: Visit, *, by: User) -> OutsideIdentity:
    """Connect who is signed in here with who came back from a provider.

    Raises `NotAllowed` where the provider is off or another agency's, `Conflict` where that person is connected with
    somebody else here. Publishes `IdentityConnected`.
    """
    provider = db.session.get(IdentityProvider, visit.provider_id)
    if provider is None or not provider.is_on or provider.agency_id not in (None, by.agency_id):
        raise NotAllowed("You can't sign in by that provider.")
    known = identity_of(provider, visit.subject)
    if known is not None and known.user_id != by.id:
        raise Conflict("That sign-in is connected with another account here. Ask the help desk if that is wrong.")
    return known or _connect(provider, visit.subject, how="self", by=by)


def disconnect(identity: OutsideIdentity, *, by: User) -> None:
    """Sign in by that provider no longer. Raises `NotAllowed` for somebody else's. Publishes `IdentityDisconnected`."""
    if identity.user_id != by.id:
        raise NotAllowed("You can only disconnect your own.")
    publish(IdentityDisconnected(user_id=by.id, agency_id=by.agency_id, provider_id=identity.provider_id), by=by)
    db.session.delete(identity)
    db.session.flush()


def _connect(provider: IdentityProvider, subject: str, *, how: str, by: User) -> OutsideIdentity:
    mine = select(OutsideIdentity).where(OutsideIdentity.provider_id == provider.id, OutsideIdentity.user_id == by.id)
    identity = db.session.scalar(mine) or OutsideIdentity(provider_id=provider.id, user_id=by.id)
    identity.subject, identity.linked_at = subject, clock.now()
    db.session.add(identity)
    db.session.flush()
    publish(IdentityConnected(user_id=by.id, agency_id=by.agency_id, provider_id=provider.id, how=how), by=by)
    enqueue_mail("accounts.connected", to=by, provider_id=provider.id, at=int(clock.now().timestamp()))
    return identity


def _has_people(provider: IdentityProvider) -> bool:
    return db.session.scalar(select(OutsideIdentity.id).where(OutsideIdentity.provider_id == provider.id)) is not None


def _domain(typed: str) -> str:
    domain = typed.strip().lstrip("@").casefold()
    if not _DOMAIN.fullmatch(domain):
        raise Invalid("Enter domains such as example.org, one on each line.", field="domains")
    return domain


def check_may_keep(by: User) -> None:
    """Raise `NotAllowed` unless `by` says whose word is believed."""
    if not by.reach(Permission.MANAGE_PROVIDERS).everywhere:
        raise NotAllowed("Only system administrators say whose sign-ins are believed.")
