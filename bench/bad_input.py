"""Send the mock generated requests that are wrong, odd, torn, slow or huge, and see that it stands.

Each must be answered (whatever the answer), none with an error of the mock's own; after every hundred a good
request is served; memory stays flat. Exit codes: 0 it stood, 1 it did not, 2 the mock did not start.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

from bench.odd_requests import KINDS, Pieces, request
from bench.servers import BenchError, Running, ours, started

CLIENTS = 32
PATIENCE = 20  # seconds without an answer are a hang
PAUSE = 0.01  # seconds between the pieces of a slow sender
FLAT = 1.25  # memory may grow by this factor once it is warm
WARM = 5_000  # requests before memory says anything: the journal is full by then
PLANNED = (501, 505)  # a transfer encoding or version of HTTP that nobody knows
STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ")


@dataclass
class Seen:
    """What came back."""

    statuses: dict[str, Counter[str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def take(self, kind: str, pieces: Pieces, answer: bytes | None) -> None:
        """Judge one exchange; `answer` is None where none came in time."""
        found = [int(status) for status in STATUS.findall(answer or b"")]
        final = [status for status in found if status >= 200]
        told = str(final[0]) if final else "none"
        self.statuses.setdefault(kind, Counter())[told] += 1
        wrong = "hangs" if answer is None else "is not answered" if not final else ""
        own = b'"status":"error"' in (answer or b"")  # a refusal of the gateway's, in its words
        if final and final[0] >= 500 and final[0] not in PLANNED and not own:
            wrong = f"is answered {final[0]}"
        if kind == "smuggled" and len(final) > 1:
            wrong = "is answered more than once"
        if wrong:
            self.faults.append(f"{kind} {wrong}: {b' | '.join(pieces)[:300]!r} -> {(answer or b'')[-120:]!r}")


def main() -> int:
    """Do it; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.bad_input", description=__doc__)
    parser.add_argument("--count", type=int, default=100_000, metavar="N", help="requests (100,000)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of what is generated (0)")
    options = parser.parse_args()
    try:
        with started(ours()) as server:
            begun = time.monotonic()
            seen, memory = asyncio.run(_all(server, options.count, options.seed))
    except BenchError as error:
        print(f"bad_input: {error}", file=sys.stderr)
        return 2
    for kind, statuses in sorted(seen.statuses.items()):
        print(f"{kind:13}", ", ".join(f"{status}: {times}" for status, times in sorted(statuses.items())))
    if options.count >= 2 * WARM and memory[1] > memory[0] * FLAT:
        seen.faults.append("memory grows")
    print(*seen.faults[:50], sep="\n", end="\n" if seen.faults else "")
    taken = time.monotonic() - begun
    print(f"{options.count} requests in {taken:.0f} s, {len(seen.faults)} faults, ", end="")
    print(f"{memory[0]:.0f} MB when warm, {memory[1]:.0f} MB at the end")
    return 1 if seen.faults else 0


async def _all(server: Running, count: int, seed: int) -> tuple[Seen, tuple[float, float]]:
    """Every request, by clients side by side; what came back, and the memory when warm and at the end."""
    seen, memory = Seen(), [0.0, 0.0]
    numbers = iter(range(count))

    async def client() -> None:
        for number in numbers:
            rng = random.Random(f"{seed} {number}")
            kind = rng.choices(list(KINDS), list(KINDS.values()))[0]
            pieces = kind(rng)
            seen.take(kind.__name__, pieces, await _exchange(server.port, pieces))
            if number % 100 == 0:  # what was written by chance would grow, and hide a leak
                answer = await _exchange(server.port, [request("POST", "/_mock/reset")])
                if answer is None or not answer.startswith(b"HTTP/1.1 200 "):
                    seen.faults.append(f"after {number} requests a good one is answered {answer!r}")
            if number == max(WARM, count // 10):
                memory[0] = server.memory_mb()

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    memory[1] = server.memory_mb()
    return seen, (memory[0], memory[1])


async def _exchange(port: int, pieces: Pieces) -> bytes | None:
    """Send, end the sending half, and read all that comes; None where the server keeps it open in silence."""
    answer = b""
    try:
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                for piece in pieces:
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(PAUSE if len(pieces) > 1 else 0)
                writer.write_eof()
                while data := await reader.read(65536):
                    answer += data
            except ConnectionError:  # it refused before all was sent; what it said may have come
                answer += await _rest(reader)
            finally:
                writer.close()
    except TimeoutError:
        return None
    return answer


async def _rest(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read(65536)
    except ConnectionError:
        return b""


if __name__ == "__main__":
    sys.exit(main())
