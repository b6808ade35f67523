"""The files for CI systems: they fit the schemas of these systems, and the documentation names what they have."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ci_files import ACTION, COMPONENT, EXAMPLES, HEAD, INPUTS, ROOT, filled
from serving import COMMAND

from mockserver.http.run_flags import FLAGS

DOCS = (ROOT / "docs" / "ci.md").read_text()
SCHEMAS = {  # of check-jsonschema, by the files
    "vendor.github-actions": [ROOT / "action.yml"],
    "vendor.github-workflows": [*EXAMPLES.glob("github*.yaml"), *(ROOT / ".github/workflows").glob("*.yaml")],
    "vendor.gitlab-ci": list(EXAMPLES.glob("gitlab*.yaml")),
    "vendor.azure-pipelines": [EXAMPLES / "azure-pipelines.yaml"],
    "vendor.circle-ci": [EXAMPLES / "circleci.yaml"],
}


def faults(schema: str, *paths: Path) -> str:
    """What is wrong with files by a schema; "" if nothing."""
    process = subprocess.run(
        [
            sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, "--regex-variant", "nonunicode",
            *map(str, paths),
        ],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    return "" if process.returncode == 0 else process.stdout + process.stderr


@pytest.mark.slow
@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_file_fits_the_schema_of_its_system(schema: str, tmp_path: Path) -> None:
    """The files of a CI system are valid by its schema, which refuses one with a member of another type."""
    assert SCHEMAS[schema]
    assert faults(schema, *SCHEMAS[schema]) == ""
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("jobs: 3\nruns: 3\ninclude: 3\nworkflows: 3\nsteps: 3\n")
    assert "Schema validation errors" in faults(schema, wrong)


@pytest.mark.slow
def test_the_jobs_of_the_component_are_jobs_of_gitlab(tmp_path: Path) -> None:
    """The component with its inputs filled in is a valid pipeline, and its head describes inputs as GitLab does."""
    pipeline, head = tmp_path / "pipeline.yaml", tmp_path / "head.yaml"
    values = {name: str(value.get("default", "x")) for name, value in INPUTS.items()}
    pipeline.write_text(yaml.safe_dump(filled(COMPONENT, values)))
    head.write_text(yaml.safe_dump(HEAD))
    assert faults("vendor.gitlab-ci", pipeline, head) == ""


def test_each_input_is_used_and_explained() -> None:
    """Each input of the action and of the component is used in it, and docs/ci.md has a row for it."""
    rows = " ".join(re.findall(r"^\| (`[^|]+) \|", DOCS, re.MULTILINE))
    for inputs, text, form in (
        (ACTION["inputs"], (ROOT / "action.yml").read_text(), "${{{{ inputs.{} }}}}"),
        (INPUTS, (ROOT / "templates" / "verify.yml").read_text(), "$[[ inputs.{} ]]"),
    ):
        for name in inputs:
            assert form.format(name) in text
            assert f"`{name}`" in rows, name


def test_each_output_is_explained() -> None:
    """docs/ci.md names the outputs of the action, and the words of its status that no report has."""
    assert [name for name in ACTION["outputs"] if f"`{name}`" not in DOCS] == []
    words = set(re.findall(r"status=([a-z-]+)", (ROOT / "action.yml").read_text()))
    assert words == {"no-verdict", "unreachable"}
    assert [word for word in words if f"`{word}`" not in DOCS] == []


def test_examples_give_the_inputs_that_there_are() -> None:
    """The examples give inputs of the action and of the component, and leave out none that has no default."""
    (step,) = [
        step
        for step in yaml.safe_load((EXAMPLES / "github.yaml").read_text())["jobs"]["verify"]["steps"]
        if "tyk-contract" in step.get("uses", "")
    ]
    given = [(step["with"], ACTION["inputs"])]
    for path in EXAMPLES.glob("gitlab*.yaml"):
        (include,) = yaml.safe_load(path.read_text())["include"]
        given.append((include["inputs"], INPUTS))
    for inputs, known in given:
        assert {name for name, value in known.items() if "default" not in value} <= set(inputs) <= set(known)


def test_each_example_is_listed_and_named() -> None:
    """The README of the examples lists each file, and docs/ci.md leads to it."""
    readme = (EXAMPLES / "README.md").read_text()
    names = {path.name for path in EXAMPLES.iterdir()} - {"README.md"}
    assert set(re.findall(r"\[([\w.-]+)\]\(\1\)", readme)) == names
    assert "../examples/ci/README.md" in DOCS


@pytest.mark.slow
def test_the_options_that_the_page_names_exist() -> None:
    """Each option in docs/ci.md is one of verify or serve, but for those of pytest and other commands."""
    usage = "".join(
        subprocess.run(
            [*COMMAND, command, "--help"], capture_output=True, text=True, check=True, timeout=60
        ).stdout
        for command in ("verify", "serve")
    )
    plugin = (ROOT / "mockserver" / "serving" / "pytest_plugin.py").read_text()
    of_pytest = {flag.option for flag in FLAGS}
    of_others = {
        "--pyargs", "--junit-xml",
        "--fail", "--silent", "--retry", "--retry-delay", "--retry-all-errors",
        "--detach", "--network", "--env-file",
    }  # fmt: skip
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", DOCS))
    assert named - of_others - of_pytest - set(re.findall(r"--[a-z-]+", usage + plugin)) == set()


def test_actions_of_others_are_pinned_by_commits() -> None:
    """The action, the workflows and their examples use each action of others by the hash of a commit, with its tag."""
    files = [
        ROOT / "action.yml",
        *(ROOT / ".github/workflows").glob("*.yaml"),
        *EXAMPLES.glob("github*.yaml"),
    ]
    lines = re.findall(r"uses: (.*)", "\n".join([DOCS, *(path.read_text() for path in files)]))
    of_others = [line for line in lines if not line.startswith(("./", "your-org/"))]
    assert of_others
    assert [
        line for line in of_others if not re.match(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+\b", line)
    ] == []
    actions = {line.partition(" # ")[0] for line in of_others}
    assert len({action.partition("@")[0] for action in actions}) == len(actions)  # one version of each


def test_no_module_of_a_checkout_stands_in_for_one_of_python() -> None:
    """Python runs its modules without the working directory on its path, where a job has files of others."""
    files = [ROOT / "action.yml", ROOT / "templates/verify.yml", *EXAMPLES.iterdir()]
    lines = [line for path in files for line in path.read_text().splitlines()]
    runs = [
        line
        for line in [*lines, *DOCS.splitlines()]
        if re.search(r"python[\w./\"]* .*-m (?:venv|pip)\b", line)
    ]
    assert len(runs) >= 6
    assert [line for line in runs if " -P -m " not in line] == []


@pytest.mark.skipif(
    shutil.which("actionlint") is None, reason="there is no actionlint; `make check` runs it with Go"
)
def test_the_examples_pass_actionlint() -> None:
    """The workflows among the examples have no fault that actionlint finds."""
    process = subprocess.run(
        ["actionlint", *map(str, EXAMPLES.glob("github*.yaml"))],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert process.returncode == 0, process.stdout
