"""Every member of a policy in a round trip: accepted and refused values, and their encoding."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contract_tests.engine.checks import Mismatch, expect, shorten
from contract_tests.engine.declaration import RELOAD, Steps, behaviour
from contract_tests.gateway.checks import expect_malformed, expect_policy, expect_written
from contract_tests.gateway.client import Gateway

MAX, MIN = 2**63 - 1, -(2**63)
INTEGERS = [
    "quota_max",
    "quota_renewal_rate",
    "throttle_retry_limit",
    "max_query_depth",
    "key_expires_in",
]
NUMBERS = ["rate", "per", "throttle_interval"]
STRINGS = ["name", "org_id", "last_updated"]
BOOLEANS = ["hmac_enabled", "enable_http_signature_validation", "active", "is_inactive"]
PARTITIONS = ["quota", "rate_limit", "complexity", "acl", "per_api"]


def round_trip(gateway: Gateway, members: str, policy: dict[str, Any]) -> Steps:
    """Send these members and expect that they are read as this policy has them."""
    policy_id = gateway.new_id()
    expect_written(gateway.post(f'{{"id":"{policy_id}",{members}}}'), policy_id, "added")
    yield RELOAD
    expect_policy(gateway.get(policy_id), gateway, {"id": policy_id, **policy})


def expect_members_refused(gateway: Gateway, members: str) -> None:
    """Send these members and expect their refusal."""
    expect_malformed(gateway.post(f'{{"id":"{gateway.new_id()}",{members}}}'))


@pytest.mark.parametrize("value", [1, -1, 0, 2_592_000, MAX, MIN])
@pytest.mark.parametrize("name", INTEGERS)
@behaviour("integers-are-kept")
def test_a_whole_number_is_kept(gateway: Gateway, name: str, value: int) -> Steps:
    """An integer of 64 bits comes back as it was sent."""
    yield from round_trip(gateway, f'"{name}":{value}', {name: value})


@pytest.mark.parametrize(
    "text", ["1.0", "1e3", "2.592e+06", "1.5", str(MAX + 1), str(MIN - 1), '"1"', "true", "[]", "{}"]
)
@pytest.mark.parametrize("name", INTEGERS)
@behaviour("integers-take-digits-only")
def test_what_is_no_int64_is_refused(gateway: Gateway, name: str, text: str) -> None:
    """An integer with a decimal point, an exponent or over 64 bits is refused."""
    expect_members_refused(gateway, f'"{name}":{text}')


NUMBER_TEXTS = [
    ("1", "1"), ("1.0", "1"), ("1.5", "1.5"), ("1e3", "1000"), ("0.1", "0.1"), ("-1", "-1"), ("-0.0", "-0"),
    ("1e20", "100000000000000000000"), ("1e21", "1e+21"), ("0.000001", "0.000001"), ("1e-7", "1e-7"),
    ("12345678901234567890", "12345678901234567000"), ("5e-324", "5e-324"), ("1000", "1000"),
    ("1.5e-7", "1.5e-7"), ("2.5e21", "2.5e+21"),
    ("1.7976931348623157e308", "1.7976931348623157e+308"), ("0.30000000000000004", "0.30000000000000004"),
]  # fmt: skip


@pytest.mark.parametrize(("number", "encoded"), NUMBER_TEXTS)
@pytest.mark.parametrize("name", NUMBERS)
@behaviour("numbers-are-written-short")
def test_a_number_is_written_as_go_writes_it(gateway: Gateway, name: str, number: str, encoded: str) -> Steps:
    """A number comes back in its shortest form: 1000 and not 1000.0."""
    policy_id = gateway.new_id()
    body = f'{{"id":"{policy_id}","{name}":{number}}}'
    expect_written(gateway.post(body), policy_id, "added")
    yield RELOAD

    exchange = gateway.get(policy_id)
    if f'"{name}":{encoded},' not in exchange.text:
        raise Mismatch(f'"{name}":{encoded} in the text', shorten(exchange.text, 400), exchange)


@pytest.mark.parametrize("text", ["1e400", "-1e400", '"1"', '""', "true", "[]", "{}"])
@pytest.mark.parametrize("name", NUMBERS)
@behaviour("numbers-take-numbers-only")
def test_what_is_no_number_is_refused(gateway: Gateway, name: str, text: str) -> None:
    """A string, a bool, an array, an object or a too large value for a number is refused."""
    expect_members_refused(gateway, f'"{name}":{text}')


STRING_CASES = [
    "html", "line-separators", "control", "delete", "quotes", "short-escapes", "unicode", "apostrophes", "empty", "long", "mixed",
]  # fmt: skip
STRING_TEXTS = [
    ("<>&", "\\u003c\\u003e\\u0026"), ("\u2028\u2029", "\\u2028\\u2029"), ("\x00\x1f", "\\u0000\\u001f"),
    ("\x7f", "\x7f"), ('"\\/', '\\"\\\\/'), ("\b\f\n\r\t", "\\b\\f\\n\\r\\t"), ("é漢\U0001f600", "é漢\U0001f600"),
    ("'`", "'`"), ("", ""), ("x" * 5000, "x" * 5000), (" aB\r\ncD e\u0301\u212b\ufb01 ", " aB\\r\\ncD e\u0301\u212b\ufb01 "),
]  # fmt: skip


@pytest.mark.parametrize(("value", "encoded"), STRING_TEXTS, ids=STRING_CASES)
@pytest.mark.parametrize("name", STRINGS)
@behaviour("strings-are-escaped-as-go-does")
def test_a_string_is_written_as_go_writes_it(gateway: Gateway, name: str, value: str, encoded: str) -> Steps:
    """A string comes back in full, with Go's escapes, which include those of <, > and &."""
    policy = gateway.create(**{name: value})
    yield RELOAD

    exchange = gateway.get(policy["id"])
    expect_policy(exchange, gateway, policy)
    if f'"{name}":"{encoded}"' not in exchange.text:
        raise Mismatch(f'"{name}":"{encoded}" in the text', shorten(exchange.text, 400), exchange)


