"""The keys of JSON Web Tokens that stand at a URL."""

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
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import APIS

NOT_AUTHORISED = "Key not authorized"


@behaviour("jwts-have-keys-by-url")
def test_a_key_may_stand_at_a_url(gateway: Gateway) -> Steps:
    """The key set of a URL has the key that kid names; a token that names none of them is refused."""
    url, of_another = _set_of(gateway), _set_of(gateway, "another")
    basic = gateway.new_id()
    rsa = {"jwt_signing_method": "rsa", "jwt_default_policies": [basic]}
    api = write_jwt_api(gateway, jwt_source=encoded_source(url.encode()), **rsa)
    wrong_urls = (f"{url}-not", of_another)
    nothing, another = (
        write_jwt_api(gateway, jwt_source=encoded_source(url.encode()), **rsa) for url in wrong_urls
    )
    write_policy(gateway, api, id=basic, access_rights={**api.rights, **nothing.rights, **another.rights})
    yield RELOAD

    note_user(gateway, "someone")
    for _ in TWICE:
        credential = signed_token("RS256", names_key=True)
        expect_passed(call(gateway, api, credential))
        for asked, wrong in (
            (api, credential[:-20] + "A" * 20),
            (api, signed_token("RS256")),
            (api, token({"sub": "someone"}, algorithm="RS256", kid="x")),
            (nothing, credential),
            (another, credential),
        ):
            expect_refused(call(gateway, asked, wrong), 403, NOT_AUTHORISED)


@behaviour("key-sets-are-kept")
def test_a_key_set_is_kept(gateway: Gateway) -> Steps:
    """A set that was fetched counts, with the key or without, though its URL answers another one by now; none does not."""
    basic = gateway.new_id()
    sets = {kid: _set_of(gateway, kid) for kid in (KID, "another")}
    rsa = {"jwt_signing_method": "rsa", "jwt_default_policies": [basic]}
    apis = {
        kid: write_jwt_api(gateway, jwt_source=encoded_source(url.encode()), **rsa)
        for kid, url in sets.items()
    }
    late = _set_of(gateway)
    apis["late"] = write_jwt_api(gateway, jwt_source=encoded_source(late.encode()), **rsa)
    gateway.upstream.serve(late.rpartition("/")[2], b"no JSON")
    rights = {name: right for api in apis.values() for name, right in api.rights.items()}
    write_policy(gateway, apis[KID], id=basic, access_rights=rights)
    yield RELOAD

    note_user(gateway, "someone")
    credential = signed_token("RS256", names_key=True)
    expect_passed(call(gateway, apis[KID], credential))
    expect_refused(call(gateway, apis["another"], credential), 403, NOT_AUTHORISED)
    expect_refused(call(gateway, apis["late"], credential), 403, NOT_AUTHORISED)
    gateway.upstream.serve(late.rpartition("/")[2], key_set())
    expect_passed(call(gateway, apis["late"], credential))
    for kid, url in sets.items():
        gateway.upstream.serve(url.rpartition("/")[2], key_set("another" if kid == KID else KID))
    for _ in TWICE:
        expect_passed(call(gateway, apis[KID], credential))
        expect_refused(call(gateway, apis["another"], credential), 403, NOT_AUTHORISED)
        yield RELOAD


@behaviour("key-sets-by-url")
def test_a_key_set_is_known_by_its_url(gateway: Gateway) -> Steps:
    """A changed URL is asked at once, and that of a new API; one that is not in base 64 serves one token alone."""
    basic, right, wrong = gateway.new_id(), _set_of(gateway), _set_of(gateway, "another")
    rsa = {"jwt_signing_method": "rsa", "jwt_default_policies": [basic]}
    written = definition(gateway, **{**JWTS, **rsa, "jwt_source": encoded_source(wrong.encode())})
    moves, plain = write_jwt_api(gateway, **written), write_jwt_api(gateway, jwt_source=right, **rsa)
    write_policy(gateway, moves, id=basic, access_rights={**moves.rights, **plain.rights})
    yield RELOAD

    note_user(gateway, "someone")
    credential = signed_token("RS256", names_key=True)
    expect_refused(call(gateway, moves, credential), 403, NOT_AUTHORISED)
    expect_passed(call(gateway, plain, credential))
    for _ in TWICE:
        expect_refused(call(gateway, plain, credential), 403, NOT_AUTHORISED)
    gateway.send("PUT", f"{APIS}/{moves.id}", {**written, "jwt_source": encoded_source(right.encode())})
    yield RELOAD

    for _ in TWICE:
        expect_passed(call(gateway, moves, credential))
        expect_refused(call(gateway, plain, credential), 403, NOT_AUTHORISED)
    gateway.send("DELETE", f"{APIS}/{moves.id}")
    yield RELOAD
    write_api(gateway, **{**written, "jwt_source": encoded_source(right.encode())})
    gateway.upstream.serve(right.rpartition("/")[2], key_set("another"))
    yield RELOAD

    expect_refused(call(gateway, moves, credential), 403, NOT_AUTHORISED)


@behaviour("plain-key-urls-count")
def test_a_plain_url_counts(gateway: Gateway) -> Steps:
    """A URL of a key set need not stand in base 64."""
    basic = gateway.new_id()
    rsa = {"jwt_signing_method": "rsa", "jwt_default_policies": [basic]}
    api = write_jwt_api(gateway, jwt_source=_set_of(gateway), **rsa)
    write_policy(gateway, api, id=basic)
    yield RELOAD

    note_user(gateway, "someone")
    for _ in TWICE:
        expect_passed(call(gateway, api, signed_token("RS256", names_key=True)))


def _set_of(gateway: Gateway, kid: str = KID) -> str:
    """The URL of a key set of its own that has our key under this id.

    Raises:
        NotApplicable: the gateway cannot reach one.
    """
    needs_own_upstream(gateway)
    return gateway.upstream.serve(gateway.new_id(), key_set(kid))
