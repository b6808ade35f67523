"""mutants: break the mock in one way at a time, and check that the suite notices."""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mockserver.cli import BROKEN, CONFORMS, Commands

if TYPE_CHECKING:
    from mockserver.mutation.mutant import Mutant


def add(commands: Commands) -> None:
    """Declare the command and its flags."""
    parser = commands.add_parser(
        "mutants",
        help="break the mock in one way at a time, and see whether the suite notices",
        description="Start gateways that are wrong in one way each, and let the suite judge them. Those of "
        "planted.yaml must be noticed by the behaviour they break; those that are generated, of the "
        "mock's source and of its answers, by any.",
        epilog="exit codes: 0 all were noticed, 1 some were not, 2 usage or our fault",
    )
    parser.add_argument(
        "which", nargs="*", metavar="TEXT", help="only those whose name or description has it"
    )
    parser.add_argument("--exact", action="store_true", help="only those whose name is TEXT")
    parser.add_argument("--group", choices=("planted", "source", "answer", "field"), help="only one kind")
    parser.add_argument("--sample", type=int, metavar="N", help="N of them, drawn by the seed")
    parser.add_argument("--seed", type=int, default=0, help="what the sample and the order are drawn by (0)")
    parser.add_argument("--gateway", metavar="VERSION", help="version to mutate; the default one if left out")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="how many at a time"
    )
    parser.add_argument("--list", action="store_true", help="list them, and try none")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the table as JSON too")
    parser.set_defaults(run=run)


def _fits(mutant: Mutant, texts: list[str], *, exact: bool) -> bool:
    if exact:
        return mutant.id in texts
    return all(text in f"{mutant.id} {mutant.breaks}" for text in texts)


def run(options: argparse.Namespace) -> int:
    """Try the mutants and print the outcomes; return the exit code."""
    from contract_tests.engine.signals import interrupt_on_sigterm
    from mockserver.contract.spec_files import default_version
    from mockserver.mutation import mutants, tried
    from mockserver.mutation.mutant import MutantError
    from mockserver.mutation.trial import STILLBORN

    version = options.gateway or str(default_version())
    chosen = [
        mutant
        for mutant in mutants(version)
        if (not options.group or mutant.group == options.group)
        and _fits(mutant, options.which, exact=options.exact)
    ]
    if not chosen:
        raise MutantError("no mutant fits; `tyk-contract mutants --list` shows them")
    order = random.Random(options.seed)  # noqa: S311  an order, not a secret
    order.shuffle(chosen)
    chosen = chosen[: options.sample] if options.sample else chosen
    if options.list:
        for mutant in chosen:
            print(f"{mutant.group:8} {mutant.id:60} {mutant.breaks}")
        return CONFORMS
    print(f"{len(chosen)} mutants of gateway {version}, order and sample by seed {options.seed}")
    interrupt_on_sigterm()
    outcomes = []
    for outcome in tried(chosen, version, options.jobs):
        outcomes.append(outcome)
        by = ", ".join(outcome.by[:3]) or "-"
        verdict = outcome.verdict if outcome.as_it_should or outcome.verdict != "found" else "by others"
        print(f"{verdict:9} {outcome.seconds:5.1f} s  {outcome.mutant.id:50} {by}", flush=True)
    if options.out:
        table = [
            {"mutant": o.mutant.id, "breaks": o.mutant.breaks, "verdict": o.verdict, "by": o.by,
             "actual": o.actual, "seconds": round(o.seconds, 2)}
            for o in outcomes
        ]  # fmt: skip
        options.out.write_text(json.dumps(table, indent=1, ensure_ascii=False) + "\n", "utf-8")
    alive = [outcome for outcome in outcomes if outcome.verdict != STILLBORN]
    noticed = [outcome for outcome in alive if outcome.as_it_should]
    for outcome in alive:
        if not outcome.as_it_should:
            wanted = f"; {outcome.mutant.row} must notice it" if outcome.mutant.row else ""
            print(f"missed: {outcome.mutant.id}: {outcome.mutant.breaks}{wanted}", file=sys.stderr)
    stillborn = len(outcomes) - len(alive)
    score = 100 * len(noticed) / len(alive) if alive else 100
    print(f"{len(noticed)} of {len(alive)} noticed, {score:.1f} %; {stillborn} do not start and do not count")
    return CONFORMS if len(noticed) == len(alive) else BROKEN
