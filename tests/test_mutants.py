"""Mutants: each behaviour has one, each compiles, and the suite notices each of a fixed sample."""

from __future__ import annotations

import json
import subprocess
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from serving import COMMAND, QUIET, deadline, error_line, run_command

from mockserver.contract import behaviours
from mockserver.contract.openapi import Contract
from mockserver.contract.spec_files import default_version, spec_path
from mockserver.mutation import answer_mutants, mutants, planted_mutants, source_mutants, trial, unit_trial
from mockserver.mutation.mutant import PLANTED, SOURCE, Edit, Mutant, MutantError, source_of
from mockserver.mutation.source_mutants import MODULES
from mockserver.mutation.trial import FOUND, MISSED, STILLBORN, attempt

pytestmark = pytest.mark.slow  # whole commands and servers

# One of each kind, and those that once were missed.
SAMPLE = [
    "secret-is-trimmed", "secret-wrong-is-403#2", "list-drops-deleted", "concurrent-writes-do-not-mix", "id-characters",
    "updatePolicy 500: another status", "getHello 200: spaces added", "listPolicies 200: the newline dropped",
    "listPolicies:smoothing nulled", "access_rights/*/limit/rate off by one", "name nulled, on each second call",
]  # fmt: skip


SERVICES = pytest.mark.parametrize("service", ["gateway", "dashboard"])


@SERVICES
def test_each_behaviour_has_a_planted_mutant(service: str) -> None:
    """Each behaviour that has a contract test has a planted mutant, and no other row has one."""
    rows = {row.id for row in behaviours.load(spec_path(service)).values() if row.has_test}
    assert {mutant.row for mutant in mutants(service, "5.12") if mutant.group == PLANTED} == rows


@SERVICES
def test_each_mutant_compiles_and_has_an_id_of_its_own(service: str) -> None:
    """Each planted edit of the source compiles, a tenth of the generated ones too, and no two have one id."""
    all_mutants = mutants(service, "5.12")
    assert len(all_mutants) > 1500
    assert {mutant.service for mutant in all_mutants} == {service}
    assert len({mutant.id for mutant in all_mutants}) == len(all_mutants)
    generated = [mutant for mutant in all_mutants if mutant.group == SOURCE]
    for mutant in [mutant for mutant in all_mutants if mutant.group == PLANTED] + generated[::10]:
        if mutant.edit is not None:
            compile(mutant.edit.apply(source_of(mutant.edit.module)), mutant.id, "exec")


@SERVICES
def test_each_pattern_of_equivalent_mutants_fits_one(service: str) -> None:
    """Each pattern of equivalent mutants in a service's table fits a mutant that exists."""
    folder = spec_path(service)
    contract = Contract.load(default_version(folder), folder)
    answers, fields = answer_mutants.answers(contract, service), answer_mutants.fields(contract, service)
    texts = [
        f"{mutant.id} {mutant.breaks}" for mutant in (*source_mutants.mutants(service), *answers, *fields)
    ]
    patterns = planted_mutants.equivalent(service)
    unused = [p for p in patterns if not any(planted_mutants.matches(p, text) for text in texts)]
    assert unused == []


@pytest.mark.parametrize("module", [*chain(*MODULES.values())])
def test_each_mutated_module_exists(module: str) -> None:
    """Each module of the list of mutated modules has a source."""
    assert source_of(module)


def test_an_unknown_module_is_an_error() -> None:
    """The source of a module that does not exist raises MutantError, which names the module."""
    with pytest.raises(MutantError, match=r"no module mockserver\.nothing"):
        source_of("nothing")


def test_the_tests_that_try_mutants_exist() -> None:
    """Each module that the project's own tests try is mutated, and each file of those tests exists."""
    assert set(unit_trial.UNIT_TESTS) <= set(chain(*MODULES.values()))
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
    """An edit replaces its text at one place, and not where the same text stands elsewhere."""
    assert Edit("x", 4, "b", "c").apply("b = b") == "b = c"


