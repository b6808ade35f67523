"""The ids of keys, and the hashes under which they are stored."""

from __future__ import annotations

import pytest

from mockserver.gateway import key_ids


@pytest.mark.parametrize(
    ("key", "stored"),
    [
        ("acmemykey", "31fffd97"),  # recording keys/hashed step 2
        ("eyJvcmciOiJhY21lIiwiaWQiOiJteWtleSIsImgiOiJtdXJtdXIzMiJ9", "181db28e"),  # keys/hash-murmur32
        (
            "eyJvcmciOiJhY21lIiwiaWQiOiJteWtleSIsImgiOiJtdXJtdXI2NCJ9",
            "0d3a3fd4e48f19d8",
        ),  # keys/hash-murmur64
        ("abc", "00000000"),
    ],
    ids=["name", "murmur32", "murmur64", "three characters"],
)
def test_a_key_is_stored_under_its_hash(key: str, stored: str) -> None:
    """A key is stored under its hash by the algorithm in its id, or else by murmur32."""
    assert key_ids.storage_name(key, hashed=True) == stored
    assert key_ids.storage_name(key, hashed=False) == key


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [
        ("", "acmemykey"),
        ("murmur64", "eyJvcmciOiJhY21lIiwiaWQiOiJteWtleSIsImgiOiJtdXJtdXI2NCJ9"),
        ("no-such", "eyJvcmciOiJhY21lIiwiaWQiOiJteWtleSIsImgiOiJtdXJtdXI2NCJ9"),
    ],
    ids=["none", "murmur64", "unknown"],
)
def test_a_key_is_made_of_its_organisation_and_name(algorithm: str, key: str) -> None:
    """A key id has its organisation once, and an unknown algorithm counts as murmur64."""
    assert key_ids.make("acme", "mykey", algorithm) == key_ids.make("acme", "acmemykey", algorithm) == key


def test_a_key_without_a_name_gets_a_new_one() -> None:
    """Each key without a name gets a different random one of 32 characters."""
    keys = {key_ids.make("acme", "", "") for _ in range(3)}
    assert {len(key) for key in keys} == {4 + 32}
    assert len(keys) == 3


@pytest.mark.parametrize(
    ("key", "organisation"),
    [
        ("eyJvcmciOiJhY21lIiwiaWQiOiJteWtleSIsImgiOiJtdXJtdXI2NCJ9", "acme"),
        ("5f1a2b3c4d5e6f7a8b9c0d1emykey", "5f1a2b3c4d5e6f7a8b9c0d1e"),
        ("5f1a2b3c4d5e6f7a8b9c0d1e", ""),
        ("eyMuch", ""),
        ("acmemykey", ""),
    ],
    ids=["JSON", "database id", "database id alone", "no JSON", "name"],
)
def test_a_key_may_contain_its_organisation(key: str, organisation: str) -> None:
    """The organisation of a key is read from an id of JSON, or from a database id before the name."""
    assert key_ids.organisation_of(key) == organisation
