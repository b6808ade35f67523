"""The JSON of a policy, as Go's decoder reads it."""

from __future__ import annotations

import json

import pytest

from contract_tests.engine.checks import Mismatch, expect
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.engine.exchange import Exchange
from contract_tests.gateway.checks import as_read, expect_malformed, expect_policy, expect_written
from contract_tests.gateway.client import Gateway

INVALID_JSON = [
    "", " ", "{", "[]", "[1]", '"x"', "1", "true", "nul", '{"id":}', '{"id":"%s",}', "{'id':'%s'}",
    '{"id":"%s" "name":"x"}', '{"id":"%s\n"}', '{"id":"\\x"}', '{id:"%s"}', '\ufeff{"id":"%s"}',
    '{"id":"%s","rate":NaN}', '{"id":"%s","rate":01}', '{"id":"%s","rate":+1}', '{"id":"%s","rate":.5}',
    '{"id":"%s","rate":1.}', '{"id":"%s","rate":Infinity}', '// c\n{"id":"%s"}', '{"id":"%s"', '{"id":"%s","name":"x',
    '[{"id":"%s"}]', '"{\\"id\\":\\"%s\\"}"', '\u00a0{"id":"%s"}', '{\x0b"id":"%s"}', '{"id":\x0c"%s"}', '{"id":"%s"\u2028}',
]  # fmt: skip


@pytest.mark.parametrize("document", INVALID_JSON)
@behaviour("broken-json-is-400")
def test_what_is_no_json_object_is_refused(gateway: Gateway, document: str) -> None:
    """A body that is not a JSON object is refused."""
    policy_id = gateway.new_id()
    expect_malformed(gateway.post_unread(policy_id, document.replace("%s", policy_id)))


@behaviour("broken-json-is-400")
def test_a_document_nested_too_deep_is_refused(gateway: Gateway) -> None:
    """A body that is nested deeper than 10,000 levels is refused."""
    policy_id = gateway.new_id()
    expect_accepted(gateway.post(_nested(policy_id, 300)))
    # the deepest accepted body is not members, because its file would be huge
    levels = 10_001 - 2  # the policy and its metadata are two levels
    expect_malformed(gateway.post(_nested(policy_id, levels)))
    gateway.delete(policy_id)  # before a reload: with such a policy the list is hard to parse


def _nested(policy_id: str, levels: int) -> str:
    """A policy with an array of this depth in its metadata."""
    array = "[" * levels + "]" * levels
    return f'{{"id":"{policy_id}","meta_data":{{"k":{array}}}}}'


@behaviour("deep-documents-are-read-whole")
def test_a_deep_document_is_read_whole(gateway: Gateway) -> Steps:
    """Metadata that is nested 960 levels deep is read as it was written."""
    value = '{"a":[' * 480 + "[],{}" + '],"b":"c"}' * 480
    policy_id = gateway.new_id()
    policy = {"id": policy_id, "meta_data": {"k": "inside"}}
    expect_accepted(gateway.post(json.dumps(policy).replace('"inside"', value)))
    yield RELOAD

    text = as_read(gateway, policy).replace('"inside"', value)
    expect(gateway.get(policy_id), 200, text + "\n", expected="200 with the policy, 960 levels deep")


def expect_accepted(exchange: Exchange) -> None:
    """Expect the status 200."""
    if exchange.status != 200:
        raise Mismatch("200", f"{exchange.status} {exchange.text}", exchange)


@pytest.mark.parametrize(
    "broken", [b"a\xffb", b"a\xc3b", b"a\xed\xa0\x80b", b"a\xe2\x82b", b"a\xf0\x9f\x98b", b"a\xc0\x80b"]
)
@behaviour("lone-surrogates-are-replaced")
def test_bytes_that_are_not_utf_8_are_replaced(gateway: Gateway, broken: bytes) -> Steps:
    """A byte of a string that is not UTF-8 is read as U+FFFD."""
    policy_id = gateway.new_id()
    expect_written(
        gateway.post(b'{"id":"%s","name":"%s"}' % (policy_id.encode(), broken)), policy_id, "added"
    )
    yield RELOAD

    name = "a" + "\ufffd" * (len(broken) - 2) + "b"
    expect_policy(gateway.get(policy_id), gateway, {"id": policy_id, "name": name})


@pytest.mark.parametrize("after", [" trailing", '{"id":"second"}', "]", "\n\n"])
@behaviour("rest-of-body-is-ignored")
def test_what_follows_the_document_is_ignored(gateway: Gateway, after: str) -> Steps:
    """A body is read up to the end of its first JSON value."""
    policy_id = gateway.new_id()
    body = f'{{"id":"{policy_id}","name":"first"}}{after}'
    expect_written(gateway.post(body), policy_id, "added")
    yield RELOAD

    expect_policy(gateway.get(policy_id), gateway, {"id": policy_id, "name": "first"})


