"""Requests that are signed with the secret of a key."""

from __future__ import annotations

import base64
import re
from email.utils import formatdate

from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.gateway.builders.apis import (
    expect_passed,
    expect_refused,
    needs_plain_keys,
    write_api,
    write_key,
    write_policy,
)
from contract_tests.gateway.builders.certificates import pem
from contract_tests.gateway.builders.jwts import PUBLIC_KEYS
from contract_tests.gateway.builders.signatures import (
    NAMED,
    PAST,
    REFUSED,
    RSA_KEY,
    RSA_SIGNATURE,
    SHARED,
    loaded_signer,
    send_credential,
    send_signed,
    signature,
)
from contract_tests.gateway.client import Gateway


@behaviour("requests-may-be-signed")
def test_a_signed_request_passes(gateway: Gateway) -> Steps:
    """A request that a key has signed by any algorithm passes, and another signature answers 400."""
    api = write_api(gateway, enable_signature_checking=True)
    key = yield from loaded_signer(gateway, api)
    for algorithm in ("sha1", "sha256", "sha384", "sha512"):
        expect_passed(send_signed(gateway, api, key, algorithm=algorithm))
    expect_passed(send_signed(gateway, api, key, signed="(request-target) date"))
    expect_refused(send_signed(gateway, api, key, shared="other"), 400, REFUSED)
    expect_refused(send_signed(gateway, api, gateway.new_id()), 400, REFUSED)
    expect_refused(send_signed(gateway, api, key, date="2025-11-22T10:00:00Z"), 400, REFUSED)
    for credential in ([], [("Authorization", key)]):
        exchange = gateway.send("GET", f"/{api.id}/a", headers=[("Date", PAST), *credential])
        expect_refused(exchange, 400, REFUSED)


@behaviour("signatures-have-several-forms")
def test_a_signature_has_several_forms(gateway: Gateway) -> Steps:
    """A signature is of the date if it names no headers, and by SHA-1 if it names no algorithm that is known."""
    api = write_api(gateway, enable_signature_checking=True)
    key = yield from loaded_signer(gateway, api)
    text = signature(f"date: {PAST}")
    lower = re.sub("%..", lambda escape: escape[0].lower(), text)
    for credential in (
        f'keyId="{key}",algorithm="hmac-sha1",signature="{text}"',
        f'keyId="{key}",headers="date",signature="{text}"',
        f'KEYID="{key}",algorithm="any",headers="DATE",signature="{text}"',
        f'keyId="{key}",algorithm="hmac-sha1",signature="{lower}"',
    ):
        expect_passed(send_credential(gateway, api, credential, [("Date", PAST)]))
    for credential in (
        f'keyId="{key}",algorithm="hmac-sha1",signature="{text}",other="x"',
        f'keyId="{key}",algorithm="hmac-sha1",signature="{text.swapcase()}"',
        f'algorithm="hmac-sha1",signature="{text}"',
    ):
        expect_refused(send_credential(gateway, api, credential, [("Date", PAST)]), 400, REFUSED)
    other_time = f'keyId="{key}",algorithm="hmac-sha1",signature="{signature(f"x-aux-date: {PAST}")}"'
    both = [("Date", "Sun, 23 Nov 2025 10:00:00 GMT"), ("X-Aux-Date", PAST)]
    expect_passed(send_credential(gateway, api, other_time, both))


@behaviour("keys-must-allow-signatures")
def test_a_key_must_allow_signatures(gateway: Gateway) -> Steps:
    """A signature passes only if the key or one of its policies enables signatures."""
    api = write_api(gateway, enable_signature_checking=True)
    gold = write_policy(gateway, api)
    signing = write_policy(gateway, api, hmac_enabled=True)
    validating = write_policy(gateway, api, enable_http_signature_validation=True)
    yield RELOAD

    needs_plain_keys(gateway, api, gold, NAMED)
    secret = {"hmac_string": SHARED}
    expect_refused(send_signed(gateway, api, write_key(gateway, api, gold, **secret)), 400, REFUSED)
    expect_refused(send_signed(gateway, api, write_key(gateway, api, signing)), 400, REFUSED)
    for policy_id in (signing, validating):
        expect_passed(send_signed(gateway, api, write_key(gateway, api, policy_id, **secret)))


