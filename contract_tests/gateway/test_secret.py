"""The shared secret, which the gateway checks first under /tyk/."""

from __future__ import annotations

from base64 import b64encode
from urllib.parse import quote, urlencode

import pytest

from contract_tests.engine.checks import expect_no_header, expect_redirect
from contract_tests.engine.declaration import FIRST, RELOAD, STARTED, Steps, behaviour
from contract_tests.engine.secured_operations import groups_below, requests_of
from contract_tests.gateway.checks import expect_error, expect_forbidden, expect_policy, listed
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import POLICIES, RESOURCES

GROUPS = groups_below("/tyk", RESOURCES)
OTHER_FORMS = [f"{POLICIES}/", f"{POLICIES}/%61", f"{POLICIES}?x=1"]
OTHER_FORMS_OF_RELOAD = ["/tyk/reload?block=true", "/tyk/reload/?block=true"]
SAMPLE = "352d20ee67be67f6340b4c0605b044b7"  # the secret of the vendor's sample configuration
OTHER_HEADERS = [
    "Authorization",
    "X-Tyk-Secret",
    "X-Api-Key",
    "X-Tyk-Gateway-Secret",
    "Tyk-Secret",
    "Secret",
    "X-Auth-Token",
]


@pytest.mark.parametrize("group", GROUPS)
@behaviour("secret-missing-is-403", reads_only=True)
def test_each_operation_without_the_secret_is_refused(gateway: Gateway, group: str) -> None:
    """A request to any operation without the secret answers 403."""
    for request in requests_of(gateway, group, GROUPS, headers=[]):
        exchange = gateway.send(request.method, request.target, headers=request.headers)
        expect_forbidden(exchange)
        expect_no_header(exchange, "WWW-Authenticate")


@pytest.mark.parametrize("group", GROUPS)
@behaviour("secret-wrong-is-403", reads_only=True)
def test_each_operation_with_a_wrong_secret_is_refused(gateway: Gateway, group: str) -> None:
    """A request to any operation with a wrong secret answers 403."""
    for request in requests_of(gateway, group, GROUPS, headers=[(gateway.auth.header, "wrong")]):
        expect_forbidden(gateway.send(request.method, request.target, headers=request.headers))


@pytest.mark.parametrize("path", OTHER_FORMS)
@behaviour("secret-missing-is-403", reads_only=True)
def test_another_form_of_a_path_without_the_secret_is_refused(gateway: Gateway, path: str) -> None:
    """A path with a slash at its end, an escape or a query answers 403 without the secret."""
    expect_forbidden(gateway.send("GET", path, headers=[]))


@pytest.mark.parametrize("path", OTHER_FORMS_OF_RELOAD)
@behaviour("secret-missing-is-403")
def test_a_blocking_reload_without_the_secret_is_refused(gateway: Gateway, path: str) -> None:
    """A blocking reload answers 403 without the secret."""
    expect_forbidden(gateway.send("GET", path, headers=[]))


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
@behaviour("secret-missing-is-403", reads_only=True)
def test_one_policy_without_the_secret_is_refused(gateway: Gateway, method: str) -> None:
    """A request of any method on one policy without the secret answers 403."""
    expect_forbidden(gateway.send(method, f"{POLICIES}/{gateway.new_id()}", headers=[]))


@behaviour("secret-wrong-is-403", reads_only=True)
def test_an_empty_secret_is_refused(gateway: Gateway) -> None:
    """An empty secret answers 403."""
    expect_forbidden(gateway.send("GET", POLICIES, headers=[(gateway.auth.header, "")]))


@behaviour("secret-is-compared-whole", reads_only=True)
def test_the_beginning_of_the_secret_is_refused(gateway: Gateway) -> None:
    """The secret without its last character answers 403."""
    part = gateway.auth.secret[:-1]

    expect_forbidden(gateway.send("GET", POLICIES, headers=[(gateway.auth.header, part)]))


@behaviour("secret-is-compared-whole", reads_only=True)
def test_more_than_the_secret_is_refused(gateway: Gateway) -> None:
    """The secret with one more character answers 403."""
    more = gateway.auth.secret + "x"

    expect_forbidden(gateway.send("GET", POLICIES, headers=[(gateway.auth.header, more)]))


