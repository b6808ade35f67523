"""Ownership: the suite writes and deletes nothing that is not of its run."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from contract_tests.engine.exchange import Request
from contract_tests.engine.names import readings, run_of
from contract_tests.engine.ownership import Ownership, UnsafeRequest
from contract_tests.engine.resources import nothing
from contract_tests.gateway.resources import (
    APIS,
    CLIENTS,
    KEY,
    KEYS,
    OPEN_APIS,
    ORGANISATIONS,
    POLICIES,
    RESOURCES,
)
from mockserver.contract.openapi import Contract
from mockserver.contract.spec_files import default_version


@pytest.fixture(name="contract", scope="module")
def _contract() -> Contract:
    return Contract.load(default_version())


@pytest.fixture(name="ownership")
def _ownership(contract: Contract) -> Ownership:
    return Ownership(contract, RESOURCES)


def _request(ownership: Ownership, method: str, target: str, body: Any = None) -> Request:
    """A request with the prefix of the run in place of RUN; a body that is a text is a form."""
    text = body if isinstance(body, str) else json.dumps(body)
    content = None if body is None else text.replace("RUN", ownership.run).encode()
    return Request(method, target.replace("RUN", ownership.run), content)


def test_no_two_ids_are_the_same(ownership: Ownership) -> None:
    """Ids are unique and of the run, whatever is asked to stand at their ends."""
    ids = [ownership.new_id(suffix) for suffix in ("", "1", "11", "7x", "-1", "_1", ".") for _ in range(120)]
    assert len(set(ids)) == len(ids)
    assert all(ownership.owns(name) for name in ids)


def _in_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _of(ownership: Ownership, text: str) -> str:
    """A text with the prefix of the run, and of its database ids, in place of RUN and OBJECT."""
    return text.replace("RUN", ownership.run).replace("OBJECT", ownership.new_object_id()[:16])


@pytest.mark.parametrize(
    "name",
    [
        "RUN1", "RUN1/x", "RUN1/../RUN2", "RUN1 é%20+b", "RUN1%2fx", "RUN1\\x", "/RUN1/", "RUN1.", "RUN...",
        "RUN1?x#y;z",
    ],
)  # fmt: skip
def test_a_name_of_the_run_is_owned(ownership: Ownership, name: str) -> None:
    """A name that begins with the run's prefix is of the run if it does so however a server reads it."""
    assert ownership.owns(_of(ownership, name))


@pytest.mark.parametrize(
    "name",
    [
        "mine", "", "tyk-contract-", "/", "RUN/../mine", "x/RUN1", "tyk-contract-00000000-1", "x/../RUN1", "../RUN1",
        "RUN1/../mine", "RUN1/../../keys/mine", "RUN1%2f..%2fmine", "RUN1%252f..%252fmine", "RUN1/%2e%2e/mine",
        "RUN1\\..\\mine", "RUN1%5c..%5cmine", "RUN1/..;/mine", "RUN1/..;x=1/mine", "RUN1/.. /mine",
        "RUN1/..\0/mine", "%74yk-contract-1", " RUN1", "OBJECTdeadbeef", "OBJECT", "RUN1%" + "25" * 40,
    ],
)  # fmt: skip
def test_a_name_of_others_is_not_owned(ownership: Ownership, name: str) -> None:
    """A name of others, or one that some server reads as a name of others, is not of the run."""
    assert not ownership.owns(_of(ownership, name))


@pytest.mark.parametrize(
    ("text", "is_owned"),
    [
        ('{"org":"RUN","id":"1","h":"murmur64"}', True),
        ('{"org":"RUNx","id":"mine","h":"murmur64"}', True),
        ('{"org":"","id":"RUN1","h":"sha256"}', True),
        ('{"org":"mine","id":"RUN1","h":"murmur64"}', False),
        ('{"org":"","id":"mine","h":"murmur64"}', False),
        ('{"org":"RUN/../mine","id":"1","h":"murmur64"}', False),
        ('{"org":"mine","org":"RUN","id":"1","h":"murmur64"}', False),
        ('{"org":"RUN","ORG":"mine","id":"1","h":"murmur64"}', False),
        ('{"org":["RUN"],"id":"RUN1","h":"murmur64"}', False),
        ('["org","RUN"]', False),
    ],
)
def test_a_key_in_base64_is_of_its_organisation(ownership: Ownership, text: str, *, is_owned: bool) -> None:
    """A key that the gateway named is of the run if its organisation is, or without one if its id is."""
    assert ownership.owns(_in_base64(_of(ownership, text))) is is_owned


