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
from mockserver.mutation import mutants, planted_mutants, trial, unit_trial
from mockserver.mutation.mutant import PLANTED, SOURCE, Edit, Mutant, MutantError, source_of
from mockserver.mutation.source_mutants import MODULES
from mockserver.mutation.trial import FOUND, MISSED, STILLBORN, attempt

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


def test_the_tests_that_try_mutants_exist() -> None:
    """Each module that the project's own tests try is mutated, and each file of those tests exists."""
    assert set(unit_trial.UNIT_TESTS) <= set(MODULES)
    for module in unit_trial.UNIT_TESTS:
        assert unit_trial.test_files(module)


def test_a_missing_test_file_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A trial whose test file does not exist ends with an error, and is no mutant that does not start."""
    monkeypatch.setitem(unit_trial.UNIT_TESTS, "contract.routes", ("routes", "nothing"))
    mutant = Mutant("unchanged", SOURCE, "", Edit("contract.routes", 0, "", ""))
    with pytest.raises(MutantError, match=r"no tests/test_nothing\.py; correct UNIT_TESTS"):
        attempt(mutant, "5.12")


IMPORTS = "from __future__ import annotations"


@pytest.mark.parametrize(
    ("module", "new", "verdict"),
    [
        ("contract.routes", IMPORTS + "; import no_such_module", STILLBORN),
        ("golang.regexps", IMPORTS + "; import no_such_module", STILLBORN),
        ("contract.routes", IMPORTS + "; raise ValueError", STILLBORN),
        ("contract.routes", IMPORTS, None),
    ],
)
def test_a_mutant_without_an_import_does_not_start(module: str, new: str, verdict: str | None) -> None:
    """A mutant that cannot be imported is stillborn, and one that passes its tests is left to the suite."""
    edit = Edit(module, source_of(module).index(IMPORTS), IMPORTS, new)
    outcome = trial.attempt_by_tests(Mutant("imports", SOURCE, "", edit))
    assert (outcome.verdict if outcome else None) == verdict


def test_a_test_that_fails_is_named() -> None:
    """A mutant that a test notices is found by that test."""
    old, new = "return path in self._literal", "return path not in self._literal"
    edit = Edit("contract.routes", source_of("contract.routes").index(old), old, new)
    outcome = trial.attempt_by_tests(Mutant("known", SOURCE, "", edit))
    assert outcome is not None
    assert (outcome.verdict, len(outcome.by)) == (FOUND, 1)
    assert outcome.by[0].startswith("tests/test_routes.py::test_")


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
