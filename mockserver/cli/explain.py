"""explain: show requirement, sources, tests and a recorded example of one behaviour."""

from __future__ import annotations

import argparse
import functools
import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from mockserver.cli import Commands
from mockserver.console.terminal import show

if TYPE_CHECKING:
    from mockserver.contract.behaviours import Behaviour
    from mockserver.contract.deviations import Deviation
    from mockserver.contract.versions import GatewayVersion
    from mockserver.evidence.recording import Scenario

WIDTH = 400  # characters of a body in the output
_DECLARATION = re.compile(r'@behaviour\("([^"\n]*)"[^\n]*\)\ndef (\w+)')


def add(commands: Commands) -> None:
    """Declare the command and its flags."""
    parser = commands.add_parser(
        "explain",
        help="Show requirement, sources, tests and a recorded example of one behaviour.",
        description="Show one behaviour: its requirement, versions, sources and tests, an example from a "
        "recording of a real gateway, and the statement of the vendor's published spec.",
    )
    parser.add_argument(
        "id", metavar="ID", help="Id of the behaviour, as `tyk-contract behaviours` lists it."
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the explanation; return the exit code."""
    from mockserver.contract import behaviours

    rows = behaviours.load()
    if options.id not in rows:
        hint = _nearest(options.id, list(rows))
        raise ValueError(f"no behaviour has the id {options.id!r}{hint}; `tyk-contract behaviours` lists all")
    row = rows[options.id]
    lines = [
        row.id,
        f"  requirement  {row.statement}",
        f"  operation    {row.operation} ({row.level})",
        f"  versions     {_versions(row)}",
        f"  source       {row.source}",
        *[f"  test         {test}" for test in _tests().get(row.id, [])],
        *([f"  published    {row.published}"] if row.published else []),
    ]
    lines += [
        f"  deviation    {deviation.id}: {deviation.published} {deviation.actual}"
        for deviation in _deviations()
        if not isinstance(deviation.suite, str) and row.id in deviation.suite
    ]
    lines += _example(row)
    show(*lines)
    return 0


def _nearest(name: str, ids: list[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, ids, n=1)
    return f", the nearest is {close[0]!r}" if close else ""


def _versions(row: Behaviour) -> str:
    from mockserver.contract.spec_files import known_versions

    supported = [line for line, release in known_versions().items() if row.holds_for(release)]
    return f"{', '.join(map(str, row.spans))}; of the supported versions: {', '.join(supported) or 'none'}"


@functools.cache
def _tests() -> Mapping[str, list[str]]:
    """Node ids of the tests that declare each behaviour."""
    import contract_tests
    from mockserver.contract.spec_files import package_files

    tests = defaultdict(list)
    root = Path(str(contract_tests.__file__)).parent.parent
    for path in package_files(contract_tests):
        for behaviour_id, name in _DECLARATION.findall(path.read_text("utf-8")):
            tests[behaviour_id].append(f"{path.relative_to(root)}::{name}")
    return tests


@functools.cache
def _deviations() -> list[Deviation]:
    from mockserver.contract import deviations

    return deviations.load()


@functools.cache
def _scenarios(release: GatewayVersion) -> Mapping[str, Scenario]:
    """The scenarios of the recording of a release, by name."""
    from mockserver.contract.spec_files import spec_path
    from mockserver.evidence.recording import read_recording

    recording = read_recording(spec_path(f"gateway/recordings/{release}.jsonl"))
    return {scenario.name: scenario for scenario in recording.scenarios}


def _example(row: Behaviour) -> list[str]:
    """The first exchange that the source names, from the newest recording in which the behaviour holds."""
    from mockserver.contract.spec_files import known_versions

    reference = re.search(r"recording ([a-z]+/[a-z0-9_-]+)(?: steps? (\d+))?", row.source)
    releases = [release for release in known_versions().values() if row.holds_for(release)]
    if reference is None or not releases:
        return []
    step = _scenarios(releases[-1])[reference[1]].steps[int(reference[2] or 0)]
    if "request" not in step:
        return []
    request, response = step["request"], step["response"]
    headers = [f"{n}: {v}" for n, v in request["headers"] if n.lower() != "x-tyk-authorization"]
    body = request.get("body", request.get("body_hex", ""))
    return [
        f"  example      gateway {releases[-1]}, {reference[1]} step {step['step']}",
        f"    {request['method']} {request['target']}",
        *[f"    {header}" for header in headers],
        *([f"    {body[:WIDTH]}"] if body else []),
        f"    -> {response.get('status', 'no answer')} {response.get('body', '')[:WIDTH].rstrip()}",
    ]
