"""The policy document, as Go decodes a body into it and encodes it."""

from __future__ import annotations

import pytest

from mockserver.contract.codecs import Codec, Malformed, ensure_id
from mockserver.contract.openapi import Contract
from mockserver.contract.spec_files import select_version


@pytest.fixture(scope="module", name="codec")
def _codec() -> Codec:
    return Codec.of(Contract.load(select_version("5.12")), "Policy")


def test_a_policy_has_23_members(codec: Codec) -> None:
    """A policy has 23 members in 5.12, and 25 in 5.13."""
    newer = Codec.of(Contract.load(select_version("5.13")), "Policy")
    assert len(codec.decode(b"{}")) == 23
    assert len(newer.decode(b"{}")) == 25


def test_a_refusal_names_the_value(codec: Codec) -> None:
    """A value of a wrong type raises an error that names it, for the gateway's answer does not."""
    with pytest.raises(Malformed, match=r"key_expires_in: 2592000\.0 is a number, must be a whole number"):
        codec.decode(b'{"id":"a","key_expires_in":2592000.0}')


def test_a_broken_file_is_read_in_part(codec: Codec) -> None:
    """A wrong type loses its member, and a wrong _id all members after it (recording files/directory)."""
    wrong, _ = codec.decode_leniently(b'{"id":"w","rate":"x","name":"after"}')
    stopped, _ = codec.decode_leniently(b'{"id":"s","_id":"zz","name":"after"}')
    assert (wrong["rate"], wrong["name"]) == (0.0, "after")
    assert (stopped["id"], stopped["_id"], stopped["name"]) == ("s", "", "")


def test_a_longer_array_shows_elements_of_an_earlier_one(codec: Codec) -> None:
    """A null element of a repeated array has the value that an earlier, longer array left in memory."""
    policy = codec.decode(b'{"tags":["a","b"],"tags":["c"],"tags":["x",null,null]}')
    assert policy["tags"] == ["x", "b", ""]


def test_an_element_is_decoded_over_the_one_before(codec: Codec) -> None:
    """An element of a repeated array keeps the members of the first that the second does not name."""
    body = b'{"access_rights":{"a":{"allowed_urls":[{"url":"/a"}],"allowed_urls":[{"methods":["GET"]}]}}}'
    assert codec.decode(body)["access_rights"]["a"]["allowed_urls"] == [{"url": "/a", "methods": ["GET"]}]


def test_a_replaced_member_must_be_valid_too(codec: Codec) -> None:
    """A number that is too large is refused even if a later duplicate replaces it."""
    with pytest.raises(Malformed):
        codec.decode(b'{"meta_data":{"a":{"b":1e400,"b":1}}}')


def test_an_object_id_with_escapes_is_refused(codec: Codec) -> None:
    """An _id with escapes is refused, for Go reads its raw text."""
    with pytest.raises(Malformed):
        codec.decode(b'{"_id":"\\u0035f1a2b3c4d5e6f7a8b9c0d1e"}')


def test_the_file_is_indented_and_ends_without_newline(codec: Codec) -> None:
    """A policy file has the form of json.MarshalIndent, without a final newline."""
    text = codec.file_text(codec.decode(b'{"id":"a"}'))
    assert text.startswith('{\n  "_id": "",\n  "id": "a",\n')
    assert text.endswith('"smoothing": null\n}')


def test_an_id_is_filled_from_the_object_id(codec: Codec) -> None:
    """A policy without an id takes its _id, in lower case, and one without both takes none."""
    policy = codec.decode(b'{"_id":"5F1A2B3C4D5E6F7A8B9C0D1E"}')
    assert ensure_id(policy)
    assert policy["id"] == "5f1a2b3c4d5e6f7a8b9c0d1e"
    assert not ensure_id(codec.decode(b"{}"))
