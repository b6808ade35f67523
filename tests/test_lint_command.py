"""`tyk-contract lint` as a command, and its findings where a mock loads files."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path

import pytest
from asking import call
from lint_cases import GOLD, ORDERS
from serving import serving

from mockserver import MockGateway
from mockserver.cli.main import main
from mockserver.contract.spec_files import load_yaml

ROOT = Path(__file__).parent.parent
MISSPELT = '{"id": "gold", "raet": 5, "access_rights": {"a": {}}}'
WRONG = '{"id": "gold", "rate": "5", "per": 1, "access_rights": {"a": {}}}'


@pytest.fixture(name="policies")
def _policies(tmp_path: Path) -> Path:
    """A directory with one policy that has a misspelt member."""
    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "gold.json").write_text(MISSPELT)
    return folder


class Lint:
    """The command, run in this process.

    Attributes:
        out, err: what the last run has printed.
    """

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.out = self.err = ""

    def __call__(self, *arguments: object) -> int:
        with pytest.raises(SystemExit) as ended:
            main(["lint", *map(str, arguments)])
        self.out, self.err = self._capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code


@pytest.fixture(name="lint")
def _lint(capsys: pytest.CaptureFixture[str]) -> Lint:
    return Lint(capsys)


def test_a_finding_is_one_line(lint: Lint, policies: Path) -> None:
    """A finding names file, line, column, level, policy, member, effect, remedy and rule, and a summary follows."""
    assert lint(policies) == 0
    assert lint.out == (
        f"{policies / 'gold.json'}:1:16: warning: policy gold, raet: no gateway has such a member; the gateway "
        "drops it without a word; did you mean rate? [unknown-member]\n"
        "1 warning in 1 file, as Tyk Gateway 5.12.0 reads them\n"
    )


def test_the_example_of_the_document_is_true(
    lint: Lint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command prints for the file of docs/lint.md what the document shows."""
    document = (ROOT / "docs/lint.md").read_text()
    example = re.search(r"```json\n(.*?)```[^`]*```\n(.*?)```", document, re.DOTALL)
    assert example is not None
    file, output = example.groups()
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies/gold.json").write_text(file)
    monkeypatch.chdir(tmp_path)
    assert lint("policies", "--gateway", "5.14") == 1
    assert lint.out == output


@pytest.mark.parametrize(
    ("text", "level", "code"),
    [
        (WRONG, "error", 1), (WRONG, "note", 1), (MISSPELT, "error", 0), (MISSPELT, "warning", 1),
        (GOLD.data.decode(), "note", 0), ('{"id": "gold", "is_inactive": true, "access_rights": {"a": {}}}', "warning", 0),
        ('{"id": "gold", "is_inactive": true, "access_rights": {"a": {}}}', "note", 1),
    ],
)  # fmt: skip
def test_the_exit_code_is_that_of_the_level(
    lint: Lint, policies: Path, text: str, level: str, code: int
) -> None:
    """Exit code 1 tells of a finding at or above the level of --fail-on."""
    (policies / "gold.json").write_text(text)
    assert lint(policies, "--fail-on", level) == code


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("none.json",), "none.json: No such file or directory; give a file that you can read"),
        ((".",), "has no *.json and no tyk.conf"),
        ((), "nothing to lint; give a file"),
        (("policies", "--gateway", "4.0"), "gateway version '4.0' is not supported"),
    ],
)
def test_a_usage_error_is_exit_code_2(
    lint: Lint, policies: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], told: str
) -> None:
    """A path or version that cannot be used is exit code 2 and one line with the next step."""
    monkeypatch.chdir(policies.parent)
    assert lint(*arguments) == 2
    assert told in lint.err
    assert lint.err.count("\n") == 1


