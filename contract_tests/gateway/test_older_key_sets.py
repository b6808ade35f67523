"""Key sets with keys and certificates in PEM, which a gateway reads as it did before it knew JSON Web Key Sets."""

from __future__ import annotations

import base64
import json
from typing import Any

from contract_tests.engine.checks import TWICE
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.gateway.builders import open_apis
from contract_tests.gateway.builders.apis import (
    Api,
    call,
    expect_passed,
    expect_refused,
    needs_own_upstream,
    write_policy,
)
from contract_tests.gateway.builders.jwts import (
    CERTIFICATE,
    KID,
    PUBLIC_KEYS,
    encoded_source,
    key_set,
    note_user,
    signed_token,
    write_jwt_api,
)
from contract_tests.gateway.client import Gateway

NOT_AUTHORISED = "Key not authorized"
KEY = PUBLIC_KEYS["rsa"]


def _older_set(*keys: dict[str, Any]) -> bytes:
    """A set of RSA keys with the suite's public key under its id, unless their members differ."""
    default = {"kty": "RSA", "kid": KID, "x5c": [KEY]}
    return json.dumps({"keys": [{**default, **key} for key in keys]}).encode()


def _in_der(certificate: str) -> str:
    lines = base64.b64decode(certificate).decode().splitlines()
    return "".join(line for line in lines if not line.startswith("-----"))


@behaviour("older-key-sets-are-read")
def test_keys_may_be_in_pem(gateway: Gateway) -> Steps:
    """A key set may have keys or certificates in PEM, by the id and the type in any case, and is kept."""
    needs_own_upstream(gateway)
    other = {"kid": "another"}
    sets = {
        "key": (_older_set(other, {"kty": "EC", "x5c": []}, {"kty": "rsa"}), True),
        "certificate": (_older_set({"x5c": [CERTIFICATE]}), True),
        "another": (_older_set(other), False),
        "type": (_older_set({"kty": "EC"}), False),
        "der": (_older_set(other, {"x5c": [_in_der(CERTIFICATE)]}), False),
        "none": (_older_set({"x5c": []}), False),
    }
    basic, names, apis = gateway.new_id(), {}, {}
    for kind, (text, _) in sets.items():
        names[kind] = gateway.new_id()
        source = encoded_source(gateway.upstream.serve(names[kind], text).encode())
        apis[kind] = write_jwt_api(
            gateway, jwt_source=source, jwt_signing_method="rsa", jwt_default_policies=[basic]
        )
    rights = {name: right for api in apis.values() for name, right in api.rights.items()}
    write_policy(gateway, apis["key"], id=basic, access_rights=rights)
    yield RELOAD

    note_user(gateway, "someone")
    credential = signed_token("RS256", names_key=True)
    for kind, (_, is_read) in sets.items():
        _expect(gateway, apis[kind], credential, passes=is_read)
    _expect(gateway, apis["key"], signed_token("RS256"), passes=False)
    _expect(gateway, apis["key"], credential[:-20] + "A" * 20, passes=False)
    gateway.upstream.serve(names["key"], b"no JSON")
    gateway.upstream.serve(names["another"], _older_set({}))
    _expect(gateway, apis["key"], credential, passes=True)
    _expect(gateway, apis["another"], credential, passes=False)
    gateway.upstream.serve(names["key"], key_set("another"))
    _expect(gateway, apis["key"], credential, passes=False)


def _expect(gateway: Gateway, api: Api, credential: str, *, passes: bool) -> None:
    exchange = call(gateway, api, credential)
    if passes:
        expect_passed(exchange)
    else:
        expect_refused(exchange, 403, NOT_AUTHORISED)


@behaviour("older-key-sets-among-several")
def test_several_key_sets_may_be_older_ones(gateway: Gateway) -> Steps:
    """Of several key sets those in PEM are read with each token, but not while another of them is kept."""
    needs_own_upstream(gateway)
    basic = gateway.new_id()
    sets = {
        "older": (b"no JSON", _older_set({"kid": "another"}), _older_set({})),
        "mixed": (key_set("another"), _older_set({})),
        "wrong": (_older_set({"kid": "another"}),),
    }
    apis, names = {}, {kind: [gateway.new_id() for _ in texts] for kind, texts in sets.items()}
    for kind, texts in sets.items():
        urls = [{"url": gateway.upstream.serve(*pair)} for pair in zip(names[kind], texts, strict=True)]
        own = {"signingMethod": "rsa", "jwksURIs": urls, "source": "", "defaultPolicies": [basic]}
        settings = {"jwt": open_apis.jwt_settings(**own)}
        sent = open_apis.document(gateway, schemes=open_apis.JWTS, settings=settings)
        apis[kind] = open_apis.write(gateway, sent)
    rights = {name: right for api in apis.values() for name, right in api.rights.items()}
    write_policy(gateway, apis["older"], id=basic, access_rights=rights)
    yield RELOAD

    note_user(gateway, "someone")
    credential = signed_token("RS256", names_key=True)
    for _ in TWICE:
        _expect(gateway, apis["older"], credential, passes=True)
    _expect(gateway, apis["older"], signed_token("RS256"), passes=False)
    gateway.upstream.serve(names["older"][-1], b"no JSON")
    _expect(gateway, apis["older"], credential, passes=False)
    _expect(gateway, apis["mixed"], credential, passes=True)
    for api in (apis["mixed"], apis["wrong"]):
        _expect(gateway, api, credential, passes=False)