def test_a_database_id_of_the_run_is_owned(ownership: Ownership) -> None:
    """A database id is of the run that made it, in either case, and no other id that begins alike is."""
    object_id = ownership.new_object_id()
    assert len(object_id) == 24
    assert ownership.owns(object_id)
    assert ownership.owns(object_id.upper())
    assert run_of("7c0a57acdeadbeefdeadbeef") == run_of("7c0a57ac0000000000000000") == ""
    changed = object_id[:-1] + format(int(object_id[-1], 16) ^ 1, "x")
    assert run_of(changed) == ""


def test_a_name_chosen_by_the_service_must_be_plain(ownership: Ownership) -> None:
    """A name that would end a target, a form's field or a header counts as foreign, if the service chose it."""
    assert ownership.owns_chosen(f"{ownership.run}0123abcd")
    for ending in ("?org_id=x", "&token=x", "#", " HTTP/1.1", "\r\nX: y", "%20", ";x", "é"):
        assert not ownership.owns_chosen(f"{ownership.run}1{ending}")


@pytest.mark.parametrize(
    ("path", "reading"),
    [
        ("/a/../b", "b"), ("//a//b", "a/b"), ("/a%2fb", "a/b"), ("/a%252fb", "a/b"), ("/a\\b", "a/b"),
        ("/a;x=1/b", "a/b"), ("/a/%2e%2e/b", "b"), ("/a/b", "a/b"),
    ],
)  # fmt: skip
def test_a_path_has_all_its_readings(path: str, reading: str) -> None:
    """The readings of a path are the path as it stands, and what servers make of it."""
    assert {path.lstrip("/"), reading} <= readings(path)


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("POST", POLICIES, {"id": "mine"}),
        ("POST", POLICIES, {"ID": "mine"}),
        ("POST", POLICIES, [{"id": "mine"}]),
        ("POST", POLICIES, {"id": "RUN1", "_id": "5f1a2b3c4d5e6f7a8b9c0d1e"}),
        ("POST", POLICIES, {"id": "RUN1", "_id": {"$oid": "5f1a2b3c4d5e6f7a8b9c0d1e"}}),
        ("POST", f"{POLICIES}?id=mine", {"id": "RUN1"}),
        ("PUT", f"{POLICIES}/mine", {}),
        ("PUT", f"{POLICIES}/RUN1", {"id": "mine"}),
        ("PUT", f"{POLICIES}/RUN1/../mine", {}),
        ("PATCH", f"{POLICIES}/mine", {}),
        ("delete", f"{POLICIES}/mine", None),
        ("DELETE", f"{POLICIES}/mine", None),
        ("DELETE", f"{POLICIES}/RUN1%2f..%2fmine", None),
        ("DELETE", f"{POLICIES}/RUN1%252f..%252fmine", None),
        ("DELETE", f"{POLICIES}/RUN1%5c..%5cmine", None),
        ("DELETE", f"{POLICIES}/RUN1/..;/mine", None),
        ("DELETE", f"{POLICIES}/RUN1%{'25' * 40}2f", None),
        ("DELETE", "/tyk/RUN1/../policies/mine", None),
        ("DELETE", "/tyk//policies/mine", None),
        ("DELETE", "/tyk%2fpolicies%2fmine", None),
        ("DELETE", "/tyk/policies;x/mine", None),
        ("DELETE", "/tyk/hello/../policies/mine", None),
        ("DELETE", f"http://gateway{POLICIES}/mine", None),
        ("POST", f"{KEYS}/mine", {}),
        ("POST", f"{KEYS}/RUN1", {"org_id": "theirs"}),
        ("POST", f"{KEYS}/RUN1?org_id=theirs", {}),
        ("POST", f"{KEYS}/RUN1?org_id=RUN&org_id=theirs", {}),
        ("POST", KEYS, {"org_id": "theirs"}),
        ("POST", KEYS, {"org_id": "RUN", "Org_ID": "theirs"}),
        ("POST", KEYS, {}),
        ("POST", f"{KEYS}/create", {"org_id": "theirs"}),
        ("POST", f"{KEYS}/create", {"org_id": ""}),
        ("POST", f"{KEYS}/policy/mine", {}),
        ("DELETE", f"{KEYS}/policy/mine", None),
        ("DELETE", f"{KEYS}/create", None),
        ("DELETE", f"{KEYS}/preview", None),
        ("DELETE", f"{KEYS}/RUN1?org_id=theirs", None),
        ("POST", APIS, {"api_id": "mine"}),
        ("POST", APIS, {"name": "without an id"}),
        ("POST", f"{APIS}?base_api_id=mine", {"api_id": "RUN1"}),
        ("POST", f"{APIS}/oas", {"api_id": "RUN1"}),
        ("POST", APIS, {"proxy": {"listen_path": "/mine/"}}),
        ("POST", APIS, {"api_id": "RUN1", "proxy": {"listen_path": "/mine/"}}),
        ("POST", APIS, {"api_id": "RUN1", "proxy": {"listen_path": "/"}}),
        ("POST", APIS, {"api_id": "RUN1", "proxy": {"listen_path": "/{any}/"}}),
        ("POST", APIS, {"api_id": "RUN1", "proxy": {"listen_path": "/RUN1/../mine/"}}),
        ("POST", APIS, {"api_id": "RUN1", "Proxy": {"Listen_Path": "/mine/"}}),
        ("PUT", f"{APIS}/RUN1", {"api_id": "mine"}),
        ("DELETE", f"{APIS}/mine", None),
        ("PUT", f"{ORGANISATIONS}/mine", {}),
        ("POST", f"{ORGANISATIONS}/RUN1", {"org_id": "mine"}),
        ("POST", f"{CLIENTS}/create", {"api_id": "mine", "client_id": "RUN1"}),
        ("POST", f"{CLIENTS}/create", {"api_id": "RUN1", "client_id": "mine"}),
        ("POST", f"{CLIENTS}/create", {"policy_id": "mine"}),
        ("PUT", f"{CLIENTS}/RUN1/RUN2", {"api_id": "mine"}),
        ("DELETE", f"{CLIENTS}/mine/app", None),
        ("DELETE", f"{CLIENTS}/RUN1/../mine/app", None),
        ("DELETE", f"{CLIENTS}/create", None),
        ("POST", "/tyk/oauth/revoke", "token=mine&client_id=RUN1"),
        ("POST", "/tyk/oauth/revoke", "token=RUN1&client_id=mine"),
        ("POST", "/tyk/oauth/revoke", "token=RUN1&token=mine"),
        ("POST", "/tyk/oauth/revoke", "token=RUN1;token=mine"),
        ("POST", "/tyk/oauth/revoke_all", "client_id=mine"),
        ("DELETE", "/tyk/oauth/refresh/mine?api_id=RUN1", None),
        ("DELETE", "/tyk/oauth/refresh/RUN1?api_id=mine", None),
        ("DELETE", "/tyk/oauth/tokens?scope=lapsed", None),
        ("POST", "/RUN1/oauth/revoke", "token=mine"),
        ("POST", "/RUN1/../mine/a", None),
        ("POST", "/mine/a", None),
        ("POST", "/mine/RUN1", None),
        ("PUT", "/tyk/certs/mine", None),
        ("DELETE", "/tyk/cache/mine", None),
    ],
)
def test_a_request_about_things_of_others_is_refused(
    ownership: Ownership, method: str, target: str, body: Any
) -> None:
    """A test that would write or delete a thing of others fails before it sends the request."""
    with pytest.raises(UnsafeRequest):
        ownership.check(_request(ownership, method, target, body))


