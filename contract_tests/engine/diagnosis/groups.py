"""Groups of the failures that no known cause explains: those with one difference belong together."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from contract_tests.engine.checks import shorten
from contract_tests.engine.diagnosis.evidence import FIRST_ERROR, WIDER, Cause, Evidence
from contract_tests.engine.exchange import Exchange
from contract_tests.engine.failure import Failure

OF_ERRORS = "status-of-errors"  # one status in place of several
TEXT = 160  # characters of a difference in a sentence
_HEADER = re.compile(r"([A-Z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*): \S")
_NAMED_HEADER = re.compile(r"\bX-[A-Za-z]+(?:-[A-Za-z]+)*")
_OF_THIS_ANSWER = re.compile(
    r"tyk-contract-[0-9a-f]{8}-[\w.~%-]*|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{16,}\b"
    r"|\b\d{2,}(?:\.\d+)?\b"
)
Key = tuple[str, ...]


def groups(evidence: Evidence, failures: Sequence[Failure]) -> list[tuple[Cause, list[Failure]]]:
    """Each group with its cause, the largest first; a failure is in one group only."""
    keys = {id(failure): list(dict.fromkeys(_keys(evidence, failure))) for failure in failures}
    left = list(failures)
    found: list[tuple[Cause, list[Failure]]] = []
    while left:
        counts = Counter(key for failure in left for key in keys[id(failure)])
        behaviours = {
            key: len({f.verdict.behaviour for f in left if key in keys[id(f)]})
            for key, count in counts.items()
            if count > 1
        }
        weights = {key: count / (WIDER if key[0] == OF_ERRORS else 1) for key, count in behaviours.items()}
        best = max(behaviours, key=lambda key: (weights[key], counts[key], len(key)), default=())
        if not best or behaviours[best] < 2:
            return found + one_by_one(left)
        group = [failure for failure in left if best in keys[id(failure)]]
        found.append((Cause(best[0], _sentence(best, group), lambda _: True), group))
        left = [failure for failure in left if best not in keys[id(failure)]]
    return found


def one_by_one(failures: Sequence[Failure]) -> list[tuple[Cause, list[Failure]]]:
    """A group for each behaviour, those of the operation with the most of them first."""
    operations = {failure.verdict.behaviour: failure.verdict.operation for failure in failures}
    counts = Counter(operation for operation in operations.values() if operation != "any")
    found = []
    for name in sorted(operations, key=lambda name: -counts[operations[name]]):
        group = [failure for failure in failures if failure.verdict.behaviour == name]
        verdict = group[0].verdict
        difference = _difference(verdict.expected, verdict.actual)
        cause = Cause("behaviour", f"{name} ({verdict.operation}): {difference}", lambda _: True)
        found.append((cause, group))
    return found


def _keys(evidence: Evidence, failure: Failure) -> Iterator[Key]:
    """What a failure may have in common with others, as keys; the more words, the more is said."""
    verdict, at = failure.verdict, failure.at
    operation = evidence.operation_at(failure)
    label = operation.label if operation else ""
    yield from _header_keys(failure)
    if at is not None and failure.status_expected and at.status and at.status != failure.status_expected:
        yield "status", str(failure.status_expected), str(at.status)
        if label:
            yield "status", str(failure.status_expected), str(at.status), label
        if failure.status_expected >= FIRST_ERROR <= at.status:
            yield OF_ERRORS, str(at.status)
    actual = common(verdict.actual)
    if actual and label:
        yield "answer", actual, label
    if actual:
        yield "answer", actual
    if not failure.status_expected or (at is not None and at.status == failure.status_expected):
        yield "expectation", common(verdict.expected)


def _header_keys(failure: Failure) -> Iterator[Key]:
    """The header that a failure is about."""
    expected, actual, at = failure.verdict.expected, failure.verdict.actual, failure.at
    if match := _HEADER.match(expected) or _HEADER.match(actual):
        yield "header", match[1]
        if at is not None and at.answer is not None and not at.header(match[1]):
            yield ("no-header",)
    for name in _NAMED_HEADER.findall(expected):
        if at is not None and 0 < at.status < FIRST_ERROR and not _headers_like(at, name):
            yield "no-header", name
            yield ("no-header",)
    if expected.startswith("no header "):
        yield "header-added", expected.removeprefix("no header ")


def _instead(group: Sequence[Failure], names: Sequence[str]) -> str:
    """A clause about headers of answers that are named like missing ones, but without their X-; or ""."""
    beginnings = [name.removeprefix("X-") for name in names]
    similar = sorted({h for f in group if f.at for name in beginnings for h in _headers_like(f.at, name)})
    return f"; they have {', '.join(similar[:3])}" if similar else ""


def _missing_headers(failure: Failure) -> Iterator[str]:
    """The headers that a failure lacks."""
    for key in _header_keys(failure):
        if len(key) > 1 and key[0] != "header-added":
            yield key[1]


def _headers_like(exchange: Exchange, beginning: str) -> list[str]:
    """The names of an answer's headers that begin so."""
    headers = exchange.answer.headers if exchange.answer is not None else ()
    return [name for name, _ in headers if name.lower().startswith(beginning.lower())]


def common(text: str) -> str:
    """A text without what differs from one test to the next: names of the run, long numbers."""
    return shorten(_OF_THIS_ANSWER.sub("*", text), TEXT)


def _sentence(key: Key, group: Sequence[Failure]) -> str:
    verdict = group[0].verdict
    expected_text, actual_text = shorten(verdict.expected, TEXT), shorten(verdict.actual, TEXT)
    match key:
        case "header", name:
            return f"The header {name} is not as required: {_difference(verdict.expected, verdict.actual)}"
        case "no-header", name:
            instead = _instead(group, [name])
            return f"The header {name} is missing in answers{instead}: expected {expected_text}"
        case ("no-header",):
            found = dict.fromkeys(name for failure in group for name in _missing_headers(failure))
            names = [name for name in found if not any(other.startswith(f"{name}-") for other in found)]
            listed = f"{', '.join(names)}{_instead(group, list(found))}"
            return f"Headers are missing in answers: {listed}; one is {expected_text}"
        case "header-added", name:
            return f"A header is added to answers: {actual_text}"
        case "status", expected, actual, label:
            return f"{label} answers {actual} where {expected} is required, as {actual_text}"
        case "status", expected, actual:
            return f"Status {actual} is answered where {expected} is required, as {actual_text}"
        case ("status-of-errors", actual):
            required = sorted({failure.status_expected for failure in group})
            statuses = ", ".join(map(str, required[:-1])) + f" and {required[-1]}"
            return f"Errors are answered with status {actual} where {statuses} are required, as {actual_text}"
        case "answer", _, label:
            return f"{label}: {_difference(verdict.expected, verdict.actual)}"
        case "expectation", _:
            return f"Missing in answers: {expected_text}; one is {actual_text}"
    return _difference(verdict.expected, verdict.actual)


def _difference(expected: str, actual: str) -> str:
    return f"expected {shorten(expected, TEXT)}; actual {shorten(actual, TEXT)}"
