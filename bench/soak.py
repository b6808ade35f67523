"""Let many clients write, reload and read at once, and see that nothing is lost, torn, stuck or refused.

Each client writes policies of its own, which nobody else changes, and reads those of all. What it reads must
be whole; what it wrote before a reload that it waited for must be there after it. At the end all that was
acknowledged is loaded. Exit codes: 0 it held, 1 it did not, 2 the mock did not start.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import statistics
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bench.servers import SECRET, BenchError, Kind, Running, ours, started

IDS = 4  # policies of a client
PATIENCE = 20  # seconds without an answer are a stuck request
HEADERS = {"X-Tyk-Authorization": SECRET}


@dataclass
class SoakClient:
    """One of them.

    Attributes:
        acknowledged: the last number written to each of its policies; None where it was removed.
        loaded: what a reload that it waited for has loaded at least.
        seconds: how long each kind of request took.
    """

    name: str
    rng: random.Random
    clients: int
    acknowledged: dict[str, int | None] = field(default_factory=dict)
    loaded: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, list[float]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    number: int = 0

    def run(self, port: int, until: float) -> None:
        """Ask until the time is up."""
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        steps = [self._write] * 6 + [self._read] * 8 + [self._list, self._preview, self._remove, self._reload]
        try:
            while time.monotonic() < until:
                self.rng.choice(steps)()
                if self.rng.random() < 0.05:
                    self._connection.close()  # the next request opens it anew
        except (OSError, http.client.HTTPException) as error:
            self.wrong.append(f"{self.name} got no answer: {error!r}")
        finally:
            self._connection.close()

    def _write(self) -> None:
        policy = f"{self.name}-{self.rng.randrange(IDS)}"
        there = self.acknowledged.get(policy) is not None
        self.number += 1
        sent = _document(policy, self.number)
        if there:
            status, _ = self._ask("PUT", f"/tyk/policies/{policy}", sent)
        else:
            status, _ = self._ask("POST", "/tyk/policies", sent)
        if status == 200:
            self.acknowledged[policy] = self.number
        else:
            self.wrong.append(f"a write of {policy} was answered {status}")

    def _remove(self) -> None:
        policy = f"{self.name}-{self.rng.randrange(IDS)}"
        there = self.acknowledged.get(policy) is not None
        status, _ = self._ask("DELETE", f"/tyk/policies/{policy}")
        if status != (200 if there else 500):
            self.wrong.append(f"a removal of {policy} was answered {status}")
        self.acknowledged[policy] = None
        self.loaded.pop(policy, None)

    def _reload(self) -> None:
        plain = self.rng.random() < 0.5
        status, _ = self._ask("GET", "/tyk/reload" if plain else "/tyk/reload?block=true")
        if status != 200:
            self.wrong.append(f"a reload was answered {status}")
        elif not plain:
            self.loaded = {policy: number for policy, number in self.acknowledged.items() if number}

    def _read(self) -> None:
        policy = f"c{self.rng.randrange(self.clients)}-{self.rng.randrange(IDS)}"
        status, found = self._ask("GET", f"/tyk/policies/{policy}")
        if status == 200:
            self._check(policy, found)
        elif status != 404 or policy in self.loaded:
            self.wrong.append(f"{policy} was answered {status}")

    def _list(self) -> None:
        status, found = self._ask("GET", "/tyk/policies")
        if status != 200 or len({policy["id"] for policy in found}) != len(found):
            self.wrong.append(f"the list was answered {status}, or names a policy twice")
            return
        for policy in found:
            self._check(policy["id"], policy)
        if missing := self.loaded.keys() - {policy["id"] for policy in found}:
            self.wrong.append(f"the list lacks {', '.join(missing)}")

    def _preview(self) -> None:
        policy = f"{self.name}-{self.rng.randrange(IDS)}"
        status, found = self._ask("POST", "/tyk/keys/preview", {"org_id": "o", "apply_policies": [policy]})
        if status != 200 or (policy in self.loaded and found["rate"] < self.loaded[policy]):
            self.wrong.append(f"a preview of {policy} was answered {status}, {str(found)[:100]}")

    def _check(self, policy: str, found: Any) -> None:
        number = int(found["rate"])
        if found != found | _document(policy, number):
            self.wrong.append(f"{policy} is torn: {str(found)[:200]}")
        elif number < self.loaded.get(policy, 0):
            self.wrong.append(f"{policy} is of write {number}, {self.loaded[policy]} was loaded")

    def _ask(self, method: str, target: str, document: Any = None) -> tuple[int, Any]:
        body = None if document is None else json.dumps(document)
        begun = time.monotonic()
        self._connection.request(method, target, body, HEADERS)
        answer = self._connection.getresponse()
        text = answer.read()
        one = target.startswith("/tyk/policies")
        kind = method if one else f"{method} {target.partition('?')[0]}"
        self.seconds.setdefault(kind, []).append(time.monotonic() - begun)
        return answer.status, json.loads(text)


def _document(policy: str, number: int) -> dict[str, Any]:
    """A policy all of whose members tell which write it is of."""
    name = f"{policy} {number} " + "x" * (number * 37 % 300)
    rights = {f"api-{number}": {"api_id": f"api-{number}", "api_name": name, "versions": [str(number)]}}
    known = {"id": policy, "name": name, "rate": number, "per": 60, "tags": [str(number)] * 3, "org_id": "o"}
    if number % 2:
        return known
    return {**known, "meta_data": {"rights": rights}}


def main() -> int:
    """Do it; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--clients", type=int, default=64, metavar="N", help="at once (64)")
    parser.add_argument("--seconds", type=float, default=60, metavar="S", help="for so long (60)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of what they ask (0)")
    parser.add_argument("--directory", action="store_true", help="keep policies in files, not in memory")
    parser.add_argument("--store", metavar="URL", help="a Redis that the mock keeps its state on")
    options = parser.parse_args()
    clients = [
        SoakClient(f"c{n}", random.Random(f"{options.seed} {n}"), options.clients)
        for n in range(options.clients)
    ]
    try:
        with tempfile.TemporaryDirectory(prefix="tyk-contract-soak-") as folder:
            kind = _with(ours(Path(folder) if options.directory else None), options)
            with started(kind) as server:
                memory = _soaked(server, clients, options.seconds)
    except BenchError as error:
        print(f"soak: {error}", file=sys.stderr)
        return 2
    return _told(clients, options.seconds, memory)