READ_AS = [
    ("case-is-folded", '"NAME":"a","Rate":5,"QUOTA_MAX":7,"aCTIVE":true', {"name": "a", "rate": 5, "quota_max": 7, "active": True}),
    ("case-is-folded", '"access_rights":{"A":{"API_ID":"x","Versions":["v"]}}', {"access_rights": {"A": {"api_id": "x", "versions": ["v"]}}}),
    ("case-is-folded", '"tag\u017f":["a"],"\u212aey_expires_in":5', {"tags": ["a"], "key_expires_in": 5}),
    ("last-member-wins", '"rate":1,"rate":2', {"rate": 2}),
    ("last-member-wins", '"rate":2,"Rate":3', {"rate": 3}),
    ("last-member-wins", '"Name":"a","name":"b"', {"name": "b"}),
    ("last-member-wins", '"meta_data":{"k":{"a":1,"b":3,"a":2}}', {"meta_data": {"k": {"a": 2, "b": 3}}}),
    ("objects-are-merged", '"partitions":{"quota":true},"partitions":{"acl":true}', {"partitions": {"quota": True, "acl": True}}),
    ("objects-are-merged", '"smoothing":{"enabled":true},"smoothing":{"step":2}', {"smoothing": {"enabled": True, "step": 2}}),
    ("maps-are-merged", '"access_rights":{"a":{"api_id":"1"},"c":{}},"access_rights":{"b":{"api_id":"2"},"a":{"api_name":"n"}}',
        {"access_rights": {"a": {"api_name": "n"}, "b": {"api_id": "2"}, "c": {}}}),
    ("arrays-are-replaced", '"tags":["a","b"],"tags":["c"]', {"tags": ["c"]}),
    ("arrays-are-replaced", ('"access_rights":{"a":{"allowed_urls":[{"url":"/a","methods":["GET"]},{"url":"/b","methods":["PUT"]}],'
        '"allowed_urls":[{"url":"/c"}],"allowed_urls":[{"url":"/d"},{"url":"/e"}]}}'),
        {"access_rights": {"a": {"allowed_urls": [{"url": "/d", "methods": ["GET"]}, {"url": "/e", "methods": ["PUT"]}]}}}),
    ("unknown-members-are-dropped", '"unknown":1,"nested":{"a":[1]},"access_rights":{"a":{"unknown":2}}', {"access_rights": {"a": {}}}),
    ("null-is-no-value", '"name":null,"rate":null,"active":null,"quota_max":null,"partitions":null', {}),
    ("null-is-no-value", '"name":"kept","name":null,"rate":5,"rate":null', {"name": "kept", "rate": 5}),
    ("null-empties", '"tags":["a"],"tags":null,"meta_data":{"a":1},"meta_data":null', {"tags": None, "meta_data": None}),
    ("null-inside-is-zero", '"tags":[null,"a"],"access_rights":{"a":null},"meta_data":{"k":null}', {"tags": ["", "a"], "access_rights": {"a": {}}, "meta_data": {"k": None}}),
    ("empty-is-not-null", '"tags":[],"access_rights":{},"meta_data":{},"graphql_access_rights":{},"smoothing":{}',
        {"tags": [], "access_rights": {}, "meta_data": {}, "graphql_access_rights": {}, "smoothing": {}}),
    ("whitespace-is-free", '\n\t "name" :\r\n "a" ', {"name": "a"}),
    ("escapes-are-read", '"name":"\\u0041\\n\\t\\"\\\\\\/\\ud83d\\ude00"', {"name": 'A\n\t"\\/\U0001f600'}),
    ("escapes-are-read", '"name":"&lt;&amp;&#39; %41+ \\\\u0041 \\\\n"', {"name": "&lt;&amp;&#39; %41+ \\u0041 \\n"}),
    ("lone-surrogates-are-replaced", '"name":"a\\ud800b"', {"name": "a\ufffdb"}),
    ("graphql-values-are-empty", '"graphql_access_rights":{"g":{"x":1}}', {"graphql_access_rights": {"g": {}}}),
]  # fmt: skip


def _cases(name: str) -> list[object]:
    return [pytest.param(*row, id=str(row[0])) for behaviour_id, *row in READ_AS if behaviour_id == name]


def expect_read_as(gateway: Gateway, members: str, policy: dict[str, object]) -> Steps:
    """Send these members and expect that they are read as this policy has them."""
    policy_id = gateway.new_id()
    expect_written(gateway.post(f'{{"id":"{policy_id}",{members}}}'), policy_id, "added")
    yield RELOAD
    expect_policy(gateway.get(policy_id), gateway, {"id": policy_id, **policy})


