"""Kill the mock at random moments of a write load, and see that no acknowledged write is lost or torn.

Exit codes: 0 nothing was lost, 1 something was, 2 the mock did not start.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from bench.servers import SECRET, BenchError, ours, started

WRITERS = 4
IDS = 25  # policies of a writer
WITHIN = (0.05, 0.5)  # seconds of load before the kill
HEADERS = {"X-Tyk-Authorization": SECRET}


@dataclass
class Writer:
    """One client and what it knows: the last text acknowledged of each policy, and one that may be there."""

    name: str
    rng: random.Random
    acknowledged: dict[str, str | None] = field(default_factory=dict)
    open: dict[str, str | None] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    writes: int = 0

    def run(self, port: int) -> None:
        """Write until the server is gone."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            while True:
                self._write(connection)
        except (OSError, http.client.HTTPException):
            return
        finally:
            connection.close()

    def _write(self, connection: http.client.HTTPConnection) -> None:
        policy = f"{self.name}-{self.rng.randrange(IDS)}"
        there = self.acknowledged.get(policy)
        gone = there is not None and self.rng.random() < 0.1
        text = None if gone else f"{self.writes} " + "x" * self.rng.choice((10, 10, 5_000, 50_000))
        self.open = {policy: text}
        method = "DELETE" if gone else "PUT" if there is not None else "POST"
        target = "/tyk/policies" if method == "POST" else f"/tyk/policies/{policy}"
        body = None if gone else json.dumps({"id": policy, "name": text})
        connection.request(method, target, body, HEADERS)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            self.refused.append(f"{method} {target} was answered {answer.status}")
            return
        self.acknowledged[policy] = text
        self.open = {}
        self.writes += 1

    def lost(self, found: dict[str, str]) -> list[str]:
        """What is not as it was acknowledged; what was open counts as written from now on if it is there."""
        wrong, self.refused = self.refused, []
        for policy in {**self.acknowledged, **self.open}:
            may_be = {self.acknowledged.get(policy), self.open.get(policy, self.acknowledged.get(policy))}
            there = found.get(policy)
            if there not in may_be:
                told = "is gone" if there is None else f"holds {there[:20]!r}, {len(there)} long"
                wrong.append(f"{policy} {told}")
            self.acknowledged[policy] = there
        self.open = {}
        return wrong


def main() -> int:
    """Do it; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.kills", description=__doc__)
    parser.add_argument("--times", type=int, default=50, metavar="N", help="kills (50)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the moments and writes (0)")
    options = parser.parse_args()
    writers = [Writer(f"w{n}", random.Random(f"{options.seed} {n}")) for n in range(WRITERS)]
    moments = random.Random(options.seed)
    wrong: list[str] = []
    try:
        with tempfile.TemporaryDirectory(prefix="tyk-contract-kills-") as folder:
            for turn in range(options.times):
                wrong += [f"kill {turn}: {each}" for each in _torn(Path(folder))]
                wrong += [f"kill {turn}: {each}" for each in _turn(Path(folder), writers, moments)]
            wrong += _torn(Path(folder))
            left = [each.name for each in Path(folder).iterdir() if each.suffix != ".json"]
    except BenchError as error:
        print(f"kills: {error}", file=sys.stderr)
        return 2
    print(*wrong, sep="\n", end="\n" if wrong else "")
    total = sum(writer.writes for writer in writers)
    print(f"{options.times} kills, {total} acknowledged writes, {len(wrong)} lost or torn", end="")
    print(f", {len(left)} temporary files left")
    return 1 if wrong else 0


def _turn(folder: Path, writers: list[Writer], moments: random.Random) -> list[str]:
    """Start on what the last kill left, compare, load and kill."""
    with started(ours(folder)) as server:
        found = _loaded(server.port)
        wrong = [each for writer in writers for each in writer.lost(found)]
        threads = [threading.Thread(target=writer.run, args=(server.port,)) for writer in writers]
        for thread in threads:
            thread.start()
        time.sleep(moments.uniform(*WITHIN))
        os.kill(server.pid, signal.SIGKILL)
        for thread in threads:
            thread.join()
    return wrong


def _loaded(port: int) -> dict[str, str]:
    """The names of the policies that the mock has loaded, by id."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/tyk/policies", headers=HEADERS)
        return {policy["id"]: policy["name"] for policy in json.loads(connection.getresponse().read())}
    finally:
        connection.close()


def _torn(folder: Path) -> list[str]:
    """Files that are no whole policy."""
    wrong = []
    for path in folder.glob("*.json"):
        try:
            json.loads(path.read_bytes())
        except ValueError as error:
            wrong.append(f"{path.name} is torn: {error}")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