@pytest.mark.parametrize("form", ['"{}"', "'{}'", "{}, {}", "{};", "%s{}", "{}{}"])
@behaviour("secret-is-compared-whole", reads_only=True)
def test_the_secret_in_another_form_is_refused(gateway: Gateway, form: str) -> None:
    """The secret in quotes, repeated or with more characters answers 403."""
    other = form.replace("{}", gateway.auth.secret)

    expect_forbidden(gateway.send("GET", POLICIES, headers=[(gateway.auth.header, other)]))


@behaviour("secret-is-compared-whole", reads_only=True)
def test_the_secret_with_a_space_inside_is_refused(gateway: Gateway) -> None:
    """The secret with a space between two characters answers 403."""
    for position in range(1, min(len(gateway.auth.secret), 3)):
        parts = gateway.auth.secret[:position], gateway.auth.secret[position:]
        expect_forbidden(gateway.send("GET", POLICIES, headers=[(gateway.auth.header, " ".join(parts))]))


@behaviour("secret-wrong-is-403", reads_only=True)
def test_the_secret_of_the_sample_is_refused(gateway: Gateway) -> None:
    """The secret of the vendor's sample configuration answers 403 if the gateway has another one."""
    if gateway.auth.secret != SAMPLE:
        expect_forbidden(gateway.send("GET", POLICIES, headers=[(gateway.auth.header, SAMPLE)]))


@behaviour("secret-case-matters", reads_only=True)
def test_the_secret_in_other_case_is_refused(gateway: Gateway) -> None:
    """The secret with upper and lower case exchanged answers 403."""
    swapped = gateway.auth.secret.swapcase()
    if swapped == gateway.auth.secret:
        return

    expect_forbidden(gateway.send("GET", POLICIES, headers=[(gateway.auth.header, swapped)]))


@pytest.mark.parametrize("name", ["x-tyk-authorization", "X-TYK-AUTHORIZATION"])
@behaviour("secret-header-in-any-case", reads_only=True)
def test_the_header_may_be_written_in_any_case(gateway: Gateway, name: str) -> None:
    """The name of the secret's header matches in any case."""
    listed(gateway.send("GET", POLICIES, headers=[(name, gateway.auth.secret)]))


@behaviour("secret-is-trimmed", reads_only=True)
def test_spaces_around_the_secret_do_not_count(gateway: Gateway) -> None:
    """Spaces before and after the secret are ignored."""
    listed(gateway.send("GET", POLICIES, headers=[(gateway.auth.header, f"  {gateway.auth.secret}  ")]))


@behaviour("secret-first-header-counts", reads_only=True)
def test_a_wrong_secret_before_the_right_one_is_refused(gateway: Gateway) -> None:
    """A wrong secret in the first of two headers answers 403."""
    both = [(gateway.auth.header, "wrong"), (gateway.auth.header, gateway.auth.secret)]

    expect_forbidden(gateway.send("GET", POLICIES, headers=both))


@behaviour("secret-first-header-counts", reads_only=True)
def test_the_right_secret_before_a_wrong_one_is_taken(gateway: Gateway) -> None:
    """The right secret in the first of two headers answers 200."""
    both = [(gateway.auth.header, gateway.auth.secret), (gateway.auth.header, "wrong")]

    listed(gateway.send("GET", POLICIES, headers=both))


@pytest.mark.parametrize("name", OTHER_HEADERS)
@behaviour("secret-only-in-its-header", reads_only=True)
def test_the_secret_in_another_header_is_refused(gateway: Gateway, name: str) -> None:
    """The secret in another header than X-Tyk-Authorization answers 403."""
    expect_forbidden(gateway.send("GET", POLICIES, headers=[(name, gateway.auth.secret)]))


