"""explain: show requirement, sources, tests and a recorded example of one behaviour, or what a member is."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING

from mockserver.cli import Commands, add_service, service_of
from mockserver.console import suggestions
from mockserver.console.terminal import show

if TYPE_CHECKING:
    from contract_tests.engine.service import Service
    from mockserver.contract.behaviours import Behaviour
    from mockserver.contract.members import Member


def add(commands: Commands) -> None:
    """Declare the command and its flags."""
    parser = commands.add_parser(
        "explain",
        help="Show requirement, sources, tests and a recorded example of one behaviour.",
        description="Show one behaviour of a gateway, or with --service dashboard of a Dashboard: its "
        "requirement, versions, evidence, sources and tests, an example from a recording of a real service, "
        "and the statement of the vendor's published spec. Or show a member of the schemas with the "
        "behaviours that speak of it, or a kind of evidence with the behaviours that have it.",
    )
    parser.add_argument(
        "id",
        metavar="ID",
        help="Id of the behaviour, as `tyk-contract behaviours` lists it; or a member, as in Policy.state or "
        "apiid; or a kind of evidence, as in inferred.",
    )
    add_service(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the explanation; return the exit code."""
    from mockserver.contract import members
    from mockserver.contract.behaviours import EVIDENCE

    service, name = service_of(options), options.id
    known = members.load(service.folder)
    found = members.find(known, name)
    speaking = _speaking_of(name, service)
    if name in service.behaviours:
        show(*_of_behaviour(service.behaviours[name], service))
    elif name in EVIDENCE:
        show(*_of_evidence(name, service))
    elif found:
        show(*[line for member in found for line in _of_member(member, service)])
    elif speaking:  # a member that only some setting brings, such as the style of 2017
        show(f"{name}  (in no schema of the {service.name})", *speaking)
    else:
        names = [*service.behaviours, *EVIDENCE, *(member.path for member in known)]
        hint = f"`tyk-contract behaviours --service {service.name}` lists all"
        raise ValueError(f"no behaviour has the id {name!r}{suggestions.hint(name, names, fold=str)}; {hint}")
    return 0


def _of_behaviour(row: Behaviour, service: Service) -> list[str]:
    """The explanation of a behaviour."""
    from mockserver.cli.catalogue import Entry
    from mockserver.contract.behaviours import EVIDENCE

    entry = Entry(row, service)
    example = entry.example
    verdict = "fails" if row.may_fail else "is observed, and fails with --strict alone"
    return [
        row.id,
        f"  requirement  {row.statement}",
        f"  operation    {row.operation} ({row.level})",
        f"  versions     {entry.versions}",
        f"  evidence     {row.evidence}: {EVIDENCE[row.evidence]}",
        f"               a service that behaves otherwise {verdict}",
        f"  source       {row.source}",
        *[f"  test         {test.name}" for test in entry.tests],
        *([f"  published    {row.published}"] if row.published else []),
        *[
            f"  deviation    {deviation.id}: {deviation.published} {deviation.actual}"
            for deviation in entry.deviations
        ],
        *([f"  example      {example.place}"] if example else []),
        *([f"    {line}" for line in (*example.request, f"-> {example.answer}")] if example else []),
    ]


def _of_evidence(kind: str, service: Service) -> list[str]:
    """The explanation of a kind of evidence, with the behaviours that have it."""
    from mockserver.contract.behaviours import EVIDENCE, weight

    rows = [row for row in service.behaviours.values() if row.evidence == kind]
    return [
        f"{kind}  (kind of evidence)",
        f"  meaning      {EVIDENCE[kind]}",
        f"  weight       {weight(kind)}",
        f"  behaviours   {len(rows)} of {len(service.behaviours)} of the {service.name}",
        *_listed(rows),
    ]


def _of_member(member: Member, service: Service) -> list[str]:
    """The explanation of a member of a schema, with the behaviours that speak of it."""
    from mockserver.cli.catalogue import versions

    return [
        member.path,
        f"  type         {member.type}",
        *([f"  description  {member.description}"] if member.description else []),
        f"  versions     {versions((member.span,), service)}",
        *([f"  source       {member.source}"] if member.source else []),
        *_speaking_of(member.name, service),
    ]


def _speaking_of(name: str, service: Service) -> list[str]:
    """The behaviours whose statements name a member."""
    word = re.compile(rf"\b{re.escape(name)}\b")
    return _listed([row for row in service.behaviours.values() if word.search(row.statement)])


def _listed(rows: list[Behaviour]) -> list[str]:
    return [f"  behaviour    {row.id}: {row.statement} [{row.evidence}]" for row in rows]
