"""The documents are true: their commands run, and their examples hold."""

from __future__ import annotations

import re
import shlex
from dataclasses import fields
from pathlib import Path

import pytest
from serving import LEAN, run_command, serving

from mockserver import MockGateway, create_app
from mockserver.cli.transfer.secret_members import SECRET_MEMBERS
from mockserver.contract import behaviours
from mockserver.dashboard.config import Config
from mockserver.evidence.scenarios import load_scenarios
from mockserver.gateway.session_impact import Outcome

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
CONTROL = (ROOT / "docs" / "control.md").read_text()
VERIFY = (ROOT / "docs" / "verify.md").read_text()
GROUPS = (ROOT / "docs" / "groups.md").read_text()
SHELL = "\n".join(re.findall(r"```sh\n(.*?)```", README + GROUPS, re.DOTALL))
COMMANDS = [line.partition(" #")[0].strip() for line in SHELL.splitlines()]


def command_of(pattern: str) -> list[str]:
    """The arguments of a tyk-contract command that stands in a sentence of the README."""
    command = re.search(rf"`tyk-contract ({pattern} [^`]+)`", README)
    assert command is not None
    return command[1].split()


def test_the_first_commands_are_targets_of_the_makefile() -> None:
    """The README names `make verify` and `make test`, and both are targets of the Makefile."""
    makefile = (ROOT / "Makefile").read_text()
    targets = [command.split()[1] for command in COMMANDS if command.startswith("make ")]
    assert targets == ["verify", "test"]
    assert re.search("^verify:", makefile, re.MULTILINE)
    assert re.search("^test:", makefile, re.MULTILINE)