@pytest.mark.parametrize("text", ["1", "true", "[]", "{}"])
@pytest.mark.parametrize("name", ["id", *STRINGS])
@behaviour("strings-take-strings-only")
def test_what_is_no_string_is_refused(gateway: Gateway, name: str, text: str) -> None:
    """A number, a bool, an array or an object for a string is refused."""
    expect_members_refused(gateway, f'"{name}":{text}')


@pytest.mark.parametrize("value", [True, False])
@pytest.mark.parametrize("name", BOOLEANS)
@behaviour("booleans-are-kept")
def test_a_bool_is_kept(gateway: Gateway, name: str, value: bool) -> Steps:
    """A bool comes back as it was sent."""
    yield from round_trip(gateway, f'"{name}":{json.dumps(value)}', {name: value})


@pytest.mark.parametrize("text", ["1", "0", '"true"', '""', "[]", "{}"])
@pytest.mark.parametrize("name", BOOLEANS)
@behaviour("booleans-take-booleans-only")
def test_what_is_no_bool_is_refused(gateway: Gateway, name: str, text: str) -> None:
    """A number, a string, an array or an object for a bool is refused."""
    expect_members_refused(gateway, f'"{name}":{text}')


@pytest.mark.parametrize("name", PARTITIONS)
@behaviour("partitions-are-kept")
def test_a_partition_is_kept(gateway: Gateway, name: str) -> Steps:
    """A partition comes back as it was sent, and the other partitions as false."""
    yield from round_trip(gateway, f'"partitions":{{"{name}":true}}', {"partitions": {name: True}})


@pytest.mark.parametrize("text", ["[]", "true", "1", '""', '{"quota":1}', '{"acl":"true"}'])
@behaviour("partitions-take-booleans-only")
def test_what_is_no_partitions_object_is_refused(gateway: Gateway, text: str) -> None:
    """Partitions that are not an object of bools are refused."""
    expect_members_refused(gateway, f'"partitions":{text}')


@pytest.mark.parametrize("value", [["a"], ["b", "a", "b"], [""], []])
@behaviour("tags-keep-their-order")
def test_tags_are_kept(gateway: Gateway, value: list[str]) -> Steps:
    """Tags come back in their order, with duplicates."""
    yield from round_trip(gateway, f'"tags":{json.dumps(value)}', {"tags": value})


@pytest.mark.parametrize("text", ['"a"', "{}", "1", "true", "[1]", "[[]]", "[true]"])
@behaviour("tags-take-strings-only")
def test_what_is_no_array_of_strings_is_refused(gateway: Gateway, text: str) -> None:
    """Tags that are not an array of strings are refused."""
    expect_members_refused(gateway, f'"tags":{text}')


@behaviour("meta-data-is-any-json")
def test_meta_data_is_kept(gateway: Gateway) -> Steps:
    """Metadata of any JSON comes back with its members sorted."""
    value = {"z": 1, "a": {"y": [1, 2.5, None, True, "<b>&", {}], "b": "é"}, "": [], "é": {}}
    yield from round_trip(gateway, f'"meta_data":{json.dumps(value)}', {"meta_data": value})


