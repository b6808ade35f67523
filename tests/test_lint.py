"""The linter finds planted mistakes, and nothing in what real gateways take."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lint_cases import CASES, GOLD, NOW, ORDERS, PARAMETERS, Case

from mockserver.contract import behaviours, member_tables
from mockserver.contract.spec_files import known_versions, load_yaml, spec_path, version_of
from mockserver.dashboard.config import Config as DashboardConfig
from mockserver.evidence.recording import read_recording
from mockserver.gateway.config import Config
from mockserver.gateway.lint import rules
from mockserver.gateway.lint.file import File
from mockserver.gateway.lint.findings import Finding
from mockserver.gateway.lint.fixing import fixed
from mockserver.gateway.lint.kinds import kind_of
from mockserver.gateway.lint.linter import Linter
from mockserver.gateway.lint.rules import Kind, Level
from mockserver.golang import json_places, json_reader

LINTERS = {line: Linter(version) for line, version in known_versions().items()}
WRITES = {"/tyk/policies": Kind.POLICY, "/tyk/keys": Kind.SESSION, "/tyk/apis": Kind.API}


def _findings(version: str, *files: File) -> list[Finding]:
    return LINTERS[version].lint(files, NOW)


@pytest.mark.parametrize("case", PARAMETERS)
def test_a_mistake_is_found_at_its_place(case: Case) -> None:
    """A planted mistake is found by its rule, at its line and column, with what a gateway does and the remedy."""
    findings = _findings(case.version, *case.others, case.file)
    (finding,) = [finding for finding in findings if finding.rule == case.rule]
    assert (finding.file, finding.level.label) == (case.name, case.level)
    assert (finding.line, finding.column) == case.place
    assert all(text in str(finding) for text in case.told), str(finding)
    for version in case.silent:
        assert case.rule not in {finding.rule for finding in _findings(version, *case.others, case.file)}


def test_each_rule_has_a_mistake() -> None:
    """Each rule of the table finds one of the planted mistakes."""
    assert {case.rule for case in CASES} == set(rules.load())


@pytest.mark.parametrize("line", LINTERS)
def test_what_gateways_take_has_no_error(line: str) -> None:
    """No policy, key or API that a real gateway took in a recording has an error, but for those it cannot use."""
    recording = read_recording(spec_path(f"gateway/recordings/{known_versions()[line]}.jsonl"))
    errors, count = set(), 0
    for scenario in recording.scenarios:
        for step in scenario.steps:
            request = step.get("request")
            if (
                request is None
                or request["method"] not in ("POST", "PUT")
                or step["response"].get("status") != 200
            ):
                continue
            target = request["target"].partition("?")[0]
            kind = next(
                (kind for prefix, kind in WRITES.items() if target.split("/")[:3] == prefix.split("/")), None
            )
            is_other = target.startswith(("/tyk/keys/p", "/tyk/apis/oas"))  # a preview, or the OpenAPI form
            if kind is None or is_other or not request.get("body"):
                continue
            count += 1
            file = File("x.json", request["body"].encode("utf-8", "surrogateescape"), kind)
            errors |= {
                (scenario.name, finding.rule)
                for finding in LINTERS[line].lint([file], NOW)
                if finding.level is Level.ERROR
            }
    assert count > 300
    assert errors <= {("keys/master", "session-without-rights"), ("apis/life", "not-served")}


def _examples() -> list[File]:
    schemas = load_yaml(spec_path("gateway/openapi.yaml"))["components"]["schemas"]
    kinds = {"Policy": Kind.POLICY, "SessionState": Kind.SESSION, "ApiDefinition": Kind.API}
    names = {"Policy": "gold.json", "SessionState": "session.json", "ApiDefinition": "orders.json"}
    return [
        File(names[schema], json.dumps(schemas[schema]["example"]).encode(), kind)
        for schema, kind in kinds.items()
    ]


@pytest.mark.parametrize("line", LINTERS)
def test_the_examples_of_the_contract_have_nothing_to_find(line: str) -> None:
    """The examples of policy, session and API definition, linted together, have no error and no warning."""
    findings = _findings(line, *_examples())
    assert [str(finding) for finding in findings if finding.level > Level.NOTE] == []


@pytest.mark.parametrize(
    "file", [*_examples(), GOLD, ORDERS], ids=lambda file: f"{file.name}-{len(file.data)}"
)
def test_the_kind_of_a_file_is_told_by_its_content(file: File) -> None:
    """A policy, a session and an API definition are told apart without their directory."""
    assert kind_of("x.json", json_reader.read(file.data)[0]) is file.kind


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("policies.json", "{}", Kind.RECORD), ("x.json", "{}", Kind.POLICY), ("x.json", "null", Kind.POLICY),
        ("x.json", '{"gold": {"rate": 5}, "silver": null}', Kind.RECORD), ("x.json", "[]", Kind.SESSION),
        ("x.json", '{"k1": {"apply_policies": []}}', Kind.SESSION), ("tyk.conf", "{}", Kind.CONF),
        ("x.json", '{"listen_port": 1, "app_path": "a"}', Kind.CONF), ("tyk_analytics.conf", "{}", Kind.DASHBOARD_CONF),
    ],
)  # fmt: skip
def test_other_files_have_a_kind_too(name: str, text: str, kind: Kind) -> None:
    """Record files, sessions by key, lists and configurations are told by their names and members."""
    assert kind_of(name, json_reader.read(text.encode())[0]) is kind


def test_keys_are_not_shown() -> None:
    """A finding of a session names no more of its key, which is a secret, than the beginning."""
    file = File("keys.json", b'{"5e9d9544a1dcd60001d0ed20abcdef": {"apply_polices": ["gold"]}}', Kind.SESSION)
    texts = " ".join(map(str, _findings("5.14", file)))
    assert "session 5e9d..." in texts
    assert "abcdef" not in texts


def test_sessions_of_a_dashboard_are_read() -> None:
    """A session in the `data` of a Dashboard's answer is linted, with its steps counted from the file's top."""
    file = File(
        "keys.json", b'[{"key_id": "k",\n "data": {"apply_polices": ["gold"], "quota_max": 1}}]', Kind.SESSION
    )
    places = {finding.rule: (finding.line, finding.column) for finding in _findings("5.14", file)}
    assert places["unknown-member"] == (2, 11)
    assert places["quota-without-renewal"] == (2, 38)


def test_a_configuration_counts_for_the_files_beside_it() -> None:
    """allow_unsafe_policy_ids and allow_master_keys of a tyk.conf end the findings that they would end."""
    odd = File("policies.json", b'{"a b": {"access_rights": {"a": {}}}}', Kind.RECORD)
    session = File("session.json", b'{"alias": "me"}', Kind.SESSION)
    conf = File("tyk.conf", b'{"allow_unsafe_policy_ids": true, "allow_master_keys": true}', Kind.CONF)
    told = {"id-characters", "session-without-rights"}
    assert told <= {finding.rule for finding in _findings("5.14", odd, session)}
    assert not told & {finding.rule for finding in _findings("5.14", odd, session, conf)}


@pytest.mark.parametrize(
    "members",
    [
        '"use_db_app_configs": true',
        '"slave_options": {"use_rpc": true}',
        '"policies": {"policy_source": "service"}',
    ],
)
def test_policies_may_come_from_elsewhere(members: str) -> None:
    """A configuration whose policies come from a Dashboard or a control plane needs no files of policies."""
    file = File("tyk.conf", f"{{{members}}}".encode(), Kind.CONF)
    assert "no-policies" not in {finding.rule for finding in _findings("5.14", file)}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"id": "gold", "rate": "5", "Per": 60,}', '{"id": "gold", "rate": 5, "per": 60}'),
        ('\ufeff{"quota_max": 1.0e3, "key_expires_in": "60.0"}', '{"quota_max": 1000, "key_expires_in": 60}'),
        ('{"active": "TRUE", "is_inactive": 0, "name": 7}', '{"active": true, "is_inactive": false, "name": "7"}'),
        ('{"raet": 5, "rate": "five", "quota_max": 1.5}', '{"raet": 5, "rate": "five", "quota_max": 1.5}'),
    ],
)  # fmt: skip
def test_fixes_have_one_meaning(before: str, after: str) -> None:
    """Commas, marks, the case of names and values with one meaning are changed, and guesses are left."""
    data = before.encode()
    for _ in range(3):
        data = fixed(data, _findings("5.14", File("gold.json", data, Kind.POLICY)))
    assert data.decode() == after


def test_a_file_that_is_not_utf_8_is_not_changed() -> None:
    """A file with bytes that are not UTF-8 stays as it is, for Go reads others in their place."""
    data = b'{"id": "\xff", "rate": "5"}'
    assert fixed(data, _findings("5.14", File("x.json", data, Kind.POLICY))) == data


_SCALARS = st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=5)
_NAMES = st.sampled_from(
    [
        "id",
        "rate",
        "Rate",
        "access_rights",
        "limit",
        "partitions",
        "meta_data",
        "policies",
        "proxy",
        "storage",
        "x",
    ]
)
_DOCUMENTS = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(_NAMES | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(document=_DOCUMENTS, kind=st.sampled_from(list(Kind)), line=st.sampled_from(list(LINTERS)))
def test_any_document_can_be_linted(document: object, kind: Kind, line: str) -> None:
    """Any JSON in place of any file ends in findings whose places lie in the text."""
    text = json.dumps(document, indent=1)
    for finding in _findings(line, File("x.json", text.encode(), kind)):
        assert 1 <= finding.line <= text.count("\n") + 1
        assert 1 <= finding.column <= len(text.split("\n")[finding.line - 1]) + 1


@settings(max_examples=100, deadline=None)
@given(text=st.text(alphabet='{}[]:,"\\ \nat1', max_size=30), kind=st.sampled_from(list(Kind)))
def test_any_text_can_be_linted(text: str, kind: Kind) -> None:
    """A text that is no JSON has one syntax error, which lies in the text or at its end."""
    findings = _findings("5.14", File("x.json", text.encode(), kind))
    for finding in findings:
        if finding.rule == "syntax":
            assert findings == [finding]
            assert finding.column <= len(text.split("\n")[finding.line - 1]) + 1


@settings(max_examples=100, deadline=None)
@given(document=_DOCUMENTS)
def test_places_are_those_of_the_values(document: object) -> None:
    """The text at the place of a value is that value."""
    text = json.dumps(document, indent=1)
    todo = [(document, json_places.places(text))]
    while todo:
        value, place = todo.pop()
        assert json.loads(text[place.start : place.end]) == value
        inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
        todo += zip(inner, place.children, strict=True)


def test_deep_documents_can_be_linted() -> None:
    """A document of 9,000 levels is linted without an end of the stack."""
    text = '{"id": "gold", "meta_data": ' + '{"a": ' * 9000 + "1e999" + "}" * 9001
    (finding,) = [
        f for f in _findings("5.14", File("gold.json", text.encode(), Kind.POLICY)) if f.rule == "wrong-type"
    ]
    assert finding.column == text.index("1e999") + 1


def test_a_thousand_policies_take_no_second(tmp_path: Path) -> None:
    """A thousand policies of 700 bytes, each with a mistake, are linted in less than a second of the processor."""
    right = {"api_id": "orders", "versions": ["Default"], "allowed_urls": [{"url": "/x", "methods": ["GET"]}]}
    policy = {
        "org_id": "acme",
        "raet": 5,
        "per": 60,
        "partitions": {"acl": True},
        "access_rights": {"orders": right},
    }
    text = json.dumps({f"p{number}": {**policy, "tags": ["t"] * 60} for number in range(1000)}, indent=1)
    linter = Linter(version_of("5.14"))
    began = time.process_time()
    findings = linter.lint([File("policies.json", text.encode())], NOW)
    assert time.process_time() - began < 2  # half of that on an idle machine
    assert sum(finding.rule == "unknown-member" for finding in findings) == 1000


def test_the_rules_name_behaviours_that_exist() -> None:
    """A behaviour that an effect depends on, or that is its source, is a row of behaviours.yaml."""
    known = set(behaviours.load())
    for rule in rules.load().values():
        for effect in rule.effects:
            cited = re.findall(r"behaviours? ([a-z0-9-]+(?:, [a-z0-9-]+)*)", effect.source)
            names = {name for names in cited for name in names.split(", ")} | ({effect.behaviour} - {""})
            assert names <= known, rule.id


def test_the_tables_have_what_the_mock_reads() -> None:
    """The tables of names have each key that the mock supports, and each member that the contract describes."""
    kinds = {str: "string", int: "integer", bool: "boolean", tuple: "array", float: "number"}
    tables = {Config: member_tables.CONFIG_KEYS, DashboardConfig: member_tables.DASHBOARD_KEYS}
    supported = [(*item, table) for of, table in tables.items() for item in of.kinds().items()]
    for name, kind, table in supported:
        keys = {key.lower(): value for key, value in member_tables.load(table).kinds.items()}
        path = name.replace("__", ".")
        parents = [path[:end] for end, character in enumerate(path) if character == "."]
        assert keys.get(path) == kinds[kind] or "any" in [keys.get(part) for part in (path, *parents)], path
    schema = load_yaml(spec_path("gateway/openapi.yaml"))["components"]["schemas"]["ApiDefinition"]
    assert set(schema["properties"]) <= set(member_tables.load(member_tables.DEFINITION_MEMBERS).kinds)
