"""The catalogue: each behaviour of a service with its tests, its deviations and a recorded example."""

from __future__ import annotations

import ast
import functools
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mockserver.contract import deviations
from mockserver.contract.behaviours import Behaviour
from mockserver.contract.deviations import Deviation
from mockserver.contract.spec_files import known_versions, load_yaml, package_files
from mockserver.contract.versions import Span
from mockserver.evidence.recording import Scenario, read_recording

if TYPE_CHECKING:
    from contract_tests.engine.service import Service

EXAMPLES = "examples.yaml"  # in the folder of a service that nobody has recorded
WIDTH = 400  # characters of a body in an example
LINES = 40  # of a test that are shown
_SECRETS = {"x-tyk-authorization", "authorization"}


@dataclass(frozen=True)
class SuiteTest:
    """A test of the suite: its node id, and the first lines of its source."""

    name: str
    source: str


@dataclass(frozen=True)
class Example:
    """An exchange: where it is from, the lines of the request, and the answer in one text."""

    place: str
    request: tuple[str, ...]
    answer: str


@dataclass(frozen=True)
class Entry:
    """A behaviour of a service with all that is known of it, which is read when it is asked for."""

    row: Behaviour
    service: Service

    @property
    def versions(self) -> str:
        """The versions that it holds for, in words."""
        return versions(self.row.spans, self.service)

    @property
    def evidence(self) -> str:
        """The kind of the evidence, and "only observed" where it is too thin to fail a service."""
        return self.row.evidence if self.row.may_fail else f"{self.row.evidence}, only observed"

    @property
    def tests(self) -> list[SuiteTest]:
        """The tests of the suite that hold it; none for what a suite cannot set up over HTTP."""
        return _tests(self.service.name).get(self.row.id, [])

    @property
    def deviations(self) -> list[Deviation]:
        """The deviations of the published spec that it judges."""
        return [
            deviation
            for deviation in _deviations(self.service.folder)
            if not isinstance(deviation.suite, str) and self.row.id in deviation.suite
        ]

    @property
    def example(self) -> Example | None:
        """The first exchange that its source names, of the newest recording in which it holds.

        Without a recording it is an exchange of the mock, of a service that has such; else None.
        """
        return self._recorded or _examples(self.service.folder, self.service.title).get(self.row.id)

    @property
    def _recorded(self) -> Example | None:
        reference = re.search(r"recording ([a-z]+/[a-z0-9_-]+)(?: steps? (\d+))?", self.row.source)
        known = known_versions(self.service.folder).values()
        releases = [release for release in known if self.row.holds_for(release)]
        if reference is None or not releases:
            return None
        recording = self.service.folder / "recordings" / f"{releases[-1]}.jsonl"
        step = _scenarios(recording)[reference[1]].steps[int(reference[2] or 0)]
        if "request" not in step:
            return None
        request, response = step["request"], step["response"]
        headers = [f"{n}: {v}" for n, v in request["headers"] if n.lower() not in _SECRETS]
        body = request.get("body", request.get("body_hex", ""))
        return Example(
            f"{self.service.name} {releases[-1]}, {reference[1]} step {step['step']}",
            (f"{request['method']} {request['target']}", *headers, *([body[:WIDTH]] if body else [])),
            f"{response.get('status', 'no answer')} {response.get('body', '')[:WIDTH].rstrip()}",
        )


def entries(service: Service) -> list[Entry]:
    """The entries of all behaviours of a service, in the order of its table."""
    return [Entry(row, service) for row in service.behaviours.values()]


def versions(spans: tuple[Span, ...], service: Service) -> str:
    """The spans in words, and the supported versions among them."""
    releases = known_versions(service.folder).items()
    supported = [line for line, release in releases if any(release in span for span in spans)]
    return f"{', '.join(map(str, spans))}; of the supported versions: {', '.join(supported) or 'none'}"


@functools.cache
def _tests(service: str) -> Mapping[str, list[SuiteTest]]:
    """The tests that declare each behaviour of a service."""
    import contract_tests

    tests = defaultdict(list)
    root = Path(str(contract_tests.__file__)).parent.parent
    for path in package_files(contract_tests):
        if path.is_relative_to(root / "contract_tests" / service):
            text = path.read_text("utf-8")
            for behaviour_id, function in _declared(ast.parse(text)):
                lines = text.splitlines()[function.decorator_list[0].lineno - 1 : function.end_lineno]
                shown = [*lines[:LINES], *(["    ..."] if len(lines) > LINES else [])]
                name = f"{path.relative_to(root)}::{function.name}"
                tests[behaviour_id].append(SuiteTest(name, "\n".join(shown)))
    return tests


def _declared(module: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    """The functions of a module with the decorator `@behaviour`, and its id."""
    for node in module.body:
        for call in node.decorator_list if isinstance(node, ast.FunctionDef) else ():
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "behaviour":
                identifier = call.args[0]
                assert isinstance(identifier, ast.Constant)
                assert isinstance(node, ast.FunctionDef)
                yield str(identifier.value), node


@functools.cache
def _deviations(folder: Path) -> list[Deviation]:
    """The deviations of a service."""
    return deviations.load(folder)


@functools.cache
def _examples(folder: Path, title: str) -> Mapping[str, Example]:
    """The exchanges of the mock in the folder of a service, by behaviour; none if it has no file of them."""
    path = folder / EXAMPLES
    rows = load_yaml(path) if path.exists() else {}
    place = f"the mock {title}, for none was recorded"
    return {
        name: Example(place, tuple(row[part] for part in ("request", "body") if part in row), row["answer"])
        for name, row in rows.items()
    }


@functools.cache
def _scenarios(path: Path) -> Mapping[str, Scenario]:
    """The scenarios of a recording, by name."""
    return {scenario.name: scenario for scenario in read_recording(path).scenarios}
