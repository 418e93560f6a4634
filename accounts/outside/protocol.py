"""OpenID Connect, spoken by Authlib: where the browser is sent, and what comes back. Knows no database.

The code flow with PKCE, state and nonce. The library keeps what it has to know again in the browser's signed cookie. An
identity is believed when the provider signed it with a key of its own (never with the secret that both know), for us,
for this very sign-in, and under the name that it goes by here.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from flask import session
from werkzeug.wrappers import Response

TIMEOUT = 5
"""Seconds that the provider has for each answer."""
LONGEST_SUBJECT = 255
SIGNED_BY_KEY = frozenset(f"{kind}{bits}" for kind in ("RS", "PS", "ES") for bits in (256, 384, 512)) | {"EdDSA"}
PLACES = ("authorization_endpoint", "token_endpoint", "jwks_uri")
SECOND_STEP = "mfa"
"""What `amr` of an ID token says where the sign-in had more than one factor (RFC 8176)."""
AWAY = "The sign-in of your organization does not answer at the moment. Try again, or use your password."
NOT_BELIEVED = "The answer of your organization's sign-in could not be checked. Begin again, or use your password."


class ProviderProblem(Exception):
    """It did not work; the text is a sentence for who wanted to sign in, `reason` a word for who set it up."""

    def __init__(self, sentence: str, reason: str) -> None:
        super().__init__(sentence)
        self.sentence, self.reason = sentence, reason


@dataclass(frozen=True)
class Client:
    """What we are to a provider."""

    number: int
    issuer: str
    client_id: str
    secret: str


@dataclass(frozen=True)
class Claims:
    """What a provider says of who signed in there. `email` is empty where it does not vouch for it."""

    subject: str
    email: str
    had_second_step: bool


class _App(Protocol):
    server_metadata: dict[str, Any]
    load_server_metadata: Callable[[], dict[str, Any]]
    authorize_redirect: Callable[..., Response]
    authorize_access_token: Callable[[], dict[str, Any]]


def problem_of(issuer: str, *, allow_loopback: bool) -> str | None:
    """Return why `issuer` can't be one, as a sentence; None when it may. `allow_loopback` is for trying it out."""
    try:
        parts = urlsplit(issuer)
        host = parts.hostname
    except ValueError:
        return "This is no web address."
    plain = issuer.isascii() and issuer.isprintable() and " " not in issuer
    if not plain or not host or parts.query or parts.fragment or parts.username is not None:
        return "Enter the address that the provider calls its issuer, such as https://login.example.org."
    if parts.scheme == "https" or (allow_loopback and parts.scheme == "http" and host in ("127.0.0.1", "localhost")):
        return None
    return "Only addresses that begin with https:// can be believed."


def send_there(client: Client, *, back: str) -> Response:
    """Return the redirect to where the person signs in; the provider sends them `back`. Raises `ProviderProblem`."""
    with _told():
        return _known(client).authorize_redirect(back)


def who_came(client: Client) -> Claims:
    """Return who came back from the provider with this request. Raises `ProviderProblem`."""
    with _told():
        told = _known(client).authorize_access_token().get("userinfo") or {}
    subject, email = told.get("sub"), told.get("email")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT or "\x00" in subject:
        raise ProviderProblem(NOT_BELIEVED, "subject")
    vouched = told.get("email_verified") in (True, "true") and isinstance(email, str)
    ways = told.get("amr")
    return Claims(
        subject=subject,
        email=str(email).strip().casefold() if vouched else "",
        had_second_step=isinstance(ways, list) and SECOND_STEP in ways,
    )


def check_answers(client: Client) -> None:
    """Ask the provider what it is. Raises `ProviderProblem`."""
    with _told():
        _known(client)


def _known(client: Client) -> _App:
    """Return the library's view of the provider, after it has said what it is."""
    from authlib.integrations.flask_client import FlaskIntegration, FlaskOAuth2App  # half a tenth of a second to load

    name = f"provider-{client.number}"
    app: _App = FlaskOAuth2App(
        FlaskIntegration(name),
        name=name,
        client_id=client.client_id,
        client_secret=client.secret,
        server_metadata_url=f"{client.issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid email", "code_challenge_method": "S256", "default_timeout": TIMEOUT},
    )
    told = app.load_server_metadata()
    if told.get("issuer") != client.issuer:
        raise ProviderProblem(NOT_BELIEVED, "issuer")
    scheme = urlsplit(client.issuer).scheme
    if any(urlsplit(told[place]).scheme != scheme for place in PLACES):
        raise ProviderProblem(NOT_BELIEVED, "address")
    signed = SIGNED_BY_KEY.intersection(told.get("id_token_signing_alg_values_supported") or ["RS256"])
    if not signed:
        raise ProviderProblem(NOT_BELIEVED, "signature")
    app.server_metadata["id_token_signing_alg_values_supported"] = sorted(signed)
    return app


@contextmanager
def _told() -> Iterator[None]:
    """Turn what goes wrong into `ProviderProblem`; what the provider sent stands in none of it."""
    from authlib.common.errors import AuthlibBaseError
    from joserfc.errors import JoseError
    from requests import RequestException

    try:
        yield
    except RequestException as failed:
        raise ProviderProblem(AWAY, type(failed).__name__) from None
    except (AuthlibBaseError, JoseError) as failed:
        raise ProviderProblem(NOT_BELIEVED, type(failed).__name__) from None
    except (RuntimeError, ValueError, KeyError, TypeError, AttributeError) as failed:  # an answer of a strange shape
        raise ProviderProblem(NOT_BELIEVED, type(failed).__name__) from None


def forget_tries() -> None:
    """Forget in this browser what was begun with providers and not ended."""
    for key in [key for key in session if key.startswith("_state_provider-")]:
        session.pop(key)
