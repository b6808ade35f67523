"""Credentials in live traffic are known by the place they stand in."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mockserver.evidence.live_masks import Mask


@pytest.mark.parametrize(
    ("path", "text", "gone"),
    [
        ("/tyk/keys/a", '{"key": "ab\\u0063\\/d"}', "\\u0063"),
        ("/tyk/keys", '{"keys": ["abc", {"key_id": "def"}]}', "abc def"),
        ("/tyk/oauth/clients/create", '{"client_id": "c", "secret": "s1"', "s1"),
        ("/tyk/oauth/token", "grant_type=x&client_secret=abc&code=1", "abc"),
        ("/api/users/1/actions/key/reset", '{"Status": "OK", "Message": "0123abcd"}', "0123abcd"),
        ("/tyk/apis", '{"a": {"JWT_Secret": "abc", "password": "def"}}', "abc def"),
        ("/tyk/apis", '{"api_key": "abc", "access_token": ["def"]}', "abc def"),
        ("/tyk/apis", '{"Authorization": "Bearer xyz", "X-Api-Key": "uvw"}', "xyz uvw"),
        ("/api/users", '{"password": "correct horse"}', "correct horse"),
        ("/tyk/apis", '{"secret": 4711, "access_token": [47.11, ["abc", 1e300]]}', "4711 47.11 abc 1e300"),
        ("/tyk/apis", '{"password": {"value": "abc", "more": [{"pin": 4711}]}}', "abc 4711"),
        (
            "/tyk/apis",
            '{"components": {"x": {"api_key": "abc", "meta_data": {"token": {"v": "def"}}}}}',
            "abc def",
        ),
        ("/tyk/keys/a", '{"key": 4711, "tokens": [4712]}', "4711 4712"),
        ("/tyk/keys/a", '{"oauth_keys": {"client": "abcd"}}', "abcd"),
        ("/tyk/apis", '\ufeff{"password": "correct \\"horse\\" battery"}', "correct horse battery"),
        ("/tyk/apis", "{'password': 'correct horse',}", "correct horse"),
        ("/tyk/apis", '{"jwt_source": "c2VjcmV0"}', "c2VjcmV0"),
        (
            "/tyk/apis/oas",
            '{"authentication": {"securitySchemes": {"a": {"source": "c2VjcmV0"}}}}',
            "c2VjcmV0",
        ),
        ("/tyk/apis", '{"proxy": {"target_url": "http://me:hunter2@up/"}}', "me:hunter2"),
    ],
)
def test_a_credential_is_known_by_its_name(path: str, text: str, gone: str) -> None:
    """Values under the names of credentials have stand-ins of the same length, also in what is no JSON."""
    masked = Mask(b"salt", (), path).body(text)
    assert len(masked) == len(text)
    assert _types(masked) == _types(text)
    assert [part for part in gone.split() if part in masked] == []


@pytest.mark.parametrize("line_end", ["\n", "\\n"])
def test_a_private_key_is_no_part_of_a_recording(line_end: str) -> None:
    """A private key is masked wherever it stands, as in a certificate that is uploaded; the certificate stays."""
    certificate = "-----BEGIN CERTIFICATE-----|MIIB-+/=|-----END CERTIFICATE-----|"
    key = "-----BEGIN RSA PRIVATE KEY-----|MIIE+/-9|-----END RSA PRIVATE KEY-----|"
    text = (key + certificate + key).replace("|", line_end)
    body = text if line_end == "\n" else f'{{"pem": "{text}", "b": "c"}}'
    masked = Mask(b"salt", (), "/tyk/certs").body(body)
    assert "MIIE" not in masked
    assert certificate.replace("|", line_end) in masked
    assert masked.count("***-----END RSA PRIVATE KEY-----") == 2
    assert masked.endswith(body[-5:])


def test_a_key_with_an_escaped_place_is_masked_in_the_answer() -> None:
    """A key whose place in the path is written with escapes is masked where the answer writes it without."""
    mask = Mask(b"salt", (), "/tyk/keys/abcdef")
    assert "abcdef" not in mask.target("/tyk/keys/%61bcdef")
    assert "abcdef" not in mask.elsewhere(mask.body('{"message": "Key abcdef not found"}'))


def test_a_boolean_under_the_name_of_a_credential_tells_nothing() -> None:
    """A boolean under the name of a credential is recorded as false, and null and an empty text as they are."""
    body = Mask(b"salt", (), "/tyk/apis").body('{"secret": {"a": true, "b": false, "c": null, "d": ""}}')
    assert body == '{"secret": {"a": false, "b": false, "c": null, "d": ""}}'


def _types(text: str) -> Any:
    """The types of the values of a JSON text by their place; None for what is no JSON."""
    try:
        return _type(json.loads(text))
    except ValueError:
        return None


def _type(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _type(item) for name, item in value.items()}
    return list(map(_type, value)) if isinstance(value, list) else isinstance(value, str)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/tyk/apis", '{"jwt_source": "https://idp.test/keys", "source": "shop"}'),
        ("/tyk/apis", '{"authentication": {"source": "http://idp.test/keys"}}'),
        ("/tyk/policies", '{"key":"gold","status":"ok"}'),
        ("/tyk/org/keys/acme", '{"key":"acme"}'),
        ("/tyk/keys/a", '{"message":"Key not found","status":"error"}'),
        ("/tyk/policies", '{"tokens": 5, "secret": "", "keys": {"a": "b"}}'),
        ("/tyk/keys/a", '{"tokens": [{"expires": 5}], "keys": true}'),
        ("/tyk/apis", '{"auth_configs": {"authToken": {"use_param": true, "name": "x"}}}'),
        (
            "/tyk/apis",
            '{"security": [{"token": []}], "components": {"schemas": {"password": {"type": "string"}}}}',
        ),
        ("/tyk/apis", '{"access_rights": {"secret": {"versions": ["v1"], "limit": {"rate": 5}}}}'),
    ],
)
def test_what_is_no_credential_stays(path: str, text: str) -> None:
    """Ids of policies and organisations, sentences, and the settings of credentials are recorded as they are."""
    assert Mask(b"salt", (), path).body(text) == text


@pytest.mark.parametrize(
    ("target", "gone"),
    [
        ("/tyk/%6beys/abcdef", "abcdef"),
        ("/tyk/keys?%6bey=abcdef&x=1", "abcdef"),
        ("/tyk/keys?x=1&client%5Fsecret=abcdef", "abcdef"),
        ("http://user:pass@gateway/tyk/policies", "user:pass"),  # pragma: allowlist secret
    ],
)
def test_an_escaped_place_is_one_too(target: str, gone: str) -> None:
    """A credential is masked in a target whose names are escaped, or that has a user."""
    assert gone not in Mask(b"salt", (), "/tyk/keys").target(target)


def test_a_header_of_an_answer_has_no_credential() -> None:
    """The value of a header with the name of a credential has a stand-in; that of another one stays."""
    mask = Mask(b"salt", (), "/tyk/policies")
    assert "abcdef" not in mask.header("X-Auth-Token", "abcdef")
    assert mask.header("X-Version", "v5.8.1") == "v5.8.1"


def test_stand_ins_of_two_recordings_differ() -> None:
    """A stand-in tells nothing of its key: that of another recording is another one."""
    first, second = (Mask(salt, (), "/tyk/keys").target("/tyk/keys/abcdefgh") for salt in (b"1", b"2"))
    assert first != second