@pytest.mark.parametrize(("members", "policy"), _cases("case-is-folded"))
@behaviour("case-is-folded")
def test_case_is_folded(gateway: Gateway, members: str, policy: dict[str, object]) -> Steps:
    """A member's name matches in any case, at every level."""
    yield from expect_read_as(gateway, members, policy)


@pytest.mark.parametrize(("members", "policy"), _cases("last-member-wins"))
@behaviour("last-member-wins")
def test_last_member_wins(gateway: Gateway, members: str, policy: dict[str, object]) -> Steps:
    """The last of several members with one name counts, whatever their case."""
    yield from expect_read_as(gateway, members, policy)


@pytest.mark.parametrize(("members", "policy"), _cases("objects-are-merged"))
@behaviour("objects-are-merged")
def test_objects_are_merged(gateway: Gateway, members: str, policy: dict[str, object]) -> Steps:
    """An object that occurs twice is merged member by member."""
    yield from expect_read_as(gateway, members, policy)


@pytest.mark.parametrize(("members", "policy"), _cases("maps-are-merged"))
@behaviour("maps-are-merged")
def test_maps_are_merged(gateway: Gateway, members: str, policy: dict[str, object]) -> Steps:
    """A map that occurs twice is merged key by key; the value of a repeated key is replaced."""
    yield from expect_read_as(gateway, members, policy)


@pytest.mark.parametrize(("members", "policy"), _cases("arrays-are-replaced"))
@behaviour("arrays-are-replaced")
def test_arrays_are_replaced(gateway: Gateway, members: str, policy: dict[str, object]) -> Steps:
    """An array that occurs twice has the last items, over the values of the first at each position."""
    yield from expect_read_as(gateway, members, policy)


@pytest.mark.parametrize(("members", "policy"), _cases("unknown-members-are-dropped"))
@behaviour("unknown-members-are-dropped")
def test_unknown_members_are_dropped(gateway: Gateway, members: str, policy: dict[str, object]) -> Steps:
    """A member with an unknown name is ignored and not stored."""
    yield from expect_read_as(gateway, members, policy)


@pytest.mark.parametrize(("members", "policy"), _cases("null-is-no-value"))
@behaviour("null-is-no-value")
def test_null_is_no_value(gateway: Gateway, members: str, policy: dict[str, object]) -> Steps:
    """Null for a string, a number, a bool or an object keeps the value before."""
    yield from expect_read_as(gateway, members, policy)


@pytest.mark.parametrize(("members", "policy"), _cases("null-empties"))
@behaviour("null-empties")
def test_null_empties(gateway: Gateway, members: str, policy: dict[str, object]) -> Steps:
    """Null for an array or a map clears it."""
    yield from expect_read_as(gateway, members, policy)


@pytest.mark.parametrize(("members", "policy"), _cases("null-inside-is-zero"))
@behaviour("null-inside-is-zero")
def test_null_inside_is_zero(gateway: Gateway, members: str, policy: dict[str, object]) -> Steps:
    """Null inside an array or a map is the zero value."""
    yield from expect_read_as(gateway, members, policy)


@pytest.mark.parametrize(("members", "policy"), _cases("empty-is-not-null"))
@behaviour("empty-is-not-null")
def test_empty_is_not_null(gateway: Gateway, members: str, policy: dict[str, object]) -> Steps:
    """An empty array, map or object is not read as null."""
    yield from expect_read_as(gateway, members, policy)


@pytest.mark.parametrize(("members", "policy"), _cases("whitespace-is-free"))
@behaviour("whitespace-is-free")
def test_whitespace_is_free(gateway: Gateway, members: str, policy: dict[str, object]) -> Steps:
    """White space between tokens is ignored."""
    yield from expect_read_as(gateway, members, policy)


@pytest.mark.parametrize(("members", "policy"), _cases("escapes-are-read"))
@behaviour("escapes-are-read")
def test_escapes_are_read(gateway: Gateway, members: str, policy: dict[str, object]) -> Steps:
    """An escape in a string is decoded, a pair of surrogates as one character."""
    yield from expect_read_as(gateway, members, policy)


@pytest.mark.parametrize(("members", "policy"), _cases("lone-surrogates-are-replaced"))
@behaviour("lone-surrogates-are-replaced")
def test_lone_surrogates_are_replaced(gateway: Gateway, members: str, policy: dict[str, object]) -> Steps:
    """A surrogate without its pair is read as U+FFFD."""
    yield from expect_read_as(gateway, members, policy)


@pytest.mark.parametrize(("members", "policy"), _cases("graphql-values-are-empty"))
@behaviour("graphql-values-are-empty")
def test_graphql_values_are_empty(gateway: Gateway, members: str, policy: dict[str, object]) -> Steps:
    """An entry of graphql_access_rights is an empty object, whatever was sent."""
    yield from expect_read_as(gateway, members, policy)
