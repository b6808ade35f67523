"""A certificate, and its addition to those of an organisation; its private key was thrown away."""

from __future__ import annotations

import base64
import hashlib

from contract_tests.engine.exchange import Exchange
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import CERTIFICATES

CERTIFICATE = (
    "MIIBRDCB7KADAgECAgEHMAoGCCqGSM49BAMCMBYxFDASBgNVBAMMC29yZGVycy50ZXN0MCAXDTIwMDEwMTAwMDAw"
    "MFoYDzIwOTkwMTAxMDAwMDAwWjAWMRQwEgYDVQQDDAtvcmRlcnMudGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEH"
    "A0IABDyYvxP+AkoX4rRhs2dl+9XbeXrjg8r/0eUtxGD0eeggvRbtKv7NpCVAAxN7XlmUcRzOcXWccJJDy0xCr3Rj"
    "ZWmjKTAnMCUGA1UdEQQeMByCC29yZGVycy50ZXN0gg0qLm9yZGVycy50ZXN0MAoGCCqGSM49BAMCA0cAMEQCIGd1"
    "YbqXduOJUrXr+2+MyjPjf/kGiZSToMx/31Mn/ZQoAiBb80gEXifj1Fn7eXonpqVaZr9YIYc5EH9zbBWIsX16nw=="
)  # fmt: skip


def add(gateway: Gateway, org_id: str, body: str) -> Exchange:
    """Add the certificates or the public key of a PEM file to an organisation."""
    return gateway.send("POST", f"{CERTIFICATES}?org_id={org_id}", body=body)


def fingerprint(text: str) -> str:
    """The fingerprint of a certificate or public key in base64."""
    return hashlib.sha256(base64.b64decode(text)).hexdigest()


def pem(text: str, kind: str = "CERTIFICATE") -> str:
    """The PEM file of a certificate or public key in base64."""
    lines = "\n".join(text[start : start + 64] for start in range(0, len(text), 64))
    return f"-----BEGIN {kind}-----\n{lines}\n-----END {kind}-----\n"
