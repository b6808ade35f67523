"""Let many clients write, reload and read at once, and check that no write is lost, mixed, stuck or refused.

Each client writes its own policies, and reads those of all clients. A policy that it reads must be of a
single write; its writes before a blocking reload must be loaded after it. At the end all acknowledged writes
must be loaded.
Exit codes: 0 the mock passed, 1 it failed, 2 it did not start.
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

from bench.policy_apis import POLICY_APIS, PolicyApi
from bench.servers import SERVICES, BenchError, Kind, Running, our, started

IDS = 4  # number of policies of a client
TIMEOUT = 20  # seconds without an answer count as a hang


@dataclass
class SoakClient:
    """A client of the mock.

    Attributes:
        clients: the number of clients.
        acknowledged: the number of the last acknowledged write to each policy; None if it was deleted.
        loaded: the least number of a write that a blocking reload has loaded, by policy.
        seconds: the durations of the requests by kind.
        faults: descriptions of wrong answers.
        number: the number of writes so far.
    """

    name: str
    rng: random.Random
    clients: int
    api: PolicyApi
    acknowledged: dict[str, int | None] = field(default_factory=dict)
    loaded: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, list[float]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    number: int = 0

    def run(self, port: int, until: float) -> None:
        """Send random requests until the moment `until` of the monotonic clock."""
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
        steps = [self._write] * 6 + [self._read] * 8 + [self._list, self._remove]
        steps += [self._preview, self._reload] if self.api.reload else [self._search] * 2
        try:
            while time.monotonic() < until:
                self.rng.choice(steps)()
                if self.rng.random() < 0.05:
                    self._connection.close()  # the next request opens a new one
        except (OSError, http.client.HTTPException) as error:
            self.faults.append(f"{self.name} got no answer: {error!r}")
        finally:
            self._connection.close()

    def _write(self) -> None:
        policy = f"{self.name}-{self.rng.randrange(IDS)}"
        exists = self.acknowledged.get(policy) is not None
        self.number += 1
        document = self.api.document(policy, _document(policy, self.number))
        if exists:
            status, _ = self._request("PUT", self.api.target(policy), document)
        else:
            status, _ = self._request("POST", self.api.prefix, document)
        if status == 200:
            self.acknowledged[policy] = self.number
            if not self.api.reload:
                self.loaded[policy] = self.number
        else:
            self.faults.append(f"a write of {policy} was answered {status}")

    def _remove(self) -> None:
        policy = f"{self.name}-{self.rng.randrange(IDS)}"
        exists = self.acknowledged.get(policy) is not None
        status, _ = self._request("DELETE", self.api.target(policy))
        if status != (200 if exists else self.api.missing):
            self.faults.append(f"a removal of {policy} was answered {status}")
        self.acknowledged[policy] = None
        self.loaded.pop(policy, None)

    def _reload(self) -> None:
        is_blocking = self.rng.random() >= 0.5
        status, _ = self._request("GET", "/tyk/reload?block=true" if is_blocking else "/tyk/reload")
        if status != 200:
            self.faults.append(f"a reload was answered {status}")
        elif is_blocking:
            self.loaded = {policy: number for policy, number in self.acknowledged.items() if number}

    def _read(self) -> None:
        policy = f"c{self.rng.randrange(self.clients)}-{self.rng.randrange(IDS)}"
        status, document = self._request("GET", self.api.target(policy))
        if status == 200:
            self._check(policy, document)
        elif status != 404 or policy in self.loaded:
            self.faults.append(f"{policy} was answered {status}")

    def _list(self) -> None:
        status, answer = self._request("GET", self.api.listing)
        policies = self.api.listed(answer) if status == 200 else []
        if status != 200 or len({policy["id"] for policy in policies}) != len(policies):
            self.faults.append(f"the list was answered {status}, or names a policy twice")
            return
        for policy in policies:
            self._check(policy["id"], policy)
        if missing := self.loaded.keys() - {policy["id"] for policy in policies}:
            self.faults.append(f"the list lacks {', '.join(missing)}")

    def _search(self) -> None:
        policy = f"{self.name}-{self.rng.randrange(IDS)}"
        status, answer = self._request("GET", f"{self.api.prefix}/search?q={policy}%20")
        found = {found["id"] for found in self.api.listed(answer)} if status == 200 else set()
        if status != 200 or found != {policy} & self.loaded.keys():
            self.faults.append(f"a search for {policy} was answered {status} with {found}")

    def _preview(self) -> None:
        policy = f"{self.name}-{self.rng.randrange(IDS)}"
        status, session = self._request(
            "POST", "/tyk/keys/preview", {"org_id": "o", "apply_policies": [policy]}
        )
        if status != 200 or (policy in self.loaded and session["rate"] < self.loaded[policy]):
            self.faults.append(f"a preview of {policy} was answered {status}, {str(session)[:100]}")

    def _check(self, policy: str, document: Any) -> None:
        number = int(document["rate"])
        expected = {
            name: value for name, value in _document(policy, number).items() if name not in self.api.unwritten
        }
        if document != document | expected:
            self.faults.append(f"{policy} mixes several writes: {str(document)[:200]}")
        elif number < self.loaded.get(policy, 0):
            self.faults.append(f"{policy} is of write {number}, but write {self.loaded[policy]} was loaded")

    def _request(self, method: str, target: str, document: Any = None) -> tuple[int, Any]:
        body = None if document is None else json.dumps(document)
        started_at = time.monotonic()
        self._connection.request(method, target, body, dict(self.api.headers))
        answer = self._connection.getresponse()
        text = answer.read()
        is_policy = target.startswith(self.api.prefix)
        kind = method if is_policy else f"{method} {target.partition('?')[0]}"
        self.seconds.setdefault(kind, []).append(time.monotonic() - started_at)
        return answer.status, json.loads(text)


def _document(policy: str, number: int) -> dict[str, Any]:
    """A policy whose members all depend on the number of the write."""
    name = f"{policy} {number} " + "x" * (number * 37 % 300)
    rights = {f"api-{number}": {"api_id": f"api-{number}", "api_name": name, "versions": [str(number)]}}
    document = {
        "id": policy,
        "name": name,
        "rate": number,
        "per": 60,
        "tags": [str(number)] * 3,
        "org_id": "o",
    }
    if number % 2:
        return document
    return {**document, "meta_data": {"rights": rights}}


def main() -> int:
    """Run the clients and print the result; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument(
        "--clients", type=int, default=64, metavar="N", help="Number of concurrent clients (64)."
    )
    parser.add_argument("--seconds", type=float, default=60, metavar="S", help="Duration in seconds (60).")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="Seed of the requests (0).")
    parser.add_argument(
        "--directory", action="store_true", help="Keep the policies in a directory, not in memory."
    )
    parser.add_argument(
        "--store",
        metavar="URL",
        help="Redis in which the mock keeps its state, as for `tyk-contract serve --store`.",
    )
    parser.add_argument("--service", choices=SERVICES, default="gateway", help="Mock to load (gateway).")
    options = parser.parse_args()
    api = POLICY_APIS[options.service]
    clients = [
        SoakClient(f"c{n}", random.Random(f"{options.seed} {n}"), options.clients, api)
        for n in range(options.clients)
    ]
    try:
        with tempfile.TemporaryDirectory(prefix="tyk-contract-soak-") as folder:
            kind = _with_store(our(options.service, Path(folder) if options.directory else None), options)
            with started(kind) as server:
                memory = _run(server, clients, options.seconds)
    except BenchError as error:
        print(f"soak: {error}", file=sys.stderr)
        return 2
    return _report(clients, options.seconds, memory)