@behaviour("signatures-are-of-now")
def test_a_signature_is_of_now(gateway: Gateway) -> Steps:
    """An API with hmac_allowed_clock_skew refuses a signature whose time is further away."""
    minute = write_api(gateway, enable_signature_checking=True, hmac_allowed_clock_skew=600_000)
    key = yield from loaded_signer(gateway, minute)
    now = gateway.send("GET", "/hello").header("Date") or formatdate(usegmt=True)
    expect_passed(send_signed(gateway, minute, key, date=now))
    expect_refused(send_signed(gateway, minute, key), 400, REFUSED)


@behaviour("signatures-have-allowed-algorithms")
def test_a_signature_has_an_allowed_algorithm(gateway: Gateway) -> Steps:
    """An API with hmac_allowed_algorithms refuses signatures by others."""
    api = write_api(gateway, enable_signature_checking=True, hmac_allowed_algorithms=["hmac-sha256"])
    key = yield from loaded_signer(gateway, api)
    expect_passed(send_signed(gateway, api, key, algorithm="sha256"))
    expect_refused(send_signed(gateway, api, key, algorithm="sha1"), 400, REFUSED)


@behaviour("rsa-signatures-need-a-key")
def test_a_signature_by_rsa_needs_a_key(gateway: Gateway) -> Steps:
    """A signature by RSA answers 500 without the key that is named, and 400 if none is named or allowed."""
    api = write_api(gateway, enable_signature_checking=True)
    gold = write_policy(gateway, api)
    yield RELOAD

    needs_plain_keys(gateway, api, gold, NAMED)
    names, allowed = {"rsa_certificate_id": gateway.new_id()}, {"enable_http_signature_validation": True}
    for members, status, message in (
        ({**names, **allowed}, 500, "Certificate not found"),
        (names, 400, REFUSED),
        (allowed, 400, REFUSED),
    ):
        key = write_key(gateway, api, gold, **members)
        credential = f'Signature keyId="{key}",algorithm="rsa-sha256",headers="date",signature="eA=="'
        headers = [("Date", PAST), ("Authorization", credential)]
        expect_refused(gateway.send("GET", f"/{api.id}/a", headers=headers), status, message)


@behaviour("requests-may-be-signed-by-rsa")
def test_a_request_is_signed_by_rsa(gateway: Gateway) -> Steps:
    """A request with a signature by the RSA key that the key has passes; another kind of key is an error."""
    api = write_api(gateway, enable_signature_checking=True)
    gold = write_policy(gateway, api, enable_http_signature_validation=True)
    yield RELOAD

    needs_plain_keys(gateway, api, gold, NAMED)
    keys = (pem(RSA_KEY, "PUBLIC KEY"), base64.b64decode(PUBLIC_KEYS["ecdsa"]).decode())
    by_rsa, by_other = (write_key(gateway, api, gold, rsa_certificate_id=text) for text in keys)
    wrong = RSA_SIGNATURE.swapcase()
    for key, text, status, message in (
        (by_rsa, RSA_SIGNATURE, 200, ""),
        (by_rsa, wrong, 400, REFUSED),
        (by_rsa, "?", 400, REFUSED),
        (gateway.new_id(), RSA_SIGNATURE, 400, REFUSED),
        (by_other, RSA_SIGNATURE, 500, "Certificate doesn\\'t contain RSA Public key"),
    ):
        credential = f'keyId="{key}",algorithm="rsa-sha256",headers="date",signature="{text}"'
        exchange = send_credential(gateway, api, credential, [("Date", PAST)])
        if status == 200:
            expect_passed(exchange)
        else:
            expect_refused(exchange, status, message)
