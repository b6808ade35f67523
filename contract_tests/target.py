"""The only door to the gateway under test. It records, redacts, and lets no foreign policy be touched."""

from __future__ import annotations

import posixpath
import secrets
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any
from urllib.parse import quote, unquote

from contract_tests.exchange import SECRET_HEADER, Exchange, Request
from mockserver.client import Client, ClientError, Header, Incomplete, TimedOut
from mockserver.contract import Contract
from mockserver.policy import PolicyCodec

PREFIX = "tyk-contract-"
RELOAD = "/tyk/reload?block=true"
POLICIES = "/tyk/policies"
KEYS = "/tyk/keys"
PATIENCE = 3  # requests without an answer in time, until the gateway is given up
_REFUSALS = {301, 400, 403, 404, 405}  # statuses of a request that wrote nothing
OBJECT_ID_PREFIX = "7c0a57ac"  # of database ids, which cannot hold the textual prefix


def ours(policies: list[Any]) -> list[str]:
    """The ids, of a gateway's list of policies, that a run of this suite wrote."""
    ids = [str(item.get("id", "")) for item in policies if isinstance(item, dict)]
    return [each for each in ids if each.startswith((PREFIX, OBJECT_ID_PREFIX))]


class Gone(Exception):
    """The gateway no longer answers at all; what is left cannot be judged."""


class UnsafeRequest(AssertionError):
    """A test was about to write or delete a policy that is not of this run; a defect of ours."""


