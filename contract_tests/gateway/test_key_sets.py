"""JSON Web Key Sets at a URL."""

from __future__ import annotations

from contract_tests.engine.checks import TWICE
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.gateway.builders.apis import (
    call,
    definition,
    expect_passed,
    expect_refused,
    needs_own_upstream,
    write_api,
    write_policy,
)
from contract_tests.gateway.builders.jwts import (
    JWTS,
    KID,
    encoded_source,
    key_set,
    note_user,
    signed_token,
    token,
    write_jwt_api,
)
from contract_tests.gateway.checks import expect_ok
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import APIS, CACHES

NOT_AUTHORISED = "Key not authorized"


@behaviour("jwts-have-keys-by-url")
def test_a_key_may_stand_at_a_url(gateway: Gateway) -> Steps:
    """A token is verified by the key that its kid names in the set at the API's URL; others are refused."""
    url, other_url = _key_set_url(gateway), _key_set_url(gateway, "another")
    basic = gateway.new_id()
    rsa = {"jwt_signing_method": "rsa", "jwt_default_policies": [basic]}
    api = write_jwt_api(gateway, jwt_source=encoded_source(url.encode()), **rsa)
    wrong_urls = (f"{url}-not", other_url)
    missing, other = (
        write_jwt_api(gateway, jwt_source=encoded_source(url.encode()), **rsa) for url in wrong_urls
    )
    write_policy(gateway, api, id=basic, access_rights={**api.rights, **missing.rights, **other.rights})
    yield RELOAD

    note_user(gateway, "someone")
    for _ in TWICE:
        credential = signed_token("RS256", names_key=True)
        expect_passed(call(gateway, api, credential))
        for target, invalid_token in (
            (api, credential[:-20] + "A" * 20),
            (api, signed_token("RS256")),
            (api, token({"sub": "someone"}, algorithm="RS256", kid="x")),
            (missing, credential),
            (other, credential),
        ):
            expect_refused(call(gateway, target, invalid_token), 403, NOT_AUTHORISED)


@behaviour("key-sets-are-kept")
def test_a_key_set_is_kept(gateway: Gateway) -> Steps:
    """A fetched key set is cached, though its URL answers another one; a failed fetch is not cached."""
    basic = gateway.new_id()
    urls = {kid: _key_set_url(gateway, kid) for kid in (KID, "another")}
    rsa = {"jwt_signing_method": "rsa", "jwt_default_policies": [basic]}
    apis = {
        kid: write_jwt_api(gateway, jwt_source=encoded_source(url.encode()), **rsa)
        for kid, url in urls.items()
    }
    late_url = _key_set_url(gateway)
    apis["late"] = write_jwt_api(gateway, jwt_source=encoded_source(late_url.encode()), **rsa)
    gateway.upstream.serve(late_url.rpartition("/")[2], b"no JSON")
    rights = {name: right for api in apis.values() for name, right in api.rights.items()}
    write_policy(gateway, apis[KID], id=basic, access_rights=rights)
    yield RELOAD

    note_user(gateway, "someone")
    credential = signed_token("RS256", names_key=True)
    expect_passed(call(gateway, apis[KID], credential))
    expect_refused(call(gateway, apis["another"], credential), 403, NOT_AUTHORISED)
    expect_refused(call(gateway, apis["late"], credential), 403, NOT_AUTHORISED)
    gateway.upstream.serve(late_url.rpartition("/")[2], key_set())
    expect_passed(call(gateway, apis["late"], credential))
    for kid, url in urls.items():
        gateway.upstream.serve(url.rpartition("/")[2], key_set("another" if kid == KID else KID))
    for _ in TWICE:
        expect_passed(call(gateway, apis[KID], credential))
        expect_refused(call(gateway, apis["another"], credential), 403, NOT_AUTHORISED)
        yield RELOAD


