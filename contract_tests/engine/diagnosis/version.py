"""The cause of a service of another version than the one that it is judged as."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from typing import Any

from contract_tests.engine.checks import shorten
from contract_tests.engine.diagnosis.evidence import LEAST, Cause, Evidence, share
from contract_tests.engine.exchange import Exchange
from contract_tests.engine.failure import Failure
from contract_tests.engine.schema_judge import operation_of
from mockserver.contract.codecs import Codec
from mockserver.contract.openapi import Contract
from mockserver.contract.spec_files import known_versions
from mockserver.contract.versions import GatewayVersion
from mockserver.golang.structs import Struct

MOST = 0.5  # share of the failures that another version explains
SHOWN = 300  # characters of a sentence with the versions that a service tells
_SAMPLES = 300  # answers that are read again by another version


class _Version:
    """Another version, and what of a run fits it."""

    def __init__(self, evidence: Evidence, line: str, version: GatewayVersion) -> None:
        self.line = line
        self.version = version
        self._evidence = evidence
        self._contract = evidence.run.service.contract(version)

    def explains(self, failure: Failure) -> bool:
        """True if a gateway of this version would not fail so."""
        if failure.verdict.behaviour not in self._evidence.run.service.behaviours:
            return False
        row = self._evidence.run.service.behaviours[failure.verdict.behaviour]
        if not row.holds_for(self.version):
            return True
        operation = self._evidence.operation_at(failure)
        if operation is not None and operation.shape not in self._shapes and failure.at is not None:
            return failure.at.status in (404, 405)
        return any(self._fits_better(exchange) for exchange in failure.exchanges)

    @cached_property
    def contradictions(self) -> int:
        """Behaviours that passed and that a gateway of this version does not have."""
        rows = self._evidence.run.service.behaviours
        return sum(not rows[name].holds_for(self.version) for name in self._evidence.passed if name in rows)

    @cached_property
    def _shapes(self) -> set[tuple[str, str]]:
        return {operation.shape for operation in self._contract.operations.values()}

    def _fits_better(self, exchange: Exchange) -> bool:
        """True if an answer is as this version writes it, and not as the judged one does."""
        return _is_written_by(self._contract, exchange) and not _is_written_by(
            self._evidence.run.contract, exchange
        )


def versions(evidence: Evidence) -> Iterator[Cause]:
    """Several versions that the probe of the service tells by turns."""
    told = dict.fromkeys(_told(evidence))
    if len(told) > 1:
        summary = (
            f"{evidence.run.service.probe} tells {len(told)} versions, {', '.join(told)}: several "
            f"{evidence.name}s that differ are behind this address."
        )
        yield Cause("several-versions", evidence.masked(shorten(summary, SHOWN)), lambda _: True)


def version(evidence: Evidence) -> Iterator[Cause]:
    """The version that fits the failures best, if it explains most of them, or if the service says so."""
    judged, told = evidence.run.version, next(_told(evidence), "")
    candidates = []
    for line, known in known_versions(evidence.run.service.folder).items():
        if known[:2] != judged[:2]:
            other = _Version(evidence, line, known)
            explained = sum(map(other.explains, evidence.failures))
            is_told = told.startswith(f"{known[0]}.{known[1]}.")
            candidates.append((explained - other.contradictions, is_told, explained, other))
    if not candidates:
        return
    score, is_told, explained, best = max(candidates, key=lambda entry: entry[:3])
    is_most = explained >= LEAST and share(explained, len(evidence.failures)) >= MOST
    if score <= 0 or not (is_most or is_told):
        return
    says = f"; {evidence.run.service.probe} says {told}" if told else ""
    summary = (
        f"The {evidence.name} answers like {best.line}, and is judged as {judged[0]}.{judged[1]}: "
        f"{explained} of {len(evidence.failures)} failures are as {best.line} behaves{says}."
    )
    yield Cause("wrong-version", summary, best.explains)


def _told(evidence: Evidence) -> Iterator[str]:
    """The versions that the probe of the service tells, in the order of its answers, before the run first."""
    if evidence.run.told:
        yield evidence.run.told
    for exchange in evidence.log:
        if exchange.target == evidence.run.service.probe and exchange.status == 200:
            text = exchange.document.get("version")
            if isinstance(text, str):
                yield text


@lru_cache(maxsize=4096)
def _is_written_by(contract: Contract, exchange: Exchange) -> bool:
    """True if the answer is a document that the codec of a contract writes in the same way."""
    operation = operation_of(contract, exchange)
    schema = _schema(contract, contract.definition(operation)) if operation else ""
    if not schema or exchange.status != 200 or exchange.answer is None:
        return False
    codec = Codec.of(contract, schema)
    document, reasons = codec.decode_leniently(exchange.answer.body)
    return not reasons and codec.encode(document) == exchange.text.rstrip("\n")


def _schema(contract: Contract, definition: Mapping[str, Any]) -> str:
    """The name of the schema of the answer with 200; "" if it has none."""
    response = contract.resolve(definition.get("responses", {}).get("200", {}))
    content = response.get("content", {}).get("application/json", {})
    reference = content.get("schema", {}).get("$ref", "")
    name = str(reference).rpartition("/")[2]
    return name if name and isinstance(contract.type_of(name), Struct) else ""
