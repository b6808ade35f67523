"""A hostile server for the suite: a mock behind a door that spoils its answers and notes every write.

Each worker (`bench.hostile_worker`) has a door of its own, with a mock gateway and a mock Dashboard behind it.
A write that names a thing of others is a fault, in whatever way it is encoded, and so is a thing of others
that has changed after a case; no code of the suite decides this.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import http.client
import json
import random
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_to_bytes

from bench.hostile_answers import (
    FOREIGN_HEX,
    FOREIGN_ID,
    KINDS,
    MARKS,
    Answer,
    Spoiler,
    chosen_names,
    names,
    stalls,
)
from bench.servers import KEY, SECRET
from mockserver import MockDashboard, MockGateway

PACE = 0.02  # seconds between parts
COMMANDS = {
    "test": 60,
    "clean": 20,
    "record": 10,
    "export": 6,
    "import": 6,
    "impact": 3,
    "why": 3,
    "propagation": 2,
    "compare": 3,
    "verify": 0.05,
}  # with their relative frequencies
PATIENT = {"record", "export", "import", "impact", "why", "propagation"}
READING = {"export", "impact", "why", "propagation"}  # commands that write nothing
SHARES = (0.03, 0.2, 0.6, 1.0)  # of the answers that are spoiled
OF_OTHERS = {
    "gateway": ("/tyk/apis/victim-api", "/tyk/policies/victim-key", f"/tyk/policies/{FOREIGN_HEX}",
                "/tyk/keys/victim-key", "/tyk/org/keys/victimorg", "/tyk/oauth/clients/victim-api"),
    "dashboard": (f"/api/portal/policies/{FOREIGN_ID}", f"/api/portal/policies/{FOREIGN_HEX}",
                  "/api/apis/victim-api"),
}  # fmt: skip
_ORGANISATION = re.compile(rb'"org_id": "(?:[^"\\]|\\.)*"')
_RUN = re.compile(rb"tyk-contract-[0-9a-f]{8}-")


@dataclass
class ServerCase:
    """One command or test under attack, the same for a seed and a number.

    Attributes:
        writes: the requests that were no GET, as they came.
        requests: the number of requests so far.
        run: the prefix of the names of the run, as soon as a request has it.
        faults: descriptions of what must not be.
    """

    number: int
    seed: str
    command: str
    service: str
    spoiler: Spoiler | None
    share: float
    writes: list[bytes] = field(default_factory=list)
    requests: int = 0
    run: str = "tyk-contract-0123abcd-"
    faults: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, seed: int, number: int) -> ServerCase:
        """The case with a number."""
        rng = random.Random(f"{seed} suite {number}")
        command = rng.choices(list(COMMANDS), list(COMMANDS.values()))[0]
        spoiler = rng.choices([*KINDS, None], [*KINDS.values(), sum(KINDS.values()) / 10])[
            0
        ]  # None: any, by turns
        if spoiler is stalls and command in PATIENT:  # which waits up to 30 s for each answer
            command = "clean"
        if spoiler is chosen_names and command != "test":
            spoiler = names
        service = "dashboard" if rng.random() < 0.25 else "gateway"
        return cls(number, f"{seed} {number}", command, service, spoiler, rng.choice(SHARES))

    def spoil(self, request: bytes, reply: bytes, elsewhere: str) -> tuple[list[bytes], str]:
        """The parts that answer a request, and what follows them."""
        self.requests += 1
        method = request.partition(b" ")[0]
        if method not in {b"GET", b"HEAD"}:
            self.writes.append(request)
        if match := _RUN.search(request):
            self.run = match[0].decode()
        answer, rng = Answer.parse(reply), random.Random(f"{self.seed} {self.requests}")
        if rng.random() >= self.share:
            return answer.parts(is_head=method == b"HEAD"), "keep"
        spoiler = self.spoiler or rng.choice([kind for kind in KINDS if kind not in {stalls, chosen_names}])
        parts, end = spoiler(rng, answer, self.run)
        end = "close" if self.command == "record" else end  # which would wait 30 s for each answer
        return [part.replace(b"ELSEWHERE", elsewhere.encode()) for part in parts], end


def mentions_others(text: bytes) -> bool:
    """True if a write names a thing of others, however often it is encoded.

    A policy may repeat the organisation that a Dashboard answered: a policy is sent back as it was read, and
    a recording gives the organisation of its key, which nothing else tells.
    """
    if text.startswith((b"PUT /api/portal/policies", b"POST /api/portal/policies")):
        text = _ORGANISATION.sub(b"", text)
    for _ in range(12):
        words = [word for word in re.split(rb"[^0-9A-Za-z+/=_-]", text) if word.startswith(b"ey")]
        decoded = [_decoded(word) for word in words]
        if any(mark.encode() in part for mark in MARKS for part in (text, *decoded)):
            return True
        text = unquote_to_bytes(text)
    return False


def _decoded(word: bytes) -> bytes:
    """The bytes of a text in base64; none of one that has too few digits."""
    with contextlib.suppress(binascii.Error):
        return base64.b64decode(word + b"==", altchars=b"-_" if b"_" in word else None)
    return b""


class Door:
    """The hostile server of one worker."""

    def __init__(self) -> None:
        self.gateway = MockGateway(gateway="5.14", secret=SECRET)
        self.dashboard = MockDashboard(key=KEY, with_gateway=False)
        self.case: ServerCase | None = None
        self.url = self.elsewhere = ""
        self.asked = asyncio.Event()  # set by the first request
        self._tasks: set[asyncio.Task[Any]] = set()

    @contextlib.asynccontextmanager
    async def open(self) -> Any:
        """Serve, at `url`, and at `elsewhere`, where nobody may ask."""
        servers = [
            await asyncio.start_server(handler, "127.0.0.1", 0) for handler in (self._serve, self._astray)
        ]
        self.url, self.elsewhere = (f"http://127.0.0.1:{s.sockets[0].getsockname()[1]}" for s in servers)
        try:
            yield self
        finally:
            for server in servers:
                server.close()
            self.gateway.close()
            self.dashboard.close()

    def begin(self, case: ServerCase) -> list[Any]:
        """Give the mocks things of others, unless the command needs empty ones; return what they say of them."""
        self.case = case
        mock = self.dashboard if case.service == "dashboard" else self.gateway
        mock.reset()
        if case.service == "dashboard":
            self.dashboard.policies.seed(
                *({"_id": name, "name": f"victim {name}"} for name in (FOREIGN_ID, FOREIGN_HEX)),
                {"name": f"{case.run}1"},
            )
            state = self.dashboard.state
            state.apis.create(state.organisation, {"api_id": "victim-api", "name": "victim"}, keeps_id=True)
            return self.things_of_others()
        if case.command == "record":
            return []
        rights = {"victim-api": {"api_id": "victim-api"}}
        session = {"org_id": "victimorg", "access_rights": rights}
        api = {
            "api_id": "victim-api",
            "org_id": "victimorg",
            "proxy": {"listen_path": "/victim-api/"},
            "use_oauth2": True,
        }
        self.gateway.policies.seed(
            {"id": "victim-key", "org_id": "victimorg", "access_rights": rights},
            {"id": FOREIGN_HEX},
            {"id": f"{case.run}1"},
        )
        for target, body in (
            ("/tyk/apis", api), ("/tyk/keys/victim-key", session), ("/tyk/org/keys/victimorg", {}),
            ("/tyk/keys/victim-key", {**session, "org_id": ""}),
        ):  # fmt: skip
            self._ask("POST", target, body)
        self.gateway.reload()
        self._ask(
            "POST",
            "/tyk/oauth/clients/create",
            {"api_id": "victim-api", "client_id": "victim-key", "policy_id": "victim-key"},
        )
        return self.things_of_others()

    def end(self, before: list[Any]) -> list[str]:
        """The faults of the case: writes about things of others, and things of others that changed."""
        case, self.case = self.case, None
        assert case is not None
        faults = [
            f"writes {write[:300]!r}, which is about others"
            for write in case.writes
            if mentions_others(write)
        ]
        if case.command in READING and case.writes:
            faults.append(f"writes {case.writes[0][:300]!r}, where it only reads")
        if before and case.writes and self.things_of_others(case.service) != before:
            faults.append("changed a thing of others")
        for task in self._tasks:
            task.cancel()
        return faults + case.faults

    def things_of_others(self, service: str = "") -> list[Any]:
        """The honest answers of the mock about the things that were there before."""
        service = service or (self.case.service if self.case else "gateway")
        return [self._ask("GET", target) for target in OF_OTHERS[service]]

    def _ask(self, method: str, target: str, body: Any = None) -> tuple[int, bytes]:
        mock = self.dashboard if target.startswith("/api/") else self.gateway
        connection = http.client.HTTPConnection(mock.url.removeprefix("http://"), timeout=10)
        headers = {"X-Tyk-Authorization": SECRET, "Authorization": KEY}
        connection.request(method, target, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        result = (answer.status, answer.read())
        connection.close()
        return result

    async def _astray(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.case is not None:
            self.case.faults.append("follows a redirect")
        writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with contextlib.suppress(
                OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError
            ):
                while await self._exchange(reader, writer):
                    pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; False if the connection ends."""
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"(?im)^content-length: *(\d+)\r$", head)
        body = await reader.readexactly(int(length[1])) if length else b""
        if re.search(rb"(?im)^transfer-encoding:", head):
            body = await reader.readuntil(b"0\r\n\r\n")
        case = self.case
        if case is None:
            return False
        self.asked.set()
        reply = await self._honest(head, body, case.service)
        parts, end = case.spoil(head + body, reply, self.elsewhere)
        for number, part in enumerate(parts):
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(PACE if number + 1 < len(parts) else 0)
        while end in {"drip", "flood"}:
            writer.write(parts[-1])
            await writer.drain()
            await asyncio.sleep(PACE if end == "drip" else 0)
        if end == "hold":
            await reader.read()
        return end == "keep"

    async def _honest(self, head: bytes, body: bytes, service: str) -> bytes:
        mock = self.dashboard if service == "dashboard" else self.gateway
        reader, writer = await asyncio.open_connection("127.0.0.1", int(mock.url.rpartition(":")[2]))
        writer.write(head.replace(b"\r\n", b"\r\nConnection: close\r\n", 1) + body)
        try:
            return await reader.read(-1)
        finally:
            writer.close()
