"""Attack the suite: workers that run its commands and tests, each at a hostile door of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import subprocess
import sys
import time
from collections import Counter
from typing import Any

from bench.hostile_client import Outcome
from bench.hostile_door import COMMANDS, Door, ServerCase
from bench.servers import KEY, ROOT, SECRET, memory_mb

WORKERS = 4
SECONDS = 60.0  # in which a case must end
MANY = 100  # cases, after which `verify` is interrupted too
END_SECONDS = 10.0  # from SIGTERM to the end of `verify`


def attack(seed: int, numbers: range, seconds: float) -> tuple[Outcome, float]:
    """Attack the suite by the cases of these numbers, as far as the seconds suffice; the outcome, and megabytes."""
    outcome, memory = Outcome(), dict.fromkeys(COMMANDS, 0.0)
    queue, end = iter(numbers), time.monotonic() + seconds

    async def lane() -> None:
        async with Door().open() as door:
            worker = await _worker()
            for number in queue:
                if time.monotonic() > end:
                    break
                worker = await _one(door, worker, ServerCase.of(seed, number), outcome, memory)
            worker.kill()
            await worker.wait()

    async def lanes() -> None:
        await asyncio.gather(*(lane() for _ in range(min(WORKERS, len(numbers) // 10 + 1))))

    asyncio.run(lanes())
    if len(numbers) >= MANY:
        outcome.faults += asyncio.run(_interrupted())
    print("megabytes:", ", ".join(f"{command} {size:.0f}" for command, size in memory.items()))
    return outcome, max(memory.values())


async def _worker() -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.hostile_worker", cwd=ROOT, limit=64 << 20,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip


async def _one(
    door: Door,
    worker: asyncio.subprocess.Process,
    case: ServerCase,
    outcome: Outcome,
    memory: dict[str, float],
) -> asyncio.subprocess.Process:
    """Run one case in a worker; the worker for the next one."""
    before, started_at = door.begin(case), time.monotonic()
    assert worker.stdin is not None
    assert worker.stdout is not None
    order = {"kind": case.command, "url": door.url, "service": case.service, "seed": case.seed}
    worker.stdin.write(json.dumps(order).encode() + b"\n")
    result: dict[str, Any] = {}
    try:
        result = json.loads(
            await asyncio.wait_for(worker.stdout.readline(), SECONDS) or b'{"fault": "the process ended"}'
        )
    except TimeoutError:
        result = {"fault": f"does not end within {SECONDS:g} s"}
    memory[case.command] = max(memory[case.command], memory_mb(worker.pid))
    kind = case.spoiler.__name__ if case.spoiler else "all kinds"
    faults = [*door.end(before), *_faults(result)]
    outcome.faults += [
        f"case {case.number}, {case.command} of the {case.service}, {kind}: {fault}" for fault in faults
    ]
    outcome.statuses.setdefault(f"{case.command} {kind}", Counter())[str(result.get("code", "none"))] += 1
    outcome.longest = max(outcome.longest, time.monotonic() - started_at)
    outcome.cases += 1
    if result.get("fault") and "code" not in result:
        with contextlib.suppress(ProcessLookupError):
            worker.kill()
        return await _worker()
    return worker


def _faults(result: dict[str, Any]) -> list[str]:
    faults = [result["fault"]] if result.get("fault") else []
    output = result.get("output", "")
    if not all(line.isprintable() for line in output.split("\n")):
        faults.append(f"prints control characters: {output[:300]!r}")
    if SECRET in output or KEY in output:
        faults.append(f"prints the secret: {output[:300]!r}")
    return faults


async def _interrupted() -> list[str]:
    """Ask `verify` to end while its server holds every answer; the fault if it does not in time."""
    async with Door().open() as door:
        case = ServerCase(-1, "interrupted", "verify", "gateway", lambda *_: ([b""], "hold"), 1.0)
        door.begin(case)
        command = [sys.executable, "-m", "mockserver", "verify", door.url, "--secret", SECRET]
        process = await asyncio.create_subprocess_exec(
            *command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(door.asked.wait(), SECONDS)
        process.send_signal(signal.SIGTERM)
        try:
            _, said = await asyncio.wait_for(process.communicate(), END_SECONDS)
        except TimeoutError:
            process.kill()
            return [f"`verify` does not end within {END_SECONDS:g} s of SIGTERM"]
        return [f"`verify` ends with {said[-300:]!r}"] if b"Traceback" in said else []
