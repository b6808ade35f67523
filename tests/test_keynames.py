"""Names of keys, and the hashes they are kept under."""

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
)
def test_a_key_is_kept_under_its_hash(key: str, stored: str) -> None:
    """By the algorithm that its id names, or else by the old one."""
    assert key_ids.storage_name(key, hashed=True) == stored
    assert key_ids.storage_name(key, hashed=False) == key


@pytest.mark.parametrize(
    ("algorithm", "key"),
    [
        ("", "acmemykey"),
        ("murmur64", "eyJvcmciOiJhY21lIiwiaWQiOiJteWtleSIsImgiOiJtdXJtdXI2NCJ9"),
        ("no-such", "eyJvcmciOiJhY21lIiwiaWQiOiJteWtleSIsImgiOiJtdXJtdXI2NCJ9"),
    ],
)
def test_a_key_is_made_of_its_organisation_and_name(algorithm: str, key: str) -> None:
    """An organisation before the name is not doubled, an unknown algorithm is the default one."""
    assert key_ids.make("acme", "mykey", algorithm) == key_ids.make("acme", "acmemykey", algorithm) == key


def test_a_key_without_a_name_gets_one() -> None:
    """Another each time."""
    made = {key_ids.make("acme", "", "") for _ in range(3)}
    assert {len(key) for key in made} == {4 + 32}
    assert len(made) == 3


@pytest.mark.parametrize(
    ("key", "organisation"),
    [
        ("eyJvcmciOiJhY21lIiwiaWQiOiJteWtleSIsImgiOiJtdXJtdXI2NCJ9", "acme"),
        ("5f1a2b3c4d5e6f7a8b9c0d1emykey", "5f1a2b3c4d5e6f7a8b9c0d1e"),
        ("5f1a2b3c4d5e6f7a8b9c0d1e", ""),
        ("eyMuch", ""),
        ("acmemykey", ""),
    ],
)
def test_a_key_may_tell_its_organisation(key: str, organisation: str) -> None:
    """One of JSON does, and one that begins with a database id."""
    assert key_ids.organisation_of(key) == organisation
