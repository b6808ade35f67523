"""`tyk-contract export` and `import`: state from one gateway to another, without secrets."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from asking import call
from dashboards import add, ask
from impacts import API, ORDERS, fill
from serving import error_line, run_command

from mockserver import MockDashboard, MockGateway
from mockserver.cli.transfer import export_files

pytestmark = pytest.mark.slow  # whole commands

SECRET = "s3cret-of-the-gateway"
HASHING = {"hash_keys": True, "enable_hashed_keys_listing": True}
OAUTH = {
    **API, "api_id": "oauth", "name": "oauth", "use_oauth2": True, "proxy": {"listen_path": "/oauth/"},
    "oauth_meta": {"allowed_access_types": ["client_credentials"], "allowed_authorize_types": []},
}  # fmt: skip
CLIENT = {
    "client_id": "shop",
    "api_id": "oauth",
    "secret": "very-s3cret",
    "policy_id": "gold",
    "redirect_uri": "http://a",
}


def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command with the secret of the gateways, at a fixed time."""
    return run_command(*arguments, **{"TYK_GW_SECRET": SECRET, "SOURCE_DATE_EPOCH": "0", **environment})


def mock(**settings: Any) -> MockGateway:
    """A mock with the secret."""
    return MockGateway(secret=SECRET, **settings)


def texts(folder: Path) -> dict[str, str]:
    """The text of each file below a folder, by its path."""
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(name="source", scope="module")
def _source() -> Iterator[MockGateway]:
    with mock() as gateway:
        fill(gateway)
        for target, document in (("apis", OAUTH), ("oauth/clients/create", CLIENT)):
            assert call(gateway, "POST", f"/tyk/{target}", document)[0] == 200
            gateway.reload()
        yield gateway


