"""Keys that are accepted only with a signature: a hash of the key, a shared secret and the time."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from typing import Any

from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.gateway.builders.apis import (
    DISALLOWED,
    NEEDS_KEY,
    Api,
    expect_passed,
    expect_refused,
    needs_plain_keys,
    write_api,
    write_key,
    write_policy,
)
from contract_tests.gateway.builders.open_apis import document, write
from contract_tests.gateway.client import Gateway

SECRET, HEADER, WRONG = "a-secret", "X-Signature", "Request signature verification failed"
SKEW = 60  # seconds


def _write_signed_api(gateway: Gateway, **members: Any) -> Api:
    signature = {"algorithm": "MasherySHA256", "header": HEADER, "secret": SECRET, "allowed_clock_skew": SKEW}
    auth = {"auth_header_name": "Authorization", "validate_signature": True}
    return write_api(gateway, auth={**auth, "signature": {**signature, **members}})


def _signed(key: str, algorithm: str = "sha256", secret: str = SECRET, seconds: int = 0) -> str:
    text = f"{key}{secret}{int(time.time()) + seconds}"
    return hashlib.new(algorithm, text.encode(), usedforsecurity=False).hexdigest()


@behaviour("keys-may-need-a-signature")
def test_a_key_may_need_a_signature(gateway: Gateway) -> Steps:
    """An API with validate_signature accepts a key with its signature, in a header or a parameter."""
    api, md5 = _write_signed_api(gateway), _write_signed_api(gateway, algorithm="MasheryMD5")
    either, named = _write_signed_api(gateway, use_param=True), _write_signed_api(gateway, param_name="sig")
    other = _write_signed_api(gateway, error_code=418, error_message="not signed")
    unknown, empty = _write_signed_api(gateway, algorithm="SHA256"), _write_signed_api(gateway, secret="")
    apis = (api, md5, either, named, other, unknown, empty)
    rights = {target.id: target.rights[target.id] for target in apis}
    gold = write_policy(gateway, api, access_rights=rights)
    yield RELOAD

    needs_plain_keys(gateway, api, gold)
    key = write_key(gateway, api, gold)
    signed = _signed(key)
    name = key.removeprefix(api.org_id)
    for target, query, signature in (
        (api, "", signed), (api, "", signed.upper()), (api, "", _signed(name)), (api, "", _signed(key, seconds=-30)),
        (api, "", _signed(key, seconds=30)), (md5, "", _signed(key, "md5")),
        (either, f"?{HEADER}={signed}", ""), (either, f"?{HEADER}={signed}", "00"), (either, "", signed),
        (named, f"?sig={signed}", ""), (named, "?sig=", signed), (api, "?sig=00", signed), (other, "", signed),
    ):  # fmt: skip
        expect_passed(_call(gateway, target, key, query, signature))
    for target, query, signature, status, message in (
        (api, "", "", 401, WRONG), (api, "", "zz", 401, WRONG), (api, "", signed[2:], 401, WRONG),
        (api, "", _signed(key, seconds=-300), 401, WRONG), (api, "", _signed(key, seconds=300), 401, WRONG),
        (api, "", _signed(key, secret=f"{SECRET}2"), 401, WRONG), (api, "", _signed(key, "md5"), 401, WRONG),
        (api, f"?{HEADER}={signed}", "", 401, WRONG), (md5, "", signed, 401, WRONG),
        (either, f"?{HEADER}=00", signed, 401, WRONG), (named, f"?{HEADER}={signed}", "", 401, WRONG),
        (other, "", "", 418, "not signed"), (other, "", "00", 418, "not signed"),
        (unknown, "", signed, 500, "internal server error"), (empty, "", _signed(key, secret=""), 401, WRONG),
    ):  # fmt: skip
        expect_refused(_call(gateway, target, key, query, signature), status, message)
    expect_refused(_call(gateway, api, "", "", signed), 401, NEEDS_KEY)
    expect_refused(_call(gateway, api, gateway.new_id(), "", signed), 403, DISALLOWED)


@behaviour("tokens-may-be-signed-by-name")
def test_a_token_may_be_signed_by_its_name(gateway: Gateway) -> Steps:
    """A key whose id is a token passes with the signature of the token or of the name in it, and no other."""
    api = _write_signed_api(gateway)
    gold = write_policy(gateway, api)
    yield RELOAD

    key = write_key(gateway, api, gold)
    name = str(json.loads(base64.b64decode(key))["id"])
    for text in (name, key):
        expect_passed(_call(gateway, api, key, "", _signed(text)))
    for text in (f"{name}x", ""):
        expect_refused(_call(gateway, api, key, "", _signed(text)), 401, WRONG)


@behaviour("open-apis-ask-for-key-signatures")
def test_an_open_api_asks_for_a_signature(gateway: Gateway) -> Steps:
    """A key passes with its signature in a header or a parameter, and the API has words of its own for others."""
    section = {
        "enabled": True, "algorithm": "MasherySHA256", "header": HEADER, "secret": SECRET,
        "query": {"enabled": True, "name": "sig"}, "allowedClockSkew": SKEW,
        "errorCode": 418, "errorMessage": "not signed",
    }  # fmt: skip
    settings = {"token": {"enabled": True, "signatureValidation": section}}
    off = {"token": {"enabled": True, "signatureValidation": {**section, "enabled": False}}}
    api = write(gateway, document(gateway, settings=settings))
    free = write(gateway, document(gateway, settings=off))
    gold = write_policy(gateway, api, access_rights={**api.rights, **free.rights})
    yield RELOAD

    needs_plain_keys(gateway, api, gold)
    key = write_key(gateway, api, gold)
    signed = _signed(key)
    expect_passed(_call(gateway, api, key, "", signed))
    expect_passed(_call(gateway, api, key, f"?sig={signed}", ""))
    expect_passed(_call(gateway, api, key, "", _signed(key, seconds=-30)))
    expect_passed(_call(gateway, free, key, "", ""))
    for signature in ("", _signed(key, "md5"), _signed(key, secret=f"{SECRET}2")):
        expect_refused(_call(gateway, api, key, "", signature), 418, "not signed")


def _call(gateway: Gateway, api: Api, key: str, query: str, signature: str) -> Any:
    headers = [("Authorization", key)] if key else []
    headers += [(HEADER, signature)] if signature else []
    return gateway.send("GET", f"/{api.id}/a{query}", headers=headers)
