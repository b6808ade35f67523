"""The steps of the action, of the component and of the examples, run as CI systems run them, against a mock."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ci_files import ACTION, COMPONENT, EXAMPLES, INPUTS, ROOT, filled
from serving import COMMAND, LEAN, QUIET

from mockserver import MockGateway

BASH = shutil.which("bash")
SECRET = "a-secret-that-no-output-has"
REPORTS = ["verdict.html", "verdict.json", "verdict.md", "verdict.xml"]
QUICKLY = "--quick --read-only"
SECONDS = 180

pytestmark = [pytest.mark.slow, pytest.mark.skipif(BASH is None, reason="there is no bash")]


def executable(path: Path, text: str) -> Path:
    """Write a script, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


TOOL = f'exec {" ".join(COMMAND)} "$@"'


class Job:
    """A job of GitHub in a folder: its steps get what the runner gives them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.workspace = folder / "workspace"
        self.workspace.mkdir()
        self.summary = folder / "summary"
        self._output = folder / "output"
        executable(folder / "temp" / "tyk-contract" / "bin" / "tyk-contract", TOOL)

    def run(self, name: str, inputs: dict[str, str], **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a step of the action with inputs, as the runner does with `shell: bash`."""
        (step,) = [step for step in ACTION["runs"]["steps"] if step["name"] == name]
        assert step["shell"] == "bash"
        values = {name: str(value.get("default", "")) for name, value in ACTION["inputs"].items()} | inputs
        given = {
            variable: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda match: values[match[1]], text)
            for variable, text in step["env"].items()
        }
        self._output.write_text("")
        script = self.folder / "script.sh"
        script.write_text(step["run"])
        environment = {
            **QUIET, **given,
            "GITHUB_ACTIONS": "true", "GITHUB_ACTION_PATH": str(ROOT), "GITHUB_OUTPUT": str(self._output),
            "GITHUB_STEP_SUMMARY": str(self.summary), "RUNNER_TEMP": str(self.folder / "temp"),
            "TYK_GW_SECRET": SECRET, **variables,
        }  # fmt: skip
        return subprocess.run(
            [str(BASH), "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)],
            cwd=self.workspace, env=environment, capture_output=True, text=True, check=False, timeout=SECONDS,
        )  # fmt: skip

    @property
    def outputs(self) -> dict[str, str]:
        """The outputs of the last step."""
        return dict(line.split("=", 1) for line in self._output.read_text().splitlines())


@pytest.fixture(name="job")
def _job(tmp_path: Path) -> Job:
    return Job(tmp_path)


@pytest.fixture(name="gateway", scope="module")
def _gateway() -> Iterator[MockGateway]:
    with MockGateway(gateway="5.8", secret=SECRET) as gateway:
        yield gateway


def annotations(process: subprocess.CompletedProcess[str], kind: str) -> list[str]:
    """The annotations of a kind in the output of a step."""
    return [line for line in process.stdout.splitlines() if line.startswith(f"::{kind} ")]


def test_the_action_installs_its_own_checkout(job: Job) -> None:
    """The action installs the tool from its own folder, with the versions that were tested, beside the job's Python."""
    record = 'echo "$@" >> "$RUNNER_TEMP/calls"'
    python = executable(
        job.folder / "python",
        f'{record}\nif [ "$3" = venv ]; then mkdir -p "$5/bin"; cp "$0" "$5/bin/python"; fi',
    )
    process = job.run("Install tyk-contract", {}, PYTHON=str(python))
    assert process.returncode == 0, process.stderr
    made, installed = (job.folder / "temp" / "calls").read_text().splitlines()
    assert made == f"-P -m venv --clear {job.folder}/temp/tyk-contract"
    assert installed.startswith("-P -m pip install ")
    assert installed.endswith(f" --constraint {ROOT}/constraints.txt {ROOT}")


def test_the_action_tells_that_a_gateway_conforms(job: Job, gateway: MockGateway) -> None:
    """A gateway that conforms ends the step with 0, a notice, the summary, all reports and three outputs."""
    process = job.run("Verify", {"url": gateway.url, "flags": f"\n{QUICKLY}\n"})
    assert process.returncode == 0, process.stdout + process.stderr
    assert job.outputs["status"] == "conforms-as-far-as-judged"
    extent = r"as far as judged \(\d+ of \d+\)"
    counts = r"\d+ passed, \d+ not applicable"
    assert re.fullmatch(rf"Gateway 5\.8\.\d+ conforms {extent}: {counts}", job.outputs["summary"])
    reports = job.workspace / job.outputs["reports"]
    assert sorted(path.name for path in reports.iterdir()) == REPORTS
    assert annotations(process, "error") == []
    assert len(annotations(process, "notice")) == 1
    assert job.summary.read_text() == (reports / "verdict.md").read_text()


def test_the_action_fails_the_job_of_a_gateway_that_does_not_conform(job: Job, gateway: MockGateway) -> None:
    """A wrong gateway ends the step with 1 and at most ten errors; known failures with a reason are accepted."""
    inputs = {"url": gateway.url, "version": "5.14", "flags": f"{QUICKLY} --write-baseline known.yaml"}
    process = job.run("Verify", inputs)
    assert process.returncode == 1, process.stdout + process.stderr
    assert job.outputs["status"] == "does-not-conform"
    assert "does not conform: " in job.outputs["summary"]
    assert 2 <= len(annotations(process, "error")) <= 10
    written = [path.read_text() for path in (job.workspace / job.outputs["reports"]).iterdir()]
    shown = [process.stdout, process.stderr, job.summary.read_text()]
    assert [text for text in (*written, *shown) if SECRET in text] == []

    known = job.workspace / "known.yaml"
    known.write_text(known.read_text().replace("say why, and who will fix it", "It is an old version."))
    process = job.run("Verify", inputs | {"flags": QUICKLY, "baseline": "known.yaml"})
    assert process.returncode == 0, process.stdout + process.stderr
    assert job.outputs["status"] == "conforms-with-known-failures"


def unreachable() -> str:
    """A URL at which nothing answers."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize(
    ("inputs", "code", "status", "message"),
    [
        ({"url": unreachable()}, 3, "unreachable", "Connection refused"),
        ({"url": ""}, 2, "no-verdict", "the URL is empty"),
        ({"url": "http://127.0.0.1:1", "baseline": "no.yaml"}, 2, "no-verdict", "no.yaml"),
    ],
    ids=["nothing answers", "no URL", "no baseline"],
)
def test_the_action_tells_why_there_is_no_verdict(
    job: Job, inputs: dict[str, str], code: int, status: str, message: str
) -> None:
    """Without a verdict the step ends with 2 or 3, one error says why, and a report of an earlier run is gone."""
    folder = job.workspace / "tyk-contract-reports"
    folder.mkdir()
    (folder / "verdict.md").write_text("## Gateway 5.12.0 conforms: 1 passed\n")
    process = job.run("Verify", inputs)
    assert process.returncode == code, process.stdout + process.stderr
    assert job.outputs == {"status": status, "summary": "", "reports": "tyk-contract-reports"}
    (error,) = annotations(process, "error")
    assert message in error
    assert list(folder.iterdir()) == []


def test_the_flags_of_the_action_are_words(job: Job) -> None:
    """A flag is no pattern of files and no code: the shell gives the words to the command as they are."""
    executable(job.folder / "temp" / "tyk-contract" / "bin" / "tyk-contract", 'printf "%s\\n" "$@" > words')
    (job.workspace / "a-file").touch()
    process = job.run("Verify", {"url": "http://g", "flags": "--only id-* --header\n$(touch x);`touch y`"})
    assert process.returncode == 0, process.stderr
    words = (job.workspace / "words").read_text().splitlines()
    assert words[:2] == ["verify", "http://g"]
    assert words[-6:] == ["--only", "id-*", "--header", "$(touch", "x);`touch", "y`"]
    assert not (job.workspace / "x").exists()


@pytest.fixture(name="environment")
def _environment(tmp_path: Path, gateway: MockGateway) -> dict[str, str]:
    """The environment of a job in which `python` makes environments that have the tool, and installs nothing."""
    pip = executable(tmp_path / "pip", "exit 0")
    tool = executable(tmp_path / "bin" / "tyk-contract", TOOL)
    executable(
        tmp_path / "bin" / "python",
        f'if [ "$3" = venv ]; then mkdir -p "$4/bin"; cp {tool} "$4/bin/"; cp {pip} "$4/bin/pip"; fi\n'
        'echo "$@" >> calls',
    )
    return QUIET | {
        "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "GATEWAY_URL": gateway.url, "TYK_CONTRACT": "tyk-contract", "TYK_GW_SECRET": SECRET,
    }  # fmt: skip


def run_script(script: str, folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a script as most CI systems do: a command that fails ends it."""
    folder.mkdir()
    return subprocess.run(
        ["sh", "-e", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, check=False,
        timeout=SECONDS,
    )  # fmt: skip


@pytest.mark.parametrize("version", ["auto", "5.14"])
def test_the_component_judges(
    version: str, tmp_path: Path, environment: dict[str, str], gateway: MockGateway
) -> None:
    """The job of the component installs the package, ends with the exit code of the verdict, and has its reports."""
    given = {"url": gateway.url, "package": "a-package", "flags": QUICKLY, "version": version}
    values = {name: str(value.get("default", "")) for name, value in INPUTS.items()} | given
    job: dict[str, Any] = filled(COMPONENT, values)["tyk-contract"]
    folder = tmp_path / "work"
    process = run_script("\n".join(job["script"]), folder, environment | job["variables"])
    assert process.returncode == (0 if version == "auto" else 1), process.stdout + process.stderr
    assert (folder / "calls").read_text() == (
        "-P -m pip install --quiet --disable-pip-version-check a-package\n"
    )
    assert sorted(path.name for path in (folder / "tyk-contract-reports").iterdir()) == REPORTS
    assert (folder / job["artifacts"]["reports"]["junit"]).is_file()


def script_of(name: str) -> str:
    """The script of an example that judges."""
    text = (EXAMPLES / name).read_text()
    if name == "Jenkinsfile":
        (script,) = re.findall(r"sh '''(.*?)'''", text, re.DOTALL)
    elif name == "azure-pipelines.yaml":
        script = yaml.safe_load(text)["steps"][1]["bash"]
    else:
        script = yaml.safe_load(text)["jobs"]["verify"]["steps"][1]["run"]["command"]
    assert isinstance(script, str)
    return script


@pytest.mark.parametrize("name", ["Jenkinsfile", "azure-pipelines.yaml", "circleci.yaml"])
def test_the_script_of_an_example_judges(name: str, tmp_path: Path, environment: dict[str, str]) -> None:
    """The script of an example installs the tool, judges the gateway of its variables, and writes JUnit."""
    script = script_of(name).replace("verify ", f"verify {QUICKLY} ", 1)
    process = run_script(script, tmp_path / "work", environment)
    assert process.returncode == 0, process.stdout + process.stderr
    assert len(list((tmp_path / "work").rglob("verdict.xml"))) == 1


def test_the_script_of_an_example_fails_without_a_url(tmp_path: Path, environment: dict[str, str]) -> None:
    """A variable that is not set fails the job, and does not judge a mock."""
    process = run_script(script_of("Jenkinsfile"), tmp_path / "work", environment | {"GATEWAY_URL": ""})
    assert process.returncode == 2
    assert "the URL is empty" in process.stderr


def test_the_service_container_is_judged_by_pytest(tmp_path: Path, gateway: MockGateway) -> None:
    """The workflow with a service container runs behaviours as tests of pytest, and writes pytest's JUnit."""
    steps = yaml.safe_load((EXAMPLES / "github-service-container.yaml").read_text())["jobs"]["verify"][
        "steps"
    ]
    (script,) = [step["run"] for step in steps if "--pyargs" in step.get("run", "")]
    executable(tmp_path / "bin" / "pytest", f'exec {sys.executable} -m pytest "$@"')
    environment = QUIET | {
        "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}", "TYK_GW_SECRET": SECRET,
        "PYTEST_ADDOPTS": " ".join([*LEAN, "-p", "no:cacheprovider", "-k", "test_health"]),
    }  # fmt: skip
    script = script.replace("http://127.0.0.1:8080", gateway.url)
    process = run_script(script, tmp_path / "work", environment)
    assert process.returncode == 0, process.stdout + process.stderr
    assert 'failures="0"' in (tmp_path / "work" / "verdict.xml").read_text()