@pytest.fixture(name="exported", scope="module")
def _exported(source: MockGateway, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export") / "prod"
    process = run("export", source.url, "--output", folder)
    assert process.returncode == 0, process.stderr
    assert process.stdout.startswith(f"6 policies, 2 APIs, 41 keys, 1 OAuth client in {folder}\n")
    return folder


@pytest.mark.parametrize("config", [{}, HASHING, HASHING | {"hash_key_function": "murmur64"}], ids=str)
def test_an_export_of_an_import_is_the_same(tmp_path: Path, config: dict[str, Any]) -> None:
    """What is exported, imported into an empty mock and exported again, has the same bytes, also if keys are hashed."""
    with mock(config=config) as gateway, mock(config=config) as other:
        fill(gateway)
        for target, document in (("apis", OAUTH), ("oauth/clients/create", CLIENT)):
            assert call(gateway, "POST", f"/tyk/{target}", document)[0] == 200
            gateway.reload()
        steps = (
            ("export", gateway.url, "--output", tmp_path / "a"),
            ("import", tmp_path / "a", other.url),
            ("export", other.url, "--output", tmp_path / "b"),
        )
        for step in steps:
            process = run(*step)
            assert (process.returncode, process.stderr) == (0, ""), process
        assert texts(tmp_path / "a") == texts(tmp_path / "b")
        assert "made-up-" in texts(tmp_path / "a")["keys.json"]
        again = run("import", tmp_path / "a", other.url)
        assert again.stdout.splitlines() == [
            "written: no policies, no APIs, no keys, no OAuth clients",
            "there already: 6 policies, 2 APIs, 41 keys, 1 OAuth client",
        ]


def test_a_mock_serves_an_export_as_it_is(exported: Path) -> None:
    """The files of an export are those that `serve --policies` and `--apis` take."""
    policies = json.loads((exported / "policies" / "policies.json").read_text())
    config = {
        "policies": {"policy_record_name": str(exported / "policies/policies.json")},
        "app_path": str(exported / "apis"),
    }
    with mock(config=config) as gateway:
        assert {policy["id"] for policy in call(gateway, "GET", "/tyk/policies")[1]} == policies.keys()
        assert {api["api_id"] for api in call(gateway, "GET", "/tyk/apis")[1]} == {"orders", "oauth"}


def test_one_file_has_what_a_directory_has(source: MockGateway, exported: Path, tmp_path: Path) -> None:
    """An export in one file has the documents of one in a directory, and is imported alike."""
    file = tmp_path / "prod.json"
    assert run("export", source.url, "--output", file).returncode == 0
    whole, parts = export_files.read(file), export_files.read(exported)
    assert whole is not None
    assert parts is not None
    assert whole.kinds == parts.kinds
    with mock() as other:
        assert run("import", file, other.url).returncode == 0
        assert len(call(other, "GET", "/tyk/keys")[1]["keys"]) == 41


def test_an_export_has_no_id_of_a_key_and_no_secret(source: MockGateway, exported: Path) -> None:
    """No file of an export has the id of a key, the secret of a client, or that of the gateway."""
    ids = call(source, "GET", "/tyk/keys")[1]["keys"]
    for text in texts(exported).values():
        assert not [name for name in (*ids, "key00001", SECRET, CLIENT["secret"]) if name in text]
    manifest = json.loads((exported / "export.json").read_text())
    assert manifest["replaced"] == ["clients/oauth/shop: secret"]
    assert manifest["tyk-contract-export"] == 1
    assert manifest["source"] == {"service": "gateway", "version": "5.12.0"}
    assert manifest["time"] == "1970-01-01T00:00:00Z"


def test_what_the_target_has_otherwise_is_written_when_asked(exported: Path) -> None:
    """`import` writes nothing over what differs until --overwrite is given, names it, and deletes nothing."""
    with mock() as other:
        other.policies.seed({"id": "gold", "rate": 1}, {"id": "mine", "rate": 2})
        refused = run("import", exported, other.url)
        assert refused.returncode == 1
        assert "  policy gold\n" in refused.stderr
        assert {policy["id"] for policy in call(other, "GET", "/tyk/policies")[1]} == {"gold", "mine"}
        done = run("import", exported, other.url, "--overwrite")
        assert (done.returncode, done.stderr) == (0, "")
        assert "overwrote policy gold\n" in done.stdout
        policies = {policy["id"]: policy for policy in call(other, "GET", "/tyk/policies")[1]}
        assert policies["gold"]["rate"] == 10
        assert "mine" in policies


def test_a_gateway_that_fails_midway_is_continued(exported: Path) -> None:
    """After a write that fails `import` tells what is written, and the same command goes on from there."""
    with mock() as other:
        other.fault(operation="addKeyAtPath", reset=True, first=11, last=999)
        broken = run("import", exported, other.url)
        assert broken.returncode == 3
        count = len(call(other, "GET", "/tyk/keys")[1]["keys"])
        assert f"written: 6 policies, 2 APIs, {count} keys" in broken.stdout
        assert "run the command again" in broken.stderr
        other.clear_faults()
        done = run("import", exported, other.url)
        assert (done.returncode, done.stderr) == (0, "")
        assert f"there already: 6 policies, 2 APIs, {count} keys" in done.stdout


def test_a_refused_write_is_named_and_the_rest_is_written(exported: Path) -> None:
    """`import` names what the gateway refuses, with its answer, writes the rest, and ends with exit code 1."""
    with mock() as other:
        other.fault(operation="addPolicy", status=500, body={"message": "no\x1b[2J space"}, times=1)
        process = run("import", exported, other.url)
        assert process.returncode == 1
        assert "policy acl is not written: POST /tyk/policies answers 500 no\\x1b[2J space" in process.stderr
        assert "written: 5 policies, 2 APIs" in process.stdout


def test_commands_that_cannot_begin_say_so(exported: Path, tmp_path: Path) -> None:
    """`export` and `import` name in one line what is wrong, and what to do; an absent gateway is exit code 3."""
    gone = "http://127.0.0.1:9"
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine.txt").write_text("mine")
    (tmp_path / "new.json").write_text('{"tyk-contract-export": 2}')
    cases = [
        (("export", gone, "--output", tmp_path / "x"), 3, "cannot be judged"),
        (("import", exported, gone), 3, "cannot be judged"),
        (("export", gone, "--output", tmp_path / "other"), 2, "has other files"),
        (("export", gone, "--output", tmp_path / "no" / "x"), 2, "no directory can be made there"),
        (("export", "nowhere", "--output", tmp_path / "x"), 2, "does not exist"),
        (("import", tmp_path / "nowhere", gone), 2, "does not exist"),
        (("import", tmp_path / "new.json", gone), 2, "use a newer tyk-contract"),
    ]
    for arguments, code, message in cases:
        assert message in error_line(run(*arguments), code)
    assert (tmp_path / "other" / "mine.txt").read_text() == "mine"
    assert not (tmp_path / "x").exists()


def test_policies_of_files_are_carried_too(tmp_path: Path) -> None:
    """A directory of policies or a record file is a source of `export` and of `import`."""
    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "gold.json").write_text(json.dumps({"id": "gold", "rate": 5, "meta_data": {"api_key": "abcd"}}))
    assert run("export", folder, "--output", tmp_path / "x").returncode == 0
    assert "abcd" not in "".join(texts(tmp_path / "x").values())
    with mock() as other:
        for source in (folder, tmp_path / "x" / "policies" / "policies.json"):
            process = run("import", source, other.url, "--overwrite")
            assert process.returncode == 0, process.stderr
            assert call(other, "GET", "/tyk/policies/gold")[1]["rate"] == 5


