"""JSON Web Tokens, and APIs that require them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from contract_tests.engine.checks import Mismatch
from contract_tests.engine.exchange import Exchange
from contract_tests.gateway.builders.apis import Api, write_api
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import KEYS

SECRET = "a-secret-of-the-suite"
JWTS = {  # members of a definition that requires tokens
    "enable_jwt": True, "jwt_signing_method": "hmac",
    "jwt_source": base64.b64encode(SECRET.encode()).decode(),
    "jwt_identity_base_field": "sub", "jwt_policy_field_name": "pol",
}  # fmt: skip
PUBLIC_KEYS = {  # by signing method, in a definition's form; the private keys do not exist any more
    "rsa": (
        "LS0tLS1CRUdJTiBQVUJMSUMgS0VZLS0tLS0KTUlJQklqQU5CZ2txaGtpRzl3MEJBUUVGQUFPQ0FROEFNSUlCQ2dLQ0FRRUF4"
        "Q3QvSUV2aml4WDBrbWxwNU5oegpVdlV2TTUzOVZKN0NEVjc4OXV3SncrQWZUSmZ4bXdBdWh1RVc0SnZwWTV3eTY1R01TZzlW"
        "cHQ5STc4RXQzWU0yCnBzRmMwdnpTVXdaS0pjWXQ4eEJwOWZKR05OUWNGUldwdlpBYk9wOURZN2pITERHS0tnMEpBVENtVThq"
        "Mm1wYUMKYW9kYytvMUo1WU4zTGxucFF5UHB5eFJ6RGhDOG1FZW5FdEdOdzcrTVBrck9DTjJEKzNuMmtLaFViRWVTeUpsbgpT"
        "bldqSVc5ZGduSHE1WXdab2FHcDNCOWMwMFg5bVBZaXcrV3ZnTHZFdTdsanN3NHZ3TnUxOUdKMkI0V2swdHpUCjNVbVp2NDZi"
        "dHErQU9zbG9DK05LYmE4YUJSdFpMNVptUHI4RVk2c3FlTXBLYkNla2VQRTBmcWNSNWMvZDh1RlMKb3dJREFRQUIKLS0tLS1F"
        "TkQgUFVCTElDIEtFWS0tLS0tCg=="
    ),
    "ecdsa": (
        "LS0tLS1CRUdJTiBQVUJMSUMgS0VZLS0tLS0KTUZrd0V3WUhLb1pJemowQ0FRWUlLb1pJemowREFRY0RRZ0FFSm5PN3dq"
        "RnB1a0dXRWNIQXo1emhjMml4YkpDdAp2OEgyLzV3MFRlcTlkV3I3MWFXd3haOHlybTdIK2JUYzdTM2J5NVpMZG1oOVFI"
        "aEZEQnZMUjJpeWFBPT0KLS0tLS1FTkQgUFVCTElDIEtFWS0tLS0tCg=="
    ),
}
SIGNED_CLAIMS = '{"sub":"someone"}'
CERTIFICATE = (  # of the RSA key
    "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUNtekNDQVlPZ0F3SUJBZ0lCQVRBTkJna3Foa2lHOXcwQkFRc0ZBREFR"
    "TVE0d0RBWURWUVFEREFWemRXbDAKWlRBZ0Z3MHlNREF4TURFd01EQXdNREJhR0E4eU1UQXdNREV3TVRBd01EQXdNRm93RURF"
    "T01Bd0dBMVVFQXd3RgpjM1ZwZEdVd2dnRWlNQTBHQ1NxR1NJYjNEUUVCQVFVQUE0SUJEd0F3Z2dFS0FvSUJBUURFSzM4Z1Mr"
    "T0xGZlNTCmFXbmsySE5TOVM4em5mMVVuc0lOWHZ6MjdBbkQ0QjlNbC9HYkFDNkc0UmJnbStsam5ETHJrWXhLRDFXbTMwanYK"
    "d1MzZGd6YW13VnpTL05KVEJrb2x4aTN6RUduMThrWTAxQndWRmFtOWtCczZuME5qdU1jc01Zb3FEUWtCTUtaVAp5UGFhbG9K"
    "cWgxejZqVW5sZzNjdVdlbERJK25MRkhNT0VMeVlSNmNTMFkzRHY0dytTczRJM1lQN2VmYVFxRlJzClI1TEltV2RLZGFNaGIx"
    "MkNjZXJsakJtaG9hbmNIMXpUUmYyWTlpTEQ1YStBdThTN3VXT3pEaS9BMjdYMFluWUgKaGFUUzNOUGRTWm0vanB1MnI0QTZ5"
    "V2dMNDBwdHJ4b0ZHMWt2bG1ZK3Z3UmpxeXA0eWtwc0o2UjQ4VFIrcHhIbAp6OTN5NFZLakFnTUJBQUV3RFFZSktvWklodmNO"
    "QVFFTEJRQURnZ0VCQUVNQ2ZvMkdnOVNsZVlwaDk2cGdQa0g4CkJRdnBudUpGZVoyMU1OeGE1VkFqNFJ0NkdpNm1XNEwvbGl2"
    "YVBkOU1lKzM0NTdWVEFJaHlxQXd2SHFGM0U1UWIKRmMraTVEQUN2eGpJL1VOWVRIT1ZGTVFUcVVUbnFvRnhma1oxRWFMT1lR"
    "c1R0OWhCMmZEZlhlYU1LRFlJK2c1ZwpxZXc0eXQxZTNEdHptUUNLM3liZm5ObXJKWVgvRjlNNjAzZ3ZkRmtSN3Z6K21hR093"
    "MEZuQXorVUdXUTBBTmx1CnpsZE5VaDluak9CaU40TlU5ZkZwaC9CTTM1RVUxcXlCZHgvL2p0V0tJV1diT1VjR2t1MzJhNmNT"
    "eU9XZDNQRkMKZ2svc2lCUWxKcXNhRDlsMWNGSEdqaHhHZEZaQ0VBa1lEdjh5VVFWVWJIRURKZnMrWjJrVW0zUjUyYm9WUFgw"
    "PQotLS0tLUVORCBDRVJUSUZJQ0FURS0tLS0tCg=="
)
MODULUS = (  # of the RSA key
    "xCt_IEvjixX0kmlp5NhzUvUvM539VJ7CDV789uwJw-AfTJfxmwAuhuEW4JvpY5wy65GMSg9Vpt9I78Et3YM2psFc0vzSUwZK"
    "JcYt8xBp9fJGNNQcFRWpvZAbOp9DY7jHLDGKKg0JATCmU8j2mpaCaodc-o1J5YN3LlnpQyPpyxRzDhC8mEenEtGNw7-MPkrO"
    "CN2D-3n2kKhUbEeSyJlnSnWjIW9dgnHq5YwZoaGp3B9c00X9mPYiw-WvgLvEu7ljsw4vwNu19GJ2B4Wk0tzT3UmZv46btq-A"
    "OsloC-NKba8aBRtZL5ZmPr8EY6sqeMpKbCekePE0fqcR5c_d8uFSow"
)
KID = "suite"
SIGNATURES = {  # of SIGNED_CLAIMS by those keys; by algorithm and True if the token names KID
    ("RS256", False): (
        "Hk2XHs2x6CT7R73Et62c-0vXwkpiYrQLKjPSUkqoepLtVfbdH5NMES1WSrPgWHCNN2nP29Tb_8bWIiwpqv2arxM2nW4lbizI"
        "1nO_m2-7jKj-LJdLVtufJPWZ9KjlhKCBhBd0E6E0ABw0lYCLaKYYEccD_bVE_g_OUCnkeW4R_GyCQPvwxLsT3mEuAzB5kisn"
        "blHt9IUw5vFGKRfHplRVTNGiyPYcA6Gx0pqtDDRjI2_wK9rvgbAOHBYRI7uSLSMHZ02BVQBRu7q24tHk3ZcLGYxZuSp0QyQF"
        "YVvllAI5FLxojWwn8lxpHXTWUi_nQkdGS0bwgDfyAwzuYPPADUk1Og"
    ),
    ("PS256", False): (
        "eQFSJo4LAE6V6E4nMT1lMvyyAB3z947b8NKGOkCFsPWCvFXumJccN0TDf5adTcs1BNh78eB1hKtMQO9YLEF2o2gJdj9rSYbh"
        "xKQw4m-O5kMRqm53KPuUHJigcr9n0c32nIYyLErwLHmWBls1Z45jxHGGDVBqjNNqiVELGt4nvY8wXKkyQX5qQZKwDkaioahM"
        "gGGQNH_3M3XzlXepEovZzD-SYrP8Y5zLv--ykxyJ--HebiXbauXPNVgnX6Oe78RwiC0SgyXdsAlOtal939szbt9VGgPb3vkR"
        "GNR21KPXe9ODt2DY0fVsuEWeYi1tWRgpGD7CEKAsWkqaKwJNXmZLng"
    ),
    ("RS256", True): (
        "Ar5lcTg1afUw7waLTXrft2yjTNHrzcYUME4KcSSD3_NOmLtF-6nm27LfH6N950rZRxIlx4kWt9wehs_e5kmUDaUwH0XzxK4n"
        "BUNDGCV5ErQ5tnEYAr493_oLojT8g6OSGHcA3TIhhbzZM6AUJoV8hiohQaL4dBx59937AM-y09m5wNUA9c7ocJ0sOoz01WGH"
        "BrhKO-GO62kbmVv2IhN07GW6SozHR2QrZ7PYdUU2NedZf1UQlcU4CwyIsosvLyjyl4fzypneLOvThUaZ3o5lnwBEFlnakaZQ"
        "KpIEXVooMj2qGteQc1k7E8-3J17yijnY_3oB2SwHyKhoq1h3HiVwkQ"
    ),
    ("ES256", False): (
        "ZYLcSrFnjVRPohz0CO4_NvlR3R06i0aTLa5vZlHZmc8L_qul1M6edvGle2Zx7OG8BCEyKOZwLgdbTEE1kg2XDg"
    ),
}


def token(
    claims: dict[str, Any], secret: str | bytes = SECRET, algorithm: str = "HS256", kid: str | None = None
) -> str:
    """A JSON Web Token, signed_token by HMAC."""
    header = {"alg": algorithm, "typ": "JWT", **({} if kid is None else {"kid": kid})}
    head, body = (_encoded(json.dumps(part).encode()) for part in (header, claims))
    digest = f"sha{algorithm[2:]}" if algorithm.startswith("HS") else "sha256"
    key_bytes = secret.encode() if isinstance(secret, str) else secret
    signature = hmac.new(key_bytes, f"{head}.{body}".encode(), digest).digest()
    return f"{head}.{body}.{_encoded(signature)}"


def signed_token(algorithm: str, *, names_key: bool = False) -> str:
    """A token of the new_user "someone", with a stored signature by a key of `PUBLIC_KEYS`."""
    kid = f',"kid":"{KID}"' if names_key else ""
    parts = (f'{{"alg":"{algorithm}","typ":"JWT"{kid}}}', SIGNED_CLAIMS)
    return ".".join([*(_encoded(part.encode()) for part in parts), SIGNATURES[algorithm, names_key]])


def key_set(kid: str = KID) -> bytes:
    """A JSON Web Key Set with the RSA key."""
    jwk = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": MODULUS, "e": "AQAB"}
    return json.dumps({"keys": [jwk]}).encode()


def encoded_source(data: bytes) -> str:
    """A secret, a key or a URL in base64, as a definition has it."""
    return base64.b64encode(data).decode()


def write_jwt_api(gateway: Gateway, **members: Any) -> Api:
    """Write an API that accepts the tokens of `token`; the claim `pol` names a policy."""
    return write_api(gateway, **{**JWTS, **members})


def new_user(gateway: Gateway) -> str:
    """A new new_user name; the user's session, which is a key, is removed at the end."""
    name = gateway.new_id()
    note_user(gateway, name)
    return name


