"""How `serve` and `dashboard` tell that they have started: start line, port file, exposure, log options."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
from asking import wait_until
from serving import COMMAND, QUIET, deadline, run_command, serving

from mockserver.cli import running
from mockserver.cli.running import exposure, source_of_address
from mockserver.contract.spec_files import known_versions

pytestmark = pytest.mark.slow


def start_line(*arguments: object) -> tuple[dict[str, Any], list[str]]:
    """The start line in JSON of a command, and the lines of its log until it was told to end."""
    words = [*COMMAND, *map(str, arguments), "--start-line", "json"]
    with subprocess.Popen(
        words, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=QUIET
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        with deadline(process):
            line = json.loads(process.stdout.readline())
            with socket.create_connection(("127.0.0.1", line["port"]), timeout=10) as connection:
                connection.sendall(b"GET /hello HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
                assert connection.recv(100).startswith(b"HTTP/1.1 200")
            process.send_signal(signal.SIGTERM)
            assert process.stdout.read() == ""
            return line, process.stderr.read().splitlines()


def test_a_start_line_for_machines() -> None:
    """With --start-line json the one line on standard output is an object; the notes are in the log."""
    line, log = start_line("serve", "--port", "0", "--log-format", "json")
    assert (line["event"], line["service"], line["address"]) == ("started", "gateway", "127.0.0.1")
    assert line["url"] == f"http://127.0.0.1:{line['port']}"
    assert line["page"] == f"{line['url']}/_mock/"
    records = [json.loads(text) for text in log]
    assert any("mock-secret" in record["message"] for record in records)
    assert [record["operation"] for record in records if "path" in record] == ["getHello"]


def test_a_start_line_of_a_dashboard() -> None:
    """The start line of a Dashboard has the gateway beside it, and the log names the service of each request."""
    line, log = start_line("dashboard", "--port", "0", "--gateway-port", "0")
    assert line["service"] == "dashboard"
    assert line["gateway"]["url"].startswith("http://127.0.0.1:")
    assert [part["page"] for part in (line, line["gateway"])] == [
        f"{part['url']}/_mock/" for part in (line, line["gateway"])
    ]
    assert any(" INFO dashboard GET /hello 200 " in text for text in log)


def test_a_quiet_mock_logs_no_request() -> None:
    """With --quiet neither requests nor loads are logged."""
    _, log = start_line("serve", "--port", "0", "--quiet", "--secret", "x-of-a-test")
    assert log == []


def test_the_port_is_in_a_file(tmp_path: Path) -> None:
    """--port-file has the port once the mock listens, and is gone when it has ended."""
    path = tmp_path / "port"
    with serving("--port-file", path) as served:
        assert path.read_text() == served.url.rpartition(":")[2] + "\n"
        served.process.send_signal(signal.SIGTERM)
        served.process.wait(20)
    wait_until(lambda: not list(tmp_path.iterdir()))


def test_a_port_file_is_written_through_no_link(tmp_path: Path) -> None:
    """Whoever may write beside the port file cannot have another file overwritten by a link in its place."""
    other = tmp_path / "other"
    other.write_text("others' text")
    for name in ("port", f".port.{os.getpid()}"):
        (tmp_path / name).symlink_to(other)
    running._write_port(tmp_path / "port", 8080)
    assert ((tmp_path / "port").read_text(), (tmp_path / "port").is_symlink()) == ("8080\n", False)
    assert other.read_text() == "others' text"
    assert sorted(path.name for path in tmp_path.iterdir()) == [f".port.{os.getpid()}", "other", "port"]


def test_a_port_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    """A mock whose port file cannot be written ends with one line and exit code 2."""
    process = run_command("serve", "--port", "0", "--quiet", "--port-file", tmp_path / "none" / "port")
    assert process.returncode == 2
    assert str(tmp_path) in process.stderr.splitlines()[-1]


def test_an_empty_listen_address_is_told(tmp_path: Path) -> None:
    """An empty listen_address, as in the vendor's sample, opens the mock to all; `serve` says so, and why."""
    conf = tmp_path / "tyk.conf"
    conf.write_text('{"listen_port": 0, "listen_address": ""}')
    with serving("--conf", conf) as served:
        assert served.process.stdout is not None
        line = served.process.stdout.readline()
    port = served.url.rpartition(":")[2]
    reason = f"listen_address in {conf} is empty"
    assert (
        line == f"it listens on all interfaces (0.0.0.0:{port}), for {reason}; other machines can reach it\n"
    )


@pytest.mark.parametrize(
    ("address", "host", "variable", "reason"),
    [
        (("127.0.0.1", 1), None, "", ""),
        (("0.0.0.0", 1), "0.0.0.0", "", "--host is 0.0.0.0"),
        (("0.0.0.0", 1), None, "X_ADDRESS", "X_ADDRESS is 0.0.0.0"),
        (("0.0.0.0", 1), None, "", "listen_address in tyk.conf is 0.0.0.0"),
        (("::", 1), "::", "", "--host is ::"),
    ],
)
def test_the_setting_that_exposes_is_named(
    monkeypatch: pytest.MonkeyPatch, address: tuple[str, int], host: str | None, variable: str, reason: str
) -> None:
    """The line names the option, the variable or the key by which all interfaces were chosen."""
    if variable:
        monkeypatch.setenv(variable, address[0])
    source = source_of_address("X_ADDRESS", Path("tyk.conf"), host)
    lines = exposure(address, address[0], source)
    assert [reason in line for line in lines] == ([True] if reason else [])


def test_the_version_names_what_is_known() -> None:
    """--version prints the name, and the versions of gateways and Dashboards that can be mocked."""
    lines = run_command("--version").stdout.splitlines()
    assert lines[0].startswith("tyk-contract ")
    assert lines[1] == f"Gateway versions: {', '.join(map(str, known_versions().values()))}"
    assert lines[2].startswith("Dashboard versions: 5.3.0, ")


def test_the_help_is_in_groups() -> None:
    """The help shows commands and options in groups, names the pages, and ends with examples as they are typed."""
    text = run_command("--help").stdout
    assert text.index("Mock a gateway or Dashboard:") < text.index("serve ") < text.index("Check a gateway")
    for command in ("serve", "dashboard"):
        assert "A browser finds its pages at /_mock/." in " ".join(
            run_command(command, "--help").stdout.split()
        )
    of_serve = run_command("serve", "--help").stdout
    assert "\nnetwork and access:\n" in of_serve
    assert of_serve.rstrip().endswith("\n  tyk-contract serve --fault redis-down")


def test_a_scenario_from_the_start() -> None:
    """`serve --fault` sets a scenario and says what it does; a wrong one is refused with the nearest."""
    with serving("--fault", "redis-down", "--secret", "x-of-a-test") as served:
        assert served.process.stdout is not None
        assert served.process.stdout.readline().startswith(
            "fault redis-down: The gateway no longer finds keys"
        )
        assert served.send("GET", "/ready", "").status == 503
    process = run_command("serve", "--port", "0", "--quiet", "--fault", "redis-dwon")
    assert process.returncode == 2
    assert "did you mean 'redis-down'?" in process.stderr


def test_the_start_line_names_the_pages() -> None:
    """The start line ends with the address of the pages for a browser."""
    with serving("--secret", "x-of-a-test") as served:
        assert served.lines[0].endswith(f"; in a browser {served.url}/_mock/")
        assert served.send("GET", "/_mock/", "").status == 200
