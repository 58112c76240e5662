"""An authenticator of WebAuthn without a device: ES256, attestation "none"."""

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from secrets import token_bytes

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, HAS_KEY = 0x01, 0x04, 0x40


def written(raw):
    return urlsafe_b64encode(raw).decode().rstrip("=")


def read(text):
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Authenticator:
    """A device of somebody; what it answers can be bent.

    Attributes:
        origin: of the page that it believes to be on. host: for which its keys are made.
        verifies: whether it knows its owner. count: how often it was used.
    """

    def __init__(self, origin="http://localhost", host="localhost", verifies=True):
        self.origin, self.host, self.verifies = origin, host, verifies
        self.count = 0
        self.credential_id = token_bytes(32)
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.owner = None

    def create(self, options):
        """The JSON that a browser makes of `navigator.credentials.create()`."""
        self.owner = options["user"]["id"]
        numbers = self.key.public_key().public_numbers()
        key = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        known = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + cbor2.dumps(key)
        made = {"fmt": "none", "attStmt": {}, "authData": self._data(HAS_KEY) + known}
        return self._credential(
            clientDataJSON=self._client_data("webauthn.create", options["challenge"]),
            attestationObject=cbor2.dumps(made),
        )

    def get(self, options):
        """The JSON that a browser makes of `navigator.credentials.get()`."""
        self.count += 1
        data = self._data()
        client_data = self._client_data("webauthn.get", options["challenge"])
        signed = self.key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(SHA256()))
        return self._credential(
            clientDataJSON=client_data, authenticatorData=data, signature=signed, userHandle=read(self.owner)
        )

    def _data(self, flags=0):
        flags |= PRESENT | (VERIFIED if self.verifies else 0)
        host = hashlib.sha256(self.host.encode()).digest()
        return host + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client_data(self, kind, challenge):
        told = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(told).encode()

    def _credential(self, **response):
        encoded = {name: written(value) for name, value in response.items()}
        own = written(self.credential_id)
        return json.dumps({"id": own, "rawId": own, "type": "public-key", "response": encoded})
