"""Causes that one operation shows, or all of them: no answers, and errors instead of answers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from contract_tests.engine.checks import shorten
from contract_tests.engine.diagnosis.evidence import Cause, Evidence, share
from contract_tests.engine.exchange import Exchange
from contract_tests.engine.failure import Failure
from mockserver.contract.openapi import Operation

LISTED = 3  # operations that a sentence names
BODY = 80  # characters of an answer in a sentence
ALWAYS = 2  # answers of an operation that are enough to say that it always answers so
OFTEN = 0.02  # share of answers of a kind that is told
RATE_LIMITED = 429
_READING = {"GET", "HEAD", "OPTIONS"}
_PROXY_REFUSES = {401, 403, 405}


def silence(evidence: Evidence) -> Iterator[Cause]:
    """Requests that are not answered in time, and connections that are closed instead of an answer."""
    failed = [exchange for exchange in evidence.log if exchange.answer is None]
    by_reason = defaultdict(list)
    for exchange in failed:
        if not exchange.truncated:
            by_reason[exchange.failure].append(exchange)
    for reason, exchanges in sorted(by_reason.items(), key=lambda item: -len(item[1])):
        labels = _labels(evidence, exchanges)
        is_late = reason.startswith("no answer within")
        kind = "no-answer-in-time" if is_late else "no-answer"
        count = f"{len(exchanges)} of {len(evidence.log)} requests"
        summary = f"{labels} got no answer ({count}): {reason}."
        yield Cause(kind, summary, _about(exchanges))


def rate_limit(evidence: Evidence) -> Iterator[Cause]:
    """A limit on the rate of all requests, by a server in front."""
    refused = [
        exchange
        for operation, exchanges in evidence.by_operation.items()
        for exchange in exchanges
        if exchange.status == RATE_LIMITED and RATE_LIMITED not in _declared(evidence, operation)
    ]
    if share(len(refused), len(evidence.log)) >= OFTEN:
        summary = (
            f"The rate of requests is limited: {len(refused)} of {len(evidence.log)} requests were "
            f"answered {_answer(evidence, refused[0])}."
        )
        yield Cause("rate-limited", summary, _about(refused))


def dead_operations(evidence: Evidence) -> Iterator[Cause]:
    """Operations that always answer with one error that the contract does not declare."""
    yield from _always(evidence, is_declared=False)


def refusing_operations(evidence: Evidence) -> Iterator[Cause]:
    """Operations that always answer with one error of those that the contract declares."""
    yield from _always(evidence, is_declared=True)


def occasional_errors(evidence: Evidence) -> Iterator[Cause]:
    """An error that the contract does not declare, at some requests of several operations."""
    by_status = defaultdict(list)
    for operation, exchanges in evidence.by_operation.items():
        statuses = {exchange.status for exchange in exchanges}
        for exchange in exchanges if len(statuses) > 1 else ():
            if exchange.status >= 400 and exchange.status not in _declared(evidence, operation):
                by_status[exchange.status].append(exchange)
    for status, exchanges in sorted(by_status.items(), key=lambda item: -len(item[1])):
        if status >= 500 and share(len(exchanges), len(evidence.log)) >= OFTEN:
            summary = (
                f"Some requests are answered {_answer(evidence, exchanges[0])}: {len(exchanges)} of "
                f"{len(evidence.log)}, as {_labels(evidence, exchanges)}."
            )
            yield Cause("occasional-errors", summary, _about(exchanges))


def _always(evidence: Evidence, *, is_declared: bool) -> Iterator[Cause]:
    groups: dict[int, dict[Operation, list[Exchange]]] = defaultdict(dict)
    for operation, exchanges in evidence.by_operation.items():
        statuses = {exchange.status for exchange in exchanges}
        status = min(statuses)
        declared = _declared(evidence, operation)
        if (
            len(exchanges) >= ALWAYS
            and len(statuses) == 1
            and status >= 400
            and min(declared, default=status) < 300
            and (status in declared) is is_declared
        ):
            groups[status][operation] = exchanges
    for operations in sorted(groups.values(), key=len, reverse=True):
        exchanges = [exchange for group in operations.values() for exchange in group]
        yield Cause("dead-operation", _always_sentence(evidence, list(operations), exchanges), _about(exchanges))


def _always_sentence(
    evidence: Evidence, operations: Sequence[Operation], exchanges: Sequence[Exchange]
) -> str:
    answer = _answer(evidence, exchanges[0])
    if len(operations) > LISTED and all(operation.method not in _READING for operation in operations):
        methods = ", ".join(sorted({operation.method for operation in operations}))
        return f"Writes are refused: {methods} always answer {answer} ({len(operations)} operations)."
    verb = "answers" if len(operations) == 1 else "answer"
    return f"{_listed([operation.label for operation in operations])} always {verb} {answer}."


def _declared(evidence: Evidence, operation: Operation) -> set[int]:
    responses = evidence.run.contract.definition(operation).get("responses", {})
    return {int(status) for status in responses if str(status).isdecimal()}


def _answer(evidence: Evidence, exchange: Exchange) -> str:
    body = shorten(evidence.masked(exchange.text), BODY)
    return f"{exchange.status}: {body}" if body else str(exchange.status)


def _labels(evidence: Evidence, exchanges: Iterable[Exchange]) -> str:
    """The operations of exchanges, most frequent first."""
    counts = Counter(_label(evidence, exchange) for exchange in exchanges)
    return _listed([label for label, _ in counts.most_common()])


def _label(evidence: Evidence, exchange: Exchange) -> str:
    operation = evidence.operations.get(id(exchange))
    return operation.label if operation else f"{exchange.method} {exchange.target.partition('?')[0]}"


def _listed(labels: Sequence[str]) -> str:
    shown = ", ".join(labels[:LISTED])
    return f"{shown} and {len(labels) - LISTED} other operations" if len(labels) > LISTED else shown


def _about(exchanges: Iterable[Exchange]) -> _About:
    return _About({id(exchange) for exchange in exchanges})


class _About:
    """True for a failure if one of its exchanges is among some."""

    def __init__(self, identities: set[int]) -> None:
        self._identities = identities

    def __call__(self, failure: Failure) -> bool:
        return id(failure.at) in self._identities or any(
            id(exchange) in self._identities for exchange in failure.exchanges
        )