@pytest.mark.parametrize(
    ("method", "target", "body", "written"),
    [
        ("POST", POLICIES, {"id": "RUN1"}, [f"{POLICIES}/RUN1"]),
        ("DELETE", f"{POLICIES}/RUN1", None, []),
        ("DELETE", POLICIES, None, []),
        ("GET", f"{POLICIES}/mine", None, []),
        ("get", f"{POLICIES}/mine", None, []),
        ("POST", f"{KEYS}/preview", {"org_id": "theirs"}, []),
        ("POST", f"{KEYS}/RUN1", {}, [f"{KEYS}/RUN1?org_id=RUN"]),
        ("POST", f"{KEYS}/create", {"org_id": "RUN"}, []),
        ("POST", f"{KEYS}/create", "{", []),
        ("DELETE", f"{KEYS}/RUN1?org_id=RUN", None, []),
        ("POST", APIS, {"api_id": "RUN1", "proxy": {"listen_path": "/RUN1/"}}, [f"{APIS}/RUN1"]),
        ("POST", APIS, {"api_id": "RUN1", "proxy": {"listen_path": "/RUN1/{x:.*}/"}}, [f"{APIS}/RUN1"]),
        ("POST", f"{ORGANISATIONS}/RUN", {}, [f"{ORGANISATIONS}/RUN"]),
        ("POST", f"{CLIENTS}/create", {"api_id": "RUN1", "client_id": "RUN2"}, [f"{CLIENTS}/RUN1/RUN2"]),
        ("PUT", f"{CLIENTS}/RUN1/0123", {}, []),
        ("POST", "/tyk/oauth/revoke", "token=RUN1&client_id=RUN2&org_id=", []),
        ("DELETE", "/tyk/oauth/tokens?scope=all", None, []),
        ("POST", "/RUN1/oauth/token", "grant_type=client_credentials&client_id=RUN2", []),
        ("DELETE", "/tyk/RUN1", None, []),
        ("PUT", "/hello", None, []),
        ("DELETE", "/tyk/reload/group", None, []),
    ],
)
def test_a_request_of_the_run_tells_the_targets_to_delete(
    ownership: Ownership, method: str, target: str, body: Any, written: list[str]
) -> None:
    """A write of the run is allowed, and says what is to be deleted at the end."""
    targets = ownership.check(_request(ownership, method, target, body))
    assert targets == [text.replace("RUN", ownership.run) for text in written]


