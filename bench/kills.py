"""Kill the mock at random moments under a load of writes, and check that no acknowledged write is lost.

Exit codes: 0 no write was lost or truncated, 1 a write was, 2 the mock did not start.
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

from bench.policy_apis import POLICY_APIS, PolicyApi
from bench.servers import SERVICES, BenchError, Kind, our, started

WRITERS = 4
KEPT = {".json", ".lock"}  # endings of files that are not temporary
IDS = 25  # number of policies of a writer
LOAD_SECONDS = (0.05, 0.5)  # shortest and longest load before a kill


@dataclass
class Writer:
    """A client that writes policies.

    Attributes:
        acknowledged: the last acknowledged name of each policy; None if it was deleted.
        open: the policy of the write in progress, and its name.
        refused: descriptions of writes that were not answered 200.
        writes: the number of acknowledged writes.
    """

    name: str
    rng: random.Random
    api: PolicyApi
    acknowledged: dict[str, str | None] = field(default_factory=dict)
    open: dict[str, str | None] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    writes: int = 0

    def run(self, port: int) -> None:
        """Write until the server is killed."""
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
        name = self.acknowledged.get(policy)
        deletes = name is not None and self.rng.random() < 0.1
        text = (
            None if deletes else f"{policy} {self.writes} " + "x" * self.rng.choice((10, 10, 5_000, 50_000))
        )
        self.open = {policy: text}
        method = "DELETE" if deletes else "PUT" if name is not None else "POST"
        target = self.api.prefix if method == "POST" else self.api.target(policy)
        body = None if deletes else json.dumps(self.api.document(policy, {"name": text}))
        connection.request(method, target, body, dict(self.api.headers))
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            self.refused.append(f"{method} {target} was answered {answer.status}, must be 200")
            return
        self.acknowledged[policy] = text
        self.open = {}
        self.writes += 1

    def lost(self, loaded: dict[str, str]) -> list[str]:
        """Compare the loaded policies with the acknowledged ones; return a description of each fault.

        A write in progress may or may not have happened; its policy is acknowledged as it is loaded now.
        """
        faults, self.refused = self.refused, []
        for policy in {**self.acknowledged, **self.open}:
            expected = {self.acknowledged.get(policy), self.open.get(policy, self.acknowledged.get(policy))}
            name = loaded.get(policy)
            if name not in expected:
                fault = "is missing" if name is None else f"has the name {name[:20]!r}, length {len(name)}"
                faults.append(f"{policy} {fault}")
            self.acknowledged[policy] = name
        self.open = {}
        return faults


def main() -> int:
    """Run the kills and print the result; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.kills", description=__doc__)
    parser.add_argument("--times", type=int, default=50, metavar="N", help="Number of kills (50).")
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="Seed of the moments and writes (0)."
    )
    parser.add_argument(
        "--service",
        choices=SERVICES,
        default="gateway",
        help="Mock to kill; a Dashboard has --state (gateway).",
    )
    options = parser.parse_args()
    api = POLICY_APIS[options.service]
    writers = [Writer(f"w{n}", random.Random(f"{options.seed} {n}"), api) for n in range(WRITERS)]
    moments = random.Random(options.seed)
    faults: list[str] = []
    try:
        with tempfile.TemporaryDirectory(prefix="tyk-contract-kills-") as folder:
            for number in range(options.times):
                faults += [f"kill {number}: {fault}" for fault in _truncated(Path(folder))]
                kind = our(options.service, Path(folder))
                faults += [f"kill {number}: {fault}" for fault in _kill(kind, writers, moments)]
            faults += _truncated(Path(folder))
            temporary = [
                path for path in Path(folder).rglob("*") if path.suffix not in KEPT and path.is_file()
            ]
    except BenchError as error:
        print(f"kills: {error}", file=sys.stderr)
        return 2
    print(*faults, sep="\n", end="\n" if faults else "")
    total = sum(writer.writes for writer in writers)
    print(f"{options.times} kills, {total} acknowledged writes, {len(faults)} lost or truncated", end="")
    print(f", {len(temporary)} temporary files left")
    return 1 if faults else 0


def _kill(kind: Kind, writers: list[Writer], moments: random.Random) -> list[str]:
    """Start the mock on its directory, compare its policies, write to it and kill it."""
    with started(kind) as server:
        loaded = {policy["id"]: policy["name"] for policy in writers[0].api.all(server.port)}
        faults = [fault for writer in writers for fault in writer.lost(loaded)]
        threads = [threading.Thread(target=writer.run, args=(server.port,)) for writer in writers]
        for thread in threads:
            thread.start()
        time.sleep(moments.uniform(*LOAD_SECONDS))
        os.kill(server.pid, signal.SIGKILL)
        for thread in threads:
            thread.join()
    return faults


def _truncated(folder: Path) -> list[str]:
    """A description of each policy file that is not valid JSON."""
    faults = []
    for path in folder.rglob("*.json"):
        try:
            json.loads(path.read_bytes())
        except ValueError as error:
            faults.append(f"{path.name} is truncated: {error}")
    return faults


if __name__ == "__main__":
    sys.exit(main())
