"""`tyk-contract serve`, as a process."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from asking import wait_until
from serving import QUIET, failing, serving

from mockserver.cli.main import COMMANDS

pytestmark = pytest.mark.slow  # whole commands and servers


def test_the_gateways_configuration_is_used(tmp_path: Path) -> None:
    """`serve --conf` takes port, secret and policy directory from tyk.conf, and names the keys it ignores."""
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "a.json").write_text('{"id":"a"}')
    conf = tmp_path / "tyk.conf"
    values = {
        "listen_port": 0,
        "secret": "from file",
        "policies": {"policy_source": "file", "policy_path": str(tmp_path / "policies")},
        "storage": {"type": "redis"},
    }
    conf.write_text(json.dumps(values))
    with serving("--conf", conf) as served:
        assert "the mock ignores storage.type, on which" in served.lines[0]
        assert served.send("GET", "/tyk/policies/a", "from file").status == 200
        served.send("POST", "/tyk/policies", "from file", {"id": "b"})
    assert (tmp_path / "policies" / "b.json").exists()


def test_flags_win_over_variables_and_variables_over_the_file(tmp_path: Path) -> None:
    """A flag overrides an environment variable, which overrides tyk.conf."""
    conf = tmp_path / "tyk.conf"
    conf.write_text(json.dumps({"listen_port": 0, "secret": "file"}))
    with serving("--conf", conf, TYK_GW_SECRET="variable") as served:
        assert served.send("GET", "/tyk/policies", "variable").status == 200
    with serving("--conf", conf, "--secret", "flag", TYK_GW_SECRET="variable") as served:
        assert served.send("GET", "/tyk/policies", "flag").status == 200


def test_the_version_is_printed_and_answered() -> None:
    """The release of the simulated gateway stands in the first line of output and in /hello."""
    with serving("--gateway", "5.8") as served:
        assert served.lines[0].startswith("Tyk Gateway 5.8.15 mocked on http://127.0.0.1:")
        assert re.findall(r"http://\S+", served.lines[0]) == [served.url, f"{served.url}/_mock/"]
        assert json.loads(served.send("GET", "/hello", "").body)["version"] == "5.8.15"


def test_a_termination_ends_the_mock_with_0() -> None:
    """SIGTERM ends the mock with exit code 0."""
    with serving() as served:
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(20) == 0


def test_a_termination_waits_for_no_large_schema() -> None:
    """SIGTERM ends a mock at once that has read a schema of a megabyte, whose parts refer to each other."""
    schema = "type Query{" + " ".join(f"f{number}(a:Int b:String):String" for number in range(30_000)) + "}"
    graphql = {"enabled": True, "version": "2", "execution_mode": "proxyOnly", "schema": schema}
    listen = {"listen_path": "/g/", "target_url": "http://127.0.0.1:9/"}
    versions = {"not_versioned": True, "versions": {"Default": {"name": "Default"}}}
    spec = {"api_id": "g", "use_keyless": True, "proxy": listen, "graphql": graphql, "version_data": versions}
    traced = {"method": "POST", "path": "/", "body": '{"query":"{f1}"}'}
    with serving() as served:
        answer = served.send("POST", "/tyk/debug", "mock-secret", {"spec": spec, "request": traced})
        assert b"There was a problem proxying the request" in answer.body  # as no upstream takes the query
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(5) == 0


def test_a_termination_answers_open_requests() -> None:
    """SIGTERM ends delays at once: open requests are answered before the mock ends with exit code 0."""
    with serving() as served, ThreadPoolExecutor() as threads:
        fault = {"operation": "addPolicy", "delay": 60, "times": 4}
        assert served.send("POST", "/_mock/faults", "", fault).status == 200
        waiting = [
            threads.submit(served.send, "POST", "/tyk/policies", "mock-secret", {"id": f"p{number}"})
            for number in range(4)
        ]
        wait_until(lambda: json.loads(served.send("GET", "/_mock/faults", "").body) == [])
        served.process.send_signal(signal.SIGTERM)
        assert [request.result(timeout=30).status for request in waiting] == [200] * 4
        assert served.process.wait(20) == 0


def test_a_second_mock_on_a_directory_warns(tmp_path: Path) -> None:
    """The second mock on a directory prints a warning, and both answer."""
    with serving("--policies", tmp_path) as one, serving("--policies", tmp_path) as other:
        assert not any("another mock" in line for line in one.lines)
        assert any(
            line.startswith(f"{tmp_path}: another mock uses this directory too") for line in other.lines
        )
        assert one.send("POST", "/tyk/policies", "mock-secret", {"id": "gold"}).status == 200
        assert other.send("GET", "/tyk/reload?block=true", "mock-secret").status == 200
        assert other.send("GET", "/tyk/policies/gold", "mock-secret").status == 200


def test_a_record_file_is_read_and_not_written(tmp_path: Path) -> None:
    """A record file is loaded at the start and not written, as on a real gateway."""
    record = tmp_path / "policies.json"
    record.write_text('{"gold":{"name":"Gold"}}')
    with serving("--policies", record) as served:
        assert served.send("GET", "/tyk/policies/gold", "mock-secret").status == 200
    assert record.read_text() == '{"gold":{"name":"Gold"}}'


def test_the_place_of_written_policies_is_told(tmp_path: Path) -> None:
    """With a record file, `serve` says where policies are written, and that they are never loaded."""
    record = tmp_path / "policies.json"
    record.write_text("{}")
    with serving("--policies", record, "--secret", "s") as served:
        assert served.process.stdout is not None
        line = served.process.stdout.readline()
    assert line.startswith(f"policies are loaded from {record}; writes go to ")
    assert "never loaded" in line


def test_a_broken_policy_file_is_a_warning(tmp_path: Path) -> None:
    """`serve` logs the member and the value of a policy file that it can load only in part."""
    (tmp_path / "a.json").write_text('{"id":"a","rate":"x"}')
    with serving("--policies", tmp_path) as served:
        place, _, text = served.lines[0].partition(": error: ")
        assert place == f"{tmp_path / 'a.json'}:1:18"
        assert text.startswith('policy a, rate: "x" is a string, must be a number of 64 bits; ')
        assert "loads the policy without the member" in text


@pytest.mark.parametrize(
    ("secret", "line"),
    [
        ("", "the secret is empty, so that everyone may use /tyk/; choose one with --secret"),
        ("mock-secret", 'the secret is "mock-secret"; choose another with --secret'),
    ],
)
def test_an_open_secret_is_a_warning(secret: str, line: str) -> None:
    """`serve` warns of a secret that is empty, and of the one that every mock has by default."""
    with serving("--secret", secret) as served:
        assert served.process.stdout is not None
        assert served.process.stdout.readline().rstrip() == line


def test_writes_wait_for_the_disk_with_fsync(tmp_path: Path) -> None:
    """`serve --fsync` writes the same files, and a reset removes them."""
    with serving("--policies", tmp_path, "--fsync") as served:
        assert served.send("POST", "/tyk/policies", "mock-secret", {"id": "a"}).status == 200
        assert (tmp_path / "a.json").exists()
        assert json.loads(served.send("POST", "/_mock/reset", "").body) == {"status": "ok", "left": []}
        assert not (tmp_path / "a.json").exists()


SPEC = """
openapi: 3.0.3
info: {title: another, version: "1"}
paths:
  /tyk/policies/{anyName}:
    get: {responses: {"200": {description: ours knows better, content: {application/json: {example: wrong}}}}}
  /tyk/things:
    get:
      responses:
        "200":
          description: an example
          content:
            application/json:
              schema: {type: array, items: {$ref: "#/components/schemas/Thing"}}
              example: [{expires: 2.592e+06, name: a}]
    post:
      responses:
        "200": {description: from its schema, content: {application/json: {schema: {$ref: "#/components/schemas/Thing"}}}}
  /tyk/far/{some-id}/of/{some-id2}:
    get:
      responses: {"200": {description: odd names, content: {text/plain: {example: far}}}}
  /tyk/far:
    get:
      responses:
        "200": {description: far away, content: {application/json: {schema: {$ref: "http://127.0.0.1:9/away.json"}}}}