def test_the_json_has_all_of_a_finding(lint: Lint, policies: Path) -> None:
    """--format json prints one document with version, files, counts and findings."""
    assert lint(policies, "--format", "json", "--gateway", "5.14") == 0
    document = json.loads(lint.out)
    assert (document["gateway"], document["files"]) == ("5.14.0", [str(policies / "gold.json")])
    assert document["counts"] == {"error": 0, "warning": 1, "note": 0}
    (finding,) = document["findings"]
    assert finding["rule"] == "unknown-member"
    assert (finding["subject"], finding["member"]) == ("policy gold", "raet")
    assert (finding["line"], finding["column"], finding["level"]) == (1, 16, "warning")


def test_github_shows_findings_beside_the_lines(lint: Lint, tmp_path: Path) -> None:
    """--format github prints workflow commands whose values are escaped."""
    path = tmp_path / "a,b:c%.json"
    path.write_text(WRONG)
    assert lint(path, "--format", "github") == 1
    first = next(line for line in lint.out.splitlines() if line.startswith("::error"))
    name = str(path).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    assert first.startswith(f"::error file={name},line=1,col=24,title=wrong-type::policy gold, rate: ")


def test_fix_changes_files_and_tells_what_is_left(lint: Lint, policies: Path) -> None:
    """--fix writes what has one meaning alone, past errors that hide others, and reports the rest."""
    (policies / "gold.json").write_text(
        '{\n "id": "gold",\n "raet": 5,\n "Per": "60",\n "access_rights": {"a": {}},\n}\n'
    )
    assert lint(policies, "--fix") == 0
    fixed = (policies / "gold.json").read_text()
    assert fixed == '{\n "id": "gold",\n "raet": 5,\n "per": 60,\n "access_rights": {"a": {}}\n}\n'
    assert "did you mean rate?" in lint.out
    assert lint.out.endswith("; 1 file changed\n")
    assert lint(policies, "--fix") == 0
    assert lint.out.endswith("; 0 files changed\n")


def test_files_are_linted_beside_each_other(lint: Lint, policies: Path) -> None:
    """A right to an API that is in none of the definitions is told with the nearest that is."""
    apps = policies.parent / "apps"
    apps.mkdir()
    (apps / "orders.json").write_bytes(ORDERS.data)
    (apps / "orders-oas.json").write_text("{}")
    (policies / "gold.json").write_text('{"id": "gold", "access_rights": {"ordrs": {}}}')
    assert lint(policies, apps) == 0
    assert "access_rights/ordrs: no API has the id 'ordrs'" in lint.out
    assert "did you mean orders?" in lint.out
    assert "in 2 files" in lint.out


def test_the_kind_of_a_file_can_be_given(lint: Lint, tmp_path: Path) -> None:
    """--kind decides for files whose content says nothing."""
    (tmp_path / "all.json").write_text("{}")
    assert lint(tmp_path / "all.json") == 1
    assert lint(tmp_path / "all.json", "--kind", "record") == 0


def test_the_document_has_all_rules(lint: Lint) -> None:
    """docs/lint.md shows the table that --rules prints."""
    assert lint("--rules") == 0
    assert lint.out.strip() in (ROOT / "docs/lint.md").read_text()


@pytest.mark.parametrize(
    ("path", "taken"),
    [
        ("policies/gold.json", True), ("a/apps/orders.json", True), ("tyk.conf", True), ("x/policies.json", True),
        ("apps/orders-oas.json", False), ("package.json", False), ("policies/old/gold.json", False),
    ],
)  # fmt: skip
def test_the_hook_takes_files_of_a_gateway(path: str, taken: bool) -> None:
    """The hook for pre-commit runs the command, and takes the files that a gateway reads and no others."""
    (hook,) = load_yaml(ROOT / ".pre-commit-hooks.yaml")
    assert hook["entry"] == "tyk-contract lint"
    assert bool(re.search(hook["files"], path) and not re.search(hook["exclude"], path)) is taken


