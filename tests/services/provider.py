"""A real identity provider of our own on the loopback interface: Authlib's server for OpenID Connect.

Whoever comes is `provider.person`, without being asked. `provider.faults` makes it misbehave.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import time
from typing import Any, ClassVar

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import AuthorizationCodeMixin, OpenIDCode
from flask import Flask, jsonify
from joserfc.jwk import KeySet, RSAKey
from werkzeug.wrappers import Response

from tests.services.web import serving

CLIENT_ID, SECRET = "adminops", "a secret of the provider's"


@dataclass
class Provider:
    """What a test knows of the running provider, and may change."""

    issuer: str = ""
    person: dict[str, Any] = field(default_factory=dict)
    """Claims of who signs in there; `sub` is their key."""
    faults: set[str] = field(default_factory=set)
    """Some of: issuer, audience, key, secret-signed, nonce, expired, no-token."""


class _Client(ClientMixin):  # type: ignore[misc]  # the library has no types
    def get_client_id(self) -> str:
        return CLIENT_ID

    def get_default_redirect_uri(self) -> None:
        return None

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri.endswith("/back")

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return endpoint != "token" or method == "client_secret_basic"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


@dataclass
class _Code(AuthorizationCodeMixin):  # type: ignore[misc]
    redirect_uri: str
    scope: str
    nonce: str
    claims: dict[str, Any]
    code_challenge: str
    code_challenge_method: str

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str:
        return self.nonce

    def get_auth_time(self) -> int:
        return int(time())


@contextlib.contextmanager
def identity_provider() -> Iterator[Provider]:
    """Run a provider while the block runs."""
    provider = Provider()
    with serving(_app(provider)) as address:
        provider.issuer = address
        yield provider


def _app(provider: Provider) -> Flask:
    app, codes = Flask("provider"), dict[str, _Code]()
    keys = [RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"}) for kid in ("ours", "strange")]
    server = AuthorizationServer(app, query_client=lambda _id: _Client(), save_token=lambda *_: None)
    id_token = type("IdToken", (_IdToken,), {"provider": provider, "keys": keys})(require_nonce=True)
    server.register_grant(type("Grant", (_Grant,), {"codes": codes}), [id_token, CodeChallenge(required=True)])

    @app.get("/.well-known/openid-configuration")
    def configuration() -> Response:
        signed = ["HS256", "none"] if "secret-signed" in provider.faults else ["RS256"]
        return jsonify(
            issuer=provider.issuer,
            authorization_endpoint=f"{provider.issuer}/authorize",
            token_endpoint=f"{provider.issuer}/token",
            jwks_uri=f"{provider.issuer}/keys",
            id_token_signing_alg_values_supported=signed,
        )

    @app.get("/keys")
    def public_keys() -> Response:
        return jsonify(KeySet([keys[0]]).as_dict(private=False))

    @app.get("/authorize")
    def authorize() -> Any:
        grant = server.get_consent_grant(end_user=provider.person)
        return server.create_authorization_response(grant_user=provider.person, grant=grant)

    @app.post("/token")
    def token() -> Any:
        return server.create_token_response()

    return app


class _Grant(AuthorizationCodeGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic",)
    codes: ClassVar[dict[str, _Code]]

    def save_authorization_code(self, code: str, request: Any) -> None:
        asked = request.payload
        pkce = (asked.data["code_challenge"], asked.data["code_challenge_method"])
        self.codes[code] = _Code(asked.redirect_uri, asked.scope, asked.data["nonce"], request.user, *pkce)

    def query_authorization_code(self, code: str, client: _Client) -> _Code | None:
        return self.codes.get(code)

    def delete_authorization_code(self, authorization_code: _Code) -> None:
        for code in [code for code, kept in self.codes.items() if kept is authorization_code]:
            del self.codes[code]

    def authenticate_user(self, authorization_code: _Code) -> dict[str, Any]:
        return authorization_code.claims


class _IdToken(OpenIDCode):  # type: ignore[misc]
    provider: ClassVar[Provider]
    keys: ClassVar[list[RSAKey]]

    def exists_nonce(self, nonce: str, request: Any) -> bool:
        return False  # nobody here asks with one twice

    def resolve_client_private_key(self, client: _Client) -> Any:
        return KeySet([self.keys["key" in self.provider.faults]])

    def get_client_algorithm(self, client: _Client) -> str:
        return "RS256"

    def get_client_claims(self, client: _Client) -> dict[str, Any]:
        strange = "issuer" in self.provider.faults
        return {"iss": "https://strange.example.org" if strange else self.provider.issuer}

    def generate_user_info(self, user: dict[str, Any], scope: str) -> dict[str, Any]:
        now = int(time())
        wrong: dict[str, dict[str, Any]] = {
            "audience": {"aud": ["somebody else"]},
            "nonce": {"nonce": "another one"},
            "expired": {"exp": now - 3600, "iat": now - 7200},
        }
        over = [claims for fault, claims in wrong.items() if fault in self.provider.faults]
        return {key: value for claims in (user, *over) for key, value in claims.items()}

    def process_token(self, grant: Any, response: Any) -> Any:
        return response[1] if "no-token" in self.provider.faults else super().process_token(grant, response)