components:
  schemas:
    Thing:
      type: object
      properties:
        expires: {type: integer}
        name: {type: string}
        kind: {type: string, enum: [small, big]}
        parent: {$ref: "#/components/schemas/Thing"}
        far: {$ref: "http://127.0.0.1:9/away.json"}
"""


def test_another_spec_is_answered_from_its_examples(tmp_path: Path) -> None:
    """Operations that only `--spec` has are answered from its examples and schemas, behind the secret."""
    path = tmp_path / "other.yaml"
    path.write_text(SPEC)
    with serving("--spec", path) as served:
        assert re.search(r"\(\d+ operations and 4 more of ", served.lines[0])
        assert served.send("GET", "/tyk/things", "wrong").status == 403
        assert served.send("GET", "/tyk/things", "mock-secret").body == b'[{"expires":2592000,"name":"a"}]\n'
        example = json.loads(served.send("POST", "/tyk/things", "mock-secret").body)
        assert (example["expires"], example["name"], example["kind"]) == (0, "", "small")
        assert served.send("GET", "/tyk/far", "mock-secret").status == 200
        assert served.send("GET", "/tyk/far/a%0Ab/of/c", "mock-secret").body == b"far\n"
        assert served.send("PATCH", "/tyk/things", "mock-secret").status == 405
        assert served.send("GET", "/tyk/policies/x", "mock-secret").status == 404


def test_a_port_in_use_is_an_error() -> None:
    """`serve` names a port in use, and the flag that chooses another."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        message = failing("serve", "--port", port)
    advice = "Address already in use; choose another with --port"
    assert f"cannot listen on 127.0.0.1:{port}: {advice}" in message


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--policies", "/no/such/place"], "/no/such/place: there is no such file or directory"),
        (["--conf", "/no/tyk.conf"], "/no/tyk.conf: No such file"),
        (["--spec", "/no/spec.yaml"], "/no/spec.yaml: No such file"),
        (["--gateway", ""], "'' is not a version"),
        (["--gateway", "6.0"], "'6.0' is not supported; give one of 5.8, 5.9, 5.10, 5.11"),
        (["--port", "99999"], "99999"),
        (["--host", "192.0.2.1"], "192.0.2.1"),
    ],
    ids=["policies", "configuration", "spec", "no version", "unknown version", "port", "host"],
)
def test_a_wrong_argument_is_an_error(arguments: list[str], complaint: str) -> None:
    """`serve` refuses a wrong argument in one line that names its value."""
    assert complaint in failing("serve", *arguments)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("paths: [", "line 2 did not find"),
        ("[]", "not an OpenAPI document"),
        ("paths: 3", "not an OpenAPI document"),
        ("paths: {/x: 5}", "not an OpenAPI document"),
    ],
    ids=["no YAML", "array", "paths are a number", "path is a number"],
)
def test_a_broken_spec_is_an_error(tmp_path: Path, text: str, complaint: str) -> None:
    """`serve --spec` refuses a file that is no OpenAPI document, and names it."""
    path = tmp_path / "broken.yaml"
    path.write_text(text)
    message = failing("serve", "--spec", path)
    assert "broken.yaml" in message
    assert complaint in message