class Target:
    """A gateway at a URL, for one run.

    Attributes:
        run: the prefix of every id that this run writes.
        reloads: how many reloads it asked for.
        log: every exchange, in order.
        gone: whether it stopped answering.
    """

    def __init__(self, url: str, secret: str, contract: Contract, *, timeout: float = 10.0) -> None:
        self.url = url.rstrip("/")
        self.secret = secret
        self.contract = contract
        self.codec = PolicyCodec.of(contract)
        token = secrets.token_hex(4)
        self.run = f"{PREFIX}{token}-"
        self.run_object_id = OBJECT_ID_PREFIX + token
        self.reloads = 0
        self.log: list[Exchange] = []
        self.gone = False
        self._timeout = timeout
        self._client = Client(self.url, timeout)
        self._created: dict[str, None] = {}
        self._keys: dict[str, None] = {}
        self._count = 0
        self._timeouts = 0

    def new_id(self, suffix: str = "") -> str:
        """An id that no policy has, of this run."""
        self._count += 1
        return f"{self.run}{self._count}{suffix}"

    def new_object_id(self) -> str:
        """A database id of this run: 24 lower-case hex digits."""
        self._count += 1
        return f"{self.run_object_id}{self._count:08x}"

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
            UnsafeRequest: the request would write or delete a policy that is not of this run.
        """
        exchange = self._exchange(self._client, Request(method, target, body, headers))
        self.log.append(exchange)
        if exchange.answer is None:
            self._still_there(exchange.failure)
        return exchange

    def send_together(self, requests: Sequence[Request]) -> list[Exchange]:
        """Send requests at one time, each over a connection of its own; exchanges in their order.

        Raises:
            Gone, UnsafeRequest: as `send` does.
        """
        with ExitStack() as open_clients, ThreadPoolExecutor(len(requests)) as threads:
            clients = [open_clients.enter_context(Client(self.url, self._timeout)) for _ in requests]
            exchanges = list(threads.map(self._exchange, clients, requests))
        self.log += exchanges
        for exchange in exchanges:
            if exchange.answer is None:
                self._still_there(exchange.failure)
        return exchanges

    def _exchange(self, client: Client, request: Request) -> Exchange:
        """Send one request, and note what it may have written."""
        sent = ((SECRET_HEADER, self.secret),) if request.headers is None else tuple(request.headers)
        written = self.refuse_unsafe(request.method, request.target, request.body)
        answer, failure, torn = None, "", False
        try:
            answer = client.send(request.method, request.target, sent, request.body)
        except BaseException as error:
            self._created |= dict.fromkeys(written)  # nobody knows
            if not isinstance(error, ClientError):
                raise
            self._timeouts += isinstance(error, TimedOut)
            failure, torn = str(error), isinstance(error, Incomplete)
        if answer is not None and answer.status not in _REFUSALS:
            self._created |= dict.fromkeys(written)
        exchange = Exchange(
            request.method, request.target, sent, request.body, answer, failure, torn, self.url, self.secret
        )
        if exchange.method == "POST" and exchange.target.startswith(KEYS):
            self._note_key(exchange.json)
        return exchange

    def _note_key(self, told: Any) -> None:
        """Remember a key that was made and got a name of the gateway's own, whose id is JSON or begins so."""
        key = str(told.get("key")) if isinstance(told, dict) and told.get("action") == "added" else ""
        if key.startswith((self.run, "ey")):
            self._keys[key] = None

    def reload(self) -> Exchange:
        """Reload and wait for it."""
        self.reloads += 1
        return self.send("GET", RELOAD)

    def clean_up(self) -> list[str]:
        """Delete all that this run wrote, reload, and return what is still there."""
        self._client.close()  # an interrupted exchange may be left on it
        for name in tuple(self._keys):  # of no organisation, or of the one that is called like the run
            self.send("DELETE", f"{KEYS}/{quote(name, safe='')}?org_id={self.run}")
        self._keys.clear()
        if not self._created:
            return []
        for policy_id in self._created:
            self.send("DELETE", f"{POLICIES}/{quote(policy_id, safe='')}")
        self._created.clear()
        self.reload()
        listed = self.send("GET", POLICIES).json
        found = [item.get("id") for item in listed if isinstance(item, dict)] if listed else []
        return [name for name in found if isinstance(name, str) and self.owns(name)]

    @property
    def dropped(self) -> int:
        """How many kept connections were closed instead of answering."""
        return self._client.dropped

    @property
    def astray(self) -> bytes:
        """What came between two answers and belongs to none."""
        return self._client.astray

    def close(self) -> None:
        """Close the connection to the gateway."""
        self._client.close()

    def owns(self, policy_id: str) -> bool:
        """Whether an id was made by this run; its file then lies beside no other's."""
        file = posixpath.normpath("/" + policy_id)
        return file.startswith((f"/{self.run}", f"/{self.run_object_id}"))

    def _still_there(self, failure: str) -> None:
        self.gone = True  # until the opposite is seen
        if self._timeouts >= PATIENCE:
            raise Gone(f"{failure}, {self._timeouts} times now")
        try:
            self._client.send("GET", "/hello")
        except ClientError as error:
            raise Gone(f"{failure}; nor is /hello answered: {error}") from error
        self.gone = False

    def refuse_unsafe(self, method: str, target: str, body: bytes | None) -> list[str]:
        """See that a request changes no policy of others, whatever the gateway's faults.

        Returns the ids that it may write.

        Raises:
            UnsafeRequest: it could.
        """
        if target.startswith(KEYS):
            return self._refuse_unsafe_key(method, target, body)
        if not target.startswith(POLICIES):
            return []
        path_id = unquote(target.removeprefix(POLICIES).partition("?")[0]).strip("/")
        if method == "DELETE" and path_id and not self.owns(path_id):
            raise UnsafeRequest(f"DELETE of {path_id!r}, which is not of this run")
        if method not in ("POST", "PUT"):
            return []
        policy, _ = self.codec.decode_leniently(body or b"")
        names = [name for name in (policy["id"] or policy["_id"], path_id) if name]
        for name in names:
            if not self.owns(name):
                raise UnsafeRequest(f"{method} of {name!r}, which is not of this run")
        return names

    def _refuse_unsafe_key(self, method: str, target: str, body: bytes | None) -> list[str]:
        """Keys of this run bear its prefix as their name, or are of an organisation that is called so."""
        name = unquote(target.removeprefix(KEYS).partition("?")[0]).strip("/").removeprefix("policy/")
        if method == "GET" or name == "preview" or (not name and method != "POST"):
            return []
        if name not in ("", "create"):
            if not name.startswith(self.run) and name not in self._keys:
                raise UnsafeRequest(f"{method} of the key {name!r}, which is not of this run")
            self._keys |= {name: None} if method != "DELETE" else {}
        elif b'"org_id"' in (body or b"") and f'"{self.run}"'.encode() not in (body or b""):
            raise UnsafeRequest(f"{method} of a key of another organisation than {self.run!r}")
        return []
