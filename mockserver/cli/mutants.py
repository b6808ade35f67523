"""mutants: break the mock in one way at a time, and check that the suite finds each defect."""

from __future__ import annotations

import argparse
import json
import os
import random
from pathlib import Path
from typing import TYPE_CHECKING

from mockserver.cli import BROKEN, CONFORMS, Commands
from mockserver.console.terminal import show, show_error

if TYPE_CHECKING:
    from mockserver.mutation.mutant import Mutant


_SERVICES = ("gateway", "dashboard")


def add(commands: Commands) -> None:
    """Declare the command and its flags."""
    parser = commands.add_parser(
        "mutants",
        help="Break the mock in one way at a time, and check that the suite finds each defect.",
        description="Start mutants of the mock, which have one defect each, and run the suite against them. "
        "A planted mutant must fail the behaviour that it breaks, a generated one (of the "
        "mock's source or its answers) any behaviour.",
        epilog="Exit codes: 0 the suite noticed all mutants, 1 it missed some, 2 usage error or internal "
        "error.",
    )
    parser.add_argument(
        "texts",
        nargs="*",
        metavar="TEXT",
        help="Try only mutants whose id or description contains each TEXT.",
    )
    parser.add_argument("--exact", action="store_true", help="Try only mutants whose id is one of the TEXTs.")
    parser.add_argument(
        "--group", choices=("planted", "source", "answer", "field"), help="Try only mutants of one group."
    )
    parser.add_argument(
        "--sample", type=int, metavar="N", help="Try a random sample of N mutants, selected by the seed."
    )
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="Seed of the sample and of the order (0)."
    )
    parser.add_argument(
        "--service",
        choices=_SERVICES,
        default="gateway",
        help="Service whose mock is mutated. (default: %(default)s)",
    )
    for service in _SERVICES:
        parser.add_argument(
            f"--{service}",
            metavar="VERSION",
            help=f"{service.title()} version to mutate; the default version if left out.",
        )
    parser.add_argument(
        "--jobs",
        type=int,
        default=os.cpu_count() or 1,
        metavar="N",
        help="Number of mutants to try at the same time (the number of processors).",
    )
    parser.add_argument("--list", action="store_true", help="List the mutants and try none.")
    parser.add_argument("--out", type=Path, metavar="FILE", help="JSON file to write the outcomes to.")
    parser.set_defaults(run=run)


def _matches(mutant: Mutant, texts: list[str], *, exact: bool) -> bool:
    if exact:
        return mutant.id in texts
    return all(text in f"{mutant.id} {mutant.breaks}" for text in texts)


def run(options: argparse.Namespace) -> int:
    """Try the mutants and print the outcomes; return the exit code."""
    from contract_tests.engine.signals import interrupt_on_sigterm
    from contract_tests.report import output_file
    from mockserver.contract.spec_files import default_version, spec_path
    from mockserver.mutation import mutants, outcomes
    from mockserver.mutation.mutant import MutantError
    from mockserver.mutation.trial import STILLBORN

    if options.out:
        output_file.check(options.out)
    service = options.service
    version = getattr(options, service) or str(default_version(spec_path(service)))
    chosen = [
        mutant
        for mutant in mutants(service, version)
        if (not options.group or mutant.group == options.group)
        and _matches(mutant, options.texts, exact=options.exact)
    ]
    if not chosen:
        raise MutantError("no mutant matches the arguments; `tyk-contract mutants --list` lists all")
    order = random.Random(options.seed)  # noqa: S311  an order, not a secret
    order.shuffle(chosen)
    chosen = chosen[: options.sample] if options.sample else chosen
    if options.list:
        for mutant in chosen:
            show(f"{mutant.group:8} {mutant.id:60} {mutant.breaks}")
        return CONFORMS
    show(f"{len(chosen)} mutants of {service} {version}, order and sample by seed {options.seed}")
    interrupt_on_sigterm()
    tried = []
    for outcome in outcomes(chosen, version, options.jobs):
        tried.append(outcome)
        by = ", ".join(outcome.by[:3]) or "-"
        verdict = outcome.verdict if outcome.is_noticed or outcome.verdict != "found" else "by others"
        show(f"{verdict:9} {outcome.seconds:5.1f} s  {outcome.mutant.id:50} {by}")
    if options.out:
        table = [
            {"mutant": outcome.mutant.id, "breaks": outcome.mutant.breaks, "verdict": outcome.verdict,
             "by": outcome.by, "actual": outcome.actual, "seconds": round(outcome.seconds, 2)}
            for outcome in tried
        ]  # fmt: skip
        output_file.write(options.out, json.dumps(table, indent=1, ensure_ascii=False) + "\n")
    started = [outcome for outcome in tried if outcome.verdict != STILLBORN]
    noticed = [outcome for outcome in started if outcome.is_noticed]
    for outcome in started:
        if not outcome.is_noticed:
            requirement = f"; {outcome.mutant.row} must fail" if outcome.mutant.row else ""
            show_error(f"missed: {outcome.mutant.id}: {outcome.mutant.breaks}{requirement}")
    score = 100 * len(noticed) / len(started) if started else 100
    show(
        f"{len(noticed)} of {len(started)} mutants noticed, {score:.1f} %; "
        f"{len(tried) - len(started)} that do not start are not counted"
    )
    return CONFORMS if len(noticed) == len(started) else BROKEN