@pytest.mark.parametrize("command", [line for line in COMMANDS if line.startswith("tyk-contract serve")])
def test_a_serve_command_serves(command: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Each `serve` command of README and docs/groups.md starts a mock in a directory that has the files it names."""
    for name in ("policies", "apps"):
        (tmp_path / name).mkdir()
    (tmp_path / "tyk.conf").write_text('{"secret":"s"}')
    if "redis://" in command:
        command = re.sub(r"redis://\S+", request.getfixturevalue("redis").url, command)
    with serving(*shlex.split(command)[2:], "--port", "0", folder=tmp_path) as served:
        assert "mocked on http://127.0.0.1:" in served.lines[0]


@pytest.mark.slow
def test_the_verify_command_judges(tmp_path: Path) -> None:
    """The `verify` command of the README finds that the mock conforms, and writes both reports; here a quick run."""
    command = next(line for line in COMMANDS if line.startswith("tyk-contract verify"))
    with MockGateway(secret="s") as gateway:
        words = [word.replace("http://gateway:8080", gateway.url) for word in shlex.split(command)[1:]]
        words = [str(tmp_path / word) if word.startswith("verdict") else word for word in words]
        process = run_command(*words, "--quick", folder=ROOT, TYK_GW_SECRET="s")
    assert process.returncode == 0, process.stdout + process.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["verdict.html", "verdict.xml"]


def test_the_parity_command_compares() -> None:
    """The `parity` command of the README finds that all scenarios are identical, and prints nothing else."""
    process = run_command(*command_of("parity"), folder=ROOT)
    assert process.stderr == ""
    assert process.returncode == 0, process.stdout + process.stderr
    assert "11 of 11 scenarios identical" in process.stdout


@pytest.mark.parametrize(
    "command", [line for line in COMMANDS if re.match("tyk-contract (diff|deviations)", line)]
)
def test_a_listing_command_lists(command: str) -> None:
    """Each `diff` and `deviations` command of the README prints over twenty lines."""
    process = run_command(*shlex.split(command)[1:])
    assert process.returncode == 0, process.stderr
    assert process.stdout.count("\n") > 20, process.stdout


@pytest.mark.slow
def test_the_record_command_records(tmp_path: Path) -> None:
    """The `record` command of the README records an empty gateway."""
    with MockGateway(secret="s") as gateway:
        words = [word.replace("http://gateway:8080", gateway.url) for word in command_of("record")]
        words[words.index("mine.jsonl")] = str(tmp_path / "mine.jsonl")
        process = run_command(*words, "--scenarios", "auth", TYK_GW_SECRET="s")
    assert process.returncode == 0, process.stdout + process.stderr


def test_make_targets_of_the_documents_exist() -> None:
    """Each `make` target that CONTRIBUTING.md names is in the Makefile."""
    named = set(re.findall(r"`make ([a-z]+)`", (ROOT / "CONTRIBUTING.md").read_text()))
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert named - targets == set()


def test_behaviours_are_listed() -> None:
    """`behaviours` lists the behaviours of the chosen version, and none of other versions."""
    process = run_command("behaviours", "--gateway", "5.13")
    assert process.returncode == 0, process.stderr
    assert "id-characters  (addPolicy, core, from 5.13.0)" in process.stdout
    assert "any-id-is-taken" not in process.stdout


def test_the_failure_in_the_readme_is_a_behaviour() -> None:
    """The failure that the README shows has the statement and the source of its behaviour."""
    shown = re.search(r"```text\n(\S+) \(addPolicy\): .*\n.*\n  requirement  (.*?)  \[(.*?)\]\n", README)
    assert shown is not None
    row = behaviours.load()[shown[1]]
    assert (row.statement, row.source) == (shown[2], shown[3])


@pytest.mark.slow
def test_the_examples_of_the_fixtures_pass(pytester: pytest.Pytester) -> None:
    """The pytest examples of the README pass with clients that publish the plan."""
    examples = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(examples) == 2
    pytester.makepyfile(
        """
        import json, urllib.request

        def publish_plan(url, secret):
            body = json.dumps({"id": "gold", "rate": 1000}).encode()
            request = urllib.request.Request(url + "/tyk/policies", body, {"X-Tyk-Authorization": secret})
            urllib.request.urlopen(request).close()

        def create_plan(url, key):
            body = json.dumps({"name": "Gold", "rate": 1000}).encode()
            request = urllib.request.Request(url + "/api/portal/policies", body, {"Authorization": key})
            with urllib.request.urlopen(request) as answer:
                return json.load(answer)["Message"]

        """
        + "\n".join(examples).replace("\n", "\n        ")
    )
    pytester.runpytest_subprocess(*LEAN).assert_outcomes(passed=2)


def test_the_dashboard_command_serves() -> None:
    """The `dashboard` commands of README and docs/dashboard.md start a mock Dashboard and a gateway."""
    page = (ROOT / "docs" / "dashboard.md").read_text()
    commands = re.findall(r"^(tyk-contract dashboard[^#\n]*)", SHELL + page, re.MULTILINE)
    assert len(commands) == 4
    options = "".join(run_command("dashboard", "--help").stdout.split())
    for flag in re.findall(r"--[a-z-]+", " ".join(commands)):
        assert flag in options
    with serving("--gateway-port", "0", command="dashboard") as served:
        assert "Tyk Dashboard 5.13.1 mocked on http://127.0.0.1:" in served.lines[0]


def test_the_page_of_the_dashboard_names_what_is_there() -> None:
    """docs/dashboard.md names each scenario, each kind of evidence but recordings, and each key with an effect."""
    page = (ROOT / "docs" / "dashboard.md").read_text()
    for scenario, _ in load_scenarios(service="dashboard"):
        assert f"`{scenario.name}`" in page
    for kind in set(behaviours.EVIDENCE) - {"recorded"}:
        assert f"| `{kind}` |" in page
    for field in fields(Config):
        parent, _, child = field.name.partition("__")
        assert (child or parent).lower() in page.lower() or field.name == "listen_address"


@pytest.mark.parametrize(("title", "count"), [("impact", 2), ("why", 1)])
def test_the_examples_of_a_page_are_printed(tmp_path: Path, title: str, count: int) -> None:
    """The commands of docs/impact.md and docs/why.md print what the page shows, with the files that it shows."""
    page = (ROOT / "docs" / f"{title}.md").read_text()
    (tmp_path / "policies").mkdir()
    for name, text in re.findall(r"`(\S+)`:\n\n```json\n(.*?)```", page, re.DOTALL):
        (tmp_path / name).write_text(text)
    examples = re.findall(r"```console\n\$ tyk-contract (.*?)\n(.*?)```", page, re.DOTALL)
    assert len(examples) == count
    for command, output in examples:
        assert run_command(*shlex.split(command), folder=tmp_path).stdout == output


def test_the_page_of_the_export_has_the_table_of_secret_members() -> None:
    """docs/export.md has each row of the table of secret members, in its order, and the flags that it names exist."""
    page = (ROOT / "docs" / "export.md").read_text()
    rows = [f"| `{member.path}` | {member.about} |" for member in SECRET_MEMBERS]
    assert "\n".join(rows) in page
    usage = "".join(run_command(command, "--help").stdout for command in ("export", "import", "serve"))
    assert set(re.findall(r" (--[a-z][a-z-]+)", page)) <= set(re.findall(r"--[a-z-]+", usage))


def test_the_page_of_the_impact_names_its_flags_and_outcomes() -> None:
    """docs/impact.md names flags of `impact` alone, and each outcome with its meaning."""
    page = (ROOT / "docs" / "impact.md").read_text()
    usage = run_command("impact", "--help").stdout
    assert set(re.findall(r" (--[a-z][a-z-]+)", page)) <= set(re.findall(r"--[a-z-]+", usage)) | {
        "--path-as-is",
        "--data-raw",
    }
    assert re.findall(r"^\| ([a-z ]+) \| .*[.;,a-z]+ \|$", page, re.MULTILINE)[-6:] == [
        str(outcome) for outcome in Outcome
    ]


@pytest.mark.parametrize(
    "command",
    [
        "",
        "serve",
        "dashboard",
        "verify",
        "diff",
        "deviations",
        "parity",
        "record",
        "behaviours",
        "explain",
        "clean",
        "impact",
        "lint",
        "planes",
        "propagation",
        "export",
        "import",
    ],
)
def test_each_command_explains_itself(command: str) -> None:
    """--help of each command prints its usage, and the README names the command."""
    process = run_command(*command.split(), "--help")
    assert process.returncode == 0, process.stderr
    usage = f"tyk-contract {command}".rstrip()
    assert usage in process.stdout
    assert usage in README


def test_the_page_names_each_route_of_the_mocks_own_api() -> None:
    """docs/control.md names the routes below /_mock/ that the application has, but for the assets of pages, and no others."""
    rules = create_app().url_map.iter_rules()
    paths = {rule.rule for rule in rules if rule.endpoint.startswith("control.")}
    assert paths == set(re.findall(r"/_mock/[a-z]+(?:\.json)?", CONTROL))


def test_the_flags_of_the_readme_exist() -> None:
    """Each flag that README, docs/control.md and docs/verify.md name is one of tyk-contract, pytest or curl."""
    named = set(re.findall(r"(?<!-)--(?!contract-)[a-z][a-z-]+", README + CONTROL + VERIFY))
    of_others = {
        "--pyargs", "--gateway-url", "--dashboard-url", "--path-as-is", "--data-raw", "--collect-only",
    }  # fmt: skip
    commands = (
        "serve",
        "dashboard",
        "verify",
        "clean",
        "diff",
        "parity",
        "record",
        "mutants",
        "why",
        "impact",
        "lint",
        "planes",
        "propagation",
        "export",
        "import",
        "behaviours",
    )
    usage = "".join(run_command(command, "--help").stdout for command in commands)
    assert named - of_others - set(re.findall(r"--[a-z-]+", usage)) == set()