def _with_store(kind: Kind, options: argparse.Namespace) -> Kind:
    flags = ["--store", options.store] if options.store else []
    return replace(kind, command=(*kind.command, *flags))


def _run(server: Running, clients: list[SoakClient], seconds: float) -> float:
    """Run the clients, then compare the loaded policies with their writes; return the mock's megabytes."""
    until = time.monotonic() + seconds
    threads = [threading.Thread(target=client.run, args=(server.port, until)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    memory = server.memory_mb()
    loaded = {policy["id"]: int(policy["rate"]) for policy in clients[0].api.all(server.port)}
    for client in clients:
        for policy, number in client.acknowledged.items():
            if loaded.get(policy) != number:
                client.faults.append(
                    f"write {number} of {policy} was acknowledged, but write {loaded.get(policy)} is loaded"
                )
    return memory


def _report(clients: list[SoakClient], seconds: float, memory: float) -> int:
    faults = [fault for client in clients for fault in client.faults]
    kinds: dict[str, list[float]] = {}
    for client in clients:
        for kind, durations in client.seconds.items():
            kinds.setdefault(kind, []).extend(durations)
    for kind, durations in sorted(kinds.items()):
        print(f"{kind:24} {len(durations):7} {_percentiles(durations)}")
    total = [duration for durations in kinds.values() for duration in durations]
    print(*faults[:50], sep="\n", end="\n" if faults else "")
    print(f"{len(clients)} clients, {len(total)} requests in {seconds:.0f} s, {len(faults)} faults")
    print(f"{_percentiles(total)}; {memory:.0f} MB")
    return 1 if faults else 0


def _percentiles(seconds: list[float]) -> str:
    cuts = statistics.quantiles(seconds, n=100) if len(seconds) > 1 else seconds * 99
    return f"p50 {cuts[49] * 1000:.1f} ms, p99 {cuts[98] * 1000:.1f} ms, longest {max(seconds) * 1000:.0f} ms"


if __name__ == "__main__":
    sys.exit(main())
