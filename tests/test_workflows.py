"""The workflows of CI and of releases: their steps exist, run as they say, and have no more rights than they need."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
WORKFLOWS = {
    path.stem: yaml.safe_load(path.read_text()) for path in (ROOT / ".github" / "workflows").glob("*.yaml")
}
STEPS = [
    pytest.param(step, id=f"{workflow} {job} {number}")
    for workflow, document in WORKFLOWS.items()
    for job, definition in document["jobs"].items()
    for number, step in enumerate(definition["steps"], 1)
]
BASH = shutil.which("bash")


def script_of(job: dict[str, Any], beginning: str) -> str:
    """The script of the step with a name that begins so."""
    (script,) = [step["run"] for step in job["steps"] if step.get("name", "").startswith(beginning)]
    assert isinstance(script, str)
    return script


@pytest.mark.parametrize("step", STEPS)
def test_a_step_uses_what_is_there(step: dict[str, Any]) -> None:
    """Each action is ours or of one commit, each target of make and each script exists, and no step fills in an expression."""
    if step.get("uses") == "./":
        assert (ROOT / "action.yml").is_file()
        return
    if "uses" in step:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step["uses"])
        return
    script = step["run"]
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"^make ([a-z-]+)", script, re.MULTILINE)) <= targets
    assert all(os.access(ROOT / name, os.X_OK) for name in re.findall(r"^\.ci/\w+", script, re.MULTILINE))
    assert "${{" not in script  # a name of a tag or branch could be a command


@pytest.mark.parametrize("step", STEPS)
def test_a_checkout_leaves_no_token(step: dict[str, Any]) -> None:
    """The code that a job runs, also that of a dependency, finds no token of the repository in the checkout."""
    is_checkout = "checkout" in step.get("uses", "")
    assert not is_checkout or step["with"]["persist-credentials"] is False


def test_ci_runs_on_each_version_of_python() -> None:
    """CI runs all tests on each Python that the package names, from the oldest that it needs to 3.14."""
    matrix = WORKFLOWS["ci"]["jobs"]["test"]["strategy"]["matrix"]["python"]
    named = [text.rpartition(" ")[2] for text in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", text)]
    assert set(named) <= set(matrix)
    assert matrix == ["3.11", "3.12", "3.13", "3.14"]
    assert PROJECT["requires-python"] == f">={matrix[0]}"


def test_only_the_publication_may_do_more_than_read() -> None:
    """A workflow may read the repository alone; publishing may get a token of its identity, and runs on tags."""
    for document in WORKFLOWS.values():
        assert document["permissions"] == {"contents": "read"}
    rights = {
        job: definition["permissions"]
        for document in WORKFLOWS.values()
        for job, definition in document["jobs"].items()
        if "permissions" in definition
    }
    assert rights == {"publish": {"id-token": "write"}}
    release = WORKFLOWS["release"]
    assert release[True] == {"push": {"tags": ["v*"]}}  # YAML 1.1 reads `on` as true
    assert release["jobs"]["publish"]["needs"] == "build"
    assert "secrets." not in (ROOT / ".github" / "workflows" / "release.yaml").read_text()


@pytest.mark.skipif(BASH is None, reason="there is no bash")
@pytest.mark.parametrize(
    ("tag", "complaint"),
    [
        ("v1.2.3", ""),
        ("v1.2.4", "pyproject.toml does not have the version 1.2.4 of the tag v1.2.4"),
        ("v1x2.3", "pyproject.toml does not have the version 1x2.3"),
        ("v1.2.5", "CHANGELOG.md has no section for 1.2.5"),
    ],
)
def test_a_tag_must_be_the_version(tag: str, complaint: str, tmp_path: Path) -> None:
    """A release ends before it is built if the tag is not the version, or the changelog lacks it."""
    version = "1.2.5" if tag == "v1.2.5" else "1.2.3"
    (tmp_path / "pyproject.toml").write_text(f'[project]\nversion = "{version}"\n')
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## Unreleased\n\n## 1.2.3 - 2026-01-31\n")
    script = script_of(WORKFLOWS["release"]["jobs"]["build"], "The tag")
    assert BASH is not None
    process = subprocess.run(
        [BASH, "-e", "-o", "pipefail", "-c", script], cwd=tmp_path, env=os.environ | {"TAG": tag},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert process.returncode == bool(complaint)
    assert complaint in process.stdout


@pytest.mark.slow
def test_the_sdist_makes_the_same_wheel(tmp_path: Path) -> None:
    """A wheel that is built from the sdist has the files of one that is built from the repository."""
    _build(ROOT, tmp_path, "sdist", "wheel")
    (sdist,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    _build(tmp_path / sdist.name.removesuffix(".tar.gz"), tmp_path / "again", "wheel")
    (first,), (second,) = tmp_path.glob("*.whl"), (tmp_path / "again").glob("*.whl")
    assert _names(first) == _names(second)


def _build(project: Path, folder: Path, *targets: str) -> None:
    options = [word for target in targets for word in ("-t", target)]
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", *options, "-d", str(folder)],
        cwd=project, check=True, capture_output=True, timeout=120,
    )  # fmt: skip


def _names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return sorted(archive.namelist())


@pytest.mark.skipif(
    shutil.which("actionlint") is None, reason="there is no actionlint; `make check` runs it with Go"
)
def test_the_workflows_pass_actionlint() -> None:
    """The workflows have no fault that actionlint finds."""
    process = subprocess.run(
        ["actionlint", *map(str, (ROOT / ".github" / "workflows").glob("*.yaml"))],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert process.returncode == 0, process.stdout
