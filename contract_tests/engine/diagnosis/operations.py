"""Causes that one operation shows, or all of them: no answers, and errors instead of answers."""

from __future__ import annotations

import posixpath
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from contract_tests.engine.checks import shorten
from contract_tests.engine.diagnosis.evidence import FIRST_ERROR, READING, Cause, Evidence, share
from contract_tests.engine.diagnosis.groups import common
from contract_tests.engine.exchange import Exchange
from contract_tests.engine.failure import Failure
from mockserver.contract.openapi import Operation

BELOW = 2  # slashes of a path that is a part of a service, as /tyk/apis
LISTED = 3  # operations that a sentence names
BODY = 80  # characters of an answer in a sentence
ALWAYS = 2  # answers of an operation that are enough to say that it always answers so
OFTEN = 0.005  # share of answers of a kind that is told
RATE_LIMITED, SERVER_ERROR = 429, 500
ENOUGH, NEARLY_ALL = 10, 0.9  # requests to APIs, and the share of them, that are answered alike
SAME = 0.5  # share of the errors with one status that have one body, if they come from one place
MIXED = 0.2  # share of errors of operations that give other answers too, if they are not of dead ones


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
        yield Cause(kind, summary, Answered(exchanges))


def rate_limit(evidence: Evidence) -> Iterator[Cause]:
    """A limit on the rate of all requests, by a server in front; those to APIs of the run are limited too."""
    refused = [
        exchange
        for exchanges in evidence.by_operation.values()
        for exchange in exchanges
        if exchange.status == RATE_LIMITED and not evidence.has_status(exchange)
    ]
    waits = evidence.run.target.pacer.count
    if not refused and waits:  # what was asked once more is in the log with its last answer
        failed = (failure.at for failure in evidence.failures)
        refused = [exchange for exchange in failed if exchange and exchange.status == RATE_LIMITED]
    if refused and (waits or share(len(refused), len(evidence.log)) >= OFTEN):
        paced = f", and {waits} more were sent again after a wait" if waits else ""
        summary = (
            f"The rate of requests is limited: {len(refused)} of {len(evidence.log)} requests were "
            f"answered {shown(evidence, refused[0])}{paced}."
        )
        yield Cause("rate-limited", summary, Answered(refused))


def dead_operations(evidence: Evidence) -> Iterator[Cause]:
    """Operations that always answer with one error that the contract does not declare."""
    yield from _always(evidence, is_declared=False)


def refusing_operations(evidence: Evidence) -> Iterator[Cause]:
    """Operations that always answer with one error of those that the contract declares."""
    yield from _always(evidence, is_declared=True)


def occasional_errors(evidence: Evidence) -> Iterator[Cause]:
    """One error that the contract does not declare, at some requests of several operations.

    A page with a declared status is such an error if it has no other status, as that of a firewall.
    """
    by_status = defaultdict(list)
    pages = defaultdict(list)
    for exchanges in evidence.by_operation.values():
        for exchange in exchanges:
            if exchange.status >= FIRST_ERROR and not evidence.has_status(exchange):
                by_status[exchange.status].append(exchange)
            elif exchange.status >= FIRST_ERROR and not evidence.is_declared(exchange):
                pages[exchange.status].append(exchange)
    if len(pages) == 1:
        status, of_one_status = pages.popitem()
        by_status[status] += of_one_status
    for exchanges in sorted(by_status.values(), key=len, reverse=True):
        body, count = Counter(common(exchange.text) for exchange in exchanges).most_common(1)[0]
        same = [exchange for exchange in exchanges if common(exchange.text) == body]
        if (
            share(count, len(exchanges)) >= SAME
            and count >= ALWAYS
            and share(len(same), len(evidence.log)) >= OFTEN
            and _is_mixed(evidence, same)
            and not _is_other_error(evidence, same)
        ):
            summary = (
                f"Some requests are answered {shown(evidence, same[0])}: {len(same)} of "
                f"{len(evidence.log)}, as {_labels(evidence, same)}."
            )
            yield Cause("occasional-errors", summary, Answered(same))


def _is_other_error(evidence: Evidence, exchanges: Sequence[Exchange]) -> bool:
    """True if these errors came where the requirement is an error too, with one other status."""
    identities = {id(exchange) for exchange in exchanges}
    required = {f.status_expected for f in evidence.failures if id(f.at) in identities}
    return len(required) == 1 and min(required) >= FIRST_ERROR


def _is_mixed(evidence: Evidence, exchanges: Sequence[Exchange]) -> bool:
    """True if a good part of these errors is of operations that give other answers too."""
    always = {
        operation
        for operation, answers in evidence.by_operation.items()
        if len({exchange.status for exchange in answers}) == 1
    }
    mixed = sum(evidence.operations[id(exchange)] not in always for exchange in exchanges)
    return share(mixed, len(exchanges)) >= MIXED