def _with(kind: Kind, options: argparse.Namespace) -> Kind:
    flags = ["--store", options.store] if options.store else []
    return replace(kind, command=(*kind.command, *flags))


def _soaked(server: Running, clients: list[SoakClient], seconds: float) -> float:
    """Let all ask, then look for what each wrote; return the megabytes that the mock holds."""
    until = time.monotonic() + seconds
    threads = [threading.Thread(target=client.run, args=(server.port, until)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    memory = server.memory_mb()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    for target in ("/tyk/reload?block=true", "/tyk/policies"):
        connection.request("GET", target, headers=HEADERS)
        answered = connection.getresponse().read()
    connection.close()
    found = {policy["id"]: int(policy["rate"]) for policy in json.loads(answered)}
    for client in clients:
        for policy, number in client.acknowledged.items():
            if found.get(policy) != number:
                client.wrong.append(f"{policy} was acknowledged as {number}, and is {found.get(policy)}")
    return memory


def _told(clients: list[SoakClient], seconds: float, memory: float) -> int:
    wrong = [each for client in clients for each in client.wrong]
    kinds: dict[str, list[float]] = {}
    for client in clients:
        for kind, taken in client.seconds.items():
            kinds.setdefault(kind, []).extend(taken)
    for kind, taken in sorted(kinds.items()):
        print(f"{kind:24} {len(taken):7} {_milliseconds(taken)}")
    together = [each for taken in kinds.values() for each in taken]
    print(*wrong[:50], sep="\n", end="\n" if wrong else "")
    print(f"{len(clients)} clients, {len(together)} requests in {seconds:.0f} s, {len(wrong)} faults")
    print(f"{_milliseconds(together)}; {memory:.0f} MB")
    return 1 if wrong else 0


def _milliseconds(taken: list[float]) -> str:
    cuts = statistics.quantiles(taken, n=100) if len(taken) > 1 else taken * 99
    return f"p50 {cuts[49] * 1000:.1f} ms, p99 {cuts[98] * 1000:.1f} ms, longest {max(taken) * 1000:.0f} ms"


if __name__ == "__main__":
    sys.exit(main())
