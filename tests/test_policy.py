"""The policy document: what Go makes of a body."""

from __future__ import annotations

import pytest

from mockserver.contract.codecs import Codec, Malformed, ensure_id
from mockserver.contract.openapi import Contract
from mockserver.contract.spec_files import select_version


@pytest.fixture(scope="module", name="codec")
def _codec() -> Codec:
    return Codec.of(Contract.load(select_version("5.12")), "Policy")


def test_a_policy_has_23_members(codec: Codec) -> None:
    """In 5.12; two more came with 5.13."""
    newer = Codec.of(Contract.load(select_version("5.13")), "Policy")
    assert len(codec.decode(b"{}")) == 23
    assert len(newer.decode(b"{}")) == 25


def test_a_refusal_names_the_value(codec: Codec) -> None:
    """The answer never says why, so the reason must."""
    with pytest.raises(Malformed, match=r"key_expires_in: 2592000\.0 is a number, must be a whole number"):
        codec.decode(b'{"id":"a","key_expires_in":2592000.0}')


def test_a_file_is_read_as_far_as_it_goes(codec: Codec) -> None:
    """A wrong type loses its member, a bad _id all that follows (recording files/directory)."""
    wrong, _ = codec.decode_leniently(b'{"id":"w","rate":"x","name":"after"}')
    stopped, _ = codec.decode_leniently(b'{"id":"s","_id":"zz","name":"after"}')
    assert (wrong["rate"], wrong["name"]) == (0.0, "after")
    assert (stopped["id"], stopped["_id"], stopped["name"]) == ("s", "", "")


def test_a_cut_off_element_shows_again(codec: Codec) -> None:
    """A longer array after a shorter one finds what the slice's memory still holds."""
    policy = codec.decode(b'{"tags":["a","b"],"tags":["c"],"tags":["x",null,null]}')
    assert policy["tags"] == ["x", "b", ""]


def test_an_element_is_decoded_over_the_one_before(codec: Codec) -> None:
    """Members that a second array does not name stay from the first."""
    body = b'{"access_rights":{"a":{"allowed_urls":[{"url":"/a"}],"allowed_urls":[{"methods":["GET"]}]}}}'
    assert codec.decode(body)["access_rights"]["a"]["allowed_urls"] == [{"url": "/a", "methods": ["GET"]}]


def test_a_replaced_member_must_fit_all_the_same(codec: Codec) -> None:
    """A number too large is refused even where a later member replaces it."""
    with pytest.raises(Malformed):
        codec.decode(b'{"meta_data":{"a":{"b":1e400,"b":1}}}')


def test_an_object_id_written_with_escapes_is_none(codec: Codec) -> None:
    """The raw text is looked at, not what it means."""
    with pytest.raises(Malformed):
        codec.decode(b'{"_id":"\\u0035f1a2b3c4d5e6f7a8b9c0d1e"}')


def test_the_file_is_indented_and_ends_without_newline(codec: Codec) -> None:
    """As json.MarshalIndent leaves it."""
    text = codec.file_text(codec.decode(b'{"id":"a"}'))
    assert text.startswith('{\n  "_id": "",\n  "id": "a",\n')
    assert text.endswith('"smoothing": null\n}')


def test_an_id_is_filled_from_the_object_id(codec: Codec) -> None:
    """In lower case, and only where there is no id."""
    policy = codec.decode(b'{"_id":"5F1A2B3C4D5E6F7A8B9C0D1E"}')
    assert ensure_id(policy)
    assert policy["id"] == "5f1a2b3c4d5e6f7a8b9c0d1e"
    assert not ensure_id(codec.decode(b"{}"))
