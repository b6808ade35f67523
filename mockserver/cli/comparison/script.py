"""The script of a comparison: the scenarios of spec/ with the names of a run in place of their own.

Each scenario has names of its own, so that all can be played beside each other without a clean-up between
them. What the renaming misses, `Ownership` refuses before it is sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from contract_tests.engine.ownership import Ownership
from mockserver.contract.openapi import Contract
from mockserver.evidence.player import RELOAD
from mockserver.evidence.recording import Scenario, Step
from mockserver.evidence.scenarios import load_scenarios
from mockserver.http.client import Header

MAX_WAIT = 3.0  # seconds that a step may wait; a scenario with a longer one is about time, and left out
DEFAULTS = {  # by service: the beginnings of the scenarios' names without --scenarios
    # without json/deep, for nobody reads a list with such a policy, and with two of apply/, which are alike
    "gateway": (
        "apply/shared", "apply/random-00", "auth/", "json/documents", "json/names", "json/numbers",
        "json/object-id", "json/strings", "json/types", "keys/", "nested/", "policies/", "reload/",
        "routing/", "types/",
    ),
    "dashboard": (),
}  # fmt: skip
_NOT_ASKED = ("/admin", "/register", "/system", "/playground", "/graphql")  # of nodes, or no plain reading
_GROUP = "/tyk/reload/group"  # it reloads the gateways of others
_NAMING = re.compile(
    r'"(?:_?id|api_id|org_id|client_id|policy_id|base_api_id)"\s*:\s*"([^"\\]+)"', re.IGNORECASE
)
_SEGMENT = re.compile(r"/tyk/(?:policies|apis|keys(?:/policy)?|org/keys)/([^/?]+)")
_WORDS = {"create", "preview", "policy"}  # segments that name an operation
_OBJECT_ID = re.compile(r"[0-9a-fA-F]{24}")


@dataclass(frozen=True)
class Part:
    """A scenario for one side, with names of that side's run.

    Attributes:
        prefix: what begins each of its names.
        names: the names that it sends, by the text in the scenario.
        variables: the values of ${NAME}; a step's `capture` adds to them.
    """

    scenario: Scenario
    prefix: str
    names: Mapping[str, str]
    variables: dict[str, str] = field(default_factory=dict)

    def sent(self, step: Step) -> tuple[str, str, bytes | None, list[tuple[str, str]]]:
        """The method, the target, the body and the headers of a step's request."""
        request, body = step["request"], None
        if "body_hex" in request:
            body = bytes.fromhex(request["body_hex"])
        elif "body" in request:
            text = self._filled(request["body"])
            body = _in_quotes(text, self.names).encode("utf-8", "surrogatepass")
        headers = [(name, self._filled(value)) for name, value in request["headers"]]
        target = "/".join(self._segment(part) for part in self._filled(request["target"]).split("/"))
        return request["method"], target, body, headers

    def neutral(self, text: str) -> str:
        """A text with the scenario's own names in place of those of the run."""
        for name, own in self.names.items():
            if _OBJECT_ID.fullmatch(name):
                text = text.replace(own, name)
        for variable, value in self.variables.items():
            if _OBJECT_ID.fullmatch(value):
                text = text.replace(value, f"<{variable}>")
        return text.replace(self.prefix, "")

    def _filled(self, text: str) -> str:
        return re.sub(r"\$\{(\w+)\}", lambda match: self.variables.get(match[1], match[0]), text)

    def _segment(self, segment: str) -> str:
        """A segment of a path, in which names may follow each other, and names in its query."""
        path, mark, query = segment.partition("?")
        if unquote(path) in self.names:
            path = self.names[unquote(path)] if path in self.names else f"{self.prefix}{path}"
        elif self.names:
            ordered = sorted(self.names, key=len, reverse=True)
            one = "|".join(map(re.escape, ordered))
            if re.fullmatch(f"(?:{one})++", path):
                path = re.sub(one, lambda match: self.names[match[0]], path)
        pairs = [pair.partition("=") for pair in query.split("&")]
        return (
            path
            + mark
            + "&".join(f"{name}{equals}{self.names.get(value, value)}" for name, equals, value in pairs)
        )


