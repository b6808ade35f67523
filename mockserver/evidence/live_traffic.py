"""Live traffic: a proxy before a real service that judges what it forwards, and records it."""

from __future__ import annotations

import threading
import time
from collections import Counter
from functools import partial

from mockserver.console.logs import LOG
from mockserver.contract.openapi import Contract, Operation
from mockserver.contract.routes import Routes
from mockserver.dashboard import request_warnings as of_dashboard
from mockserver.evidence.live_recording import LiveRecording
from mockserver.evidence.live_steps import Exchange, NotText, Steps
from mockserver.gateway import request_warnings as of_gateway
from mockserver.http.failures import log_failure
from mockserver.http.forwarder import BOUNDS, Forwarder, NotForwarded
from mockserver.http.limits import Limits
from mockserver.http.messages import Reply, Request, WouldBlock
from mockserver.service.access_log import Access, AccessLog
from mockserver.service.journal_entry import Entry
from mockserver.service.large_json import turn_of
from mockserver.service.reached import Reached

LIMITS = Limits(body=BOUNDS.longest, held=256 << 20, connections=256, waiting=256, threads={"upstream": 32})
LONGEST_LINE = 1000  # characters of a violation
MAX_JUDGED = 4 << 20  # bytes of a body
_REFUSED = {"gateway": (301, 403), "dashboard": (401,)}  # statuses of what reached no operation
_WARNINGS = {"gateway": of_gateway.member_warnings, "dashboard": of_dashboard.member_warnings}


class Traffic:
    """The traffic between the clients and one service.

    Args:
        service: the name of the service, "gateway" or "dashboard".
        contract: its contract in its version.
        known: credentials to mask wherever they stand.

    Attributes:
        access_log: has a line for each request; None for none.
        counts: how many exchanges there were of each kind: "recorded", "beside" the operations, "unmasked"
            because a body cannot be read, "unjudged" because it is too long, "unanswered", "refused" by the
            proxy, "failed" in the proxy once they were answered.
        requests, replies: how many violated the specification, by operation.
        warnings: how many requests had some, by operation.
    """

    def __init__(
        self,
        service: str,
        contract: Contract,
        forwarder: Forwarder,
        recording: LiveRecording,
        known: tuple[str, ...] = (),
    ) -> None:
        self.access_log: AccessLog | None = None
        self.counts = Counter[str]()
        self.requests = Counter[str]()
        self.replies = Counter[str]()
        self.warnings = Counter[str]()
        self._service = service
        self._forwarder = forwarder
        self._recording = recording
        self._steps = Steps(service, known)
        self._routes = Routes[Operation](contract.operations.values())
        self._lock = threading.Lock()
        assert contract.version is not None
        self._reached = Reached(
            contract=contract,
            warn=partial(_WARNINGS[service], contract, contract.version),
        )

    def answer(self, request: Request, *, blocking: bool = True) -> Reply:
        """Forward a request, record and judge the exchange, and return the answer.

        Raises:
            WouldBlock: `blocking` is False.
        """
        if not blocking:
            raise WouldBlock("upstream")
        begun = time.perf_counter()
        try:
            reply = self._forwarder.forward(request)
        except NotForwarded as error:
            self._count("unanswered")
            self._log(request, error.reply, "", begun, str(error))
            return error.reply
        operation = self._operation_of(request)
        self._log(request, reply, operation.id if operation else "", begun)
        if operation is None:
            self._count("beside")
            return reply
        try:
            self._note(request, reply, operation, time.perf_counter() - begun)
        except Exception as error:  # noqa: BLE001  the client gets its answer, whatever fails here
            self._count("failed")
            log_failure(f"noting an exchange of {operation.id}", error)
        return reply

    def refused(self, request: Request, status: int, reason: str) -> None:
        """Note a request that the server of the proxy has refused."""
        self._count("refused")
        self._log(request, Reply(b"", status, ()), "", time.perf_counter(), reason)

    def _operation_of(self, request: Request) -> Operation | None:
        match = self._routes.match(request.method, request.url.path.rstrip("/") or "/")
        return match.route if match else None

    def _note(self, request: Request, reply: Reply, operation: Operation, seconds: float) -> None:
        """Judge and record an exchange, if its bodies are texts."""
        try:
            exchange = Exchange.of(request, reply)
        except NotText as error:
            self._count("unmasked")
            LOG.warning("%s is not recorded, for a body cannot be masked: %s", operation.id, error)
            return
        with turn_of(exchange.request.body, exchange.reply.body):
            self._record(request, exchange, operation, seconds)

    def _record(self, request: Request, exchange: Exchange, operation: Operation, seconds: float) -> None:
        """Judge an exchange of texts, and write it to the recording."""
        reply = exchange.reply
        is_refused = reply.status in _REFUSED[self._service]
        step, mask = self._steps.step(exchange, is_accepted=not is_refused)
        reached = self._reached._replace(operation=operation, is_refused=is_refused)
        secrets = self._steps.secrets_of(request)
        entry = Entry(time.time(), exchange.request, exchange.reply, reached, secrets)
        judgement: dict[str, list[str]] = {}
        if _is_long(exchange):
            self._count("unjudged")
        else:
            judgement = {
                "request_violations": entry.request_violations,
                "reply_violations": entry.reply_violations,
                "warnings": [] if is_refused else entry.warnings,
            }
        judgement = {
            kind: [_shortened(mask.elsewhere(line)) for line in lines] for kind, lines in judgement.items()
        }
        told = {"operation": operation.id, "milliseconds": round(seconds * 1000, 2)}
        self._recording.add({**step, **told, **{kind: lines for kind, lines in judgement.items() if lines}})
        self._count("recorded")
        self._tell(operation.id, f"{step['request']['method']} {step['request']['target']}", judgement)

    def _tell(self, operation: str, line: str, judgement: dict[str, list[str]]) -> None:
        """Count and log what is wrong with an exchange."""
        kinds = (
            ("request_violations", self.requests),
            ("reply_violations", self.replies),
            ("warnings", self.warnings),
        )
        for kind, counter in kinds:
            if lines := judgement.get(kind):
                with self._lock:
                    counter[operation] += 1
                for text in lines:
                    LOG.warning("%s: %s: %s", line, kind.replace("_", " ").removesuffix("s"), text)

    def _count(self, kind: str) -> None:
        with self._lock:
            self.counts[kind] += 1

    def _log(self, request: Request, reply: Reply, operation: str, begun: float, reason: str = "") -> None:
        if self.access_log is not None:
            seconds, secrets = time.perf_counter() - begun, self._steps.secrets_of(request)
            access = Access(time.time(), request, reply, operation, seconds, None, secrets, reason)
            self.access_log.note(access)


def _shortened(line: str) -> str:
    """A violation, which may quote a whole body; a long one is cut, after it was masked."""
    return line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}... ({len(line)} characters)"


def _is_long(exchange: Exchange) -> bool:
    bodies = (exchange.request.body, exchange.reply.body)
    return any(len(body) > MAX_JUDGED for body in bodies)
