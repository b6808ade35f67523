"""Gateways that are wrong in one way each, to see whether the suite notices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from mockserver.mutation.mutant import Mutant
from mockserver.mutation.trial import Outcome


def mutants(version: str) -> list[Mutant]:
    """Every mutant of a version, but those that no client can tell from the original.

    Raises:
        MutantError: a planted one does not fit the code.
        SpecError: the version is unknown.
    """
    from mockserver.contract.openapi import Contract
    from mockserver.contract.spec_files import select_version
    from mockserver.mutation import answer_mutants, planted_mutants, source_mutants

    contract = Contract.load(select_version(version))
    patterns = planted_mutants.equivalent()
    made = [*source_mutants.mutants(), *answer_mutants.answers(contract), *answer_mutants.fields(contract)]
    kept = [mutant for mutant in made if not planted_mutants.is_equivalent(mutant, patterns)]
    return [*planted_mutants.mutants(), *kept]


def tried(chosen: Iterable[Mutant], version: str, jobs: int) -> Iterator[Outcome]:
    """Try mutants, several at a time; outcomes as they come. Whoever stops asking ends it all."""
    from multiprocessing import get_context

    from mockserver.mutation.trial import attempt

    with get_context("spawn").Pool(jobs) as workers:
        yield from workers.imap_unordered(partial(attempt, version=version), chosen)
