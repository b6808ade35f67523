"""The target: HTTP to the service under test, guarded by the run's ownership, and the log of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from contract_tests.engine.checks import shorten
from contract_tests.engine.exchange import Exchange, Request
from contract_tests.engine.ownership import Ownership
from mockserver.http.auth import Auth
from mockserver.http.client import MAX_BODY, Client, ClientError, Header, Incomplete, TimedOut
from mockserver.http.connection_settings import ConnectionSettings
from mockserver.http.deadline import Deadline
from mockserver.http.pacing import Pacer

PATIENCE = 3  # requests without an answer in time, until the service is given up
PROBES = 3  # requests for the probe, until it counts as not answered
EARLY = 0.05  # seconds by which a wait may end before the moment that it is for
MAX_LOGGED = 64 << 20  # bytes of a run's exchanges, as they are stored
TOGETHER_MAX_BODY = 4 << 20  # bytes of each answer to requests sent at one time, or twice the longest so far
_REFUSALS = {301, 400, 403, 404, 405}  # statuses of a request that wrote nothing


class RunEnded(Exception):
    """A run that cannot go on; the message is the reason why the remaining tests cannot be judged."""


class Gone(RunEnded):
    """The service no longer answers at all."""


class LimitReached(RunEnded):
    """The run's time is over, or its log is full."""


