"""Files with one planted mistake each, for the tests of `tyk-contract lint`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from mockserver.gateway.lint.file import File
from mockserver.gateway.lint.rules import Kind

NOW = 1_800_000_000.0  # seconds since the epoch, for dates of expiry
_RIGHTS = '"access_rights": {"orders": {"api_id": "orders"}}'
GOLD = File("gold.json", f'{{"id": "gold", "org_id": "acme", {_RIGHTS}}}'.encode(), Kind.POLICY)
ORDERS = File(
    "orders.json",
    b'{"api_id": "orders", "org_id": "acme", "proxy": {"listen_path": "/orders/", "target_url": "http://up.test"}}',
    Kind.API,
)
TOOLS = File(
    "tools.json",
    b"""{"api_id": "tools", "org_id": "acme", "application_protocol": "mcp", "json_rpc_version": "2.0",
    "proxy": {"listen_path": "/tools/", "target_url": "http://up.test"}}""",
    Kind.API,
)
VERSIONED = File(
    "ledger.json",
    b"""{"api_id": "ledger", "proxy": {"listen_path": "/ledger/", "target_url": "http://up.test"},
    "version_data": {"default_version": "v1", "versions": {"v1": {"name": "v1"}, "v2": {"name": "v2"}}}}""",
    Kind.API,
)
MIXED = File(
    "policies.json",
    f"""{{"parts": {{"org_id": "acme", {_RIGHTS}, "partitions": {{"acl": true}}}},
    "each": {{"org_id": "acme", {_RIGHTS}, "partitions": {{"per_api": true}}}},
    "none": {{"org_id": "acme"}}}}""".encode(),
    Kind.RECORD,
)


@dataclass(frozen=True)
class Case:
    """A file with a mistake.

    Attributes:
        rule: the rule that finds it.
        place: the line and the column.
        level: the level of the finding.
        told: texts that the finding has.
        others: files beside it.
        silent: releases whose gateways have nothing to be told of; the file is linted for them too.
    """

    rule: str
    kind: Kind
    text: str
    place: tuple[int, int]
    level: str
    told: tuple[str, ...]
    name: str = "gold.json"
    others: tuple[File, ...] = ()
    version: str = "5.14"
    silent: tuple[str, ...] = field(default=())

    @property
    def file(self) -> File:
        """The file."""
        return File(self.name, self.text.encode("utf-8", "surrogateescape"), self.kind)


def _policy(members: str, **values: Any) -> tuple[str, dict[str, Any]]:
    return f'{{"id": "gold", {_RIGHTS},\n {members}}}', values


def _of_policy(
    rule: str, members: str, place: tuple[int, int], level: str, *told: str, **values: Any
) -> Case:
    return Case(rule, Kind.POLICY, _policy(members)[0], place, level, told, **values)


def _of_session(
    rule: str, members: str, place: tuple[int, int], level: str, *told: str, **values: Any
) -> Case:
    return Case(rule, Kind.SESSION, f"{{{members}}}", place, level, told, name="session.json", **values)


def _of_conf(rule: str, members: str, place: tuple[int, int], level: str, *told: str, **values: Any) -> Case:
    return Case(rule, Kind.CONF, f"{{{members}}}", place, level, told, name="tyk.conf", **values)


def _of_dashboard(rule: str, members: str, place: tuple[int, int], level: str, *told: str) -> Case:
    name, kind = "tyk_analytics.conf", Kind.DASHBOARD_CONF
    return Case(rule, kind, f"{{{members}}}", place, level, told, name=name)


CASES = [
    Case("syntax", Kind.POLICY, '{\n "id": "gold",\n}', (2, 14), "error", ("a comma stands before a closing bracket", "loads nothing of the file", "remove the comma")),
    Case("syntax", Kind.POLICY, '{\n "id": "gold"\n "rate": 5}', (3, 2), "error", ("a comma is missing",)),
    Case("syntax", Kind.POLICY, '{\n "id": "gold",\n rate: 5}', (3, 2), "error", ("has no quotes",)),
    Case("syntax", Kind.POLICY, "{\n 'id': 'gold'}", (2, 2), "error", ("single quotes",)),
    Case("syntax", Kind.POLICY, '{\n // gold\n "id": "gold"}', (2, 2), "error", ("no comments",)),
    Case("syntax", Kind.POLICY, '{"id": "gold"', (1, 14), "error", ("ends too early",)),
    Case("syntax", Kind.POLICY, '\ufeff{"id": "gold"}', (1, 1), "error", ("byte order mark",)),
    Case("syntax", Kind.POLICY, "id: gold\nrate: 5", (1, 1), "error", ("looks like YAML",)),
    Case("syntax", Kind.POLICY, "\0{\0}", (1, 1), "error", ("may be in UTF-16", "save it as UTF-8")),
    Case("syntax", Kind.POLICY, "{\u201cid\u201d: 1}", (1, 2), "error", ("typographic quotes",)),
    Case("syntax", Kind.POLICY, '{"rate": ${RATE}}', (1, 10), "error", ("a placeholder is not filled in",)),
    Case("syntax", Kind.POLICY, '{"rate": {{ rate }}}', (1, 11), "error", ("a placeholder is not filled in",)),
    Case("syntax", Kind.POLICY, '{"rate": NaN}', (1, 10), "error", ("JSON has no NaN",)),
    Case("syntax", Kind.POLICY, '{"id": "gold,\n "rate": 5}', (1, 8), "error", ("no closing quote",)),
    Case("syntax", Kind.POLICY, '{"active": True}', (1, 12), "error", ("true, false and null alone", "in small letters")),
    Case("syntax", Kind.POLICY, '{"name": undefined}', (1, 10), "error", ("true, false and null alone",)),
    Case("syntax", Kind.POLICY, '{"rate": 010}', (1, 11), "error", ("a number begins with a zero",)),
    Case("syntax", Kind.POLICY, '{"rate": 0x1F}', (1, 11), "error", ("write it in decimal",)),
    Case("syntax", Kind.POLICY, '{"rate": 1_000}', (1, 11), "error", ("a number is not written as JSON has it",)),
    Case("syntax", Kind.POLICY, '{"rate": .5}', (1, 10), "error", ("write it as in 1000 or 0.5",)),
    Case("syntax", Kind.POLICY, '{"rate": 1,000}', (1, 12), "error", ("write numbers without commas",)),
    Case("not-utf-8", Kind.POLICY, f'{{"id": "gold", {_RIGHTS}, "name": "\udce9"}}', (1, 76), "warning", ("reads U+FFFD",)),
    Case("unread-file", Kind.POLICY, "id: gold", (1, 1), "warning", ("reads only files *.json",), name="gold.yaml"),
    Case("syntax", Kind.RECORD, '{"gold": {"id" "gold"}}', (1, 16), "error", ("those that it had stay",), name="policies.json"),
    Case("syntax", Kind.API, "nothing", (1, 1), "error", ("the API is not served",)),
    Case("syntax", Kind.CONF, "{,}", (1, 2), "error", ("does not start",), name="tyk.conf"),
    Case("trailing-data", Kind.POLICY, GOLD.data.decode() + "\n{}", (2, 1), "warning", ("reads the first value alone",)),
    Case("trailing-data", Kind.SESSION, '{"apply_policies": ["gold"]} x', (1, 30), "error", ("400",)),
    _of_policy("wrong-type", '"rate": "5"', (2, 10), "error", 'policy gold, rate: "5" is a string, must be a number', "write 5"),
    _of_policy("wrong-type", '"quota_max": 1e3', (2, 15), "error", "quota_max: 1e3 is a number, must be a whole number", "write 1000"),
    _of_policy("wrong-type", '"partitions": {"acl": "true"}', (2, 24), "error", "partitions/acl", "write true"),
    Case("list-of-policies", Kind.POLICY, '[{"id": "gold", "name": "Gold"}]', (1, 1), "error", ("an array of 1", "loads none of them", "a record file")),
    _of_policy("wrong-type", '"tags": ["a", 7]', (2, 16), "error", "tags/1", 'write "7"'),
    _of_policy("wrong-type", '"meta_data": {"n": 1e999}', (2, 21), "error", "meta_data/n"),
    _of_policy("wrong-type", '"access_rights": []', (2, 19), "error", "access_rights: it is an array, must be an object"),
    Case("wrong-type", Kind.RECORD, '{"gold": {"rate": "x"}}', (1, 19), "error", ("no policy of the file",)),
    Case("wrong-type", Kind.RECORD, "[]", (1, 1), "error", ("must be an object",), name="policies.json"),
    _of_session("wrong-type", '"apply_policies": "gold"', (1, 20), "error", "apply_policies", "must be an array"),
    _of_conf("wrong-type", '"listen_port": "8080"', (1, 17), "error", "listen_port", "does not start", "write 8080"),
    _of_conf("wrong-type", '"secret": 12345', (1, 12), "error", "secret: the value must be a string", "correct the value"),
    _of_policy("unknown-member", '"raet": 5', (2, 2), "warning", "raet", "did you mean rate?"),
    _of_policy("unknown-member", '"acess_rights": {}', (2, 2), "warning", "did you mean access_rights?"),
    _of_policy("unknown-member", '"access_rights": {"orders": {"limit": {"rat": 5}}}', (2, 41), "warning", "access_rights/orders/limit/rat", "did you mean rate?"),
    _of_policy("unknown-member", '"zzz": 5', (2, 2), "warning", "remove it"),
    _of_session("unknown-member", '"apply_polices": []', (1, 2), "warning", "did you mean apply_policies?"),
    _of_conf("unknown-member", '"policies": {"policy_pth": "x"}', (1, 15), "warning", "policies/policy_pth", "did you mean policy_path?"),
    Case("unknown-member", Kind.API, '{"proxy": {"listen_pth": "/"}}', (1, 12), "warning", ("did you mean listen_path?",), name="a.json"),
    _of_policy("other-version", '"post_expiry_action": "x"', (2, 2), "warning", "from 5.13.0", version="5.12", silent=("5.13", "5.14")),
    _of_conf("other-version", '"allow_unsafe_policy_ids": true', (1, 2), "warning", "from 5.13.0", version="5.8", silent=("5.14",)),
    _of_policy("dashboard-member", '"date_created": "x"', (2, 2), "note", "the Dashboard has it"),
    _of_policy("folded-name", '"Rate": 5', (2, 2), "note", "write rate"),
    _of_policy("duplicate-member", '"rate": 5, "per": 1, "Rate": 6', (2, 23), "warning", "reads the last of them; keep one"),
    _of_policy("duplicate-member", '"graphql_access_rights": {"a": {}, "a": {}}', (2, 37), "warning", "graphql_access_rights/a", "reads the last of them; keep one"),
    _of_policy("duplicate-member", '"partitions": {"acl": true}, "partitions": {}', (2, 31), "warning", "and the members of the others that it lacks"),
    Case("duplicate-member", Kind.RECORD, f'{{"gold": {{{_RIGHTS}}},\n "gold": {{{_RIGHTS}}}}}', (2, 2), "warning", ("the key 'gold' is there twice",)),
    _of_policy("rounded-number", '"meta_data": {"n": 12345678901234567890}', (2, 21), "warning", "reads 12345678901234567000"),
    _of_policy("rounded-number", '"rate": 9007199254740993, "per": 1', (2, 10), "warning", "reads 9007199254740992"),
    Case("null-policy", Kind.RECORD, '{"gold": null}', (1, 2), "warning", ("without any limit or right",)),
    Case("no-id", Kind.POLICY, '{"name": "Gold"}', (1, 1), "error", ("policy gold", "does not load the policy")),
    Case("no-id", Kind.POLICY, "null", (1, 1), "warning", ("lists the policy with an empty id",), version="5.8"),
    Case("no-id", Kind.API, '{"proxy": {"listen_path": "/a/"}}', (1, 1), "warning", ("no right can name",)),
    Case("id-characters", Kind.RECORD, f'{{"go ld": {{{_RIGHTS}}}}}', (1, 2), "warning", ("'go ld'", "allow_unsafe_policy_ids"), silent=("5.8", "5.12")),
    Case("impossible-id", Kind.RECORD, f'{{"a/b": {{{_RIGHTS}}}}}', (1, 2), "warning", ("'a/b'", "500")),
    Case("impossible-id", Kind.RECORD, f'{{"{"x" * 251}": {{{_RIGHTS}}}}}', (1, 2), "warning", ("xxx...",), version="5.8"),
    Case("file-name", Kind.POLICY, GOLD.data.decode(), (1, 2), "warning", ("rename the file to gold.json",), name="p/silver.json"),
    Case("duplicate-id", Kind.POLICY, GOLD.data.decode(), (1, 2), "warning", ("old/gold.json", "keeps the one that it reads last, gold.json"), others=(File("old/gold.json", GOLD.data, Kind.POLICY),)),
    Case("duplicate-id", Kind.API, ORDERS.data.decode(), (1, 2), "warning", ("orders.json",), name="z.json", others=(ORDERS,)),
    Case("record-key", Kind.RECORD, f'{{"gold": {{"id": "silver", {_RIGHTS}}}}}', (1, 11), "warning", ("takes the key as the id",)),
    Case("record-key", Kind.RECORD, f'{{"gold": {{{_RIGHTS}}}}}', (1, 2), "warning", ("with its own id",), version="5.8", silent=("5.12",)),
    _of_policy("partition-conflict", '"partitions": {"acl": true, "per_api": true}', (2, 30), "error", "per_api is set with acl"),
    _of_policy("right-key", '"access_rights": {"orders": {"api_id": "bills"}}', (2, 31), "warning", "goes by the key orders"),
    _of_session("right-key", '"access_rights": {"orders": {"api_id": "bills"}}', (1, 31), "warning", "goes by the key orders"),
    _of_policy("unknown-api", '"access_rights": {"ordrs": {}}', (2, 20), "warning", "did you mean orders?", others=(ORDERS,)),
    Case("no-rights", Kind.POLICY, '{"id": "gold"}', (1, 1), "warning", ("key has no valid policies to be applied",)),
    _of_policy("ignored-limit", '"access_rights": {"orders": {"limit": {"rate": 1, "per": 2}}}', (2, 31), "warning", "set partitions.per_api"),
    _of_policy("quota-without-renewal", '"quota_max": 10', (2, 2), "warning", "after 10 requests"),
    _of_policy("quota-without-renewal", '"partitions": {"per_api": true}, "access_rights": {"a": {"limit": {"quota_max": 3}}}', (2, 69), "warning", "access_rights/a/limit/quota_max"),
    _of_policy("rate-without-per", '"rate": 5, "per": 0', (2, 13), "warning", "no rate limit"),
    _of_policy("negative-rate", '"rate": -5, "per": 60', (2, 2), "warning", "rate is -5", "not even that of another policy", "-1 if there is"),
    _of_policy("negative-rate", '"partitions": {"per_api": true}, "access_rights": {"a": {"limit": {"rate": -2, "per": 1}}}', (2, 69), "warning", "access_rights/a/limit/rate"),
    _of_session("negative-rate", '"apply_policies": ["gold"], "rate": -5', (1, 30), "warning", "rate is -5"),
    _of_policy("negative-per", '"rate": 5, "per": -60', (2, 13), "warning", "rate is 5 and per is -60"),
    _of_policy("fractional-limit", '"rate": 2.5, "per": 60', (2, 2), "warning", "allows 2 in 60 s"),
    _of_policy("fractional-limit", '"rate": 0.5, "per": 60', (2, 2), "warning", "allows 1 in 60 s"),
    _of_policy("fractional-limit", '"rate": 5, "per": 1.9', (2, 13), "warning", "allows 5 in 1 s"),
    _of_policy("fractional-limit", '"rate": 5, "per": 0.5', (2, 13), "warning", "applies no rate limit"),
    _of_policy("negative-quota", '"quota_max": -100', (2, 2), "warning", "quota_max is -100", "applies no quota"),
    _of_policy("no-smoothing", '"smoothing": {"enabled": true, "threshold": 5, "step": 1}', (2, 2), "warning", "trigger is 0, delay is 0", "without smoothing"),
    _of_policy("negative-renewal", '"quota_max": -1, "quota_renewal_rate": -3600', (2, 19), "note", "does not read it"),
    _of_policy("foreign-api", '"org_id": "ours"', (1, 34), "error", "the policy is of 'ours', and the API of 'acme'", "500", others=(ORDERS,)),
    _of_policy("unknown-version", '"access_rights": {"ledger": {"versions": ["v9"]}}', (2, 31), "error", "the right names 'v9', and the API has 'v1', 'v2'", "name one of 'v1', 'v2'", others=(VERSIONED,)),
    _of_policy("unknown-version", '"access_rights": {"ledger": {}}', (2, 20), "error", "no version", "name one of 'v1', 'v2'", others=(VERSIONED,)),
    _of_policy("unmatched-url", '"access_rights": {"a": {"allowed_urls": [{"url": "/x", "methods": ["GET"]}, {"url": "/y", "methods": ["get"]}]}}', (2, 78), "warning", "the method 'get' is not in upper case", "403"),
    _of_policy("unmatched-url", '"access_rights": {"a": {"allowed_urls": [{"url": "/y"}]}}', (2, 43), "warning", "no methods"),
    _of_session("unmatched-url", '"access_rights": {"a": {"allowed_urls": [{"url": "(", "methods": ["GET"]}]}}', (1, 43), "warning", "no regular expression"),
    _of_policy("misplaced-right", '"access_rights": {"orders": {"mcp_access_rights": {"tools": {"allowed": ["a"]}}}}', (2, 20), "warning", "MCP fields can only be configured on MCP Proxies", "over REST with 400", others=(ORDERS,)),
    _of_policy("misplaced-right", '"access_rights": {"tools": {"allowed_urls": [{"url": "/a", "methods": ["GET"]}]}}', (2, 20), "warning", "HTTP/REST and GraphQL fields cannot be configured on MCP Proxies", others=(TOOLS,), silent=("5.12",)),
    _of_session("misplaced-right", '"access_rights": {"tools": {"mcp_primitives": [{"type": "spoon", "name": "a", "limit": {"rate": 1, "per": 1}}]}}', (1, 20), "error", 'invalid MCP primitive type "spoon"', "refuses the key with 400", others=(TOOLS,)),
    _of_policy("limit-without-rate", '"access_rights": {"tools": {"json_rpc_methods": [{"name": "ping", "limit": {"per": 60}}]}}', (2, 51), "warning", "the limit of 'ping' has no rate"),
    _of_policy("limit-without-rate", '"access_rights": {"tools": {"mcp_primitives": [{"type": "tool", "name": "a"}]}}', (2, 49), "warning", "the limit of 'a' has no rate"),
    _of_policy("name-is-no-expression", '"access_rights": {"tools": {"mcp_access_rights": {"prompts": {"blocked": ["a", "("]}}}}', (2, 81), "warning", "'(' is no regular expression", "takes it for the name itself"),
    _of_policy("limit-without-rate", '"access_rights": {"tools": {"json_rpc_methods": [], "JSON_RPC_METHODS": [{"name": "ping"}]}}', (2, 30), "warning", "the limit of 'ping' has no rate"),
    _of_policy("name-is-no-expression", '"access_rights": {"tools": {"json_rpc_methods_access_rights": {"allowed": ["("]}}}', (2, 77), "warning", "'(' is no regular expression"),
    _of_policy("large-file", f'"meta_data": {{"a": "{"x" * (5 << 20)}"}}', (1, 1), "note", "5.0 MiB", "no limit"),
    _of_policy("per-without-rate", '"per": 60', (2, 2), "note", "rate is 0"),
    Case("missing-org", Kind.POLICY, f'{{"id": "silver", {_RIGHTS}}}', (1, 1), "warning", ("only sessions without org_id",), name="silver.json", others=(GOLD,)),
    _of_policy("active-has-no-effect", '"active": false', (2, 2), "note", "set is_inactive"),
    Case("active-has-no-effect", Kind.API, ORDERS.data.decode()[:-1] + ', "active": false}', (1, 110), "note", ("serves the API all the same",), name="orders.json"),
    _of_policy("inactive", '"is_inactive": true', (2, 2), "note", "403"),
    _of_policy("no-lifetime", '"key_expires_in": -1', (2, 2), "warning", "never expire"),
    _of_policy("post-expiry", '"post_expiry_action": "remove"', (2, 2), "warning", "post_expiry_action is 'remove'", "session_lifetime", '"delete"', version="5.14", silent=("5.12",)),
    _of_policy("post-expiry", '"post_expiry_action": "retain"', (2, 2), "warning", "and post_expiry_grace_period is 0", version="5.13"),
    _of_session("post-expiry", '"access_rights": {"a": {}}, "post_expiry_grace_period": 60', (1, 30), "warning", "there is no post_expiry_action", version="5.14"),
    _of_session("expired", '"apply_policies": ["gold"], "expires": 1700000000', (1, 30), "warning", "never expires"),
    Case("expired", Kind.API, ORDERS.data.decode()[:-1] + ', "version_data": {"versions": {"v1": {"expires": "2006-01-02 15:04"}}}}', (1, 147), "warning", ("403",), name="orders.json"),
    Case("expired", Kind.API, ORDERS.data.decode()[:-1] + ', "expiration": "soon", "version_data": {"not_versioned": true}}', (1, 110), "warning", ("is no date",), name="orders.json"),
    _of_session("no-expiry", '"access_rights": {"a": {}}', (1, 1), "note", "never expires"),
    _of_session("unknown-policy", '"org_id": "acme", "apply_policies": ["gold", "silvr"]', (1, 20), "warning", "'silvr'", others=(GOLD,)),
    Case("unknown-policy", Kind.API, ORDERS.data.decode()[:-1] + ', "scopes": {"jwt": {"scope_to_policy": {"read": "glod"}}}}', (1, 149), "warning", ("did you mean gold?",), name="orders.json", others=(GOLD,)),
    _of_session("orphaned-session", '"apply_policies": ["glod"]', (1, 2), "error", 'policy not found: "glod"', "did you mean gold?", others=(GOLD,)),
    _of_session("orphaned-session", '"apply_policies": ["a", "b"]', (1, 2), "error", "no policy has the id 'a' or 'b'", "key has no valid policies", others=(GOLD,)),
    _of_session("orphaned-session", '"apply_policy_id": "a"', (1, 2), "error", "apply_policy_id", others=(GOLD,)),
    _of_session("refused-session", '"org_id": "acme", "apply_policies": ["parts", "each"]', (1, 20), "error", "'parts', 'each' cannot be applied", "per_api set and some are partitioned", others=(MIXED,)),
    _of_session("refused-session", '"org_id": "acme", "apply_policy_id": "none"', (1, 20), "error", "key has no valid policies", others=(MIXED,)),
    _of_session("foreign-policy", '"org_id": "other", "apply_policies": ["gold"]', (1, 21), "warning", "does not find the policy", others=(GOLD,)),
    _of_session("foreign-policy", '"org_id": "other", "apply_policies": ["gold"]', (1, 21), "error", "different organisation", others=(GOLD,), version="5.8"),
    _of_session("session-without-rights", '"alias": "me"', (1, 1), "error", "allow_master_keys"),
    Case("not-served", Kind.API, '{"api_id": "a", "proxy": {"listen_path": "a"}}', (1, 27), "error", ("slash",), name="a.json"),
    Case("not-served", Kind.API, '{"api_id": "a", "proxy": {"listen_path": "/a", "target_url": ":x"}}', (1, 48), "error", ("target_url",), name="a.json"),
    Case("shared-listen-path", Kind.API, ORDERS.data.decode().replace('"orders"', '"bills"'), (1, 49), "warning", ("orders.json has the listen path '/orders/' too",), name="z.json", others=(ORDERS,)),
    _of_dashboard("wrong-type", '"listen_port": "3000"', (1, 17), "error", "write 3000"),
    _of_dashboard("wrong-type", '"tyk_api_config": {"Port": 8080}', (1, 29), "error", 'write "8080"'),
    _of_dashboard("unknown-member", '"page_sise": 5, "of_an_older_release": 1', (1, 2), "warning", "did you mean page_size?"),
    _of_dashboard("folded-name", '"Page_Size": 5', (1, 2), "note", "write page_size"),
    _of_dashboard("duplicate-member", '"page_size": 5, "page_size": 6', (1, 18), "warning", "one of them"),
    _of_conf("empty-secret", '"secret": ""', (1, 2), "warning", "everyone may use /tyk/"),
    _of_conf("sample-secret", '"secret": "352d20ee67be67f6340b4c0605b044b7"', (1, 2), "warning", "sample"),
    _of_conf("no-policies", '"policies": {"policy_source": "file"}', (1, 2), "warning", "loads no policy"),
    _of_conf("policy-source", '"policies": {"policy_source": "fiel"}', (1, 15), "warning", "'fiel'"),
    _of_conf("ignored-record", '"policies": {"policy_path": "p", "policy_record_name": "r"}', (1, 35), "note", "directory alone"),
    _of_conf("record-is-not-written", '"policies": {"policy_record_name": "r"}', (1, 15), "note", "never loaded"),
    _of_conf("all-interfaces", '"listen_address": ""', (1, 2), "note", "all interfaces"),
    _of_conf("no-redis", '"storage": {"type": "mongo"}', (1, 14), "error", "'mongo'"),
    _of_conf("hash-function", '"hash_key_function": "md5"', (1, 2), "warning", "murmur32"),
    _of_conf("unused-key", '"policies": {"allow_explicit_policy_id": true}', (1, 15), "note", "no effect"),
]  # fmt: skip
PARAMETERS = [pytest.param(case, id=f"{case.rule}-{number}") for number, case in enumerate(CASES)]
