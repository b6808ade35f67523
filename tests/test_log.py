"""The log of `serve` and `dashboard`: requests, loads, orphaned policies, and what must not be in it."""

from __future__ import annotations

import io
import json
import logging
import re
from pathlib import Path
from typing import Any

import pytest
from asking import call, secret_of, send

from mockserver import MockGateway
from mockserver.console.logs import json_line, text_line
from mockserver.http.client import ClientError
from mockserver.service.access_log import MOST_WAITING, Access, AccessLog

API = {
    "api_id": "a1", "name": "Orders", "org_id": "default", "active": True, "use_keyless": False,
    "auth": {"auth_header_name": "Authorization"},
    "proxy": {"listen_path": "/a/", "target_url": "http://orders.test/"},
    "version_data": {"not_versioned": True, "versions": {"Default": {"name": "Default"}}},
}  # fmt: skip
POLICIES = [
    {
        "id": name, "org_id": "default", "active": True, "rate": 9, "per": 1, "quota_max": -1,
        "access_rights": {"a1": {"api_id": "a1", "versions": ["Default"]}},
    }
    for name in ("gold", "silver")
]  # fmt: skip


class Lines:
    """The lines that an access log writes for a gateway, once it is closed."""

    def __init__(self, gateway: MockGateway, **options: Any) -> None:
        self._gateway = gateway
        self._stream = io.StringIO()
        gateway.mock.access_log = AccessLog(self._stream, **options)

    def read(self) -> list[str]:
        """The lines; the log is closed."""
        log, self._gateway.mock.access_log = self._gateway.mock.access_log, None
        assert log is not None
        log.close()
        return self._stream.getvalue().splitlines()


def test_each_request_has_a_line(gateway: MockGateway) -> None:
    """A line has time, method, path, status, operation, duration, and the reason of a refusal."""
    lines = Lines(gateway)
    call(gateway, "POST", "/tyk/policies", {"id": "gold"})
    send(gateway, "GET", "/tyk/policies?a=1")
    gateway.fault("listPolicies", status=503)
    gateway.fault("getPolicy", drop=True)
    call(gateway, "GET", "/tyk/policies")
    with pytest.raises(ClientError, match="closed"):
        call(gateway, "GET", "/tyk/policies/x")
    shown = [re.sub(r"^\S+Z |[0-9.]+ ms", "", line) for line in lines.read()]
    assert shown == [
        "INFO POST /tyk/policies 200 addPolicy ",
        "INFO GET /tyk/policies 403 listPolicies : Attempted administrative access with invalid or missing key!",
        "INFO GET /tyk/policies 503 listPolicies : fault: status 503",
        "INFO GET /tyk/policies/x no answer getPolicy : fault: drop",
    ]


def test_a_line_in_json(gateway: MockGateway) -> None:
    """A line in JSON has the same as members, and the service if several log."""
    lines = Lines(gateway, line=json_line, service="gateway")
    call(gateway, "GET", "/tyk/policies/none")
    (line,) = map(json.loads, lines.read())
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("time"))
    assert 0 < line.pop("milliseconds") < 10_000
    assert line == {
        "level": "info",
        "message": "GET /tyk/policies/none 404",
        "service": "gateway",
        "method": "GET",
        "path": "/tyk/policies/none",
        "status": 404,
        "operation": "getPolicy",
        "reason": "Policy not found",
    }


