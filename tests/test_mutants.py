"""Mutants: each behaviour has one, each can be made, and a fixed sample is noticed."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from mockserver.contract import behaviours
from mockserver.contract.openapi import Contract
from mockserver.contract.spec_files import default_version
from mockserver.mutation import mutants, planted_mutants
from mockserver.mutation.mutant import PLANTED, Edit, MutantError, source_of
from mockserver.mutation.source_mutants import MODULES

# One of each kind, and those that once were missed.
SAMPLE = [
    "secret-is-trimmed", "list-drops-deleted", "deleted-policies-are-gone", "concurrent-writes-do-not-mix",
    "bodies-end-where-told", "bodies-end-where-told#2", "connections-are-kept", "id-characters",
    "updatePolicy 500: another status", "reloadGroup 200: no body", "getHello 200: spaces added",
    "listPolicies 200: the newline dropped", "tags stale", "listPolicies:smoothing nulled",
    "access_rights/*/limit/rate off by one", "name nulled, on each second call",
]  # fmt: skip


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    command = [sys.executable, "-m", "mockserver", "mutants", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def test_each_behaviour_that_a_url_can_show_has_a_mutant() -> None:
    """So that no row stands there without a test that can fail."""
    rows = {row.id for row in behaviours.load().values() if row.level != "setup"}
    assert {mutant.row for mutant in mutants("5.12") if mutant.group == PLANTED} == rows


def test_each_mutant_is_python_and_has_a_name_of_its_own() -> None:
    """An edit that does not even compile would say nothing."""
    made = mutants("5.12")
    assert len({mutant.id for mutant in made}) == len(made) > 1500
    for mutant in made:
        if mutant.edit is not None:
            compile(mutant.edit.apply(source_of(mutant.edit.module)), mutant.id, "exec")


def test_what_is_left_out_is_there() -> None:
    """Each pattern of mutants that are none fits one."""
    from mockserver.mutation import answer_mutants, source_mutants

    contract = Contract.load(default_version())
    made = [*source_mutants.mutants(), *answer_mutants.answers(contract), *answer_mutants.fields(contract)]
    texts = [f"{mutant.id} {mutant.breaks}" for mutant in made]
    for what in planted_mutants.equivalent():
        assert any(planted_mutants.matches(what, text) for text in texts), what


def test_the_modules_that_are_mutated_exist() -> None:
    """And an unknown one is told."""
    for module in MODULES:
        assert source_of(module)
    with pytest.raises(MutantError, match=r"no module mockserver\.nothing"):
        source_of("nothing")


def test_an_edit_replaces_one_place() -> None:
    """And nothing before or after it."""
    assert Edit("x", 4, "b", "c").apply("b = b") == "b = c"


@pytest.fixture(scope="module", name="tried")
def _tried(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, dict[str, Any]]:
    """The exit code of one run over the sample, and its table by name."""
    table = tmp_path_factory.mktemp("mutants") / "table.json"
    done = run(*SAMPLE, "--exact", "--out", str(table))
    return done.returncode, {entry["mutant"]: entry for entry in json.loads(table.read_text())}


@pytest.mark.xdist_group("mutants")
def test_the_sample_ends_well(tried: tuple[int, dict[str, Any]]) -> None:
    """All of it was tried, and exit code 0 says that all was noticed."""
    assert (tried[0], set(tried[1])) == (0, set(SAMPLE))


@pytest.mark.xdist_group("mutants")
@pytest.mark.parametrize("name", SAMPLE)
def test_a_mutant_of_the_sample_is_noticed(name: str, tried: tuple[int, dict[str, Any]]) -> None:
    """By the behaviour that it breaks, where there is one."""
    told = tried[1][name]
    assert told["verdict"] == "found"
    assert told["actual"]
    if "#" in name or name in behaviours.load():
        assert name.partition("#")[0] in told["by"]


def test_a_mutant_that_nobody_notices_is_told() -> None:
    """With exit code 1; here one that changes the journal alone."""
    from mockserver.mutation import source_mutants
    from mockserver.mutation.trial import MISSED, attempt

    quiet = next(
        m
        for m in source_mutants.mutants()
        if m.id.startswith("gateway.proxy.middleware._journalled#") and '"method" ->' in m.breaks
    )
    assert attempt(quiet, "5.12").verdict == MISSED


def test_a_name_that_fits_none_is_told() -> None:
    """In one line, with exit code 2."""
    done = run("no-such-mutant")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "mutants --list" in done.stderr


def test_an_interrupted_run_leaves_nothing_running() -> None:
    """Told to end, it ends its helpers too, which have its stderr."""
    command = [sys.executable, "-m", "mockserver", "mutants", "--group", "answer"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "mutants of gateway" in process.stdout.readline()
        assert process.stdout.readline()  # the first outcome
        process.terminate()
        _, told = process.communicate(timeout=300)
    assert (process.returncode, told.count("interrupted"), "Traceback" in told) == (2, 1, False)
