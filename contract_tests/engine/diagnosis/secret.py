"""The cause of a service that asks for no secret."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain

from contract_tests.engine.diagnosis.evidence import FIRST_ERROR, Cause, Evidence, share
from contract_tests.engine.diagnosis.groups import common
from contract_tests.engine.exchange import Exchange
from contract_tests.engine.failure import Failure

MOST = 0.7  # share of requests without the secret that are let in, of a service that asks for none
SEVERAL = 2  # operations that answer one error only if it is that of the secret
_READING = {"GET", "HEAD"}
_LET_IN = {400, 404, 405, 409, 422}  # besides success: the answers to a request that nothing refused before


def secret(evidence: Evidence) -> Iterator[Cause]:
    """Requests without the secret, or with a wrong one, that are let in."""
    right = evidence.run.target.auth.line[1]
    sent = [
        exchange
        for exchange in evidence.log
        if (operation := evidence.operations.get(id(exchange)))
        and operation.secured
        and exchange.answer is not None
        and evidence.secret_of(exchange) not in (right, None)
    ]
    refusals = _refusals(evidence, sent, right)
    admitted = [e for e in sent if _is_let_in(e) and _outline(e) not in refusals]
    reads = [exchange for exchange in sent if exchange.method in _READING]
    writes = [exchange for exchange in sent if exchange.method not in _READING]
    for kind, what, of_kind in (
        ("no-secret", "asks for no secret", sent),
        ("reads-need-no-secret", "answers reads without a secret", reads),
        ("writes-need-no-secret", "carries out writes without a secret, and reads with it alone", writes),
    ):
        carried = [exchange for exchange in admitted if exchange in of_kind]
        if carried and share(len(carried), len(of_kind)) >= MOST:
            summary = (
                f"The {evidence.name} {what}: {len(carried)} of {len(of_kind)} requests without the right "
                "one were let in."
            )
            yield Cause(kind, summary, lambda failure: _lacks_secret(evidence, failure, right))
            return


def _refusals(evidence: Evidence, sent: Sequence[Exchange], right: str) -> set[tuple[int, str]]:
    """The errors that answer requests to several operations alike.

    One that answers requests with the right secret too is among them only if it answers all without it.
    """
    operations = defaultdict(set)
    for exchange in sent:
        if exchange.text:
            operations[_outline(exchange)].add(evidence.operations[id(exchange)].id)
    refusals = {
        outline for outline, ids in operations.items() if outline[0] >= FIRST_ERROR and len(ids) >= SEVERAL
    }
    if len(operations) == 1:
        return refusals
    exchanges = chain.from_iterable(evidence.by_operation.values())
    return refusals - {_outline(e) for e in exchanges if evidence.secret_of(e) == right}


def _outline(exchange: Exchange) -> tuple[int, str]:
    """An answer without what is of it alone."""
    return exchange.status, common(exchange.text)


def _is_let_in(exchange: Exchange) -> bool:
    """True for an answer of the service behind the check of the secret, and not of a page for logging in."""
    is_page = exchange.header("Content-Type").startswith("text/html")
    if 200 <= exchange.status < 300:
        return not is_page and not exchange.is_error_body
    return not is_page and exchange.status in _LET_IN


def _lacks_secret(evidence: Evidence, failure: Failure, right: str) -> bool:
    """True if the request with the wrong answer, or a write before it, lacked the right secret."""
    at = [failure.at] if failure.at is not None else []
    writes = [exchange for exchange in failure.exchanges if exchange.method not in _READING]
    return any(evidence.secret_of(exchange) != right for exchange in (*at, *writes))
