"""Generators of hostile credentials: certificates, tokens and signatures."""

from __future__ import annotations

import base64
import random
from functools import cache
from typing import Any

from bench.hostile_pieces import (
    PORT,
    RELOAD,
    api_of,
    asking,
    damaged,
    key_of,
)
from bench.hostile_requests import MEMBERS, ODD_TEXTS, URLS, encoded, value
from bench.odd_requests import Pieces, Targets, request


@cache
def _certificates() -> tuple[bytes, bytes]:
    """A certificate and its private key in DER form; the same in a run, for no case depends on them."""
    import datetime

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.derive_private_key(7, ec.SECP256R1())
    name = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, "hostile"), x509.NameAttribute(NameOID.COUNTRY_NAME, "DE")]
    )
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), 7, start, start + datetime.timedelta(36_500)
    )
    builder = builder.add_extension(
        x509.SubjectAlternativeName([x509.DNSName("hostile.test")]), critical=False
    )
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    der = serialization.Encoding.DER
    private = key.private_bytes(der, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return builder.sign(key, hashes.SHA256(), ecdsa_deterministic=True).public_bytes(der), private


def certificates(rng: random.Random, _: Targets) -> Pieces:
    """PEM files with damaged, many, mixed or unended blocks, and requests that read and delete them."""

    def block(kind: bytes, content: bytes) -> bytes:
        return b"-----BEGIN %s-----\n%s-----END %s-----\n" % (kind, base64.encodebytes(content), kind)

    size = rng.choice((1, 20, 2_000, 20_000))
    certificate, private = (damaged(rng, part) for part in _certificates())
    parts = (
        block(b"CERTIFICATE", certificate), block(b"PRIVATE KEY", private), block(b"PUBLIC KEY", certificate), block(b"EC PRIVATE KEY", private),
        block(b"CERTIFICATE", certificate) * min(size, 200), b"-----BEGIN A-----\n" * size, b"-----END CERTIFICATE-----\n", b"x" * size,
        b"".join(b"-----BEGIN A%d-----\n" % n for n in range(size)), rng.randbytes(size), b"-----BEGIN " + b"-" * size,
    )  # fmt: skip
    body = damaged(rng, b"".join(rng.choices(parts, k=rng.randrange(1, 4))))
    name = rng.choice(("a", "a," * size, "0" * 64, "%2e%2e%2f", "%00"))
    reads = (
        request("GET", "/tyk/certs?mode=detailed&org_id="),
        request("GET", f"/tyk/certs/{name[:50_000]}"),
        request("DELETE", f"/tyk/certs/{name[:99]}"),
    )
    return [
        request("POST", f"/tyk/certs{rng.choice(('', '?org_id=o', '?org_id=%00'))}", body) + b"".join(reads)
    ]


def tokens(rng: random.Random, _: Targets) -> Pieces:
    """A token of a provider or by a key set, both of which the hostile upstream has."""

    def part(document: Any) -> str:
        return base64.urlsafe_b64encode(encoded(document)).decode().rstrip("=")

    issuer = f"http://127.0.0.1:{PORT}/{rng.randrange(99)}"
    header = {
        "alg": rng.choice(("RS256", "ES256", "HS256", "none", "EdDSA", value(rng))),
        "kid": rng.choice(("k", "", value(rng))),
    }
    claims = {
        "iss": issuer,
        "aud": rng.choice(("client", ["client"], value(rng))),
        "sub": rng.choice(("user", value(rng))),
    }
    claims |= {
        rng.choice(("exp", "iat", "nbf", "scope", "azp", *MEMBERS)): value(rng)
        for _ in range(rng.randrange(3))
    }
    signature = rng.randbytes(rng.choice((0, 64, 256, 2_000)))
    token = f"{part(header)}.{part(claims)}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"[
        :60_000
    ]
    if rng.random() < 0.5:
        options = {
            "providers": [{"issuer": issuer, "client_ids": {base64.b64encode(b"client").decode(): "p"}}]
        }
        api = {"use_openid": True, "openid_options": options}
    else:
        source = rng.choice((issuer, base64.b64encode(issuer.encode()).decode(), rng.choice(URLS)))
        urls = [
            {
                "url": rng.choice((issuer, rng.choice(URLS))),
                "cache_timeout": rng.choice(("5s", "9" * 30 + "h")),
            }
            for _ in range(3)
        ]
        method = rng.choice(("rsa", "ecdsa", "hmac"))
        api = {
            "enable_jwt": True,
            "jwt_signing_method": method,
            "jwt_source": source,
            "jwt_identity_base_field": "sub",
        }
        api |= {"jwt_jwks_uris": urls} if rng.random() < 0.5 else {}
    asked = asking("GET", "/tokens/x", b"", f"Authorization: Bearer {token}")
    return [api_of(rng, "tokens", **{"use_keyless": False, **api}) + RELOAD + asked]


def signatures(rng: random.Random, _: Targets) -> Pieces:
    """A signature in a header, of a key that exists: odd pairs, quotes, escapes, or the same header many times."""
    size = rng.choice((1, 100, 10_000))
    names = rng.choice(("date", "(request-target) date x", "x " * size, rng.choice(ODD_TEXTS[:9])))
    escape = rng.choice(("", "\\U00110000", "\\ud800", "\\xff", "\\400", "\\", '\\"' * 99))
    pairs = [
        f'keyId="hostilekey{escape}"',
        f'algorithm="{rng.choice(("hmac-sha256", "rsa-sha256", "none", ""))}"',
        f'headers="{names}"',
        f'signature="{"%zz" * size}"',
    ]
    text = ",".join(rng.sample(pairs, rng.randrange(1, 5))) + rng.choice(
        ("", "/*" * size, "`", "=" * size, ',"')
    )
    header = "".join(c for c in text if c.isprintable() and ord(c) < 256)[:200_000]
    date = rng.choice(
        (
            "Sat, 28 Nov 2026 10:00:00 GMT",
            "Sat, 28 Nov 2026 10:00:00 GMT+" + "9" * size,
            "Sat, 28 Nov 0000 10:00:00 UTC",
            "x",
        )
    )
    session = {
        "hmac_enabled": True,
        "hmac_string": "x",
        "enable_http_signature_validation": rng.random() < 0.5,
        "rsa_certificate_id": rng.choice(("", "00", "zz")),
    }
    asked = asking(
        "GET", "/signed/x", b"", f"Authorization: Signature {header}", f"Date: {date}", f"X: {'y' * size}"
    )
    api = api_of(rng, "signed", use_keyless=False, enable_signature_checking=True)
    return [b"".join((api, key_of(rng, "signed", **session), RELOAD, asked))]
