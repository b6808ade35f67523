"""Generated requests to every operation, and every answer of the run against the contract."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, unquote, urlencode

import pytest

from contract_tests.engine.checks import Mismatch, expect, shorten
from contract_tests.engine.declaration import ALONE, AT_END, FIRST, LAST, RELOAD, STARTED, Steps, behaviour
from contract_tests.engine.exchange import Exchange, Request
from contract_tests.engine.generated_requests import GeneratedRequest
from contract_tests.engine.ownership import UnsafeRequest
from contract_tests.engine.schema_judge import operation_of
from contract_tests.gateway import generated
from contract_tests.gateway.client import Gateway
from contract_tests.gateway.resources import POLICIES
from contract_tests.model.policies import Model
from mockserver.contract.openapi import Operation


@pytest.mark.parametrize("path", [POLICIES, f"{POLICIES}/{{polID}}"])
@pytest.mark.parametrize("method", ["POST", "PUT"])
@behaviour("generated-writes-are-answered")
def test_generated_writes(gateway: Gateway, method: str, path: str) -> Steps:
    """A generated write gets the answer that the model predicts, and its policy is read as written."""
    yield RELOAD  # the generator works meanwhile

    model = Model(gateway.codec, gateway.behaviours)
    for path_id, body in _bodies(gateway):
        if path == POLICIES:
            _write(gateway, model, method, None, body)
        else:
            _write(gateway, model, method, path_id, body)
    yield RELOAD
    model.reload()

    for policy_id in model.loaded:
        expect(gateway.get(policy_id), *model.get(policy_id))


@pytest.mark.parametrize("operation_id", ["getHello", "getReady", "listPolicies", "getPolicy"])
@behaviour("generated-reads-are-answered", reads_only=True, phase=FIRST)
def test_generated_reads(gateway: Gateway, operation_id: str) -> Steps:
    """A generated read gets an answer that the contract declares."""
    yield STARTED  # the generator works meanwhile

    version = gateway.version
    for case in (
        *generated.conforming(version, operation_id),
        *generated.violating(version, operation_id),
    ):
        _judge(gateway, gateway.send("GET", _path(case)))


@behaviour("generated-deletes-are-answered")
def test_generated_deletes(gateway: Gateway) -> Steps:
    """A DELETE of an unknown policy with a generated id gets an answer that the contract declares."""
    yield AT_END  # the generator works meanwhile

    for case in generated.conforming(gateway.version, "deletePolicy"):
        suffix = unquote(case.path_parameters["polID"]).replace("/", "")
        _judge(gateway, gateway.delete(_owned_id(gateway, suffix)))


@pytest.mark.parametrize("operation_id", ["deletePolicyWithoutId", "updatePolicyWithoutId"])
@behaviour("generated-writes-are-answered")
def test_generated_requests_without_an_id(gateway: Gateway, operation_id: str) -> Steps:
    """A PUT or DELETE that names no policy gets an answer that the contract declares."""
    yield AT_END  # the generator works meanwhile

    method = gateway.contract.operations[operation_id].method
    for case in generated.conforming(gateway.version, operation_id):
        body = _owned(gateway, case.body) if method == "PUT" else None
        _judge(gateway, gateway.send(method, POLICIES, body))


@behaviour("generated-reloads-are-answered", phase=ALONE)
def test_generated_reloads(gateway: Gateway) -> None:
    """A reload with generated parameters gets an answer that the contract declares."""
    for case in generated.conforming(gateway.version, "reload")[:4]:
        gateway.target.reloads += 1
        _judge(gateway, gateway.send("GET", _path(case)))


@behaviour("answers-conform-to-spec", reads_only=True, phase=LAST)
def test_every_answer_of_the_run_conforms(gateway: Gateway) -> None:
    """Every answer to an operation has a status, a content type and a body that the contract declares."""
    judge = gateway.judge
    judge.read(gateway.target.log)
    for operation, exchange, violation in judge.findings():
        gateway.exchanges.append(exchange)
        raise _mismatch(operation, exchange, violation)


def _write(gateway: Gateway, model: Model, method: str, path_id: str | None, body: bytes) -> None:
    """Send a write and compare its answer with the model's; skip a write that would be unsafe."""
    target = POLICIES if path_id is None else f"{POLICIES}/{quote(path_id, safe='')}"
    try:
        gateway.ownership.check(Request(method, target, body))
    except UnsafeRequest:
        return
    exchange = gateway.send(method, target, body)
    if method == "POST":
        expect(exchange, *model.post(body))
    elif path_id is None:
        text = '{"status":"error","message":"Must specify an apiID to update"}\n'
        expect(exchange, 400, text)
    else:
        expect(exchange, *model.put(path_id, body))


def _bodies(gateway: Gateway) -> list[tuple[str, bytes]]:
    """Generated bodies with ids of this run, as pairs of an id and a body."""
    version = gateway.version
    bodies = []
    for case in (
        *generated.conforming(version, "addPolicy"),
        *generated.violating(version, "addPolicy"),
    ):
        body = _owned(gateway, case.body)
        body_id = body.get("id") if isinstance(body, dict) else None
        path_id = body_id if isinstance(body_id, str) and "/" not in body_id else gateway.new_id()
        bodies.append((path_id, body if isinstance(body, bytes) else json.dumps(body).encode()))
    return bodies


def _owned(gateway: Gateway, body: Any) -> Any:
    """A generated body with an id of this run in place of its own."""
    if not isinstance(body, dict):
        return body
    members = {name: value for name, value in body.items() if name.lower() not in ("id", "_id")}
    if "id" in body and not isinstance(body["id"], str):
        return {**members, "id": body["id"]}
    object_id = body.get("_id")
    if isinstance(object_id, str) and len(object_id) == 24:
        object_id = gateway.ownership.new_object_id()
    owned = {"id": _owned_id(gateway, body.get("id", "")), **({"_id": object_id} if "_id" in body else {})}
    return {**members, **owned}


def _owned_id(gateway: Gateway, suffix: str) -> str:
    """A new id with a generated ending, or without it if a server might read the ending as a path."""
    candidate = gateway.new_id("-" + suffix)
    return candidate if gateway.ownership.owns(candidate) else gateway.new_id()


def _path(case: GeneratedRequest) -> str:
    path = case.path.format(**case.path_parameters)
    query = {k: v for k, v in case.query.items() if (k, v) != ("block", "true")}
    return f"{path}?{urlencode(query, doseq=True)}" if query else path


def _judge(gateway: Gateway, exchange: Exchange) -> None:
    operation = operation_of(gateway.contract, exchange)
    if operation is not None and (violations := gateway.judge.violations(operation, exchange)):
        raise _mismatch(operation, exchange, violations[0])


def _mismatch(operation: Operation, exchange: Exchange, violation: str) -> Mismatch:
    return Mismatch(f"an answer as {operation.label} declares", shorten(violation), exchange)