class Target:
    """A service at a URL, for one run.

    Attributes:
        reloads: the number of reloads that the run asked for.
        log: every exchange that was recorded, in order.
        gone: True if it stopped answering.
        limit: the deadline of all requests; it may be moved, for the clean-up has a time of its own.
        traffic_url: the URL where requests to the run's APIs are answered; "" if that is the URL of the rest.
        own_paths: what begins the paths of the service's own API, which never go to `traffic_url`.
        pacer: the waits for a service that limits the rate of requests.
    """

    def __init__(
        self,
        url: str,
        auth: Auth,
        ownership: Ownership,
        *,
        reload_target: str = "",
        probe: str = "/",
        timeout: float = 10.0,
        limit: Deadline | None = None,
        settings: ConnectionSettings | None = None,
        pacer: Pacer | None = None,
    ) -> None:
        self.pacer = pacer or Pacer(lambda _: False)
        self._settings = settings
        self.url = url.rstrip("/")
        self.traffic_url = self.own_paths = ""
        self.auth = auth
        self.reloads = 0
        self.log: list[Exchange] = []
        self.gone = False
        self.limit = limit or Deadline()
        self._ownership = ownership
        self._reload_target = reload_target
        self._probe = probe
        self._timeout = timeout
        self._started = time.monotonic()
        self._clients: dict[tuple[int, str], Client] = {}  # one for each thread and URL
        self._timeouts = 0
        self._logged = self._longest = 0  # bytes of all exchanges, and of the longest answer as it came

    def send(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        *,
        headers: Iterable[Header] | None = None,
    ) -> Exchange:
        """Send a request, with the secret unless headers are given, and record the exchange.

        Raises:
            Gone: no answer came, and the probe is not answered either, or not in time so often.
            LimitReached: the run's time is over, or its log is full.
            UnsafeRequest: the request would write or delete a thing that is not of this run.
        """
        return self.record(self.ask(Request(method, target, body, headers)))

    def ask(self, request: Request, client: Client | None = None, url: str = "") -> Exchange:
        """Send a request without recording the exchange; only its possible writes are noted.

        Args:
            request: the request.
            client: the connection to use; by default the one of this thread.
            url: the URL of the service; by default that for the target of the request.

        Raises:
            LimitReached: the run's time is over.
            UnsafeRequest: the request would write or delete a thing that is not of this run.
        """
        self._check_time()
        headers = request.headers
        sent = (self.auth.line,) if headers is None else tuple(headers)
        written = self._ownership.check(request)
        answer, failure, truncated = None, "", False
        url = url or self._url_for(request.target)
        asked = time.monotonic()
        try:
            answer = (client or self._client_at(url)).send(request.method, request.target, sent, request.body)
        except BaseException as error:
            self._ownership.note(written)  # it may have been written
            if not isinstance(error, ClientError):
                raise
            is_late = isinstance(error, TimedOut)
            self._check_time(EARLY if is_late else 0.0)
            self._timeouts += is_late
            failure, truncated = str(error), isinstance(error, Incomplete)
        if answer is not None and answer.status not in _REFUSALS:
            self._ownership.note(written)
        exchange = Exchange(
            request.method,
            request.target,
            sent,
            request.body,
            answer,
            failure,
            truncated,
            url,
            self.auth,
            self._settings,
            time.monotonic() - asked,
            asked,
        )
        if request.method == "POST":
            self._ownership.note_answer(request, exchange.json)
        return exchange

    def ask_together(self, requests: Sequence[Request]) -> list[Exchange]:
        """Send requests at one time, each over a connection of its own; exchanges in their order.

        Raises:
            UnsafeRequest: as `ask` does.
        """
        longest = max(TOGETHER_MAX_BODY, 2 * self._longest)
        with ExitStack() as open_clients, ThreadPoolExecutor(len(requests)) as threads:
            clients = [open_clients.enter_context(self.new_client(longest, one.target)) for one in requests]
            return list(threads.map(self.ask, requests, clients))

    def record(self, exchange: Exchange, *, must_fit: bool = True) -> Exchange:
        """Append an exchange to the log.

        Raises:
            Gone: no answer came, and none comes to the probe.
            LimitReached: the log is full, and the exchange must fit.
        """
        size = exchange.size
        if self._logged + size <= MAX_LOGGED:
            self._logged += size
            self.log.append(exchange)
        elif must_fit:
            raise LimitReached(f"the answers of this run have over {MAX_LOGGED >> 20} MiB, packed")
        if exchange.answer is None:
            self._check_presence(exchange.failure)
        elif exchange.answer.is_packed:
            self._longest = max(self._longest, len(exchange.answer.body))
        return exchange

    def reload(self, *, must_fit: bool = True) -> Exchange:
        """Ask for a reload, and wait until it is done. Raises as `record`."""
        self.reloads += 1
        return self.record(self.ask(Request("GET", self._reload_target)), must_fit=must_fit)

    def new_client(self, longest: int = MAX_BODY, target: str = "") -> Client:
        """A connection of its own for a target, which reads up to `longest` bytes of a body."""
        return self._connected(self._url_for(target), longest)

    @property
    def seconds(self) -> float:
        """The seconds since the run started."""
        return time.monotonic() - self._started

    @property
    def dropped(self) -> list[str]:
        """The requests at which a kept connection was closed instead of answering."""
        return [request for client in self._clients.values() for request in client.dropped]

    @property
    def retried_note(self) -> str:
        """A line about the requests that were sent again on a new connection; "" if there are none."""
        if not (dropped := self.dropped):
            return ""
        names = self.auth.masked(", ".join(dict.fromkeys(name.partition("?")[0] for name in dropped)))
        return f"retried  {len(dropped)} requests whose connection was closed instead: {shorten(names)}"

    @property
    def unsolicited_bytes(self) -> bytes:
        """Bytes that came between two answers and belong to none."""
        return b"".join(client.unsolicited for client in self._clients.values())

    def close(self) -> None:
        """Close all connections; the next request opens a new one."""
        for client in self._clients.values():
            client.close()

    def _url_for(self, target: str) -> str:
        """The URL that answers a target: that of traffic if the run has an API there."""
        if self.traffic_url and self._ownership.run in target and not target.startswith(self.own_paths):
            return self.traffic_url
        return self.url

    def _connected(self, url: str, longest: int = MAX_BODY) -> Client:
        return Client(url, self._timeout, longest, self.limit, settings=self._settings, pacer=self.pacer)

    def _client_at(self, url: str) -> Client:
        key = (threading.get_ident(), url)
        if key not in self._clients:
            self._clients[key] = self._connected(url)
        return self._clients[key]

    def _check_time(self, margin: float = 0.0) -> None:
        if self.limit.left <= margin:
            advice = "allow more with --max-time (of pytest: --gateway-max-time)"
            raise LimitReached(f"the time of this run was over before that; {advice}")

    def _check_presence(self, failure: str) -> None:
        self.gone = True  # until the opposite is seen
        if self._timeouts >= PATIENCE:
            raise Gone(f"{failure}, {self._timeouts} times now")
        for left in reversed(range(PROBES)):
            try:
                self._client_at(self.url).send("GET", self._probe)
                break
            except ClientError as error:
                self._check_time(EARLY)
                if not left or isinstance(error, TimedOut):
                    raise Gone(f"{failure}; nor is {self._probe} answered: {error}") from error
        self.gone = False
