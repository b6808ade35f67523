"""JSON Web Tokens that the suite makes, and APIs that ask for them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from contract_tests.apis import Api, api
from contract_tests.checks import Mismatch
from contract_tests.exchange import Exchange
from contract_tests.gateway import Gateway
from contract_tests.sessions import KEYS

SECRET = "a-secret-of-the-suite"
JWTS = {  # what a definition says of tokens
    "enable_jwt": True, "jwt_signing_method": "hmac",
    "jwt_source": base64.b64encode(SECRET.encode()).decode(),
    "jwt_identity_base_field": "sub", "jwt_policy_field_name": "pol",
}  # fmt: skip
PUBLIC_KEYS = {  # by method, as a definition has it; the private keys are lost
    "rsa": (
        "LS0tLS1CRUdJTiBQVUJMSUMgS0VZLS0tLS0KTUlJQklqQU5CZ2txaGtpRzl3MEJBUUVGQUFPQ0FROEFNSUlCQ2dLQ0FR"
        "RUFzSjJFOG02VndHK0s1aWdSOFFJNQpxTW1Vc2RrZDRFQjcvOU1POW5ueENBczBhRHg2WjNva3ZMSnB6bHFCUFZIK1dl"
        "U1JiTCtoSmd2ekZKN1BVVUY5CkFXNi8wcHJrMlZESmV1TmlYa25VZHNVcFBPdEtNVVNsZW5CdWFSb0tvaWVDTjMra0N0"
        "RTg2bWFIdDNkSmJTekIKbGc1LzVMRFk2Mm9haXMyQ0RndHVBS3hubHFRNS9zWkQzRkd1ODdCRmw3N2xrU0dIM2JCaG5n"
        "Sk1ZYUQ2dEdPTQpJVHM3NzI5STZnNVk4eURZajE2aTZuTXYwNUxBaDMvUjdybXJoRFpMN0xhcXFwZ1ZsTnl5SXVRVjFh"
        "cWJ6eW9LCnBaMUJtb0xxckRGanhYNHB0eHd5OFBhejVsOVVDUld4L3J6UnFRV3BKeWhLaDQ4MlZMWUFVYXlUbWc2WXJx"
        "S0cKbXdJREFRQUIKLS0tLS1FTkQgUFVCTElDIEtFWS0tLS0tCg=="
    ),
    "ecdsa": (
        "LS0tLS1CRUdJTiBQVUJMSUMgS0VZLS0tLS0KTUZrd0V3WUhLb1pJemowQ0FRWUlLb1pJemowREFRY0RRZ0FFSm5PN3dq"
        "RnB1a0dXRWNIQXo1emhjMml4YkpDdAp2OEgyLzV3MFRlcTlkV3I3MWFXd3haOHlybTdIK2JUYzdTM2J5NVpMZG1oOVFI"
        "aEZEQnZMUjJpeWFBPT0KLS0tLS1FTkQgUFVCTElDIEtFWS0tLS0tCg=="
    ),
}
SIGNED_CLAIMS = '{"sub":"someone"}'
SIGNATURES = {  # by method: the algorithm, and what those keys made of the claims
    "rsa": (
        "RS256",
        (
            "AvCHfFvzdAL-CFOeCBC8hTjk4npG0LJJOyO5upCPwPF4BI8_fscqztaqz2K43dc8yy-9loQmU5h2_2nb4vS0wI3c"
            "e2LeLI9MbHsb1XORBmmjw2XBXPy8AAydvs4uxS3GneBsBNQ0GpTGFOYQDJoQKTC4YpIQJxgJoP5XEaFM9qbIvVnQ"
            "Xiia5i5TvCydjo3qwd4QOIYfxiB7AvfJVxzwk6uInqT6RVLxvZ0lwCHP8tWekonb2_lBjjBftr_k5ilgfLFhe4pU"
            "s0uGiqfKzAUKv-XPbhItMjsBEttJBit0hIauYtOF-x6hD-z-EXx1b76uQhjXx4Luen5dQ-QQ_w5hkQ"
        ),
    ),
    "ecdsa": (
        "ES256",
        "ZYLcSrFnjVRPohz0CO4_NvlR3R06i0aTLa5vZlHZmc8L_qul1M6edvGle2Zx7OG8BCEyKOZwLgdbTEE1kg2XDg",
    ),
}


def token(
    claims: dict[str, Any], secret: str = SECRET, algorithm: str = "HS256", kid: str | None = None
) -> str:
    """A JSON Web Token, signed by HMAC."""
    header = {"alg": algorithm, "typ": "JWT", **({} if kid is None else {"kid": kid})}
    head, body = (_encoded(json.dumps(part).encode()) for part in (header, claims))
    digest = f"sha{algorithm[2:]}" if algorithm.startswith("HS") else "sha256"
    signature = hmac.new(secret.encode(), f"{head}.{body}".encode(), digest).digest()
    return f"{head}.{body}.{_encoded(signature)}"


def signed(method: str) -> str:
    """A token of the user "someone", signed by the lost key of `PUBLIC_KEYS`."""
    algorithm, signature = SIGNATURES[method]
    parts = (f'{{"alg":"{algorithm}","typ":"JWT"}}', SIGNED_CLAIMS)
    return ".".join([*(_encoded(part.encode()) for part in parts), signature])


def jwt_api(gateway: Gateway, **members: Any) -> Api:
    """Write an API that asks for tokens of `token`; the claim `pol` names a policy."""
    return api(gateway, **{**JWTS, **members})


def user(gateway: Gateway) -> str:
    """A user that no token was made for; its session, which is a key, is removed in the end."""
    name = gateway.new_id()
    note_user(gateway, name)
    return name


def note_user(gateway: Gateway, name: str) -> None:
    """The session of a user, which is a key, is removed in the end."""
    gateway.target.own.note_key(hashed(name))


def session_of(gateway: Gateway, made: Api, name: str) -> Exchange:
    """What is kept of a user's tokens, which is a key."""
    return gateway.send("GET", f"{KEYS}/{hashed(name)}?org_id={made.org_id}")


def expect_session(gateway: Gateway, made: Api, name: str, **members: Any) -> None:
    """The session of a user has these members, those that are 0 or empty left out or not."""
    exchange = session_of(gateway, made, name)
    for member, value in members.items():
        found = exchange.document.get(member) or type(value)()
        if found != value:
            raise Mismatch(f"{member} {value!r}", f"{exchange.status} {found!r}", exchange)


def is_session_id(text: str, name: str) -> bool:
    """Whether a key is a user's: it ends in its name, or is JSON in base 64 with it (hash_key_function)."""
    try:
        inner = base64.b64decode(text + "==")
    except ValueError:
        inner = b""
    return text.endswith(hashed(name)) or f'"id":"{hashed(name)}"'.encode() in inner


def hashed(name: str) -> str:
    """The name of a user's session, but for the organisation before it."""
    return hashlib.md5(name.encode()).hexdigest()  # noqa: S324  as the gateway names it


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
