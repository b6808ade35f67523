"""The coverage of a run: its exchanges, counted by what the contract declares."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from contract_tests.engine.exchange import Exchange, json_of
from contract_tests.engine.scheduler import Scheduler
from contract_tests.engine.schema_judge import operation_of
from contract_tests.report.coverage import Coverage, MemberCoverage, StatusCoverage
from contract_tests.report.verdicts import Status
from mockserver.contract.openapi import Contract, Operation
from mockserver.contract.schema_views import REQUEST_SUFFIX
from mockserver.contract.spec_files import known_versions

MAX_UNDECLARED = 100  # members that a server made up, in a report
MAX_NAME = 100  # characters of a member or content type that a server made up
Key = tuple[str, int]  # operation and status


def measured(scheduler: Scheduler) -> Coverage:
    """The coverage of the run of a scheduler; groups of operations that the service lacks do not count."""
    run = scheduler.run
    absent = tuple(run.absent_operations.not_offered)
    tally = _Tally(run.contract)
    behaviours = _behaviours(scheduler)
    for exchange in run.target.log:
        operation = operation_of(run.contract, exchange)
        if operation is not None and exchange.answer is not None and not _is_below(operation, absent):
            tally.count(operation, exchange, behaviours.get(id(exchange), ()))
    judged = {
        verdict.behaviour
        for verdict in scheduler.verdicts.values()
        if verdict.status is not Status.NOT_APPLICABLE
    }
    return Coverage(
        statuses=_statuses(run.contract, run.service.folder, tally, absent),
        members=tuple(
            replace(row, member=run.target.auth.masked(row.member))
            for row in _members(run.contract, run.service.folder, tally)
        ),
        content_types=tuple(map(run.target.auth.masked, sorted(tally.content_types))),
        groups=_groups(scheduler, tally),
        idle=tuple(sorted(judged - {name for names in behaviours.values() for name in names})),
    )


class _Tally:
    """The counts of a run."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._read: dict[tuple[object, ...], set[str]] = {}  # the members of a body, for many are equal
        self.answers: Counter[Key] = Counter()
        self.behaviours: defaultdict[Key, set[str]] = defaultdict(set)
        self.answered: Counter[str] = Counter()
        self.sent: Counter[str] = Counter()
        self.content_types: set[str] = set()

    def count(self, operation: Operation, exchange: Exchange, behaviours: tuple[str, ...]) -> None:
        """Count an exchange with an answer, and the behaviours whose tests had it."""
        assert exchange.answer is not None
        key = operation.id, exchange.status
        self.answers[key] += 1
        self.behaviours[key].update(behaviours)
        if exchange.body and (schema := request_schema(self._contract, operation)) is not None:
            self.sent.update(
                self._members_of((operation.id, exchange.body), schema, operation.id, exchange.body)
            )
        declared = _declared_statuses(self._contract, operation)
        content = self._contract.resolve(declared.get(str(exchange.status), {})).get("content", {})
        content_type = exchange.header("Content-Type").partition(";")[0].strip()
        if content and content_type not in content:
            self.content_types.add(f"{operation.id} {exchange.status} {content_type[:MAX_NAME]}")
        elif content_type == "application/json" and content:
            schema = content[content_type].get("schema", {})
            kind = (*key, exchange.answer.stored)
            self.answered.update(self._members_of(kind, schema, operation.id, exchange.answer.body))

    def _members_of(
        self, key: tuple[object, ...], schema: Mapping[str, Any], name: str, body: bytes
    ) -> set[str]:
        if key not in self._read:
            members = self._read[key] = set()
            with suppress(RecursionError):
                _walk(self._contract, name, schema, json_of(body.decode("utf-8", "replace")), members)
        return self._read[key]


def _walk(contract: Contract, name: str, schema: Mapping[str, Any], value: Any, members: set[str]) -> None:
    """Collect the members of a value, as their schema names them; those that it does not declare too."""
    if "$ref" in schema:
        name, schema = _name_of(schema), contract.resolve(schema)
    if "oneOf" in schema:
        fitting = [one for one in schema["oneOf"] if (one.get("type") == "array") is isinstance(value, list)]
        schema = fitting[0] if fitting else {}
    if isinstance(value, list):
        for item in value:
            _walk(contract, name, schema.get("items", {}), item, members)
    elif isinstance(value, dict):
        for key, item in value.items():
            path, of_member = _member(schema, name, key)
            if path:
                members.add(path)
            if of_member and isinstance(item, (dict, list)):  # most are neither, and a call takes its time
                _walk(contract, path or f"{name}.*", of_member, item, members)


def _member(schema: Mapping[str, Any], name: str, key: str) -> tuple[str, Mapping[str, Any]]:
    """The path and the schema of a member of an object; "" as the path of a key in a map."""
    declared, others = schema.get("properties", {}), schema.get("additionalProperties")
    if key in declared:
        return f"{name}.{key}", declared[key]
    if isinstance(others, Mapping):
        return "", others
    return (f"{name}.{key[:MAX_NAME]}", {}) if declared else ("", {})


