"""Mutation testing of the suite: mocks with one defect each, which the suite must notice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from mockserver.mutation.mutant import Mutant
from mockserver.mutation.trial import Outcome


def mutants(version: str) -> list[Mutant]:
    """All mutants of a version except the equivalent ones, the planted mutants first.

    Raises:
        MutantError: a planted mutant does not fit the source.
        SpecError: the version is unknown.
    """
    from mockserver.contract.openapi import Contract
    from mockserver.contract.spec_files import select_version
    from mockserver.mutation import answer_mutants, planted_mutants, source_mutants

    contract = Contract.load(select_version(version))
    patterns = planted_mutants.equivalent()
    generated = [
        *source_mutants.mutants(),
        *answer_mutants.answers(contract),
        *answer_mutants.fields(contract),
    ]
    return [
        *planted_mutants.mutants(),
        *(mutant for mutant in generated if not planted_mutants.is_equivalent(mutant, patterns)),
    ]


def outcomes(chosen: Iterable[Mutant], version: str, jobs: int) -> Iterator[Outcome]:
    """Try the mutants in worker processes, `jobs` at a time, and yield the outcomes as they come.

    Closing the iterator ends the worker processes.
    """
    from multiprocessing import get_context

    from mockserver.mutation.trial import attempt

    with get_context("spawn").Pool(jobs) as workers:
        yield from workers.imap_unordered(partial(attempt, version=version), chosen)
