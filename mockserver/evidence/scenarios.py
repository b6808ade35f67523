"""spec/gateway/scenarios: what recordings are made of, without any answers."""

from __future__ import annotations

from typing import Any

from mockserver.contract.spec_files import SpecError, load_yaml, spec_path
from mockserver.evidence.recording import Scenario, Step

NEEDS = {
    "directory": "the gateway's working directory",
    "upstream": "an upstream that the gateway reaches",
    "process": "a gateway process of its own",
}
_SCENARIO_KEYS = {"name", "about", "config", "needs", "steps"}
_STEP_KEYS = {
    "send", "headers", "body", "body_hex", "volatile", "unordered", "capture",
    "write", "text", "hex", "remove", "read", "wait",
}  # fmt: skip
_SECRET_HEADER = ["X-Tyk-Authorization", "${SECRET}"]


def load_scenarios(prefixes: tuple[str, ...] = ()) -> list[tuple[Scenario, tuple[str, ...]]]:
    """The scenarios whose names begin with one of the prefixes, each with what it needs.

    Raises:
        SpecError: a file has an unknown key or need, or no scenario begins so.
    """
    found = []
    for path in sorted(spec_path("gateway/scenarios").glob("*.yaml")):
        for raw in load_yaml(path):
            if raw.keys() - _SCENARIO_KEYS or set(raw.get("needs", ())) - NEEDS.keys():
                raise SpecError(f"{path.name}: scenario {raw.get('name')!r} has an unknown key or need")
            if not prefixes or raw["name"].startswith(prefixes):
                steps = [_step(raw["name"], i, step) for i, step in enumerate(raw["steps"])]
                scenario = Scenario(raw["name"], raw["about"], raw.get("config", {}), steps)
                found.append((scenario, tuple(raw.get("needs", ()))))
    if not found:
        raise SpecError(f"no scenario begins with {' or '.join(prefixes)}; leave it out to record all")
    return found


def _step(scenario: str, number: int, raw: dict[str, Any]) -> Step:
    """A step in the form of a recording, its response left out."""
    if unknown := raw.keys() - _STEP_KEYS:
        raise SpecError(f"scenario {scenario!r} step {number} has the unknown key {min(unknown)!r}")
    step: Step = {"scenario": scenario, "step": number}
    if "send" not in raw:
        return step | raw
    method, _, target = raw["send"].partition(" ")
    headers = raw.get("headers", [_SECRET_HEADER])
    step["request"] = {"method": method, "target": target, "headers": headers}
    step["request"] |= {key: raw[key] for key in ("body", "body_hex") if key in raw}
    return step | {key: raw[key] for key in ("volatile", "unordered", "capture") if key in raw}
