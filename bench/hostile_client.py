"""A hostile client of one mock: thousands of odd connections at a time, and a strict look at each answer."""

from __future__ import annotations

import asyncio
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from bench import hostile_apis, hostile_pieces
from bench.hostile_requests import KINDS
from bench.hostile_upstream import hostile_upstream
from bench.odd_requests import TARGETS, Pieces, request
from bench.servers import Running

CLIENTS = 16
BATCH = 100  # cases until the mock is reset and must answer a probe
LONGEST = 160 << 20  # bytes of all answers to a case; those of a batch may have 64 MiB, and escapes
SECONDS = 20.0  # in which a case must be answered to its end
PAUSE = 0.01  # seconds between the pieces of a slow request
EXPECTED = (501, 505)  # for an unknown transfer encoding or HTTP version
CONDUCTS = {"half-closes": 6, "waits": 3, "leaves": 1}  # what a client does once it has sent all
IDLE = 0.15  # seconds without an answer, until a client that waits half-closes
_HEAD = re.compile(
    rb"HTTP/1\.[01] (\d{3})(?: [^\r\n]*)?\r\n((?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\r\n\0]*\r\n)*)\r\n"
)
_MAY_BE_DROPPED = {  # for a definition, as by a gateway that panics
    "traffic", "pipeline", "path_lists", "open_api",
}  # fmt: skip
_PASSED_ON = {kind.__name__ for kind in hostile_apis.KINDS}
_CHUNK = re.compile(rb"([0-9a-fA-F]+)\r\n")


@dataclass
class Outcome:
    """The outcome of a run: faults, the number of answers by kind and status, the longest case in seconds."""

    faults: list[str] = field(default_factory=list)
    statuses: dict[str, Counter[str]] = field(default_factory=dict)
    longest: float = 0.0
    cases: int = 0


@dataclass(frozen=True)
class ClientCase:
    """One connection of the client, the same for a seed, a service and a number."""

    kind: str
    pieces: Pieces
    conduct: str

    @classmethod
    def of(cls, seed: int, service: str, number: int) -> ClientCase:
        """The case with a number."""
        rng = random.Random(f"{seed} {service} {number}")
        kinds = KINDS | (hostile_apis.KINDS if service == "gateway" else {})
        kind = rng.choices(list(kinds), list(kinds.values()))[0]
        pieces = kind(rng, TARGETS[service])
        return cls(kind.__name__, pieces, rng.choices(list(CONDUCTS), list(CONDUCTS.values()))[0])

    def before(self, upstream: int) -> ClientCase:
        """The case with the port of the hostile upstream, which has as many digits as what stands for it."""
        port = str(upstream).encode()
        return replace(
            self, pieces=[piece.replace(hostile_pieces.PORT.encode(), port) for piece in self.pieces]
        )

    def fault(self, answer: bytes | None, *, is_reset: bool) -> tuple[str, str]:
        """The fault in the bytes of the answers, "" if there is none, and the first status."""
        if answer is None:
            return "hangs", "none"
        if len(answer) >= LONGEST:
            return f"is answered by over {LONGEST >> 20} MiB", "none"
        answers, rest = _split(answer, b"".join(self.pieces))
        final = [status for status, _ in answers if status >= 200]
        first = str(final[0]) if final else "none"
        if rest and not is_reset and self.conduct != "leaves":
            return f"is answered by what is not HTTP: {rest[:120]!r}", first
        for status, body in answers:
            if b"the mock failed" in body or b"Traceback" in body:
                return f"makes the mock fail: {body[-160:]!r}", first
            is_passed_on = self.kind in _PASSED_ON  # from the hostile upstream, which may give any status
            if status >= 500 and status not in EXPECTED and not is_passed_on and not _is_refusal(body):
                return f"is answered {status}: {body[-160:]!r}", first
        may_drop = is_reset or self.conduct == "leaves" or self.kind in _MAY_BE_DROPPED
        if not final and not may_drop:
            return "is not answered", first
        return ("is answered more than once" if self.kind == "smuggled" and len(final) > 1 else ""), first


def _is_refusal(body: bytes) -> bool:
    """True for an error of 5xx that a real service has too."""
    return any(mark in body for mark in (b'"status":"error"', b'"Status":"Error"', b'"error"'))