def declared_members(contract: Contract) -> tuple[set[str], set[str]]:
    """The members of all answers, and of all requests, that a contract declares."""
    answered: set[str] = set()
    sent: set[str] = set()
    for operation in contract.operations.values():
        for response in _declared_statuses(contract, operation).values():
            content = contract.resolve(response).get("content", {})
            _declare(contract, operation.id, content.get("application/json", {}).get("schema", {}), answered)
        if (schema := request_schema(contract, operation)) is not None:
            _declare(contract, operation.id, schema, sent)
    return answered, sent


def _declare(contract: Contract, name: str, schema: Mapping[str, Any], members: set[str]) -> None:
    if "$ref" in schema:
        name, schema = _name_of(schema), contract.resolve(schema)
    for part in (*schema.get("oneOf", ()), schema.get("items", {})):
        if part:
            _declare(contract, name, part, members)
    if isinstance(others := schema.get("additionalProperties"), Mapping) and others:
        _declare(contract, f"{name}.*", others, members)
    for key, member in schema.get("properties", {}).items():
        if (path := f"{name}.{key}") not in members:  # a schema may hold itself
            members.add(path)
            _declare(contract, path, member, members)


def request_schema(contract: Contract, operation: Operation) -> Mapping[str, Any] | None:
    """The schema of the JSON of a request; None if the operation takes none."""
    body = contract.resolve(contract.definition(operation).get("requestBody", {}))
    media = body.get("content", {}).get("application/json")
    return None if media is None else media.get("schema", {})


def _statuses(
    contract: Contract, folder: Path, tally: _Tally, absent: tuple[str, ...]
) -> tuple[StatusCoverage, ...]:
    """A row for each status of each operation of all versions, and for each that was answered."""
    versions: dict[Key, list[str]] = {}
    labels: dict[str, str] = {}
    now: set[Key] = set()
    contracts = _contracts(folder)
    for line, other in {**contracts, "": contract}.items():
        for operation in other.operations.values():
            if _is_below(operation, absent):
                continue
            labels[operation.id] = operation.label
            for status in filter(str.isdigit, _declared_statuses(other, operation)):
                of_status = versions.setdefault((operation.id, int(status)), [])
                if line:
                    of_status.append(line)
                else:
                    now.add((operation.id, int(status)))
    keys = {*versions, *tally.answers}
    order = {name: place for place, name in enumerate(labels)}
    return tuple(
        StatusCoverage(
            operation=key[0],
            label=labels[key[0]],
            status=key[1],
            answers=tally.answers[key],
            behaviours=tuple(sorted(tally.behaviours.get(key, ()))),
            versions=tuple(versions.get(key, ())),
            is_declared=key in now,
        )
        for key in sorted(keys, key=lambda key: (order[key[0]], key[1]))
    )


def _members(contract: Contract, folder: Path, tally: _Tally) -> tuple[MemberCoverage, ...]:
    """A row for each member of all versions, and for each that was answered; sent ones may be anything."""
    answered, sent = declared_members(contract)
    versions: dict[str, list[str]] = {}
    for line, other in _contracts(folder).items():
        for member in set().union(*declared_members(other)):
            versions.setdefault(member, []).append(line)
    declared = {*versions, *answered, *sent}
    others = sorted(tally.answered.keys() - declared)[:MAX_UNDECLARED]
    return tuple(
        MemberCoverage(
            member=member,
            answered=tally.answered[member] if member in answered or tally.answered[member] else None,
            sent=tally.sent[member] if member in sent else None,
            versions=tuple(versions.get(member, ())),
            is_declared=member in answered or member in sent,
        )
        for member in sorted({*declared, *others})
    )


def _groups(scheduler: Scheduler, tally: _Tally) -> tuple[str, ...]:
    """The groups of the operations that were answered, in the order of the contract."""
    run = scheduler.run
    answered = {operation for operation, _ in tally.answers}
    groups: dict[str, None] = {}
    for operation in run.contract.operations.values():
        if operation.id in answered:
            of_path = (r.paths for r in run.service.resources if r.prefix and r.has(operation.path))
            groups[next(of_path, "") or operation.path] = None
    return tuple(groups)


def _contracts(folder: Path) -> dict[str, Contract]:
    """The contract of each release line."""
    return {line: Contract.load(version, folder) for line, version in known_versions(folder).items()}


def _behaviours(scheduler: Scheduler) -> dict[int, tuple[str, ...]]:
    """The behaviours whose tests had an exchange, by its identity; all may share that of a reload."""
    names: defaultdict[int, set[str]] = defaultdict(set)
    for behaviour, of_tests in scheduler.exchanges.items():
        for exchanges in of_tests:
            for exchange in exchanges:
                names[id(exchange)].add(behaviour)
    return {key: tuple(values) for key, values in names.items()}


def _declared_statuses(contract: Contract, operation: Operation) -> Mapping[str, Any]:
    responses: Mapping[str, Any] = contract.definition(operation).get("responses", {})
    return responses


def _is_below(operation: Operation, groups: tuple[str, ...]) -> bool:
    return any(operation.path == group or operation.path.startswith(f"{group}/") for group in groups)


def _name_of(schema: Mapping[str, Any]) -> str:
    """The name of the schema that a reference leads to, without the suffix of the view of requests."""
    return str(schema["$ref"]).rpartition("/")[2].removesuffix(REQUEST_SUFFIX)
