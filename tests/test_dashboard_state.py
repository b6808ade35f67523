"""The state and the configuration of a mock Dashboard."""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from dashboards import ADMIN, add, ask
from redis_server import Redis
from serving import COMMAND, QUIET, deadline, error_line, run_command, serving

from mockserver import MockDashboard
from mockserver.contract.spec_files import default_version
from mockserver.dashboard.config import Config
from mockserver.dashboard.dashboard import DEFAULT_KEY, SPEC
from mockserver.dashboard.records import MAX_LEVELS
from mockserver.http.client import Client
from mockserver.serving.mock_dashboard import Settings
from mockserver.storage.document_directory import DirectoryBackend, StateError


def test_the_state_outlives_the_process(tmp_path: Path) -> None:
    """What was written to a state directory is there again for the next mock, in the same order."""

    def start() -> MockDashboard:
        config = Config().having("listen_port", 0)
        return MockDashboard.of(Settings(default_version(SPEC), config), DirectoryBackend(tmp_path))

    with start() as dashboard:
        ids = [add(dashboard, name=name) for name in ("b", "a", "c")]
        ask(dashboard, "DELETE", f"/api/portal/policies/{ids[1]}")
        before = dict(dashboard.policies)
    with start() as dashboard:
        assert list(dashboard.policies) == [ids[0], ids[2]]
        assert dict(dashboard.policies) == before
        (tmp_path / "of-the-user.txt").write_text("mine")
        dashboard.reset()
        assert not dashboard.policies
    assert (tmp_path / "of-the-user.txt").read_text() == "mine"


@pytest.mark.parametrize("name", ["../x", "a/b", "..", "", "x\0", "ü", "con"])
def test_no_name_leads_out_of_the_state_directory(tmp_path: Path, name: str) -> None:
    """Whatever the key, its file lies in the directory of its map, and is found again."""
    with closing(DirectoryBackend(tmp_path / "state")) as backend:
        backend.key_values("map", bool)[name] = {"x": 1}
    assert DirectoryBackend(tmp_path / "state").key_values("map", bool).get(name) == {"x": 1}
    assert [path.parent.name for path in tmp_path.rglob("*.json")] == ["map"]


def test_a_state_directory_has_one_user(tmp_path: Path) -> None:
    """A directory that another mock uses, or with a file that is no JSON, is refused with a clear message."""
    first = DirectoryBackend(tmp_path)
    with pytest.raises(StateError, match="another mock uses this directory"):
        DirectoryBackend(tmp_path)
    first.key_values("m", bool)["k"] = 1
    first.close()
    (tmp_path / "m" / "k.json").write_text("{")
    with closing(DirectoryBackend(tmp_path)) as backend:
        with pytest.raises(StateError, match=r"k\.json: not valid JSON"):
            backend.key_values("m", bool)
        (tmp_path / "m" / "k.json").write_text("{}")
        with pytest.raises(StateError, match=r"k\.json: not a document of this mock"):
            backend.key_values("m", bool)


@pytest.mark.parametrize("kind", ["pipe", "device", "directory", "link to nothing"])
def test_what_is_no_file_in_a_state_directory_is_refused(tmp_path: Path, kind: str) -> None:
    """A pipe, a device or a directory among the files of the state stops the start with a line that names it."""
    path = tmp_path / "m" / "k.json"
    path.parent.mkdir()
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "device":
            path.symlink_to("/dev/zero")
        case "directory":
            path.mkdir()
        case _:
            path.symlink_to("nowhere")
    with closing(DirectoryBackend(tmp_path)) as backend, pytest.raises(StateError) as caught:
        backend.key_values("m", bool)
    assert str(caught.value) == f"{path}: not a file; move it away"


BODIES = {  # by target, with %s for a deep value
    "POST /api/portal/policies": '{"name": "deep", "meta_data": {"x": %s}}',
    "POST /api/apis": '{"api_definition": {"name": "deep", "config_data": {"x": %s}}}',
    "POST /api/assets": '{"name": "deep", "data": %s}',
    "POST /admin/policies/import": '{"Data": [{"name": "imported", "meta_data": {"x": %s}}]}',
}


@pytest.mark.parametrize("target", BODIES)
@pytest.mark.parametrize("has_state", [False, True], ids=["memory", "state"])
@pytest.mark.parametrize("levels", [480, 510, 700, 900, 950, 970, 5_000])
def test_a_deep_document_is_kept_or_refused(
    tmp_path: Path, target: str, levels: int, *, has_state: bool
) -> None:
    """A document of up to 500 levels is stored, and a deeper one refused, in memory and in a directory alike."""
    version, config = default_version(SPEC), Config().having("listen_port", 0)
    backend = DirectoryBackend(tmp_path) if has_state else None
    with MockDashboard.of(Settings(version, config), backend) as dashboard:
        headers = ADMIN if "admin" in target else ()
        body = (BODIES[target] % ("[" * levels + "]" * levels)).encode()
        status, _ = ask(dashboard, *target.split(), body, *headers)
        assert status in ((200, 201) if levels < MAX_LEVELS else (400, 403))


