"""Conformance reports: what vendors publish, and its check without a gateway."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from serving import run_command
from test_report import REPORT

from contract_tests.report.conformance import provenance
from contract_tests.report.conformance.checking import check
from contract_tests.report.conformance.document import as_yaml
from contract_tests.report.conformance.implementation import Implementation
from contract_tests.report.conformance.yaml_document import DocumentError
from contract_tests.report.findings import Finding
from contract_tests.report.verdicts import Report, Status, Verdict
from mockserver.contract import behaviours
from mockserver.contract.versions import GatewayVersion

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "conformance"
PUBLISHED = sorted(FOLDER.glob("gateway-*.yaml"))
VENDOR = Implementation("Gateways Ltd", "Gate", "5.12.0", "https://gate.test/", "conformance@gate.test")


def _verdicts() -> tuple[Verdict, ...]:
    """A verdict on each behaviour: one failed, one left out, the others passed or not applicable."""
    version, rows = GatewayVersion.parse("5.12.0"), []
    for row in behaviours.load().values():
        is_judged = row.holds_for(version) and row.level != "setup"
        status = Status.PASSED if is_judged else Status.NOT_APPLICABLE
        rows.append(Verdict("gateway", row.id, row.operation, "", "", "", status, level=row.level))
    changed = {
        "id-required": {"status": Status.FAILED, "expected": "400", "actual": "200", "curl": ("curl one",)},
        "id-characters": {"status": Status.NOT_APPLICABLE, "is_left_out": True},
    }
    return tuple(replace(row, **changed.get(row.behaviour, {})) for row in rows)  # type: ignore[arg-type]


SOUND: Report = replace(
    REPORT,
    verdicts=_verdicts(),
    findings=(Finding("behaviour", "No id is needed.", ("id-required",), ("addPolicy",)),),
    command="tyk-contract verify http://g --report r.yaml",
    implementation=VENDOR,
)


@cache
def _sound() -> Any:
    return yaml.safe_load(as_yaml(SOUND))


def _written(tmp_path: Path, change: Callable[[dict[str, Any]], object] | None = None) -> Path:
    path = tmp_path / "r.yaml"
    document = deepcopy(_sound())
    if change:
        change(document)
    path.write_text(json.dumps(document, indent=1), "utf-8")  # which is YAML too
    return path


def test_a_report_that_verify_writes_is_sound(tmp_path: Path) -> None:
    """A report of this suite has no errors and no notes, and its rows that did not pass have a reproduction."""
    path = tmp_path / "r.yaml"
    path.write_text(as_yaml(SOUND), "utf-8")
    checked = check(path)
    assert checked.errors == ()
    assert checked.notes == ()
    assert checked.verdict == "does not conform"
    rows = yaml.safe_load(path.read_text())["behaviours"]
    assert rows["id-required"]["reproduce"] == ["curl one"]
    assert rows["secret-missing-is-403"] == {"level": "core", "verdict": "passed"}


@pytest.mark.parametrize(
    ("change", "pointer", "problem"),
    [
        (lambda d: d.update(kind="Report"), "/kind", "ConformanceReport"),
        (lambda d: d.update(more=1), "/", "'more' was unexpected"),
        (lambda d: d["counts"].update(passed=1), "/counts/passed", "1, but by the rows it is "),
        (lambda d: d.update(conforms=True), "/conforms", "by the rows it is False"),
        (lambda d: d.update(verdict="conforms"), "/verdict", "by the rows it is 'does not conform'"),
        (lambda d: d["levels"]["extended"].update(judged=0), "/levels/extended/judged", "0, but by the rows"),
        (lambda d: d["gateway"].update(version="9.9.0"), "/gateway/version", "not supported"),
        (lambda d: d.update(date="2026-01-01"), "/date", "has no time zone"),
        (lambda d: d.update(command="make"), "/command", "not a command of verify"),
        (lambda d: d.update(reproduce=["see above"]), "/reproduce", "not among its lines"),
        (lambda d: d["findings"][0].update(behaviours=["id-is-found-whole"]), "/findings/0", "did not fail"),
        (lambda d: d.update(implementation=None), "/implementation", "--implementation FILE"),
        (lambda d: d["implementation"].update(contact="TODO"), "/implementation/contact", "'TODO' is a placeholder"),
        (lambda d: d["suite"].update(spec_digest="md5:1"), "/suite/spec_digest", "md5:1"),
        (lambda d: d["behaviours"]["id-required"].update(level="extended"), "/behaviours/id-required/level", "is core"),
        (lambda d: d["behaviours"].pop("id-is-found-whole"), "/behaviours", "'id-is-found-whole' is missing"),
    ],
)  # fmt: skip
def test_a_refusal_names_the_line_and_the_pointer(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], pointer: str, problem: str
) -> None:
    """A report that is wrong in one place is refused with file, line and pointer of the place."""
    path = _written(tmp_path, change)
    errors = [error for error in check(path).errors if problem in error]
    assert errors
    place, _, _ = errors[0].partition(f": {pointer}: ")
    name, _, line = place.rpartition(" line ")
    assert name == str(path)
    if pointer != "/" and pointer.count("/") < 4 and not pointer.endswith("/0"):
        assert pointer.rpartition("/")[2] in path.read_text().splitlines()[int(line) - 1]


def test_a_report_of_another_suite_is_noted(tmp_path: Path) -> None:
    """A report of another digest is no error: a note names both, and rows that are unknown here are taken."""
    other = f"sha256:{'0' * 64}"

    def change(document: dict[str, Any]) -> None:
        here = document["suite"]["spec_digest"]
        document["suite"]["spec_digest"] = other
        document["reproduce"] = [line.replace(here, other) for line in document["reproduce"]]
        document["behaviours"]["of-another-time"] = document["behaviours"].pop("id-is-found-whole")

    checked = check(_written(tmp_path, change))
    assert checked.errors == ()
    assert checked.notes[0].startswith(f"of spec digest {other}, this is {provenance.spec_digest()}")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\na: 2\n", "line 2: /a: the member is there twice"),
        ("a: &x [1]\nb: *x\n", "line 2: an alias"),
        ("a: [\n", "line 2: not valid YAML"),
        (f"a: {'[' * 50}{']' * 50}\n", "nested too deep"),
    ],
)
def test_what_is_no_plain_yaml_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    """A file with an alias, a member twice, or another fault of YAML is refused with its line."""
    path = tmp_path / "r.yaml"
    path.write_text(text)
    with pytest.raises(DocumentError, match=problem):
        check(path)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("organization: x\n", "line 1: /organization: unknown field 'organization', the nearest is 'organisation'"),
        ("organisation: x\n", "the field 'product' is missing"),
        ("version: 5.1\n", "5.1 is no text"),
        ("url: gate\n", "'gate' is no URL"),
        ("contact: me\n", "neither an e-mail address nor a URL"),
        ("organisation: <your name>\n", "'<your name>' is a placeholder"),
        ("- x\n", "an implementation must have organisation"),
    ],
)  # fmt: skip
def test_a_wrong_field_of_an_implementation_is_told(tmp_path: Path, text: str, problem: str) -> None:
    """A file of an implementation is refused with the line of the field that is wrong."""
    path = tmp_path / "i.yaml"
    rest = "".join(
        f"{name}: {getattr(VENDOR, name)}\n"
        for name in ("organisation", "product", "url", "contact")
        if name not in text and "missing" not in problem
    )
    path.write_text(
        text if text.startswith("- ") else text + rest + ("" if "version" in text else "version: '1'\n")
    )
    with pytest.raises(DocumentError, match=problem.replace("<", ".")):
        Implementation.read(path)


def test_a_digest_depends_on_names_and_contents_alone(tmp_path: Path) -> None:
    """The digest of files is the same in any order and with line breaks of Windows, and another for other contents."""
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"a\nb\n")
    two.write_bytes(b"a\r\nb\r\n")
    assert provenance.digest([("x", one), ("y", one)]) == provenance.digest([("y", two), ("x", two)])
    two.write_bytes(b"a\nc\n")
    assert provenance.digest([("x", one)]) != provenance.digest([("x", two)])
    assert provenance.digest([("x", one)]) != provenance.digest([("y", one)])


def test_there_are_reports_of_five_versions() -> None:
    """docs/conformance has a report of the real gateway of each version, and its page lists each."""
    versions = [path.stem.removeprefix("gateway-") for path in PUBLISHED]
    assert sorted(versions) == sorted(map(str, (behaviours_versions())))
    page = (FOLDER / "README.md").read_text("utf-8")
    assert not [path.name for path in PUBLISHED if f"({path.name})" not in page]


def behaviours_versions() -> list[GatewayVersion]:
    """The recorded releases of the gateway."""
    from mockserver.contract.spec_files import known_versions

    return list(known_versions().values())


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.stem)
def test_a_published_report_is_sound(path: Path) -> None:
    """A report in docs/conformance passes the check, says that the gateway conforms, and has no path of a machine."""
    checked = check(path)
    assert checked.errors == ()
    assert checked.verdict.startswith("conforms")
    text = path.read_text("utf-8")
    assert not [word for word in ("/tmp", "/home", "/root", "/work") if word in text]
    vendor = yaml.safe_load((FOLDER / "implementations" / path.name).read_text("utf-8"))
    assert yaml.safe_load(text)["implementation"] == vendor


@pytest.mark.slow
def test_the_command_has_an_exit_code_for_each_outcome(tmp_path: Path) -> None:
    """`conformance check` ends with 0 for a sound report, 1 for another, 2 without a file; `digest` prints both."""
    sound, wrong = tmp_path / "sound.yaml", _written(tmp_path, lambda d: d.update(conforms=True))
    sound.write_text(as_yaml(SOUND), "utf-8")
    for path, code in ((sound, 0), (wrong, 1), (tmp_path / "none.yaml", 2)):
        assert run_command("conformance", "check", str(path)).returncode == code
    digests = run_command("conformance", "digest").stdout
    assert digests == f"suite {provenance.suite_digest()}\nspec {provenance.spec_digest()}\n"
    badge = run_command("conformance", "badge", str(sound))
    assert '"message": "does not conform"' in badge.stdout


@pytest.mark.slow
def test_a_run_writes_a_sound_report_without_the_secret(tmp_path: Path) -> None:
    """`verify --implementation` writes a report that passes the check; its command has no secret."""
    vendor, report = tmp_path / "vendor.yaml", tmp_path / "r.yaml"
    vendor.write_text(yaml.safe_dump(VENDOR.as_document()))
    done = run_command(
        "verify", "--only", "addPolicy", "--secret", "hush-hush-hush",
        "--implementation", str(vendor), "--report", str(report),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert check(report).errors == ()
    assert "hush" not in report.read_text()
    assert yaml.safe_load(report.read_text())["groups"]["supported"]
