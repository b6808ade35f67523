"""Ownership: the suite writes and deletes nothing that is not of its run."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contract_tests.engine.exchange import Request
from contract_tests.engine.ownership import Ownership, UnsafeRequest
from contract_tests.gateway.resources import APIS, CLIENTS, KEY, KEYS, ORGANISATIONS, POLICIES, RESOURCES
from mockserver.contract.openapi import Contract
from mockserver.contract.spec_files import default_version


@pytest.fixture(name="ownership")
def _ownership() -> Ownership:
    return Ownership(Contract.load(default_version()), RESOURCES)


def _request(method: str, target: str, body: Any = None) -> Request:
    return Request(method, target, None if body is None else json.dumps(body).encode())


def test_no_two_ids_are_the_same(ownership: Ownership) -> None:
    """Ids are unique and of the run, whatever is asked to stand at their ends."""
    ids = [ownership.new_id(suffix) for suffix in ("", "1", "11", "7x", "-1", "_1", ".") for _ in range(120)]
    assert len(set(ids)) == len(ids)
    assert all(ownership.owns(name) for name in ids)


@pytest.mark.parametrize("name", ["mine", "", "{run}/../mine", "x/{run}1", "tyk-contract-00000000-1"])
def test_a_name_of_others_is_not_owned(ownership: Ownership, name: str) -> None:
    """A name that leads out of the run's files, or is of another run, is not of the run."""
    assert not ownership.owns(name.replace("{run}", ownership.run))


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("POST", POLICIES, {"id": "mine"}),
        ("POST", POLICIES, {"ID": "mine"}),
        ("PUT", f"{POLICIES}/mine", {}),
        ("DELETE", f"{POLICIES}/mine", None),
        ("POST", f"{KEYS}/mine", {}),
        ("POST", KEYS, {"org_id": "theirs"}),
        ("POST", f"{KEYS}/create", {"org_id": "theirs"}),
        ("DELETE", f"{KEYS}/policy/mine", None),
        ("POST", APIS, {"api_id": "mine"}),
        ("POST", APIS, {"proxy": {"listen_path": "/mine/"}}),
        ("DELETE", f"{APIS}/mine", None),
        ("PUT", f"{ORGANISATIONS}/mine", {}),
        ("POST", f"{ORGANISATIONS}/", {}),
        ("POST", f"{CLIENTS}/create", {"api_id": "mine", "client_id": "app"}),
        ("DELETE", f"{CLIENTS}/mine/app", None),
    ],
)
def test_a_request_about_things_of_others_is_refused(
    ownership: Ownership, method: str, target: str, body: Any
) -> None:
    """A test that would write or delete a thing of others fails before it sends the request."""
    with pytest.raises(UnsafeRequest):
        ownership.check(_request(method, target, body))


@pytest.mark.parametrize(
    ("method", "target", "body", "written"),
    [
        ("POST", POLICIES, {"id": "{run}1"}, [f"{POLICIES}/{{run}}1"]),
        ("DELETE", f"{POLICIES}/{{run}}1", None, []),
        ("DELETE", POLICIES, None, []),
        ("GET", f"{POLICIES}/mine", None, []),
        ("POST", f"{KEYS}/preview", {"org_id": "theirs"}, []),
        ("POST", f"{KEYS}/{{run}}1", {}, [f"{KEYS}/{{run}}1?org_id={{run}}"]),
        ("POST", f"{KEYS}/create", {"org_id": "{run}"}, []),
        ("POST", APIS, {"api_id": "{run}1", "proxy": {"listen_path": "/{run}1/"}}, [f"{APIS}/{{run}}1"]),
        ("POST", f"{ORGANISATIONS}/{{run}}", {}, [f"{ORGANISATIONS}/{{run}}"]),
        ("POST", f"{CLIENTS}/create", {"api_id": "{run}1", "client_id": "app"}, [f"{CLIENTS}/{{run}}1/app"]),
        ("PUT", f"{CLIENTS}/{{run}}1/app", {}, []),
    ],
)
def test_a_request_of_the_run_tells_the_targets_to_delete(
    ownership: Ownership, method: str, target: str, body: Any, written: list[str]
) -> None:
    """A write of the run is allowed, and says what is to be deleted at the end."""
    run = ownership.run
    content = None if body is None else json.dumps(body).replace("{run}", run).encode()
    targets = ownership.check(Request(method, target.replace("{run}", run), content))
    assert targets == [text.replace("{run}", run) for text in written]


def test_a_key_that_the_gateway_named_is_of_the_run(ownership: Ownership) -> None:
    """A key whose name the gateway chose may be deleted by the run that created it, and by no other."""
    with pytest.raises(UnsafeRequest):
        ownership.check(_request("DELETE", f"{KEYS}/eyJvcmc"))
    created = _request("POST", f"{KEYS}/create", {"org_id": ownership.run})
    ownership.note_answer(created, {"key": "eyJvcmc", "action": "added"})
    assert ownership.check(_request("DELETE", f"{KEYS}/eyJvcmc")) == []
    assert ownership.written(loaded_by_reload=False) == [KEY.target("eyJvcmc", ownership.run)]


def test_targets_are_removed_in_the_order_of_the_table(ownership: Ownership) -> None:
    """A client is deleted before its API, whatever was written first."""
    targets = [f"{resource.prefix}/x" for resource in RESOURCES]
    ownership.note(reversed(targets))
    removed = [target for loaded in (False, True) for target in ownership.written(loaded_by_reload=loaded)]
    assert removed == targets
