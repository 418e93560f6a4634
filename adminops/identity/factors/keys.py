"""What a security key is asked and what it signs (WebAuthn), checked by the `webauthn` library.

A key signs only for the address that it was added at, so no false sign-in page gets anything out of it. Browsers do
this for names alone, over HTTPS or on this very machine: `where` says whether ours is such an address.
"""

import hashlib
import secrets
from collections.abc import Sequence
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from adminops.identity.models import SecurityKey, User
from adminops.settings import current_settings

if TYPE_CHECKING:
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

CHALLENGE_BYTES = 32
SECONDS = 120


class NotProven(Exception):
    """What came back is not what a key of this person signs to this question here."""


def new_challenge() -> bytes:
    """Return what a key shall sign next."""
    return secrets.token_bytes(CHALLENGE_BYTES)


def where() -> tuple[str, str] | None:
    """Return the name that keys sign for and the origin of our pages; None where browsers offer no keys."""
    parts = urlsplit(current_settings().base_url)
    name = parts.hostname or ""
    try:
        ip_address(name)
    except ValueError:
        is_safe = parts.scheme == "https" or name == "localhost"
        return (name, f"{parts.scheme}://{parts.netloc}") if is_safe else None
    return None


def asked_to_add(user: User, had: Sequence[SecurityKey], challenge: bytes) -> str:
    """Return what the browser asks a new key, as JSON. Of a person it learns the user name and a number of ours."""
    from webauthn import generate_registration_options, options_to_json
    from webauthn.helpers.structs import AuthenticatorSelectionCriteria, ResidentKeyRequirement

    options = generate_registration_options(
        rp_id=_place()[0],
        rp_name=current_settings().product_name,
        user_id=hashlib.sha256(f"user {user.id}".encode()).digest(),
        user_name=user.username,
        challenge=challenge,
        timeout=SECONDS * 1000,
        authenticator_selection=AuthenticatorSelectionCriteria(resident_key=ResidentKeyRequirement.DISCOURAGED),
        exclude_credentials=_described(had),
    )
    return options_to_json(options)


def asked_to_prove(keys: Sequence[SecurityKey], challenge: bytes) -> str:
    """Return what the browser asks one of these keys, as JSON."""
    from webauthn import generate_authentication_options, options_to_json

    options = generate_authentication_options(
        rp_id=_place()[0], challenge=challenge, timeout=SECONDS * 1000, allow_credentials=_described(keys)
    )
    return options_to_json(options)


def read_new(answer: str, challenge: bytes) -> tuple[bytes, bytes, int]:
    """Return the id, the public key and the count of a new key. Raises `NotProven`."""
    from webauthn import verify_registration_response
    from webauthn.helpers.exceptions import WebAuthnException

    name, origin = _place()
    try:
        found = verify_registration_response(
            credential=answer, expected_challenge=challenge, expected_rp_id=name, expected_origin=origin
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as wrong:
        raise NotProven from wrong
    return found.credential_id, found.credential_public_key, found.sign_count


def id_in(answer: str) -> bytes:
    """Return the id of the key that an answer says it comes from. Raises `NotProven`."""
    from webauthn.helpers import parse_authentication_credential_json
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        return parse_authentication_credential_json(answer).raw_id
    except (WebAuthnException, ValueError, KeyError, TypeError) as wrong:
        raise NotProven from wrong


def read_proof(answer: str, key: SecurityKey, challenge: bytes) -> int:
    """Return the new count of a key that signed the challenge. Raises `NotProven`, also for a count that fell back."""
    from webauthn import verify_authentication_response
    from webauthn.helpers.exceptions import WebAuthnException

    name, origin = _place()
    try:
        return verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=name,
            expected_origin=origin,
            credential_public_key=key.public_key,
            credential_current_sign_count=key.sign_count,
        ).new_sign_count
    except (WebAuthnException, ValueError, KeyError, TypeError) as wrong:
        raise NotProven from wrong


def _described(keys: Sequence[SecurityKey]) -> list["PublicKeyCredentialDescriptor"]:
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

    return [PublicKeyCredentialDescriptor(id=key.credential_id) for key in keys]


def _place() -> tuple[str, str]:
    place = where()
    if place is None:
        raise NotProven
    return place