def test_a_reload_logs_what_is_new(policies: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Each reload logs the findings of files that others have written, each once until it is gone."""
    caplog.set_level(logging.WARNING, "tyk-contract")
    with MockGateway(policies=policies) as gateway:
        gateway.reload()
        assert [record.getMessage().partition(": ")[0] for record in caplog.records] == [
            f"{policies / 'gold.json'}:1:16"
        ]
        gateway.reload()
        assert len(caplog.records) == 1
        (policies / "gold.json").write_text('{"id": "gold",')
        gateway.reload()
        assert "not valid JSON: the file ends too early" in caplog.records[1].getMessage()
        (policies / "gold.json").write_text(MISSPELT)
        gateway.reload()
        assert len(caplog.records) == 3


def test_a_broken_record_file_is_told_at_a_reload(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A reload logs that a record file is broken, or gone, and the loaded policies stay."""
    record = tmp_path / "policies.json"
    record.write_text('{"gold": {"access_rights": {"a": {}}}}')
    with MockGateway(policies=record) as gateway:
        record.write_text('{"gold": {"rate": "5"}}')
        gateway.reload()
        assert 'policy gold, rate: "5" is a string' in caplog.text
        record.unlink()
        gateway.reload()
        assert f"{record}: No such file or directory; no policy of it is loaded" in caplog.text
        assert list(gateway.policies) == ["gold"]


def test_the_state_shows_the_findings(policies: Path) -> None:
    """/_mock/state has the findings of the files that the last reload has read."""
    with MockGateway(policies=policies) as gateway:
        (finding,) = call(gateway, "GET", "/_mock/state")[1]["findings"]
        assert (finding["rule"], finding["line"]) == ("unknown-member", 1)
        (policies / "gold.json").write_bytes(GOLD.data)
        gateway.reload()
        assert call(gateway, "GET", "/_mock/state")[1]["findings"] == []


def test_what_the_mock_has_written_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    """A mock without files logs nothing at a reload, for it has judged what it stores as requests."""
    with MockGateway() as gateway:
        gateway.policies.seed({"id": "gold"})
        gateway.reload()
        assert caplog.records == []


@pytest.mark.slow
def test_serve_prints_the_findings_of_its_files(policies: Path) -> None:
    """`serve` prints at its start what is odd in its files, errors first."""
    (policies / "silver.json").write_text(WRONG.replace("gold", "silver"))
    conf = policies.parent / "tyk.conf"
    conf.write_text('{"secret": "s", "policies": {"policy_source": "fiel"}, "hash_kys": true}')
    with serving("--policies", policies, "--conf", conf) as served:
        assert (
            served.lines[0]
            == f"{conf}: the mock ignores hash_kys, by which a real gateway may answer otherwise"
        )
        assert "policies/policy_source: policy_source is 'fiel'" in served.lines[1]
        assert "hash_kys: no gateway has such a member" in served.lines[2]
        del served.lines[:3]
        assert "silver.json:1:26: error: policy silver, rate: " in served.lines[0]
        assert "gold.json:1:16: warning: policy gold, raet: " in served.lines[1]


def test_a_policy_in_yaml_is_told_in_a_directory(tmp_path: Path, lint: Lint) -> None:
    """A directory's files in YAML are told if they look like policies, and are passed over if not."""
    (tmp_path / "gold.json").write_text('{"id": "gold", "access_rights": {"orders": {}}}')
    (tmp_path / "silver.yaml").write_text("id: silver\naccess_rights:\n  orders: {}\n")
    (tmp_path / "other.yaml").write_text("services: []\n")
    assert lint(tmp_path, "--fail-on", "warning") == 1
    assert "silver.yaml:1:1: warning: the file is *.yaml; the gateway reads only files *.json" in lint.out
    assert "other.yaml" not in lint.out


def test_what_follows_from_a_wrong_type_is_not_told(tmp_path: Path, lint: Lint) -> None:
    """A member of a wrong type is one finding, without those of the value that a gateway has in its place."""
    rights = '"access_rights": {"orders": {}}'
    (tmp_path / "gold.json").write_text(f'{{"id": "gold", {rights}, "rate": 5, "per": "1m"}}')
    assert lint(tmp_path) == 1
    assert "1 error in 1 file" in lint.out
