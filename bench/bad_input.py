"""Send generated invalid, unusual, truncated, slow and huge requests to the mock.

Every request must be answered, and none with an internal error of the mock. After every hundred requests a
valid request must be served. Memory must not grow.
Then bodies that are no policies are written: each must be refused, and the list must stay as it is.
Exit codes: 0 the mock passed, 1 it failed, 2 it did not start.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

from bench.odd_requests import KINDS, TARGETS, Pieces, request
from bench.policy_apis import POLICY_APIS
from bench.refused_bodies import NO_POLICIES
from bench.servers import SERVICES, BenchError, Running, our, started

CLIENTS = 32
TIMEOUT = 20  # seconds without an answer count as a hang
PAUSE = 0.01  # seconds between the pieces of a slow request
MAX_GROWTH = 1.25  # allowed factor of memory growth after the warm-up
WARM_UP = 5_000  # requests until the journal is full, and memory is measured
EXPECTED = (501, 505)  # for an unknown transfer encoding or HTTP version
REFUSALS = (b'"status":"error"', b'"Status":"Error"')  # of errors that a real service answers too
FAILURE = b"the mock failed"
STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ")


@dataclass
class Answers:
    """The answers of a run.

    Attributes:
        statuses: the number of answers by kind of request and status.
        faults: descriptions of wrong answers.
    """

    statuses: dict[str, Counter[str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def take(self, kind: str, pieces: Pieces, answer: bytes | None) -> None:
        """Check one answer and count its status; `answer` is None if none arrived in time."""
        statuses = [int(status) for status in STATUS.findall(answer or b"")]
        final = [status for status in statuses if status >= 200]
        key = str(final[0]) if final else "none"
        self.statuses.setdefault(kind, Counter())[key] += 1
        fault = "hangs" if answer is None else "is not answered" if not final else ""
        is_refusal = any(mark in (answer or b"") for mark in REFUSALS) and FAILURE not in (answer or b"")
        if final and final[0] >= 500 and final[0] not in EXPECTED and not is_refusal:
            fault = f"is answered {final[0]}"
        if kind == "smuggled" and len(final) > 1:
            fault = "is answered more than once"
        if fault:
            self.faults.append(f"{kind} {fault}: {b' | '.join(pieces)[:300]!r} -> {(answer or b'')[-120:]!r}")


def main() -> int:
    """Send the requests and print the result; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.bad_input", description=__doc__)
    parser.add_argument(
        "--count", type=int, default=100_000, metavar="N", help="Number of requests (100,000)."
    )
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="Seed of the generated requests (0)."
    )
    parser.add_argument("--service", choices=SERVICES, default="gateway", help="Mock to ask (gateway).")
    options = parser.parse_args()
    try:
        with started(our(options.service)) as server:
            started_at = time.monotonic()
            answers, memory = asyncio.run(_all(server, options.service, options.count, options.seed))
            answers.faults += asyncio.run(
                _refused(server, options.service, options.seed, options.count // 20)
            )
    except BenchError as error:
        print(f"bad_input: {error}", file=sys.stderr)
        return 2
    for kind, statuses in sorted(answers.statuses.items()):
        print(f"{kind:13}", ", ".join(f"{status}: {times}" for status, times in sorted(statuses.items())))
    if options.count >= 2 * WARM_UP and memory[1] > memory[0] * MAX_GROWTH:
        answers.faults.append("memory grows")
    print(*answers.faults[:50], sep="\n", end="\n" if answers.faults else "")
    duration = time.monotonic() - started_at
    print(f"{options.count} requests in {duration:.0f} s, {len(answers.faults)} faults, ", end="")
    print(f"{memory[0]:.0f} MB after the warm-up, {memory[1]:.0f} MB at the end")
    return 1 if answers.faults else 0


async def _all(server: Running, service: str, count: int, seed: int) -> tuple[Answers, tuple[float, float]]:
    """Send all requests from concurrent clients.

    Returns the answers, and the megabytes of memory after the warm-up and at the end.
    """
    answers, memory = Answers(), [0.0, 0.0]
    numbers = iter(range(count))

    async def client() -> None:
        for number in numbers:
            rng = random.Random(f"{seed} {number}")
            kind = rng.choices(list(KINDS), list(KINDS.values()))[0]
            pieces = kind(rng, TARGETS[service])
            answers.take(kind.__name__, pieces, await _exchange(server.port, pieces))
            if number % 100 == 0:  # policies written by chance would grow and hide a leak
                answer = await _exchange(server.port, [request("POST", "/_mock/reset")])
                if answer is None or not answer.startswith(b"HTTP/1.1 200 "):
                    answers.faults.append(f"after {number} requests a valid one is answered {answer!r}")
            if number == max(WARM_UP, count // 10):
                memory[0] = server.memory_mb()

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    memory[1] = server.memory_mb()
    return answers, (memory[0], memory[1])


async def _refused(server: Running, service: str, seed: int, count: int) -> list[str]:
    """Write bodies that are no policies; the faults if one is not refused, or changes what is listed."""
    api = POLICY_APIS[service]
    credential = [f"{name}: {value}" for name, value in api.headers.items()]
    kept = json.dumps(api.document("kept", {"name": "kept", "rate": 5})).encode()
    await _exchange(
        server.port, [request("POST", "/_mock/reset"), request("POST", api.prefix, kept, *credential)]
    )
    before, faults = api.all(server.port), []
    for number in range(count):
        rng = random.Random(f"{seed} refused {number}")
        body = rng.choice(NO_POLICIES)(rng)
        target = rng.choice((("POST", api.prefix), ("PUT", api.target("kept"))))
        answer = await _exchange(server.port, [request(*target, body)]) or b"no answer"
        if not re.match(rb"HTTP/1.1 [45]\d\d ", answer) or FAILURE in answer:
            faults.append(f"{target[0]} of {body[:200]!r}, which is no policy, is answered {answer[:200]!r}")
    if (after := api.all(server.port)) != before:
        faults.append(f"bodies that are no policies changed the list: {before} -> {after}")
    return faults


async def _exchange(port: int, pieces: Pieces) -> bytes | None:
    """Send the pieces, close the sending half, and read to the end; None if the server stays silent."""
    answer = b""
    try:
        async with asyncio.timeout(TIMEOUT):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                for piece in pieces:
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(PAUSE if len(pieces) > 1 else 0)
                writer.write_eof()
                while data := await reader.read(65536):
                    answer += data
            except ConnectionError:  # the server refused the request early; its answer may have arrived
                answer += await _remainder(reader)
            finally:
                writer.close()
    except TimeoutError:
        return None
    return answer


async def _remainder(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read(65536)
    except ConnectionError:
        return b""


if __name__ == "__main__":
    sys.exit(main())