def note_user(gateway: Gateway, name: str) -> None:
    """Register the session of a new_user, which is a key, for removal at the end."""
    gateway.note_key(gateway.ownership.run + session_hash(name))


def session_of(gateway: Gateway, api: Api, name: str) -> Exchange:
    """Read the session of a user's tokens, which the gateway stores as a key."""
    return gateway.send("GET", f"{KEYS}/{session_hash(name)}?org_id={api.org_id}")


def expect_session(gateway: Gateway, api: Api, name: str, **members: Any) -> None:
    """Expect these members of a user's session; a member that is 0 or "" may be absent."""
    expect_members(session_of(gateway, api, name), **members)


def expect_members(exchange: Exchange, **members: Any) -> None:
    """Expect these members of a session; a member that is 0 or "" may be absent."""
    for member, value in members.items():
        actual = exchange.document.get(member) or type(value)()
        if actual != value:
            raise Mismatch(f"{member} {value!r}", f"{exchange.status} {actual!r}", exchange)


def is_session_id(text: str, name: str) -> bool:
    """True if a key ends in the hash of the user's name, or is JSON in base64 with it (hash_key_function)."""
    try:
        decoded = base64.b64decode(text + "==")
    except ValueError:
        decoded = b""
    return text.endswith(session_hash(name)) or f'"id":"{session_hash(name)}"'.encode() in decoded


def session_hash(name: str) -> str:
    """The hash of a user's name; with the organisation before it, it is the id of the user's session."""
    return hashlib.md5(name.encode()).hexdigest()  # noqa: S324  as the gateway names it


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
