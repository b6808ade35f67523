"""Certificates that are added to the mock with a private key."""

from __future__ import annotations

import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

from mockserver import MockGateway

PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey


def _key_pem(key: PrivateKey) -> bytes:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def _certificate_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "orders.test")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 7)
    builder = builder.not_valid_before(datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))
    builder = builder.not_valid_after(datetime.datetime(2099, 1, 1, tzinfo=datetime.UTC))
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


OWN = ec.generate_private_key(ec.SECP256R1())


def test_a_certificate_has_its_private_key() -> None:
    """A certificate that comes with its private key is told to have one, and the key itself is not told."""
    with MockGateway() as gateway:
        pem = _certificate_pem(OWN) + _key_pem(OWN)
        added = gateway.client.post("/tyk/certs?org_id=acme", content=pem).json()
        read = gateway.client.get(f"/tyk/certs/{added['id']}")
    assert read.json()["has_private"] is True
    assert "PRIVATE KEY" not in read.text


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ([ec.generate_private_key(ec.SECP256R1())], "tls: private key does not match public key"),
        ([ed25519.Ed25519PrivateKey.generate()], "tls: private key type does not match public key type"),
        ([OWN, OWN], "Found multiple private keys"),
    ],
    ids=["another", "another-type", "two"],
)
def test_a_foreign_private_key_is_refused(keys: list[PrivateKey], message: str) -> None:
    """A private key that is not the certificate's, or the second one, is refused with the reason."""
    with MockGateway() as gateway:
        pem = b"".join([_certificate_pem(OWN), *map(_key_pem, keys)])
        answer = gateway.client.post("/tyk/certs?org_id=acme", content=pem)
    assert (answer.status_code, answer.json()["message"]) == (403, message)