def parts(
    scenario: Scenario, number: int, owners: Iterable[Ownership], variables: Iterable[Mapping[str, str]]
) -> list[Part]:
    """A scenario for each side, whose names have the same lengths."""
    texts = sorted(_names_in(scenario))
    sides = []
    for ownership, given in zip(owners, variables, strict=True):
        prefix = f"{ownership.run}{number:03d}-"
        names = {
            text: ownership.new_object_id() if _OBJECT_ID.fullmatch(text) else f"{prefix}{text}"
            for text in texts
        }
        ids = {f"ID{digit}": ownership.new_object_id() for digit in range(1, 10)}
        own = {**given, "RUN": prefix, "NONE": f"{prefix}none", "WRONG": "0" * 32, **ids}
        sides.append(Part(scenario, prefix, names, own))
    return sides


def scenarios_for(service: str, prefixes: tuple[str, ...]) -> tuple[list[Scenario], list[str]]:
    """The scenarios that any service of the kind can be asked, and the names of those left out.

    Raises:
        SpecError: no scenario's name begins with a prefix.
    """
    chosen, left_out = [], []
    for scenario, needs in load_scenarios(prefixes or DEFAULTS[service], service):
        is_fit = set(needs) <= {"directory"} and not scenario.config
        if is_fit and not any(map(_is_unfit, scenario.steps)):
            chosen.append(scenario)
        else:
            left_out.append(scenario.name)
    return chosen, left_out


def is_plain_reload(step: Step) -> bool:
    """True for the request that loads what was written and answers then: scenarios can share it."""
    return "request" in step and step["request"]["target"] == RELOAD


def has_other_reloads(scenario: Scenario) -> bool:
    """True if a scenario reloads in other ways, which must not happen beside another scenario."""
    return any(
        "reload" in step["request"]["target"] and not is_plain_reload(step)
        for step in scenario.steps
        if "request" in step
    )


def _is_unfit(step: Step) -> bool:
    """True for a step that needs the files of the service, waits long, or reloads other gateways."""
    if "write" in step or "remove" in step or step.get("wait", 0) > MAX_WAIT:
        return True
    return "request" in step and (
        _GROUP in step["request"]["target"] or "${ORG}" in step["request"].get("body", "")
    )


def _names_in(scenario: Scenario) -> set[str]:
    """The names that the requests of a scenario give, in their bodies and paths."""
    names: set[str] = set()
    for request in (step["request"] for step in scenario.steps if "request" in step):
        if "${" not in request.get("body", ""):
            names |= set(_NAMING.findall(request.get("body", "")))
        if "${" not in request["target"]:
            names |= {unquote(name) for name in _SEGMENT.findall(request["target"])} - _WORDS
    return _without_joined(name for name in names if name.isprintable())


def _without_joined(names: Iterable[str]) -> set[str]:
    """Names without those that are two others in a row, as a stored key is its organisation and its name."""
    given = set(names)
    return {
        name
        for name in given
        if not any(name[:place] in given and name[place:] in given for place in range(1, len(name)))
    }


def _in_quotes(text: str, names: Mapping[str, str]) -> str:
    """A JSON text, valid or not, in which each string that is a name is replaced."""

    def replaced(match: re.Match[str]) -> str:
        return f'"{names[match[1]]}"' if match[1] in names else match[0]

    return re.sub(r'"((?:[^"\\]++|\\.)*+)"', replaced, text)


def readings_of(contract: Contract, secret_header: Header) -> Scenario:
    """A scenario that asks each operation that reads and has no parameter, with the secret and without."""
    steps: list[Step] = []
    for operation in contract.operations.values():
        is_fit = operation.method == "GET" and "{" not in operation.path and "reload" not in operation.path
        if is_fit and not operation.path.startswith(_NOT_ASKED):
            for headers in ([secret_header], []):
                request = {"method": "GET", "target": operation.path, "headers": headers}
                steps.append({"scenario": "operations", "step": len(steps), "request": request})
    return Scenario("operations", "each operation that reads and has no parameter", {}, steps)