@behaviour("secret-only-in-its-header", reads_only=True)
def test_the_secret_anywhere_else_is_refused(gateway: Gateway) -> None:
    """The secret in a query, a cookie or basic authentication answers 403."""
    secret = gateway.auth.secret
    names = (
        "secret",
        "api_key",
        "key",
        "token",
        "access_token",
        "auth",
        "authorization",
        gateway.auth.header,
    )
    query = urlencode([(name, secret) for name in names])
    expect_forbidden(gateway.send("GET", f"{POLICIES}?{query}", headers=[]))
    cookies = "; ".join(f"{name}={quote(secret)}" for name in names)
    expect_forbidden(gateway.send("GET", POLICIES, headers=[("Cookie", cookies)]))
    for user in ("", "admin", secret):
        basic = b64encode(f"{user}:{secret}".encode()).decode()
        expect_forbidden(gateway.send("GET", POLICIES, headers=[("Authorization", f"Basic {basic}")]))


@behaviour("secret-only-in-its-header", reads_only=True)
def test_the_secret_as_bearer_is_refused(gateway: Gateway) -> None:
    """The secret after `Bearer` answers 403."""
    bearer = [(gateway.auth.header, f"Bearer {gateway.auth.secret}")]

    expect_forbidden(gateway.send("GET", POLICIES, headers=bearer))


@behaviour("secret-before-routing", reads_only=True)
def test_an_unknown_path_without_the_secret_is_refused(gateway: Gateway) -> None:
    """An unknown path without the secret answers 403, not 404."""
    expect_forbidden(gateway.send("GET", "/tyk/no-such-thing/here", headers=[]))


@behaviour("secret-before-routing", reads_only=True)
def test_an_unknown_method_without_the_secret_is_refused(gateway: Gateway) -> None:
    """An unknown method without the secret answers 403, not 405."""
    expect_forbidden(gateway.send("PATCH", POLICIES, headers=[]))


@behaviour("secret-before-routing", reads_only=True)
def test_the_root_of_the_api_without_the_secret_is_refused(gateway: Gateway) -> None:
    """The path /tyk/ without the secret answers 403."""
    expect_forbidden(gateway.send("GET", "/tyk/", headers=[]))


@behaviour("secret-before-body", reads_only=True)
def test_a_broken_body_without_the_secret_is_refused(gateway: Gateway) -> None:
    """A malformed body without the secret answers 403, not 400."""
    expect_forbidden(gateway.send("POST", POLICIES, "{", headers=[]))


@behaviour("refused-write-writes-nothing")
def test_a_write_with_a_wrong_secret_changes_nothing(gateway: Gateway) -> Steps:
    """A POST, PUT or DELETE with a wrong secret writes and deletes nothing."""
    existing = gateway.create(name="kept")
    wrong = [(gateway.auth.header, "wrong")]
    refused = {"id": gateway.new_id(), "name": "refused"}
    path = f"{POLICIES}/{existing['id']}"
    expect_forbidden(gateway.send("POST", POLICIES, refused, headers=wrong))
    expect_forbidden(gateway.send("PUT", path, {**existing, "name": "changed"}, headers=wrong))
    expect_forbidden(gateway.send("DELETE", path, headers=wrong))
    yield RELOAD

    expect_error(gateway.get(refused["id"]), 404, "Policy not found")
    expect_policy(gateway.get(existing["id"]), gateway, existing)


@behaviour("refused-reload-loads-nothing", phase=FIRST)
def test_a_reload_with_a_wrong_secret_loads_nothing(gateway: Gateway) -> Steps:
    """A reload with a wrong secret, or without one, loads nothing, at once or a tick later."""
    policy = gateway.create(name="unseen")
    wrong = [(gateway.auth.header, "wrong")]
    for path in ("/tyk/reload", "/tyk/reload?block=true"):
        expect_forbidden(gateway.send("GET", path, headers=wrong))
        expect_forbidden(gateway.send("GET", path, headers=[]))
    yield STARTED  # the other tests run up to their first reload, which takes about a tick

    expect_error(gateway.get(policy["id"]), 404, "Policy not found")


@behaviour("redirect-before-secret", reads_only=True)
def test_an_unclean_path_redirects_without_the_secret(gateway: Gateway) -> None:
    """An unclean path is redirected before the secret is checked."""
    expect_redirect(gateway.send("GET", "/tyk//policies", headers=[]), POLICIES)