@behaviour("meta-data-numbers-are-floats")
def test_numbers_in_meta_data_are_floats(gateway: Gateway) -> Steps:
    """A number in metadata has the precision of a float64."""
    policy_id = gateway.new_id()
    body = f'{{"id":"{policy_id}","meta_data":{{"n":12345678901234567890,"f":1.0}}}}'
    expect_written(gateway.post(body), policy_id, "added")
    yield RELOAD

    exchange = gateway.get(policy_id)
    if '"meta_data":{"f":1,"n":12345678901234567000}' not in exchange.text:
        raise Mismatch(
            '"meta_data":{"f":1,"n":12345678901234567000}',
            gateway.auth.masked(exchange.text)[-300:],
            exchange,
        )


@pytest.mark.parametrize(
    "text", ['{"n":1e400}', '{"n":[1e400]}', '{"n":1e400,"n":1}', '{"m":{"n":1e400,"n":1}}']
)
@behaviour("meta-data-numbers-are-floats")
def test_a_number_too_large_for_meta_data_is_refused(gateway: Gateway, text: str) -> None:
    """A number in metadata too large for a float64 is refused, even if a later one replaces it."""
    expect_members_refused(gateway, f'"meta_data":{text}')


@pytest.mark.parametrize("text", ["[]", '"a"', "1", "true"])
@pytest.mark.parametrize("name", ["meta_data", "access_rights", "graphql_access_rights", "smoothing"])
@behaviour("objects-take-objects-only")
def test_what_is_no_object_is_refused(gateway: Gateway, name: str, text: str) -> None:
    """A string, a number, a bool or an array for an object is refused."""
    expect_members_refused(gateway, f'"{name}":{text}')


@pytest.mark.parametrize("is_object", [False, True], ids=["text", "object"])
@behaviour("object-id-is-kept")
def test_an_object_id_is_kept(gateway: Gateway, *, is_object: bool) -> Steps:
    """An _id of 24 hex digits, or an object with them as $oid, is accepted."""
    object_id = gateway.ownership.new_object_id()
    value = {"$oid": object_id} if is_object else object_id
    yield from round_trip(gateway, f'"_id":{json.dumps(value)}', {"_id": object_id})


@pytest.mark.parametrize(
    "text", ['"5f1a"', '"zz1a2b3c4d5e6f7a8b9c0d1e"', '{"$oid":"x"}', "5", "[]", "{}", "true"]
)
@behaviour("object-id-is-checked")
def test_what_is_no_object_id_is_refused(gateway: Gateway, text: str) -> None:
    """An _id of any other form is refused, even if the policy has an id."""
    expect_members_refused(gateway, f'"_id":{text}')


@pytest.mark.parametrize(
    "members",
    [{"post_expiry_action": "delete", "post_expiry_grace_period": 60}, {"post_expiry_grace_period": -1}, {}],
    ids=["action", "negative-period", "none"],
)
@behaviour("post-expiry-is-kept")
def test_what_follows_expiry_is_kept(gateway: Gateway, members: dict[str, Any]) -> Steps:
    """The action on an expired key comes back, and is left out if it is empty."""
    yield from round_trip(
        gateway,
        f'"rate":1{"".join(f",{json.dumps(n)}:{json.dumps(v)}" for n, v in members.items())}',
        {"rate": 1, **members},
    )


@behaviour("smoothing-is-kept")
def test_smoothing_is_kept(gateway: Gateway) -> Steps:
    """Smoothing comes back with its five members, enabled or not."""
    value = {"enabled": False, "threshold": 5, "trigger": 0.5, "step": 3, "delay": 30}
    yield from round_trip(gateway, f'"smoothing":{json.dumps(value)}', {"smoothing": value})


@behaviour("member-order-is-fixed")
def test_members_come_in_a_fixed_order(gateway: Gateway) -> Steps:
    """Members come back in the gateway's order, whatever order they were sent in."""
    policy_id = gateway.new_id()
    members = gateway.codec.decode_leniently(b'{"id":"%s"}' % policy_id.encode())[0]
    backwards = dict(reversed(list({**members, "rate": 3, "name": "order"}.items())))
    expect_written(gateway.post(backwards), policy_id, "added")
    yield RELOAD

    text = gateway.codec.encode({**members, "rate": 3.0, "name": "order"})
    expect(gateway.get(policy_id), 200, text + "\n")
