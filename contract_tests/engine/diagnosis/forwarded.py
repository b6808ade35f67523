"""Causes in requests to APIs, by what their upstream got and by what is let through."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from contract_tests.engine.checks import shorten
from contract_tests.engine.diagnosis.credentials import credential
from contract_tests.engine.diagnosis.evidence import FIRST_ERROR, LEAST, Cause, Evidence
from contract_tests.engine.diagnosis.operations import of_apis, shown
from contract_tests.engine.exchange import Exchange
from contract_tests.engine.failure import Failure

AS_SEEN = 2  # changed credentials, which chance hardly makes
BAD_REQUEST, RATE_LIMITED = 400, 429  # the former answers requests for other reasons too
SHOWN = 60  # characters of a credential in a sentence
_UNREFUSED: tuple[tuple[str, frozenset[int], str], ...] = (
    (
        "no-refusals",
        frozenset({BAD_REQUEST, 401, 403}),
        "Requests to APIs are let in whatever their credentials and rights",
    ),
    ("no-limits", frozenset({RATE_LIMITED}), "Requests to APIs are let in beyond their rates and quotas"),
)


def changed_credentials(evidence: Evidence) -> Iterator[Cause]:
    """Requests to APIs whose header Authorization comes to their upstream as another one, which none had."""
    asked = [exchange for exchange in of_apis(evidence) if credential(exchange)]
    sent = {credential(exchange) for exchange in asked}
    changed = [e for e in asked if (came := _came(e)) and came not in sent]
    if len({credential(exchange) for exchange in changed}) < AS_SEEN:
        return
    values = {_came(exchange) for exchange in changed}
    if all(credential(exchange).lower() == _came(exchange) for exchange in changed):
        what = "in lower case"
    elif len(values) == 1:
        what = f"as {shorten(evidence.masked(values.pop()), SHOWN)!r}, whatever was sent"
    else:
        what = "changed"
    summary = (
        f"Requests to APIs come to the {evidence.name} with their header Authorization {what}: "
        f"{len(changed)} that were forwarded show it."
    )
    yield Cause("credentials-changed", summary, _of_apis(evidence))


def shared_answers(evidence: Evidence) -> Iterator[Cause]:
    """Answers to requests to APIs that show the credential of an earlier request to the same path."""
    earlier: dict[str, set[str]] = {}
    shared = []
    for exchange in of_apis(evidence):
        own, came = credential(exchange), _came(exchange)
        known = earlier.setdefault(exchange.target.partition("?")[0], set())
        if came and came != own and came in known:
            shared.append(exchange)
        known.add(own)
    if len(shared) >= LEAST:
        summary = (
            f"A cache is in front of the APIs of the {evidence.name}, which takes requests for one if only "
            f"their credentials differ: {len(shared)} answers are those of a request with another one, as "
            f"{shared[0].method} {shorten(evidence.masked(shared[0].target), SHOWN)}."
        )
        yield Cause("cache", summary, _of_apis(evidence))


def unrefused(evidence: Evidence) -> Iterator[Cause]:
    """Requests to APIs that must be refused, of which none is."""
    statuses, is_of_api = {exchange.status for exchange in of_apis(evidence)}, _of_apis(evidence)
    for kind, refusals, sentence in _UNREFUSED:
        if statuses & refusals - {BAD_REQUEST}:
            continue
        let_in = [
            failure
            for failure in evidence.failures
            if failure.status_expected in refusals and _is_let_in(failure) and is_of_api(failure)
        ]
        if len(let_in) < LEAST:
            continue
        first = let_in[0]
        assert first.at is not None
        required = " or ".join(map(str, sorted({failure.status_expected for failure in let_in})))
        summary = (
            f"{sentence}: {len(let_in)} that must be answered {required} are answered "
            f"{shown(evidence, first.at)}, and none is refused so."
        )
        yield Cause(kind, summary, _are(let_in))


def _are(failures: list[Failure]) -> Callable[[Failure], bool]:
    identities = {id(failure) for failure in failures}
    return lambda failure: id(failure) in identities


def _is_let_in(failure: Failure) -> bool:
    return failure.at is not None and 200 <= failure.at.status < FIRST_ERROR


def _of_apis(evidence: Evidence) -> Callable[[Failure], bool]:
    """True for a failure whose wrong answer is one to a request to an API."""
    identities = {id(exchange) for exchange in of_apis(evidence)}
    return lambda failure: id(failure.at) in identities


def _came(exchange: Exchange) -> str:
    """The header Authorization that an upstream of the suite got and shows; "" if it got none."""
    value = exchange.object_at("headers").get("authorization")
    return value.strip() if isinstance(value, str) else ""