@behaviour("key-sets-by-url")
def test_a_key_set_is_known_by_its_url(gateway: Gateway) -> Steps:
    """A cached key set belongs to its URL; a plain URL, not in base64, serves one token only."""
    basic, right, wrong = gateway.new_id(), _key_set_url(gateway), _key_set_url(gateway, "another")
    rsa = {"jwt_signing_method": "rsa", "jwt_default_policies": [basic]}
    document = definition(gateway, **{**JWTS, **rsa, "jwt_source": encoded_source(wrong.encode())})
    changing, plain = write_jwt_api(gateway, **document), write_jwt_api(gateway, jwt_source=right, **rsa)
    write_policy(gateway, changing, id=basic, access_rights={**changing.rights, **plain.rights})
    yield RELOAD

    note_user(gateway, "someone")
    credential = signed_token("RS256", names_key=True)
    expect_refused(call(gateway, changing, credential), 403, NOT_AUTHORISED)
    expect_passed(call(gateway, plain, credential))
    for _ in TWICE:
        expect_refused(call(gateway, plain, credential), 403, NOT_AUTHORISED)
    gateway.send("PUT", f"{APIS}/{changing.id}", {**document, "jwt_source": encoded_source(right.encode())})
    yield RELOAD

    for _ in TWICE:
        expect_passed(call(gateway, changing, credential))
        expect_refused(call(gateway, plain, credential), 403, NOT_AUTHORISED)
    gateway.send("DELETE", f"{APIS}/{changing.id}")
    yield RELOAD
    write_api(gateway, **{**document, "jwt_source": encoded_source(right.encode())})
    gateway.upstream.serve(right.rpartition("/")[2], key_set("another"))
    yield RELOAD

    expect_refused(call(gateway, changing, credential), 403, NOT_AUTHORISED)


@behaviour("plain-key-urls-count")
def test_a_plain_url_counts(gateway: Gateway) -> Steps:
    """The URL of a key set may be in a definition without base64."""
    basic = gateway.new_id()
    rsa = {"jwt_signing_method": "rsa", "jwt_default_policies": [basic]}
    api = write_jwt_api(gateway, jwt_source=_key_set_url(gateway), **rsa)
    write_policy(gateway, api, id=basic)
    yield RELOAD

    note_user(gateway, "someone")
    for _ in TWICE:
        expect_passed(call(gateway, api, signed_token("RS256", names_key=True)))


def _key_set_url(gateway: Gateway, kid: str = KID) -> str:
    """The URL of a new key set with the RSA key under this id.

    Raises:
        NotApplicable: the gateway cannot reach the suite's upstream.
    """
    needs_own_upstream(gateway)
    return gateway.upstream.serve(gateway.new_id(), key_set(kid))


@behaviour("key-sets-are-forgotten")
def test_a_key_set_is_forgotten(gateway: Gateway) -> Steps:
    """A key set is fetched again after its cache was emptied, for the API that is named alone."""
    basic, url, other_url = gateway.new_id(), _key_set_url(gateway), _key_set_url(gateway)
    rsa = {"jwt_signing_method": "rsa", "jwt_default_policies": [basic]}
    api, other = (
        write_jwt_api(gateway, jwt_source=encoded_source(source.encode()), **rsa)
        for source in (url, other_url)
    )
    write_policy(gateway, api, id=basic, access_rights={**api.rights, **other.rights})
    yield RELOAD

    note_user(gateway, "someone")
    credential = signed_token("RS256", names_key=True)
    for target, source in ((api, url), (other, other_url)):
        expect_passed(call(gateway, target, credential))
        gateway.upstream.serve(source.rpartition("/")[2], key_set("another"))
    for _ in TWICE:
        expect_ok(gateway.send("DELETE", f"{CACHES}/jwks/{api.id}"), "cache invalidated")
    expect_refused(call(gateway, api, credential), 403, NOT_AUTHORISED)
    expect_passed(call(gateway, other, credential))


@behaviour("caches-are-emptied")
def test_a_cache_is_emptied(gateway: Gateway) -> None:
    """The cache of an API is emptied whether the API exists or not."""
    for _ in TWICE:
        expect_ok(gateway.send("DELETE", f"{CACHES}/{gateway.new_id()}"), "cache invalidated")
