"""The scenarios of a service, in scenarios/ of its folder: the steps of recordings, without responses."""

from __future__ import annotations

from typing import Any

from mockserver.contract.spec_files import SpecError, load_yaml, spec_path
from mockserver.evidence.recording import Scenario, Step

NEEDS = {
    "directory": "the gateway's working directory",
    "upstream": "an upstream that the gateway can reach",
    "process": "a gateway process of its own",
    "alone": "an organisation without other policies, for lists show all",
    "admin": "the admin secret; pass it with --admin-secret",
}
_SCENARIO_KEYS = {"name", "about", "config", "needs", "steps"}
_STEP_KEYS = {
    "send", "headers", "body", "body_hex", "volatile", "unordered", "capture",
    "write", "text", "hex", "remove", "read", "wait", "generate", "sign", "by", "header", "claims", "serve",
}  # fmt: skip
_SECRET_HEADERS = {"gateway": ["X-Tyk-Authorization", "${SECRET}"], "dashboard": ["Authorization", "${KEY}"]}
_VOLATILE = {
    "gateway": [],
    "dashboard": ["**/created_at", "**/date_created", "**/last_updated"],
}  # in each answer of a service


def load_scenarios(
    prefixes: tuple[str, ...] = (), service: str = "gateway"
) -> list[tuple[Scenario, tuple[str, ...]]]:
    """Scenarios of a service whose names begin with one of the prefixes, each with its keys of `NEEDS`.

    Without prefixes, all scenarios.

    Raises:
        SpecError: a file has an unknown key or need, or no scenario's name begins with a prefix.
    """
    scenarios = []
    for path in sorted(spec_path(f"{service}/scenarios").glob("*.yaml")):
        for document in load_yaml(path):
            if document.keys() - _SCENARIO_KEYS or set(document.get("needs", ())) - NEEDS.keys():
                name = document.get("name")
                raise SpecError(f"{path.name}: scenario {name!r} has an unknown key or need")
            if not prefixes or document["name"].startswith(prefixes):
                steps = [
                    _step(document["name"], i, step, service) for i, step in enumerate(document["steps"])
                ]
                scenario = Scenario(document["name"], document["about"], document.get("config", {}), steps)
                scenarios.append((scenario, tuple(document.get("needs", ()))))
    if not scenarios:
        raise SpecError(
            f"no scenario's name begins with {' or '.join(prefixes)}; leave --scenarios out to record all"
        )
    return scenarios


def _step(scenario: str, number: int, document: dict[str, Any], service: str) -> Step:
    """A step in the form of a recording, without its response."""
    if unknown := document.keys() - _STEP_KEYS:
        raise SpecError(f"scenario {scenario!r} step {number} has the unknown key {min(unknown)!r}")
    step: Step = {"scenario": scenario, "step": number}
    if "send" not in document:
        return step | document
    method, _, target = document["send"].partition(" ")
    headers = document.get("headers", [_SECRET_HEADERS[service]])
    step["request"] = {"method": method, "target": target, "headers": headers}
    step["request"] |= {key: document[key] for key in ("body", "body_hex") if key in document}
    if volatile := [*_VOLATILE[service], *document.get("volatile", ())]:
        step["volatile"] = volatile
    return step | {key: document[key] for key in ("unordered", "capture") if key in document}