def test_a_smaller_export_in_the_same_directory_has_no_old_files(tmp_path: Path) -> None:
    """A later export to a directory removes the files of APIs that it has no more, and nothing else."""
    with mock() as gateway:
        call(gateway, "POST", "/tyk/apis", API)
        gateway.reload()
        assert run("export", gateway.url, "--output", tmp_path / "x").returncode == 0
        (tmp_path / "x" / "apis" / "mine.txt").write_text("mine")
        call(gateway, "DELETE", "/tyk/apis/orders")
        gateway.reload()
        assert run("export", gateway.url, "--output", tmp_path / "x").returncode == 0
    assert [path.name for path in (tmp_path / "x" / "apis").iterdir()] == ["mine.txt"]


def test_many_policies_are_carried(tmp_path: Path) -> None:
    """Two thousand policies are exported and imported, and none is lost."""
    with mock() as gateway, mock() as other:
        gateway.policies.seed(*({"id": f"p{i}", "rate": i, "access_rights": ORDERS} for i in range(2000)))
        assert run("export", gateway.url, "--output", tmp_path / "x.json").returncode == 0
        assert run("import", tmp_path / "x.json", other.url).returncode == 0
        assert len(call(other, "GET", "/tyk/policies")[1]) == 2000


def test_a_dashboard_gives_its_policies_and_apis(tmp_path: Path) -> None:
    """An export of a Dashboard has its policies under the ids that keys refer to, and its APIs, and no key of it."""
    with MockDashboard() as dashboard, mock() as other:
        gold = add(dashboard, rate=5, per=1, access_rights=ORDERS)
        assert ask(dashboard, "POST", "/api/apis", {"api_definition": API})[0] == 200
        environment = {"TYK_DASHBOARD_KEY": dashboard.key}
        process = run(
            "export", dashboard.url, "--service", "dashboard", "--output", tmp_path / "x", **environment
        )
        assert process.returncode == 0, process.stderr
        assert "note: keys and OAuth clients are in the gateway" in process.stdout
        assert dashboard.key not in "".join(texts(tmp_path / "x").values())
        assert run("import", tmp_path / "x", other.url).returncode == 0
        assert other.policies[gold]["rate"] == 5
        (api,) = call(other, "GET", "/tyk/apis")[1]
        assert api["proxy"]["listen_path"] == "/orders/"
