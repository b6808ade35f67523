"""Credentials in live traffic are known by the place they stand in."""

from __future__ import annotations

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
    ],
)
def test_a_credential_is_known_by_its_name(path: str, text: str, gone: str) -> None:
    """Strings under the names of credentials have stand-ins of the same length, also in what is no JSON."""
    masked = Mask(b"salt", (), path).body(text)
    assert len(masked) == len(text)
    assert [part for part in gone.split() if part in masked] == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/tyk/policies", '{"key":"gold","status":"ok"}'),
        ("/tyk/org/keys/acme", '{"key":"acme"}'),
        ("/tyk/keys/a", '{"message":"Key not found","status":"error"}'),
        ("/tyk/policies", '{"tokens": 5, "secret": "", "keys": {"a": "b"}}'),
    ],
)
def test_what_is_no_credential_stays(path: str, text: str) -> None:
    """Ids of policies and organisations, sentences and numbers are recorded as they are."""
    assert Mask(b"salt", (), path).body(text) == text


def test_stand_ins_of_two_recordings_differ() -> None:
    """A stand-in tells nothing of its key: that of another recording is another one."""
    first, second = (Mask(salt, (), "/tyk/keys").target("/tyk/keys/abcdefgh") for salt in (b"1", b"2"))
    assert first != second
