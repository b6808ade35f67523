"""The cause of requests that are refused for their size by a server in front."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

from contract_tests.engine.diagnosis.evidence import FIRST_ERROR, Cause, Evidence, share
from contract_tests.engine.diagnosis.operations import Answered, shown
from contract_tests.engine.exchange import Exchange

FEWEST = 2  # requests that are refused for one size
TAKEN = 0.1  # share of them whose operations answer shorter ones
_SIZES: tuple[tuple[str, Callable[[Exchange], int]], ...] = (
    ("a body", lambda exchange: len(exchange.body or b"")),
    ("a target", lambda exchange: len(exchange.target)),
    ("headers", lambda exchange: sum(len(name) + len(value) + 4 for name, value in exchange.headers)),
)


def sizes(evidence: Evidence) -> Iterator[Cause]:
    """One error at all requests from a size on, where it is not declared or not required, and at none below.

    Some of them are to operations that answer shorter requests in other ways; others may get none.
    """
    wrong = {id(failure.at) for failure in evidence.failures}
    refused = defaultdict(list)
    taken = set()  # operations
    longest = [0] * len(_SIZES)  # of the requests that are taken
    for operation, exchanges in evidence.by_operation.items():
        for exchange in exchanges:
            if _is_chunked(exchange):
                continue  # its body as sent is longer than what a server counts
            is_error = exchange.answer is None or exchange.status >= FIRST_ERROR
            if is_error and (id(exchange) in wrong or not evidence.has_status(exchange)):
                refused[exchange.status, exchange.failure].append(exchange)
            elif not is_error:
                taken.add(operation)
                longest = [max(most, size(exchange)) for most, (_, size) in zip(longest, _SIZES, strict=True)]
    for exchanges in refused.values():
        of_taken = sum(evidence.operations[id(exchange)] in taken for exchange in exchanges)
        if share(of_taken, len(exchanges)) < TAKEN:
            continue
        for (what, size), most in zip(_SIZES, longest, strict=True):
            least = min(map(size, exchanges))
            if least > most and len(exchanges) >= FEWEST:
                summary = (
                    f"Requests with {what} of {least} bytes or more are answered "
                    f"{shown(evidence, exchanges[0])} ({len(exchanges)} requests); those with up to "
                    f"{most} bytes are not, as if a server in front had a limit."
                )
                yield Cause("size-limit", summary, Answered(exchanges))
                break


def _is_chunked(exchange: Exchange) -> bool:
    return any(name.lower() == "transfer-encoding" for name, _ in exchange.headers)