def test_a_key_that_the_gateway_named_for_the_run_is_removed(ownership: Ownership) -> None:
    """A key that the gateway named is noted for removal if its name is of the run."""
    created = _request(ownership, "POST", f"{KEYS}/create", {"org_id": "RUN"})
    name = _in_base64(f'{{"org":"{ownership.run}","id":"1","h":"murmur64"}}')
    ownership.note_answer(created, {"key": name, "action": "added"})
    assert ownership.written() == [(KEY, KEY.target(name, ownership.run))]


@pytest.mark.parametrize("name", ["eyJvcmc", "mine", "RUN1&x", "RUN1/../mine"])
def test_a_key_that_the_gateway_named_for_others_is_not_removed(ownership: Ownership, name: str) -> None:
    """A name in an answer that is not of the run is not noted, and cannot be."""
    name = name.replace("RUN", ownership.run)
    created = _request(ownership, "POST", f"{KEYS}/create", {"org_id": "RUN"})
    ownership.note_answer(created, {"key": name, "action": "added"})
    with pytest.raises(UnsafeRequest, match="is not of this run"):
        ownership.note_name(KEY, name)
    with pytest.raises(UnsafeRequest):
        ownership.note([f"{KEYS}/mine", f"{POLICIES}/mine"])
    assert ownership.written() == []


@pytest.mark.parametrize(
    ("asked", "answered", "is_noted"),
    [("RUN2", "RUN2", True), ("", "0" * 32, True), ("", "mine", False), ("RUN2", "0" * 32, False)],
)
def test_a_client_is_the_one_asked_for_or_one_of_the_gateway(
    ownership: Ownership, asked: str, answered: str, *, is_noted: bool
) -> None:
    """A client of an API of the run is removed if it has the name that was sent, else one that gateways make."""
    body = {"api_id": "RUN1", "client_id": asked}
    answer = {"client_id": answered.replace("RUN", ownership.run)}
    ownership.note_answer(_request(ownership, "POST", f"{CLIENTS}/create", body), answer)
    assert bool(ownership.written()) is is_noted


def test_targets_are_removed_in_the_order_of_the_table(ownership: Ownership) -> None:
    """A client is deleted before its API, whatever was written first."""
    targets = [
        f"{resource.prefix}/{ownership.run}1" for resource in RESOURCES if resource.ids_of is not nothing
    ]
    ownership.note(reversed(targets))
    assert [target for _, target in ownership.written()] == targets


@pytest.mark.parametrize(
    ("prefix", "query", "body"),
    [
        (APIS, "?base_api_id=RUN1", {"api_id": "RUN2"}),
        (OPEN_APIS, "?base_api_id=RUN1", {"x-tyk-api-gateway": {"info": {"id": "RUN2"}}}),
        (APIS, "", {"api_id": "RUN1", "version_definition": {"name": "v1", "versions": {"v2": "RUN2"}}}),
        (OPEN_APIS, "", {"x-tyk-api-gateway": {"info": {"id": "RUN1", "versioning": {"name": "v1"}}}}),
    ],
    ids=["parameter", "parameter in OpenAPI form", "definition", "document"],
)
def test_an_api_is_removed_after_its_versions(
    ownership: Ownership, prefix: str, query: str, body: dict[str, Any]
) -> None:
    """An API that has others as versions is removed after them, for their removal writes it again."""
    base, version = (f"{prefix}/{ownership.run}{number}" for number in (1, 2))
    ownership.check(_request(ownership, "POST", f"{prefix}{query}", body))
    ownership.note([base, version])
    assert [target for _, target in ownership.written()] == [version, base]