@pytest.fixture(scope="module", name="tried")
def _tried(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, dict[str, Any]]:
    """The exit code of one run over the sample, and its table by name."""
    table = tmp_path_factory.mktemp("mutants") / "table.json"
    process = run_command("mutants", *SAMPLE, "--exact", "--out", table)
    assert table.exists(), process.stdout + process.stderr
    return process.returncode, {entry["mutant"]: entry for entry in json.loads(table.read_text())}


def test_the_run_over_the_sample_ends_with_0(tried: tuple[int, dict[str, Any]]) -> None:
    """A run over the sample tries each mutant, and exit code 0 says that all were noticed."""
    code, outcomes = tried
    assert set(outcomes) == set(SAMPLE)
    assert code == 0, outcomes


@pytest.mark.parametrize("name", SAMPLE)
def test_a_mutant_of_the_sample_is_noticed(name: str, tried: tuple[int, dict[str, Any]]) -> None:
    """The suite notices a mutant of the sample, and the outcome has the answer that showed it."""
    _, outcomes = tried
    assert outcomes[name]["verdict"] == "found"
    assert outcomes[name]["actual"]


@pytest.mark.parametrize("name", [name for name in SAMPLE if name.partition("#")[0] in behaviours.load()])
def test_a_planted_mutant_is_noticed_by_its_behaviour(name: str, tried: tuple[int, dict[str, Any]]) -> None:
    """The test of the behaviour that a planted mutant breaks fails on it."""
    _, outcomes = tried
    assert name.partition("#")[0] in outcomes[name]["by"]


DASHBOARD_SAMPLE = [
    "key-missing-is-401#4", "create-returns-object-id", "organisation-is-that-of-the-key#2", "update-replaces#3",
    "deleted-policy-is-gone#2", "list-has-pages#2", "updatePolicy 400: another status, on each second call",
    "getPolicy 200: the body cut, when it is large", "rate off by one",
]  # fmt: skip


def test_the_mutants_of_the_dashboard_are_noticed(tmp_path: Path) -> None:
    """The Dashboard's suite notices each mutant of a sample, a planted one by the row that it breaks."""
    table = tmp_path / "table.json"
    names = ["--service", "dashboard", *DASHBOARD_SAMPLE, "--exact", "--out", table]
    process = run_command("mutants", *names)
    assert process.returncode == 0, process.stdout + process.stderr
    assert process.stdout.startswith("9 mutants of dashboard 5.13.1, ")
    outcomes = {entry["mutant"]: entry for entry in json.loads(table.read_text())}
    assert set(outcomes) == set(DASHBOARD_SAMPLE)
    for name, outcome in outcomes.items():
        assert outcome["verdict"] == "found"
        row = name.partition("#")[0]
        assert row in outcome["by"] or row not in behaviours.load(spec_path("dashboard"))


def test_a_mutant_that_no_test_notices_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mutant is missed if no test notices it in any version; here the suite has the tests of /hello alone."""
    hello = [
        item for item in trial._items("gateway") if item.function.declaration.behaviour == "hello-is-open"
    ]
    assert hello
    monkeypatch.setattr(trial, "_items", lambda service: hello)
    name = "gateway.policy_store.PolicyStore.warnings#"
    quiet = next(mutant for mutant in source_mutants.mutants("gateway") if mutant.id.startswith(name))
    assert attempt(quiet, "5.12").verdict == MISSED


def test_an_unknown_name_is_an_error() -> None:
    """`mutants` refuses a name that fits no mutant, and names the flag that lists them."""
    assert "mutants --list" in error_line(run_command("mutants", "no-such-mutant"))


def test_an_interrupted_run_leaves_nothing_running() -> None:
    """A terminated run of `mutants` ends its child processes too, which hold its stderr open."""
    command = [*COMMAND, "mutants", "--group", "answer"]
    with (
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=QUIET
        ) as process,
        deadline(process, 300),
    ):
        assert process.stdout is not None
        assert "mutants of gateway" in process.stdout.readline()
        assert process.stdout.readline()  # the first outcome
        process.terminate()
        _, errors = process.communicate(timeout=300)
    assert process.returncode == 2, errors
    assert errors.count("interrupted") == 1, errors
    assert "Traceback" not in errors
