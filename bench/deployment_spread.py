"""How fast a change of policies spreads to all data planes of a deployment, and what it costs."""

from __future__ import annotations

import hashlib
import http.client
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from bench.deployment_parts import Part, ask
from bench.deployment_setup import ORGANISATION, Deployment
from bench.servers import ADMIN_SECRET, KEY, BenchError

IMPORT = "/admin/policies/import"
POLICIES = "/api/portal/policies"
LOADED_SECONDS = 300  # in which all planes must have loaded a change
LOOK_SECONDS = 0.1  # between two looks at a plane
RIGHTS = 2  # APIs of each policy


@dataclass(frozen=True)
class Spread:
    """The way of one change to all planes.

    Attributes:
        name: what changed.
        acknowledged: seconds until the Dashboard answered.
        loaded: seconds from that answer until each plane had loaded it, the fastest first.
        cpu: seconds of CPU that each part used in all that time, by its name.
    """

    name: str
    acknowledged: float
    loaded: list[float]
    cpu: dict[str, float]

    @property
    def line(self) -> str:
        """The figures as a line."""
        planes = [seconds for name, seconds in self.cpu.items() if name.startswith("plane")]
        return (
            f"{self.name}: acknowledged after {self.acknowledged:.2f} s; loaded by the first plane "
            f"{self.loaded[0]:.2f} s later, by all {self.loaded[-1]:.2f} s later; CPU: Dashboard "
            f"{self.cpu['dashboard']:.2f} s, planes {min(planes):.2f} to {max(planes):.2f} s each"
        )


def measure(deployment: Deployment, policies: int) -> Iterator[str]:
    """Import policies, then change one of them several times; yields the figures as lines.

    Raises:
        BenchError: the Dashboard refuses a change, or a plane does not load it in time.
    """
    last = policies - 1
    exported = {"Data": [document_of(number, 1) for number in range(policies)], "Pages": 1}
    yield _spread(deployment, f"import of {policies} policies", ("POST", IMPORT, exported), last, 1).line
    for rate in (2, 3, 4):
        change = ("PUT", f"{POLICIES}/{_object_id(last)}", document_of(last, rate))
        yield _spread(deployment, "change of one policy", change, last, rate).line
    yield "memory: " + ", ".join(f"{part.name} {part.memory_mb():.0f} MB" for part in deployment.parts)


def _spread(
    deployment: Deployment, name: str, change: tuple[str, str, Any], policy: int, rate: int
) -> Spread:
    """Make a change, and wait until a policy has a rate on all planes."""
    before = {part.name: part.cpu_seconds() for part in deployment.parts}
    started_at = time.perf_counter()
    method, target, body = change
    key = {"key": ADMIN_SECRET, "header": "Admin-Auth"} if target == IMPORT else {"key": KEY}
    status, answer = ask(deployment.dashboard.port, method, target, body, seconds=LOADED_SECONDS, **key)
    if status != 200:
        raise BenchError(f"{method} {target} was answered {status} {answer}")
    acknowledged_at = time.perf_counter()

    def wait(plane: Part) -> float:
        _wait_until(lambda: _rate(plane, policy) == rate, f"{plane.name} does not load the {name}")
        return time.perf_counter() - acknowledged_at

    with ThreadPoolExecutor(len(deployment.planes)) as pool:
        loaded = sorted(pool.map(wait, deployment.planes))
    time.sleep(1)  # so that what follows a load counts too, such as the backup
    cpu = {part.name: part.cpu_seconds() - before[part.name] for part in deployment.parts}
    return Spread(name, acknowledged_at - started_at, loaded, cpu)


def _wait_until(condition: Callable[[], bool], failure: str) -> None:
    deadline = time.monotonic() + LOADED_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise BenchError(f"{failure} in {LOADED_SECONDS} s; --logs DIR keeps what it wrote")
        time.sleep(LOOK_SECONDS)


def _rate(plane: Part, policy: int) -> int:
    """The rate of a policy on a plane; 0 if it has none."""
    try:
        status, answer = ask(plane.port, "GET", f"/tyk/policies/policy-{policy}")
    except (OSError, http.client.HTTPException):
        return 0
    return int(answer["rate"]) if status == 200 else 0


def document_of(number: int, rate: int) -> dict[str, Any]:
    """A policy with rights to two APIs, as an export of a Dashboard has it."""
    rights = {
        f"api-{number % 100}-{index}": {
            "api_id": f"api-{number % 100}-{index}",
            "api_name": f"API {number % 100} {index}",
            "versions": ["Default"],
        }
        for index in range(RIGHTS)
    }
    return {
        "_id": _object_id(number),
        "id": f"policy-{number}",
        "org_id": ORGANISATION,
        "name": f"Policy {number}",
        "active": True,
        "rate": rate,
        "per": 60,
        "quota_max": 1000,
        "quota_renewal_rate": 3600,
        "access_rights": rights,
        "tags": ["bench"],
    }


def _object_id(number: int) -> str:
    return hashlib.sha256(f"policy-{number}".encode()).hexdigest()[:24]
