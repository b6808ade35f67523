"""The only door to the gateway under test. It records, redacts, and lets no foreign policy be touched."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from typing import Any
from urllib.parse import urlsplit

from contract_tests.engine.absent_operations import Families
from contract_tests.engine.declaration import NotApplicable
from contract_tests.engine.exchange import SECRET_HEADER, Exchange, Request
from contract_tests.engine.ownership import APIS, CLIENTS, KEYS, ORGANISATIONS, POLICIES, Ownership
from contract_tests.engine.schema_judge import Judge
from mockserver.contract.openapi import Contract
from mockserver.contract.policy_codec import PolicyCodec
from mockserver.http.client import PACKED_FROM, Client, ClientError, Header, Incomplete, TimedOut
from mockserver.http.echo_server import Echo

RELOAD = "/tyk/reload?block=true"
CLEANERS = 4  # connections that remove what was written
PATIENCE = 3  # requests without an answer in time, until the gateway is given up
MAX_KEPT = 64 << 20  # bytes of a run's answers
TOGETHER_MAX_BODY = 4 << 20  # bytes of each answer to requests sent at one time, or twice the longest so far
_JSON: Header = ("Content-Type", "application/json")
_REFUSALS = {301, 400, 403, 404, 405}  # statuses of a request that wrote nothing


class Gone(Exception):
    """The gateway no longer answers at all; what is left cannot be judged."""


class Target:
    """A gateway at a URL, for one run.

    Attributes:
        own: what this run may write, and wrote.
        reloads: how many reloads it asked for.
        log: every exchange, in order.
        judge: holds answers against the spec.
        gone: whether it stopped answering.
    """

    def __init__(self, url: str, secret: str, contract: Contract, *, timeout: float = 10.0) -> None:
        self.url = url.rstrip("/")
        self.secret = secret
        self.contract = contract
        self.codec = PolicyCodec.of(contract)
        self.own = Ownership(self.codec)
        self.reloads = 0
        self.log: list[Exchange] = []
        self.judge = Judge(contract)
        self.gone = False
        self._began = time.monotonic()
        self._timeout = timeout
        self._clients: dict[int, Client] = {}  # one for each thread
        self._timeouts = 0
        self._kept = self._longest = 0  # bytes of all answers, packed, and of the longest, as it came
        self._to_load = False  # what was removed
        self._storeless: dict[int, bool] = {}  # by the number of reloads before, whether it had no Redis
        self._echo: Echo | None = None
        self._starting = threading.Lock()
        self._families = Families(contract, f"{self.own.run}nobody", self.look)

    def send(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        *,
        headers: Iterable[Header] | None = None,
    ) -> Exchange:
        """Send a request, with the secret unless headers are given.

        Raises:
            Gone: no answer came, and /hello is not answered either, or not in time so often.
            NotApplicable: the gateway has no operation of this kind.
            UnsafeRequest: the request would write or delete what is not of this run.
        """
        exchange = self._exchange(self._client, Request(method, target, body, headers))
        self._keep(exchange)
        return exchange

    def send_together(self, requests: Sequence[Request]) -> list[Exchange]:
        """Send requests at one time, each over a connection of its own; exchanges in their order.

        Raises:
            Gone, NotApplicable, UnsafeRequest: as `send` does.
        """
        longest = max(TOGETHER_MAX_BODY, 2 * self._longest)
        with ExitStack() as open_clients, ThreadPoolExecutor(len(requests)) as threads:
            clients = [open_clients.enter_context(Client(self.url, self._timeout, longest)) for _ in requests]
            exchanges = list(threads.map(self._exchange, clients, requests))
        for exchange in exchanges:
            self._keep(exchange)
        return exchanges

    @property
    def lacking(self) -> list[str]:
        """The families of operations that the gateway lacks, by how their paths begin."""
        return self._families.lacking

    def look(self, method: str, path: str) -> Exchange:
        """An exchange that is not remembered."""
        return self._exchange(self._client, Request(method, path))

    def _keep(self, exchange: Exchange) -> None:
        """Remember an exchange.

        Raises:
            Gone: no answer came, and none comes to /hello; or the answers are more than can be kept.
            NotApplicable: the gateway has nothing of the kind.
        """
        if family := self._families.lacks(exchange):
            raise NotApplicable(f"the gateway has no {family}: it answers there as on any unknown path")
        if exchange.answer is None:
            self.log.append(exchange)
            self._still_there(exchange.failure)
            return
        if self._kept + len(exchange.answer.stored) > MAX_KEPT:
            if self.gone:  # this was told; what is still asked for removes what was written
                return
            self.gone = True
            raise Gone(f"the answers of this run have over {MAX_KEPT >> 20} MiB, packed")
        self.log.append(exchange)
        self._kept += len(exchange.answer.stored)
        if exchange.answer.is_packed:
            self._longest = max(self._longest, len(exchange.answer.body))

    @property
    def _client(self) -> Client:
        """The one of this thread."""
        thread = threading.get_ident()
        if thread not in self._clients:
            self._clients[thread] = Client(self.url, self._timeout)
        return self._clients[thread]

    def _exchange(self, client: Client, request: Request) -> Exchange:
        """Send one request, and note what it may have written."""
        sent = ((SECRET_HEADER, self.secret),) if request.headers is None else tuple(request.headers)
        written = self.own.refuse_unsafe(request.method, request.target, request.body)
        answer, failure, torn = None, "", False
        try:
            answer = client.send(request.method, request.target, sent, request.body)
        except BaseException as error:
            self.own.note(written)  # nobody knows
            if not isinstance(error, ClientError):
                raise
            self._timeouts += isinstance(error, TimedOut)
            failure, torn = str(error), isinstance(error, Incomplete)
        if answer is not None and answer.status not in _REFUSALS:
            self.own.note(written)
        exchange = Exchange(
            request.method, request.target, sent, request.body, answer, failure, torn, self.url, self.secret
        )
        if exchange.method == "POST" and exchange.target.startswith(KEYS):
            self._note_key(exchange.json)
        return exchange

    def _note_key(self, told: Any) -> None:
        """Remember a key that was made and got a name of the gateway's own, whose id is JSON or begins so."""
        key = str(told.get("key")) if isinstance(told, dict) and told.get("action") == "added" else ""
        if key.startswith((self.own.run, "ey")):
            self.own.note_key(key)

    def reload(self) -> Exchange:
        """Reload and wait for it."""
        self.reloads += 1
        return self.send("GET", RELOAD)

    def lacks_store(self) -> bool:
        """Whether /hello and /ready agree that it cannot reach its Redis; asked once between two reloads."""
        if self.reloads not in self._storeless:
            hello, ready = (self.send("GET", path, headers=[]) for path in ("/hello", "/ready"))
            fails = hello.document.get("status", "pass") != "pass"
            told = ready.status == 503 and "Redis connection not available" in ready.text
            self._storeless[self.reloads] = told and fails
        return self._storeless[self.reloads]

    def remove(self, *, spared: bool = False) -> None:
        """Delete all that this run wrote, with what is spared or without."""
        for client in self._clients.values():
            client.close()  # an interrupted exchange may be left on it
        for target in self.own.written(CLIENTS, KEYS, ORGANISATIONS):  # a client needs its API
            with suppress(NotApplicable):
                self.send("DELETE", target)
            self.own.forget([target])
        self._to_load = self._to_load or self.own.needs_reload
        written = self.own.written(APIS, POLICIES, spared=spared)
        with ThreadPoolExecutor(CLEANERS) as threads:
            parts = [written[start::CLEANERS] for start in range(CLEANERS)]
            removed = [exchange for part in threads.map(self._delete, parts) for exchange in part]
        self.own.forget(written)
        for exchange in removed:
            self._keep(exchange)

    def clean_up(self) -> list[str]:
        """Delete all that this run wrote, reload, and return what is still there."""
        self.remove(spared=True)
        if not self._to_load:
            return []
        self._to_load = False
        self.reload()
        listed = self.send("GET", POLICIES).json
        found = [item.get("id") for item in listed if isinstance(item, dict)] if listed else []
        return [name for name in found if isinstance(name, str) and self.own.owns(name)]

    def _delete(self, targets: Iterable[str]) -> list[Exchange]:
        """Delete one after the other, over a connection of its own, and read no long answers."""
        with Client(self.url, self._timeout, PACKED_FROM) as client:
            return [self._exchange(client, Request("DELETE", target)) for target in targets]

    @property
    def seconds(self) -> float:
        """How long the run has been going on."""
        return time.monotonic() - self._began

    @property
    def dropped(self) -> list[str]:
        """The requests at which a kept connection was closed instead of answering."""
        return [request for client in self._clients.values() for request in client.dropped]

    @property
    def astray(self) -> bytes:
        """What came between two answers and belongs to none."""
        return b"".join(client.astray for client in self._clients.values())

    def upstream(self) -> str:
        """The URL of a server of ours that a gateway on this machine reaches; "" for one elsewhere."""
        host = urlsplit(self.url).hostname or ""
        if host != "localhost" and not host.startswith("127.") and host != "::1":
            return ""
        with self._starting:
            if self._echo is None:
                self._echo = Echo(shows_headers=True)
                self._echo.start()
        return self._echo.url

    def serve(self, name: str, body: bytes, status: int = 200, headers: Sequence[Header] = (_JSON,)) -> str:
        """The URL of that name at `upstream`, where there is one; it is answered so from now on."""
        url = self.upstream()
        assert self._echo is not None
        self._echo.answers[f"/{name}"] = status, headers, body
        return url + name

    def close(self) -> None:
        """Close the connections to the gateway, and the server behind its APIs."""
        for client in self._clients.values():
            client.close()
        if self._echo is not None:
            self._echo.stop()

    def _still_there(self, failure: str) -> None:
        self.gone = True  # until the opposite is seen
        if self._timeouts >= PATIENCE:
            raise Gone(f"{failure}, {self._timeouts} times now")
        try:
            self._client.send("GET", "/hello")
        except ClientError as error:
            raise Gone(f"{failure}; nor is /hello answered: {error}") from error
        self.gone = False
