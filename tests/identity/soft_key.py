"""A security key made of software: it signs what a real one would, so that every lie can be told by a test."""

import hashlib
import json
import secrets
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

PRESENT, HAS_CREDENTIAL = 0x01, 0x40


class SoftKey:
    """One key; `count` is how often it has signed by its own count."""

    def __init__(self) -> None:
        self.id = secrets.token_bytes(32)
        self.secret = ec.generate_private_key(ec.SECP256R1())
        self.count = 0

    def create(self, options: str, origin: str) -> str:
        """Return what a browser at `origin` answers to what a new key is asked."""
        asked = json.loads(options)
        public = self.secret.public_key().public_numbers()
        key = {1: 2, 3: -7, -1: 1, -2: public.x.to_bytes(32, "big"), -3: public.y.to_bytes(32, "big")}
        credential = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(key)
        data = self._data(asked["rp"]["id"], PRESENT | HAS_CREDENTIAL) + credential
        attested = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", asked["challenge"], origin)
        return self._answer({"clientDataJSON": client, "attestationObject": attested})

    def get(self, options: str, origin: str) -> str:
        """Return what a browser at `origin` answers when this key is asked."""
        asked = json.loads(options)
        self.count += 1
        data = self._data(asked["rpId"], PRESENT)
        client = self._client("webauthn.get", asked["challenge"], origin)
        signature = self.secret.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer({"clientDataJSON": client, "authenticatorData": data, "signature": signature})

    def _data(self, place: str, flags: int) -> bytes:
        return hashlib.sha256(place.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str, origin: str) -> bytes:
        bytes_ = base64url_to_bytes(challenge)
        return json.dumps({"type": kind, "challenge": bytes_to_base64url(bytes_), "origin": origin}).encode()

    def _answer(self, response: dict[str, bytes]) -> str:
        own = bytes_to_base64url(self.id)
        told: dict[str, Any] = {"id": own, "rawId": own, "type": "public-key", "clientExtensionResults": {}}
        told["response"] = {name: bytes_to_base64url(value) for name, value in response.items()}
        return json.dumps(told)
