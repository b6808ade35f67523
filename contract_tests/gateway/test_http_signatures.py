"""Requests that are signed with the secret of a key."""

from __future__ import annotations

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
from contract_tests.gateway.builders.signatures import (
    NAMED,
    PAST,
    REFUSED,
    SHARED,
    loaded_signer,
    send_signed,
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