def _split(data: bytes, sent: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """The statuses and bodies of whole answers, and the rest, which is none of HTTP."""
    answers: list[tuple[int, bytes]] = []
    is_head = sent.startswith(b"HEAD ")
    while match := _HEAD.match(data):
        status, headers = int(match[1]), match[2].lower()
        data = data[match.end() :]
        length = re.findall(rb"^content-length: *(\d+) *\r$", headers, re.MULTILINE)
        is_refusal = b"connection: close" in headers and not length  # net/http writes its body to HEAD too
        if status < 200 or status in {204, 304} or (is_head and not answers and not is_refusal):
            body = b""
        elif b"transfer-encoding: chunked" in headers:
            body, ended, data = _dechunked(data)
            if not ended:
                return answers, b"an unfinished chunked body: " + data
        elif length:
            if len(length) > 1 or len(data) < int(length[0]):
                return answers, b"a body of another length: " + match[2] + data
            body, data = data[: int(length[0])], data[int(length[0]) :]
        else:
            body, data = data, b""  # to the end of the connection
        answers.append((status, body))
    return answers, data


def _dechunked(data: bytes) -> tuple[bytes, bool, bytes]:
    body, position = bytearray(), 0
    while match := _CHUNK.match(data, position):
        size, position = int(match[1], 16), match.end()
        if not size:
            end = data[position:].partition(b"\r\n")
            return bytes(body), bool(end[1]), end[2]
        if data[position + size : position + size + 2] != b"\r\n":
            break
        body += data[position : position + size]
        position += size + 2
    return bytes(body), False, data[position:]


async def attack(
    server: Running, service: str, seed: int, numbers: range, seconds: float, outcome: Outcome
) -> None:
    """Send the cases of these numbers, as far as so many seconds suffice; what comes of them is added to `outcome`."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    async with hostile_upstream(seed) as upstream:
        for start in range(0, len(numbers), BATCH):
            batch = numbers[start : start + BATCH]
            if loop.time() > end:
                break
            cases = ((number, ClientCase.of(seed, service, number).before(upstream)) for number in batch)
            await asyncio.gather(*(_client(server, cases, outcome) for _ in range(CLIENTS)))
            await _probe(server, outcome, start)


async def _client(server: Running, cases: Iterator[tuple[int, ClientCase]], outcome: Outcome) -> None:
    loop = asyncio.get_running_loop()
    for number, case in cases:  # an iterator that all clients share
        before = loop.time()
        answer, is_reset = await _exchange(server.port, case)
        outcome.longest = max(outcome.longest, loop.time() - before)
        outcome.cases += 1
        fault, status = case.fault(answer, is_reset=is_reset)
        outcome.statuses.setdefault(case.kind, Counter())[status] += 1
        if fault:
            outcome.faults.append(f"case {number}, {case.kind}, which {case.conduct}, {fault}")


async def _probe(server: Running, outcome: Outcome, start: int) -> None:
    """Reset the mock, which faults and clocks may have changed, and ask for its health."""
    for method, target in (("DELETE", "/_mock/faults"), ("POST", "/_mock/reset"), ("GET", "/hello")):
        case = ClientCase("probe", [request(method, target)], "half-closes")
        answer, _ = await _exchange(server.port, case)
        if answer is None or not answer.startswith(b"HTTP/1.1 200 "):
            outcome.faults.append(f"after the cases from {start} on, {target} is answered {answer!r:.200}")


async def _exchange(port: int, case: ClientCase) -> tuple[bytes | None, bool]:
    """The answer of the mock to a case, None if it does not end; True if it broke the connection off."""
    answer, is_reset = bytearray(), False
    try:
        async with asyncio.timeout(SECONDS):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                for piece in case.pieces:
                    writer.write(piece)
                    if case.conduct != "leaves":
                        await writer.drain()
                        await asyncio.sleep(PAUSE if len(case.pieces) > 1 else 0)
                if case.conduct == "waits":
                    answer = await _first(reader)
                if case.conduct != "leaves":
                    writer.write_eof()
                    while (data := await reader.read(1 << 16)) and len(answer) < LONGEST:
                        answer += data
            except OSError:  # a refused request whose client went on sending
                is_reset = True
            finally:
                writer.close()
    except TimeoutError:
        return None, False
    return bytes(answer), is_reset


async def _first(reader: asyncio.StreamReader) -> bytearray:
    """The bytes that come until the mock is silent."""
    answer = bytearray()
    try:
        while data := await asyncio.wait_for(reader.read(1 << 16), IDLE):
            answer += data
    except TimeoutError:
        pass
    return answer
