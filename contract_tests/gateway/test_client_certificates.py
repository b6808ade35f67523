"""APIs and keys with certificates of clients, on a gateway that is reached without TLS."""

from __future__ import annotations

from collections.abc import Callable

from contract_tests.engine.checks import TWICE
from contract_tests.engine.declaration import RELOAD, NotApplicable, Steps, behaviour
from contract_tests.gateway.builders.apis import (
    DISALLOWED,
    Api,
    call,
    expect_passed,
    expect_refused,
    write_api,
    write_key,
    write_policy,
)
from contract_tests.gateway.builders.certificates import CERTIFICATE, add, fingerprint, pem
from contract_tests.gateway.checks import expect_error, expect_written
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import CERTIFICATES, KEYS

NO_TLS = "TLS not enabled"
BY_CERTIFICATE = {"auth_header_name": "Authorization", "use_certificate": True}
LOST = "0" * 64  # the fingerprint of no certificate


def _needs_no_tls(gateway: Gateway, api: Api) -> None:
    """Require a gateway without TLS; with TLS, an API that asks for certificates of clients says so.

    Raises:
        NotApplicable: the gateway has TLS.
    """
    if "certificate" in call(gateway, api).text.lower():
        raise NotApplicable("the gateway has TLS, and asks for the certificate of the client")


@behaviour("client-certificates-need-tls")
def test_a_client_certificate_needs_tls(gateway: Gateway) -> Steps:
    """An API that asks for client certificates refuses each request, with a key or without any."""
    api = write_api(gateway, use_mutual_tls_auth=True)
    is_open = write_api(gateway, use_mutual_tls_auth=True, use_keyless=True)
    gold = write_policy(gateway, api)
    yield RELOAD

    _needs_no_tls(gateway, api)
    key = write_key(gateway, api, gold)
    for credential in ("", key):
        expect_refused(call(gateway, api, credential), 403, NO_TLS)
        expect_refused(call(gateway, is_open, credential), 403, NO_TLS)


def _written(gateway: Gateway) -> tuple[Api, str, Callable[[], None]]:
    """An API that finds keys by certificates too, its policy, and the check that the gateway has no TLS."""
    org_id = gateway.new_id()
    api = write_api(gateway, org_id=org_id, auth=BY_CERTIFICATE)
    probe = write_api(gateway, use_mutual_tls_auth=True)
    return api, write_policy(gateway, api), lambda: _needs_no_tls(gateway, probe)


@behaviour("certificates-of-keys-exist")
def test_the_certificate_of_a_key_exists(gateway: Gateway) -> Steps:
    """A key passes while the gateway has its certificate, and not once that was deleted."""
    api, gold, needs_no_tls = _written(gateway)
    yield RELOAD

    needs_no_tls()
    name = api.org_id + fingerprint(CERTIFICATE)
    add(gateway, api.org_id, pem(CERTIFICATE))
    key = write_key(gateway, api, gold, certificate=name)
    lost = write_key(gateway, api, gold, certificate=api.org_id + LOST)
    expect_passed(call(gateway, api, key))
    expect_refused(call(gateway, api, lost), 403, DISALLOWED)
    gateway.send("DELETE", f"{CERTIFICATES}/{name}")
    expect_refused(call(gateway, api, key), 403, DISALLOWED)


@behaviour("keys-need-no-certificate")
def test_a_key_needs_no_certificate(gateway: Gateway) -> Steps:
    """A key without a certificate passes at an API that finds keys by certificates too."""
    api, gold, needs_no_tls = _written(gateway)
    yield RELOAD

    needs_no_tls()
    expect_passed(call(gateway, api, write_key(gateway, api, gold)))


@behaviour("missing-keys-are-unknown-ones")
def test_a_missing_key_is_an_unknown_one(gateway: Gateway) -> Steps:
    """A request without a key is answered as one with an unknown key."""
    api, _, needs_no_tls = _written(gateway)
    yield RELOAD

    needs_no_tls()
    for credential in ("", gateway.new_id()):
        expect_refused(call(gateway, api, credential), 403, DISALLOWED)


@behaviour("keys-change-to-certificates-that-exist")
def test_a_key_changes_to_a_certificate_that_exists(gateway: Gateway) -> Steps:
    """An update may keep the certificate, change it to one that exists, and not leave it out."""
    org_id = gateway.new_id()
    api = write_api(gateway, org_id=org_id)
    gold = write_policy(gateway, api)
    yield RELOAD

    first, lost = org_id + fingerprint(CERTIFICATE), org_id + LOST
    add(gateway, org_id, pem(CERTIFICATE))
    key = write_key(gateway, api, gold, certificate=lost)
    session = {"org_id": org_id, "apply_policies": [gold]}
    needed = "Key cannot be used without a certificate"
    for certificate, message in (
        ("", needed),
        (lost, ""),
        (org_id + "1" * 64, "Key must be used with an existent certificate"),
        (first, ""),
        (lost, "Key must be used with an existent certificate"),
    ):
        exchange = gateway.send("PUT", f"{KEYS}/{key}", {**session, "certificate": certificate})
        if message:
            expect_error(exchange, 400, message)
        else:
            expect_written(exchange, key, "modified")
    expect_error(gateway.send("PUT", f"{KEYS}/{key}", session), 400, needed)


@behaviour("keys-are-bound-to-certificates")
def test_a_key_is_bound_to_certificates(gateway: Gateway) -> Steps:
    """A key is bound to certificates of its organisation that exist, and stays so once they are deleted."""
    org_id = gateway.new_id()
    api = write_api(gateway, org_id=org_id)
    gold = write_policy(gateway, api)
    yield RELOAD

    first, lost, foreign = org_id + fingerprint(CERTIFICATE), org_id + LOST, LOST
    add(gateway, org_id, pem(CERTIFICATE))
    key = write_key(gateway, api, gold, mtls_static_certificate_bindings=[first])
    session = {"org_id": org_id, "apply_policies": [gold]}
    for names, message in (
        ([lost], f"certificate not found: {lost}"),
        ([first, lost], f"certificate not found: {lost}"),
        ([lost, foreign], f"invalid certificate ID: {foreign}"),
    ):
        bound = {**session, "mtls_static_certificate_bindings": names}
        for method, path in (("POST", f"{KEYS}/{gateway.new_id()}"), ("PUT", f"{KEYS}/{key}")):
            expect_error(gateway.send(method, path, bound), 400, message)
        expect_error(gateway.send("POST", f"{KEYS}/create", bound), 400, message)
    gateway.send("DELETE", f"{CERTIFICATES}/{first}")
    for _ in TWICE:
        bound = {**session, "mtls_static_certificate_bindings": [first]}
        expect_written(gateway.send("PUT", f"{KEYS}/{key}", bound), key, "modified")
