"""Load on one server, made by wrk, and single requests."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.servers import KEY, SECRET, BenchError, Running

CONNECTIONS = 16
NUMBER = "NUMBER"  # stands for the number of a request
POLICY = {
    "id": "gold", "name": "Gold", "org_id": "acme", "rate": 1000, "per": 60, "quota_max": 10000,
    "quota_renewal_rate": 3600, "active": True,
    "access_rights": {"orders": {"api_id": "orders", "api_name": "Orders", "versions": ["Default"]}},
    "partitions": {"quota": True, "rate_limit": True, "acl": True},
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A kind of request to measure.

    Attributes:
        body: it is sent as JSON, if there is one; each NUMBER in it is the number of the request.
        credential: the header that the service requires.
    """

    name: str
    method: str
    path: str
    body: Any = None
    credential: tuple[str, str] = ("X-Tyk-Authorization", SECRET)


CASES = (
    Case("GET one", "GET", "/tyk/policies/gold"),
    Case("list of 100", "GET", "/tyk/policies"),
    Case("PUT", "PUT", "/tyk/policies/gold", POLICY),
    Case("POST", "POST", "/tyk/policies", POLICY),
    Case("preview", "POST", "/tyk/keys/preview", {"org_id": "acme", "apply_policies": ["gold"]}),
)


_POLICIES, _KEY = "/api/portal/policies", ("Authorization", KEY)
DASHBOARD_CASES = (
    Case("create", "POST", _POLICIES, {**POLICY, "id": "", "name": "New NUMBER"}, _KEY),
    Case("read", "GET", f"{_POLICIES}/p1", None, _KEY),
    Case("list, 10 of 100", "GET", _POLICIES, None, _KEY),
    Case("search, 10 of 100", "GET", f"{_POLICIES}/search?q=Gold", None, _KEY),
)


@dataclass(frozen=True)
class Measured:
    """The figures of a server under the load of one kind of request.

    Attributes:
        per_second: answers in a second.
        cpu_us: microseconds of CPU for one request.
        p99_ms: the 99th percentile of the latency in milliseconds.
        failed: the number of answers with a status other than 2xx and 3xx.
    """

    per_second: float
    cpu_us: float
    p99_ms: float
    failed: int


def check_tools() -> None:
    """Check that wrk is installed.

    Raises:
        BenchError: wrk is missing.
    """
    if not shutil.which("wrk"):
        raise BenchError("wrk, which makes the load, is missing; install it: apt-get install wrk")


def measure(server: Running, case: Case, seconds: float) -> Measured:
    """Send one kind of request as fast as one thread of wrk can, for a number of seconds."""
    with tempfile.TemporaryDirectory(prefix="tyk-contract-bench-") as folder:
        script = Path(folder) / "load.lua"
        script.write_text(_script(case))
        before = server.cpu_seconds()
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-s", str(script)]
        process = subprocess.run(
            [*command, f"http://127.0.0.1:{server.port}{case.path}"],
            capture_output=True,
            text=True,
            check=True,
        )
        used = server.cpu_seconds() - before
    requests = int(_match(r"(\d+) requests in", process.stdout) or 0)
    failed = int(_match(r"Non-2xx or 3xx responses: (\d+)", process.stdout) or 0)
    return Measured(
        float(_match(r"Requests/sec:\s+([\d.]+)", process.stdout) or 0),
        used / requests * 1e6 if requests else 0.0,
        _milliseconds(_match(r"99%\s+([\d.]+\w+)", process.stdout) or "0ms"),
        failed,
    )


def seed(server: Running, count: int) -> None:
    """Replace the policies of our mock or a real gateway by `count` policies, one of them `POLICY`.

    Other servers answer from the spec and have no policies.
    """
    policies = [POLICY, *({**POLICY, "id": f"p{number}"} for number in range(count - 1))]
    if server.kind.is_ours:
        ask(server, "POST", "/_mock/seed", {"policies": policies})
    elif server.kind.policies is not None:
        for path in server.kind.policies.glob("*.json"):
            path.unlink()
        for policy in policies:
            path = server.kind.policies / f"{policy['id']}.json"
            path.write_text(json.dumps(policy), "utf-8")
        ask(server, "GET", "/tyk/reload?block=true")


def write_policy(server: Running) -> None:
    """Write `POLICY` on our mock or a real gateway, by a request that both have, and load it."""
    if server.kind.is_ours or server.kind.policies is not None:
        ask(server, "POST", "/tyk/policies", POLICY)
        ask(server, "GET", "/tyk/reload?block=true")


def seed_dashboard(server: Running, count: int) -> None:
    """Give our mock Dashboard `count` policies, "p0" and so on."""
    for number in range(count):
        policy = {**POLICY, "id": f"p{number}", "name": f"Gold {number}"}
        ask(server, "POST", _POLICIES, policy)


def reload_seconds(server: Running, times: int = 5) -> float:
    """The median duration of a number of blocking reloads, in seconds."""
    durations = []
    for _ in range(times):
        started_at = time.perf_counter()
        ask(server, "GET", "/tyk/reload?block=true")
        durations.append(time.perf_counter() - started_at)
    return statistics.median(durations)


def ask(server: Running, method: str, path: str, body: Any = None) -> bytes:
    """Send one request and return the body of its answer.

    Raises:
        BenchError: the answer has another status than 200.
    """
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    try:
        data = None if body is None else json.dumps(body).encode()
        headers = {"X-Tyk-Authorization": SECRET, "Authorization": KEY, "Content-Type": "application/json"}
        connection.request(method, path, data, headers)
        answer = connection.getresponse()
        text = answer.read()
    finally:
        connection.close()
    if answer.status != 200:
        raise BenchError(f"{method} {path} answers {answer.status}, must be 200: {text[:200]!r}")
    return text


def _script(case: Case) -> str:
    lines = [f'wrk.method = "{case.method}"', f'wrk.headers["{case.credential[0]}"] = "{case.credential[1]}"']
    if case.body is not None:
        lines += [
            'wrk.headers["Content-Type"] = "application/json"',
            f"wrk.body = [[{json.dumps(case.body)}]]",
        ]
        if NUMBER in str(case.body):
            lines.append(
                f"local n = 0; local body = wrk.body; request = function() n = n + 1; "
                f'return wrk.format(nil, nil, nil, (body:gsub("{NUMBER}", n))) end'
            )
    return "\n".join(lines) + "\n"


def _match(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    return match[1] if match else ""


def _milliseconds(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()  # type: ignore[union-attr]  # the format of wrk
    return float(number) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[unit]
