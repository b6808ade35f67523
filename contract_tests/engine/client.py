"""The service as one test sees it: requests, and the test's own exchanges."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from contract_tests.engine.checks import Mismatch, shorten
from contract_tests.engine.declaration import NotApplicable
from contract_tests.engine.exchange import Exchange, Request
from contract_tests.engine.ownership import Ownership, UnsafeRequest
from contract_tests.engine.run import Run
from contract_tests.engine.run_options import RunOptions
from contract_tests.engine.schema_judge import SchemaJudge
from contract_tests.engine.target import Target
from contract_tests.engine.upstream import Upstream
from mockserver.contract.openapi import Contract
from mockserver.contract.versions import GatewayVersion
from mockserver.http.auth import Auth

POLL_SECONDS = 0.05


class ServiceClient:
    """A service as one test sees it.

    Attributes:
        exchanges: the exchanges of this test, as a report shows them.
        judge: holds answers against the contract.
    """

    def __init__(self, run: Run, judge: SchemaJudge) -> None:
        self.run = run
        self.judge = judge
        self.exchanges: list[Exchange] = []

    @property
    def target(self) -> Target:
        """The service under test, and the log of the run."""
        return self.run.target

    @property
    def auth(self) -> Auth:
        """The credential of the run."""
        return self.run.target.auth

    @property
    def options(self) -> RunOptions:
        """The user's settings."""
        return self.run.options

    @property
    def upstream(self) -> Upstream:
        """The server of the suite that the service can forward requests to."""
        return self.run.upstream

    @property
    def ownership(self) -> Ownership:
        """The names of the run."""
        return self.run.ownership

    @property
    def contract(self) -> Contract:
        """The contract of the version that the service is judged as."""
        return self.run.contract

    @property
    def version(self) -> GatewayVersion:
        """The version that the service is judged as."""
        return self.run.version

    def setting(self, name: str, default: Any = None) -> Any:
        """The value of a setting of the service, for a test whose behaviour shows under settings.

        `default` stands for that of a setting which the behaviour does not need.
        """
        assert self.run.configuration is not None
        return self.run.configuration.values.get(name, default)

    def refused_by_setting(self, exchange: Exchange) -> str:
        """The setting of the service that refuses a request, as a reason; "" if it is not that."""
        return ""

    @property
    def behaviours(self) -> frozenset[str]:
        """The ids of the rows that hold for the version."""
        return self.run.service.behaviours.of(self.version)

    def send(self, method: str, path: str, body: Any = None, **kwargs: Any) -> Exchange:
        """Send a request; a body that is neither text nor bytes is sent as JSON.

        Raises:
            NotApplicable: the service offers no operation of this group.
            Mismatch: the service named a thing that is not of this run, in the answer or before.
            Gone, UnsafeRequest: as the target's `send` does.
        """
        with self.service_may_name():
            return self._add(self.target.ask(Request(method, path, _content(body), **kwargs)))

    def probe(self, method: str, path: str, body: Any = None, **kwargs: Any) -> Exchange:
        """Send a request whatever the service answers with; the run's log does not have it.

        Raises:
            LimitReached, UnsafeRequest: as the target's `ask` does.
        """
        exchange = self.target.ask(Request(method, path, _content(body), **kwargs))
        self.exchanges.append(exchange)
        return exchange

    def probe_listed(self) -> list[str] | None:
        """The ids of all things that the service lists, asked as `probe` does; None if it answers no list."""

        def get(target: str) -> Any:
            exchange = self.probe("GET", target)
            return exchange.json if exchange.status == 200 else None

        try:
            return [name for name, _ in self.run.service.listing.things(get)]
        except ValueError:
            return None

    def send_together(self, *requests: Request) -> list[Exchange]:
        """Send requests at one time; exchanges in their order. Raises as `send`."""
        with self.service_may_name():
            return [self._add(exchange) for exchange in self.target.ask_together(requests)]

    def get_until(self, path: str, seconds: float, is_done: Callable[[int], bool]) -> Exchange:
        """GET a path until its status is as wanted, or the time is over; the last exchange."""
        return self.read_until(path, seconds, lambda exchange: is_done(exchange.status))

    def read_until(
        self, path: str, seconds: float, is_done: Callable[[Exchange], bool], **kwargs: Any
    ) -> Exchange:
        """GET a path until the exchange is as wanted, or the time is over; the last exchange."""
        deadline = time.monotonic() + seconds
        while True:
            exchange = self.target.send("GET", path, **kwargs)
            if is_done(exchange) or time.monotonic() > deadline:
                self.exchanges.append(exchange)
                return exchange
            time.sleep(POLL_SECONDS)

    def new_id(self, suffix: str = "") -> str:
        """A new id of the run."""
        return self.ownership.new_id(suffix)

    @contextmanager
    def service_may_name(self) -> Iterator[None]:
        """Blame the service if a name that an answer of this test has is refused as not of this run.

        Raises:
            Mismatch: an answer has the name.
            UnsafeRequest: the test made the name itself; a defect of the suite.
        """
        try:
            yield
        except UnsafeRequest as error:
            for exchange in reversed(self.exchanges):
                for text in _texts(exchange.json):
                    if text and (text == error.name or error.name.endswith(f"/{text}")):
                        raise self._foreign(error.kind, text, exchange) from error
            raise

    def _foreign(self, kind: str, name: str, exchange: Exchange) -> Mismatch:
        actual = f"the {self.run.service.name} named a {kind} that is not of this run: {shorten(repr(name))}"
        return Mismatch(f"a {kind} of this run, {self.ownership.run}...", actual, exchange)

    def _add(self, exchange: Exchange) -> Exchange:
        """Record an exchange for the run and for this test, unless it judges nothing.

        Raises:
            NotApplicable: the operation is not offered at all, or a setting refuses the request.
        """
        if reason := self.refused_by_setting(exchange):
            raise NotApplicable(reason)
        if group := self.run.absent_operations.group_of(exchange):
            name = self.run.service.name
            raise NotApplicable(f"the {name} has no {group}: it answers there as on any unknown path")
        self.target.record(exchange)
        self.exchanges.append(exchange)
        kind, name = self.ownership.foreign_name(exchange)
        if name:
            raise self._foreign(kind, name, exchange)
        return exchange


def _content(body: Any) -> bytes | None:
    """The bytes of a body; one that is neither text nor bytes is JSON."""
    if isinstance(body, str):
        return body.encode("utf-8", "surrogatepass")
    return body if body is None or isinstance(body, bytes) else json.dumps(body).encode()


def _texts(document: Any) -> Iterator[str]:
    """The values in a JSON document as tests may take them for names: texts, and the texts of other values.

    Names of members are left out, and of objects and arrays all but the members of the document itself.
    """
    if isinstance(document, dict):
        yield from (str(value) for value in document.values() if isinstance(value, (dict, list)))
    nodes = [document]
    while nodes:
        node = nodes.pop()
        if isinstance(node, (dict, list)):
            nodes += node.values() if isinstance(node, dict) else node
        else:
            yield str(node)