def test_requests_to_the_mocks_own_api_are_details(gateway: MockGateway) -> None:
    """A request to /_mock/ has a line in a verbose log alone."""
    for is_verbose in (False, True):
        lines = Lines(gateway, is_verbose=is_verbose)
        call(gateway, "GET", "/_mock/faults")
        assert len(lines.read()) == is_verbose


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/tyk/keys/abcdefghijkl", "/tyk/keys/****ijkl"),
        ("/tyk/keys/short", "/tyk/keys/****"),
        ("/tyk/keys/policy/abcdefghijkl", "/tyk/keys/policy/****ijkl"),
        ("/tyk/oauth/refresh/abcdefghijkl", "/tyk/oauth/refresh/****ijkl"),
        ("/tyk/keys/create", "/tyk/keys/create"),
        ("/tyk/policies/s3cret-of-tests", "/tyk/policies/***"),
        ("/tyk/a%0d%0aINFO%1b[2J", r"/tyk/a\r\nINFO\x1b[2J"),
        ("/tyk/policies?key=abcdefghijkl", "/tyk/policies"),
    ],
)
def test_no_credential_and_no_control_character_is_logged(path: str, shown: str) -> None:
    """A line has neither the secret, nor a whole key, nor a query, nor anything that acts on a terminal."""
    with MockGateway(secret="s3cret-of-tests") as gateway:
        lines = Lines(gateway)
        send(gateway, "GET", path, secret_of(gateway))
        (line,) = lines.read()
    assert f" GET {shown} " in line
    assert line.isprintable()
    assert len(line) < 200
    assert "s3cret-of-tests" not in line


def test_a_method_and_a_long_path_are_cut_and_masked() -> None:
    """A secret that a client sends as the method is masked, and of a long path a part is shown."""
    with MockGateway(secret="s3cret-of-tests") as gateway:
        lines = Lines(gateway)
        send(gateway, "s3cret-of-tests", "/" + "x" * 5000)
        (line,) = lines.read()
    assert " INFO *** /xxx" in line
    assert len(line) < 1200


def test_a_log_that_cannot_keep_up_counts(gateway: MockGateway) -> None:
    """Requests beyond those that may wait have no line, and the log says how many they are."""
    stream = io.StringIO()
    call(gateway, "GET", "/hello")
    entry = gateway.journal[-1]
    access = Access(0.0, entry.request, entry.reply, "getHello", 0.001, None, ())
    log = AccessLog(stream)
    for _ in range(MOST_WAITING + 5):
        log.note(access)
    log.close()
    lines = stream.getvalue().splitlines()
    told = [int(line.split()[2]) for line in lines if "came too fast" in line]
    shown = [line for line in lines if "getHello" in line]
    assert len(shown) >= MOST_WAITING
    assert sum(told) + len(shown) == MOST_WAITING + 5


def test_a_closed_stream_ends_the_log_alone(gateway: MockGateway) -> None:
    """A mock whose log has no reader any more answers on."""
    stream = io.StringIO()
    gateway.mock.access_log = log = AccessLog(stream)
    stream.close()
    for _ in range(3):
        assert send(gateway, "GET", "/hello").status == 200
    log.close()
    gateway.mock.access_log = None


def test_a_mock_in_a_process_of_tests_logs_no_request(gateway: MockGateway) -> None:
    """A mock that a test has started has no access log."""
    assert gateway.mock.access_log is None


def test_a_load_tells_what_is_loaded_and_what_is_not(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Each load logs the policies and APIs by id, and each file that is not loaded with the reason."""
    caplog.set_level(logging.INFO, "tyk-contract")
    (tmp_path / "a.json").write_text('{"id":"a"}')
    with MockGateway(policies=tmp_path) as gateway:
        assert caplog.messages[-1] == "loaded 1 policy (a); 0 APIs"
        (tmp_path / "b.json").write_text('{"id":"b","rate":5')
        call(gateway, "GET", "/tyk/reload?block=true")
    assert caplog.messages[1] == "loaded 1 policy (a); 0 APIs"
    warning, *_ = [record for record in caplog.records if record.levelname == "WARNING"]
    assert warning.getMessage().startswith(f"{tmp_path / 'b.json'}:1:")
    assert ": error: " in warning.getMessage()


def test_a_record_file_that_breaks_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A load of a broken record file logs why, with the place in the file."""
    record = tmp_path / "policies.json"
    record.write_text('{"a":{}}')
    with MockGateway(policies=record) as gateway:
        record.write_text("{")
        caplog.clear()
        call(gateway, "GET", "/tyk/reload?block=true")
    (message,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert message.startswith(f"{record}:1:2: error: not valid JSON")


@pytest.fixture
def orphaned(gateway: MockGateway, caplog: pytest.LogCaptureFixture) -> MockGateway:
    """A gateway with the keys defaultone and defaulttwo, whose policies are gone."""
    gateway.policies.seed(*POLICIES)
    call(gateway, "POST", "/tyk/apis", API)
    gateway.reload()
    for key, policies in (("one", ["gold"]), ("two", ["gold", "silver"])):
        body = {"org_id": "default", "apply_policies": policies}
        assert call(gateway, "POST", f"/tyk/keys/{key}", body)[0] == 200
    for policy in POLICIES:
        call(gateway, "DELETE", f"/tyk/policies/{policy['id']}")
    gateway.reload()
    caplog.clear()
    return gateway


@pytest.mark.parametrize(
    ("key", "messages"),
    [
        ("defaultone", ['policy not found: "gold"', 'policy not found: "gold"']),
        (
            "defaulttwo",
            [
                'policy not found: "gold"',
                'policy not found: "silver"',
                "key has no valid policies to be applied",
            ],
        ),
    ],
)
def test_orphaned_policies_are_logged_as_by_a_gateway(
    orphaned: MockGateway, caplog: pytest.LogCaptureFixture, key: str, messages: list[str]
) -> None:
    """A request with a key whose policies are gone gives the gateway's own lines, with the key's hash."""
    assert send(orphaned, "GET", "/a/x", (("Authorization", key),)).status == 403
    assert [record.levelname for record in caplog.records] == ["ERROR"] * len(messages)
    assert caplog.messages == messages
    missing, refusal = (record.__dict__["fields"] for record in (caplog.records[0], caplog.records[-1]))
    assert missing["policy_id"] == "gold"
    assert re.fullmatch("[0-9a-f]{8}", missing["key_hash"])
    assert refusal["key_hash"] == missing["key_hash"]
    assert (refusal["api_id"], refusal["api_name"], refusal["path"]) == ("a1", "Orders", "/a/x")
    assert key not in str([record.__dict__ for record in caplog.records])


def test_fields_are_quoted_where_needed() -> None:
    """A field with blanks, signs or control characters is in quotes, and in one line."""
    line = text_line(0.5, "error", "a\nb", {"one": "x", "two": 'x y"\n', "three": ""})
    assert line == r'1970-01-01T00:00:00.500Z ERROR a\nb one=x two="x y\"\\n" three=""'