def test_the_configuration_of_a_real_dashboard(tmp_path: Path) -> None:
    """Known keys of tyk_analytics.conf and TYK_DB_* are taken in any case of letters, and others are named."""
    path = tmp_path / "tyk_analytics.conf"
    path.write_text(
        json.dumps({"page_size": 3, "mongo_url": "x", "tyk_api_config": {"Host": "h", "Port": "1"}})
    )
    config, ignored = Config.load(path, {"TYK_DB_ADMINSECRET": "s", "TYK_DB_TYKAPI_SECRET": "g"})
    assert (config.page_size, config.admin_secret, config.tyk_api_config__host) == (3, "s", "h")
    assert (config.tyk_api_config__secret, ignored) == ("g", ["mongo_url"])


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--org", "acme"], "'acme' is not the id of an organisation; give 24 hex digits"),
        (["--dashboard", "9.9"], "'9.9' is not supported"),
        (["--state", "/dev/null/x"], "give another directory"),
        (["--state", "x", "--store", "redis://x"], "give one of them"),
        (["--no-gateway", "--gateway-port", "0"], "leave out --gateway, --gateway-conf and --gateway-port"),
        (["--no-gateway", "--gateway", "5.8"], "leave out --gateway, --gateway-conf and"),
        (["--fault", "mdcb-gone"], "which are not served; give --mdcb PORT"),
        (["--mdcb", "70000"], "choose another with --mdcb or --host"),
        (["--gateway-conf", "/no/such/tyk.conf"], "/no/such/tyk.conf: No such file or directory"),
    ],
)
def test_a_wrong_flag_is_told(arguments: list[str], complaint: str) -> None:
    """A wrong flag of `dashboard` gives one line and exit code 2."""
    assert complaint in error_line(run_command("dashboard", *arguments))


def test_the_gateway_beside_has_a_version_of_its_own() -> None:
    """The gateway beside a Dashboard is of the version that is asked for, in Python and by the flag."""
    with MockDashboard(gateway="5.8") as dashboard:
        assert dashboard.gateway is not None
        assert str(dashboard.gateway.gateway.version) == "5.8.15"
    with serving("--gateway", "5.8", "--gateway-port", 0, command="dashboard") as served:
        assert served.process.stdout is not None
        assert served.process.stdout.readline().startswith("Tyk Gateway 5.8.15 mocked on")


def test_the_gateway_beside_has_a_configuration_of_its_own(tmp_path: Path) -> None:
    """With --gateway-conf a gateway is started whatever the Dashboard's file says, and hashes keys if its own does."""
    (tmp_path / "tyk_analytics.conf").write_text(
        json.dumps({"tyk_api_config": {"Host": "http://other", "Port": "1"}})
    )
    (tmp_path / "tyk.conf").write_text(
        json.dumps({"hash_keys": True, "secret": "own", "close_connections": True})
    )
    command = [
        *COMMAND, "dashboard", "--conf", "tyk_analytics.conf", "--gateway-conf", "tyk.conf", "--port", "0",
        "--gateway-port", "0",
    ]  # fmt: skip
    with subprocess.Popen(command, text=True, stdout=subprocess.PIPE, env=QUIET, cwd=tmp_path) as process:
        with deadline(process):
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(3)]
            url = lines[1].split("mocked on ")[1].split()[0]
            with Client(url) as client:
                sent = [("Authorization", DEFAULT_KEY)]
                body = b'{"access_rights": {"orders": {"api_id": "orders"}}}'
                key = json.loads(client.send("POST", "/api/keys", sent, body).body)
        process.terminate()
    assert lines[0] == (
        "tyk.conf: the mock ignores close_connections, by which a real gateway may answer otherwise\n"
    )
    assert lines[2].startswith("Tyk Gateway ")
    assert key["key_hash"]


KINDS = (
    "organisations", "users", "apis", "policies", "oauth-clients", "assets",
    "portal-products", "portal-plans", "portal-credentials",
)  # fmt: skip
FOREIGN = {
    "no JSON": "nonsense",
    "array": "[1]",
    "object": '{"a": 1}',
    "empty document": '{"order": 1, "document": {}}',
    "document of other types": '{"order": 1, "document": {"id": 5, "org_id": [], "name": null, "_id": "x"}}',
    "order of another type": '{"order": "x", "document": {}}',
}
LISTS = (
    "/api/portal/policies", "/api/apis", "/api/users", "/api/assets", "/admin/organisations", "/api/users/foreign",
    "/api/portal/policies/foreign", "/api/apis/foreign", "/api/assets/foreign",
    "/_mock/portal/products", "/_mock/portal/plans", "/_mock/portal/credentials", "/_mock/portal/products/foreign",
    "/_mock/portal/plans/foreign", "/_mock/portal/credentials/foreign",
)  # fmt: skip


@pytest.mark.parametrize("value", FOREIGN.values(), ids=list(FOREIGN))
def test_a_foreign_record_in_a_shared_store_is_ignored(redis: Redis, value: str) -> None:
    """What another program wrote under the names of the mock makes no request of a Dashboard fail."""
    from redis import Redis as Client

    from mockserver.storage.redis_backend import RedisBackend

    config = Config().having("listen_port", 0)
    with (
        Client.from_url(redis.url) as other,
        MockDashboard.of(Settings(default_version(SPEC), config), RedisBackend(redis.url)) as dashboard,
    ):
        policy_id = add(dashboard, name="gold")
        for kind in KINDS:
            other.hset(f"tyk-contract:dashboard-{kind}", "foreign", value)
        statuses = {target: ask(dashboard, "GET", target)[0] for target in LISTS}
        assert {target for target, status in statuses.items() if status >= 500} == set()
        assert list(dashboard.policies) == [policy_id]
        dashboard.reset()
        assert set(other.keys("tyk-contract:*")) == {
            b"tyk-contract:dashboard-users", b"tyk-contract:dashboard-organisations",
        }  # fmt: skip
