"""Causes in the credentials of requests to APIs: they do not come, or keys go to another gateway."""

from __future__ import annotations

from collections.abc import Iterator

from contract_tests.engine.diagnosis.answers import among
from contract_tests.engine.diagnosis.evidence import FIRST_ERROR, MOST, Cause, Evidence, share
from contract_tests.engine.diagnosis.operations import ENOUGH, NEARLY_ALL, Answered, of_apis, shown
from contract_tests.engine.exchange import Exchange

_LACKING = "Authorization field missing"  # in the words of a gateway


def lost_credentials(evidence: Evidence) -> Iterator[Cause]:
    """Requests to APIs that have the header Authorization, and are answered as if they had none."""
    asked = [exchange for exchange in of_apis(evidence) if credential(exchange)]
    lacking = [exchange for exchange in asked if exchange.status >= FIRST_ERROR and _LACKING in exchange.text]
    if len(lacking) >= ENOUGH and share(len(lacking), len(asked)) >= MOST:
        summary = (
            f"Requests to APIs come to the {evidence.name} without their header Authorization: "
            f"{len(lacking)} of {len(asked)} that have it are answered {shown(evidence, lacking[0])}."
        )
        yield Cause("no-credentials", summary, among(asked))


def unadmitted_keys(evidence: Evidence) -> Iterator[Cause]:
    """Keys that are written, with which nearly no request to an API is let in; some paths are open to all."""
    written = {
        exchange.document.get("key")
        for exchange in evidence.of_operations
        if exchange.method == "POST" and exchange.status == 200 and "/keys" in exchange.target
    }
    asked = [exchange for exchange in of_apis(evidence) if credential(exchange) in written]
    refused = [exchange for exchange in asked if exchange.status in (401, 403)]
    if len(refused) >= ENOUGH and share(len(refused), len(asked)) >= NEARLY_ALL:
        summary = (
            f"No key that was written is let in: {len(refused)} of {len(asked)} requests to APIs with one "
            f"are answered {shown(evidence, refused[0])}, as if keys are written to another {evidence.name} "
            "or Redis than requests to APIs come to."
        )
        involves, alike = among(asked), Answered(refused)
        yield Cause("unadmitted-keys", summary, lambda failure: involves(failure) or alike(failure))


def credential(exchange: Exchange) -> str:
    """The value of the header Authorization; "" if there is none."""
    values = (value.strip() for name, value in exchange.headers if name.lower() == "authorization")
    return next(values, "")