def test_the_mock_listens_before_flask_is_imported(tmp_path: Path) -> None:
    """`serve` makes its server before it imports Flask, also with another spec."""
    (tmp_path / "spec.json").write_text('{"paths": {"/pets": {"get": {"responses": {}}}}}', "utf-8")
    script = (
        "import sys; from mockserver.cli import main; from mockserver.serving import mock_gateway\n"
        "mock_gateway.MockGateway.of = lambda *_, **__: sys.exit('flask' in sys.modules)\n"
        "main.main(['serve', '--port', '0', '--spec', sys.argv[1]])"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "spec.json")]
    assert subprocess.run(command, env=QUIET, check=False, timeout=60).returncode == 0


def test_serve_starts_without_modules_that_it_does_not_need() -> None:
    """`serve` makes its server without the other commands, Flask, the suite, and what only they import."""
    script = (
        "import sys; from mockserver.cli import main\n"
        "from mockserver.serving import mock_gateway\n"
        "mock_gateway.MockGateway.of = lambda *_, **__: sys.exit(' '.join(sys.modules))\n"
        "main.main(['serve', '--port', '0'])"
    )
    command = [sys.executable, "-c", script]
    process = subprocess.run(command, env=QUIET, check=False, timeout=60, capture_output=True, text=True)
    names = process.stderr.split()
    assert "mockserver.gateway.policy_store" in names
    heavy = {"flask", "pytest", "contract_tests", "graphql", "jsonschema_rs", "email", "shlex", "sqlite3"}
    assert heavy.isdisjoint(names)
    commands = {f"mockserver.cli.{name}" for name in COMMANDS}
    assert commands.intersection(names) == {"mockserver.cli.serve"}
