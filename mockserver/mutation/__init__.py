"""Mutation testing of the suite: mocks with one defect each, which their suites must notice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from mockserver.mutation.mutant import Mutant
from mockserver.mutation.trial import Outcome


def mutants(service: str, version: str) -> list[Mutant]:
    """All mutants of a service in a version except the equivalent ones, the planted mutants first.

    Raises:
        MutantError: a planted mutant does not fit the source.
        SpecError: the version is unknown.
    """
    from mockserver.contract.openapi import Contract
    from mockserver.contract.spec_files import select_version, spec_path
    from mockserver.mutation import answer_mutants, planted_mutants, source_mutants

    folder = spec_path(service)
    contract = Contract.load(select_version(version, folder), folder)
    patterns = planted_mutants.equivalent(service)
    generated = [
        *source_mutants.mutants(service),
        *answer_mutants.answers(contract, service),
        *answer_mutants.fields(contract, service),
    ]
    return [
        *planted_mutants.mutants(service),
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