def _always(evidence: Evidence, *, is_declared: bool) -> Iterator[Cause]:
    groups: dict[int, dict[Operation, list[Exchange]]] = defaultdict(dict)
    declared: dict[Operation, list[Exchange]] = {}
    for operation, exchanges in evidence.by_operation.items():
        statuses = {exchange.status for exchange in exchanges}
        status = min(statuses)
        if (
            len(exchanges) < ALWAYS
            or len(statuses) > 1
            or status < 300
            or (status < 400 and evidence.has_status(exchanges[0]))
            or not evidence.can_succeed(operation)
        ):
            continue
        if evidence.is_declared(exchanges[0]) is is_declared:
            groups[status][operation] = exchanges
        else:
            declared[operation] = exchanges
    for operations in sorted(groups.values(), key=len, reverse=True):
        if not is_declared:  # what answers in the same words has the same cause, also if it may answer so
            first = next(iter(operations.values()))[0]
            operations |= {
                operation: exchanges
                for operation, exchanges in declared.items()
                if all(_outline(exchange) == _outline(first) for exchange in exchanges)
            }
        exchanges = [exchange for group in operations.values() for exchange in group]
        summary = _always_sentence(evidence, list(operations), exchanges)
        outlines = {_outline(exchange) for exchange in exchanges}
        others = [
            e
            for op, group in evidence.by_operation.items()
            for e in group
            if op not in operations and not is_declared and _outline(e) in outlines
        ]
        if others:
            summary = f"{summary[:-1]}, and so do {len(others)} requests to {_labels(evidence, others)}."
        yield Cause("dead-operation", summary, Answered(exchanges))


def traffic(evidence: Evidence) -> Iterator[Cause]:
    """One error at all requests that are to no operation of the contract, as those to APIs of the run."""
    others = of_apis(evidence)
    if not others:
        return
    (status, text), count = Counter((e.status, e.text) for e in others).most_common(1)[0]
    if status >= FIRST_ERROR and count >= ENOUGH and share(count, len(others)) >= NEARLY_ALL:
        same = [exchange for exchange in others if (exchange.status, exchange.text) == (status, text)]
        or_upstream = ", or the gateway reaches none of their upstreams" if status >= SERVER_ERROR else ""
        summary = (
            f"Requests to APIs are answered {shown(evidence, same[0])} ({count} of {len(others)}): none "
            "comes to its API, as where a server in front lets only the paths of the control API through"
            f"{or_upstream}."
        )
        yield Cause("no-traffic", summary, Answered(same))


def of_apis(evidence: Evidence) -> list[Exchange]:
    """The answered requests that are to no operation of the contract, as those to APIs of the run."""
    return [
        exchange
        for exchange in evidence.log
        if id(exchange) not in evidence.operations
        and exchange.answer is not None
        and exchange.target.startswith(f"/{evidence.run.ownership.run}")
    ]


def _always_sentence(
    evidence: Evidence, operations: Sequence[Operation], exchanges: Sequence[Exchange]
) -> str:
    answer = shown(evidence, exchanges[0])
    if len(operations) > LISTED and all(operation.method not in READING for operation in operations):
        methods = ", ".join(sorted({operation.method for operation in operations}))
        root = posixpath.commonpath([operation.path for operation in operations])
        where = f" below {root}" if root.count("/") >= BELOW else ""
        return f"Writes{where} are refused: {methods} always answer {answer} ({len(operations)} operations)."
    verb = "answers" if len(operations) == 1 else "answer"
    return f"{_listed([operation.label for operation in operations])} always {verb} {answer}."


def shown(evidence: Evidence, exchange: Exchange) -> str:
    """The status and the beginning of an answer, or why there is none, in a sentence."""
    if exchange.answer is None:
        return f"not at all: {exchange.failure}"
    goal = exchange.header("Location")
    body = shorten(evidence.masked(exchange.text or (f"to {goal}" if goal else "")), BODY)
    return f"{exchange.status}: {body}" if body else str(exchange.status)


def _labels(evidence: Evidence, exchanges: Iterable[Exchange]) -> str:
    """The operations of exchanges, most frequent first."""
    counts = Counter(_label(evidence, exchange) for exchange in exchanges)
    return _listed([label for label, _ in counts.most_common()])


def _label(evidence: Evidence, exchange: Exchange) -> str:
    operation = evidence.operations.get(id(exchange))
    return operation.label if operation else f"{exchange.method} {exchange.target.partition('?')[0]}"


def _listed(labels: Sequence[str]) -> str:
    first = ", ".join(labels[:LISTED])
    return f"{first} and {len(labels) - LISTED} other operations" if len(labels) > LISTED else first


def _outline(exchange: Exchange) -> tuple[int, str]:
    """An answer without what is of it alone, as the number of a request."""
    return exchange.status, common(exchange.text)


class Answered:
    """True for a failure if its wrong answer, or one before it, is among some answers or equals one."""

    def __init__(self, exchanges: Iterable[Exchange]) -> None:
        self._identities = {id(exchange) for exchange in exchanges}
        self._answers = {_outline(exchange) for exchange in exchanges}

    def __call__(self, failure: Failure) -> bool:
        at = failure.at
        if at is not None and at.status and _outline(at) in self._answers:
            return True
        return any(id(exchange) in self._identities for exchange in (*failure.exchanges, at))
