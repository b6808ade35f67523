"""A hostile upstream of the APIs that the hostile client writes: each answer is spoiled, from a seed.

It answers what the mock asks for (answers of APIs with GraphQL, of MCP servers, discovery documents, key sets)
and spoils it as `bench.hostile_answers` does.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncIterator
from typing import Any

from bench.hostile_answers import KINDS, Answer

STREAM = b'data: {"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"tool"}]}}\n\n'
PACE = 0.02  # seconds between parts
SHARE = 0.7  # of the answers that are spoiled
LONGEST = 40 << 20  # bytes of an endless answer


def _honest(rng: random.Random, port: int) -> Answer:
    """An answer that one of the APIs may take."""
    tools: Any = {
        "jsonrpc": "2.0",
        "id": 1,
        "result": {"tools": [{"name": "tool"}, {"name": "x"}], "capabilities": {"tools": {}}},
    }
    nested: Any = {"s": "a"}
    for _ in range(rng.choice((1, 5, 500))):
        nested = {"a": nested, "b": [nested] if rng.random() < 0.2 else [], "s": "a", "i": 1}
    keys = [
        {"kty": kind, "kid": "k", "n": "_" * 342, "e": "AQAB", "crv": "P-256", "x": "A" * 43, "y": "A" * 43}
        for kind in ("RSA", "EC", "OKP", "oct")
    ]
    document = rng.choice(
        (
            tools,
            {"data": nested},
            {"jwks_uri": f"http://127.0.0.1:{port}/keys"},
            {"keys": rng.sample(keys, 2)},
            {"keys": keys * 400},
        )
    )
    is_stream = rng.random() < 0.2
    kind = b"text/event-stream" if is_stream else b"application/json"
    body = STREAM * rng.choice((1, 100, 20_000)) if is_stream else json.dumps(document).encode()
    return Answer(b"HTTP/1.1 200 OK", (b"Content-Type: " + kind,), body)


@contextlib.asynccontextmanager
async def hostile_upstream(seed: int) -> AsyncIterator[int]:
    """Serve on a port of five digits until the block ends; gives the port."""
    rng, tasks = random.Random(f"{seed} upstream"), set[asyncio.Task[Any]]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with contextlib.suppress(
            OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError
        ):
            await reader.readuntil(b"\r\n\r\n")
            await _answer(rng, writer, port)
        tasks.discard(task)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    assert port > 9_999  # of the range that systems choose from
    try:
        yield port
    finally:
        server.close()
        for task in tasks:
            task.cancel()


async def _answer(rng: random.Random, writer: asyncio.StreamWriter, port: int) -> None:
    answer = _honest(rng, port)
    parts, end = answer.parts(), "close"
    if rng.random() < SHARE:
        spoiler = rng.choices(list(KINDS), list(KINDS.values()))[0]
        parts, end = spoiler(rng, answer, "tyk-contract-0123abcd-")
    left = LONGEST
    for part in (*parts, *([parts[-1]] * (LONGEST // max(1, len(parts[-1]))) if end == "flood" else ())):
        writer.write(part.replace(b"ELSEWHERE", b"http://127.0.0.1:%d" % port))
        await writer.drain()
        left -= len(part)
        if left < 0:
            return
        await asyncio.sleep(PACE if len(part) < 100 and end == "drip" else 0)
    if end == "hold":
        await asyncio.sleep(2)
