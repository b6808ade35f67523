"""`tyk-contract verify`, as a process, on sound and faulty gateways."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

import pytest
from report_rules import check
from serving import COMMAND, QUIET, verify

from mockserver import MockGateway
from mockserver.gateway.gateway import Gateway
from mockserver.http.echo_server import Echo
from mockserver.http.messages import DropConnection

pytestmark = pytest.mark.slow  # whole commands and servers

SECRET = "verify-secret"
APART = {  # tests that run by themselves, for such a reload may come between a write and the next look
    "plain-reload-loads-soon", "first-block-counts", "any-block-is-answered",
    "generated-reloads-are-answered", "group-reload-loads-soon",
}  # fmt: skip


@pytest.fixture(name="gateway")
def _gateway() -> Iterator[MockGateway]:
    with MockGateway(secret=SECRET) as gateway:
        yield gateway


@pytest.mark.parametrize("end", ["", "/"])
def test_an_upstream_needs_no_slash(gateway: MockGateway, end: str) -> None:
    """A sound gateway conforms with an upstream of the user's, with and without a slash at the end of its URL."""
    only = ("--only", "target-paths-come-first,upstreams-see-bodies")
    with Echo() as upstream:
        done = verify(gateway.url, *only, "--upstream", upstream.url.rstrip("/") + end, TYK_GW_SECRET=SECRET)
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout


def test_a_sound_gateway_conforms_and_is_left_as_it_was(gateway: MockGateway, tmp_path: Path) -> None:
    """A sound gateway that others use gives exit code 0 and reports, and nothing of the run is left behind."""
    gateway.seed(apis=[_api(name) for name in ("orders", "bills", "repeated", "api", "a")])
    gateway.policies.seed({"id": "mine", "name": "before"}, {"id": "loaded"})
    before = dict(gateway.policies), gateway.policies.written
    reports = [tmp_path / f"r.{kind}" for kind in ("json", "xml", "yaml", "html")]
    flags = [word for path in reports for word in ("--report", path)]
    done = verify(gateway.url, *flags, TYK_GW_SECRET=SECRET)
    assert done.returncode == 0, done.stdout
    assert done.stderr == ""
    assert "conforms: 0 failed, 0 error" in done.stdout
    assert (dict(gateway.policies), gateway.policies.written) == before
    assert gateway.gateway.sessions.names("") == []
    report_document = json.loads(reports[0].read_text())
    assert report_document["conforms"] is True
    assert report_document["gateway"] == "5.12.0"
    assert report_document["counts"]["failed"] == 0
    assert report_document["version_source"] == "/hello says 5.12.0"
    assert report_document["reloads"] <= 30
    assert _not_waited_for(report_document["verdicts"]) <= APART
    suites = ElementTree.parse(reports[1]).getroot()
    assert sum(int(suite.get("tests", 0)) for suite in suites) == sum(report_document["counts"].values())
    for text in (done.stdout, *(path.read_text() for path in reports)):
        assert SECRET not in text
    check(tmp_path)


def _api(api_id: str) -> dict[str, Any]:
    """An API of another organisation, whose id is one that anybody may have chosen."""
    proxy = {"listen_path": f"/{api_id}/", "target_url": "http://orders.test"}
    versions = {"not_versioned": True, "versions": {"Default": {"name": "Default"}}}
    return {"api_id": api_id, "name": api_id, "org_id": "acme", "proxy": proxy, "version_data": versions}


def _not_waited_for(verdicts: list[dict[str, Any]]) -> set[str]:
    """The behaviours whose tests asked for a reload that comes when it comes."""
    return {
        verdict["behaviour"]
        for verdict in verdicts
        for exchange in verdict["exchanges"]
        if exchange["target"].startswith("/tyk/reload") and exchange["status"] == 200
        if "block=true" not in exchange["target"]
    }


class Faulty(NamedTuple):
    """A run against a gateway that takes policies without an id, which still serves."""

    gateway: MockGateway
    done: subprocess.CompletedProcess[str]
    report: str
    baseline: Path

    @property
    def verdicts(self) -> list[dict[str, Any]]:
        """The verdicts of the report."""
        verdicts: list[dict[str, Any]] = json.loads(self.report)["verdicts"]
        return verdicts


@pytest.fixture(scope="module", name="faulty")
def _faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Faulty]:
    folder = tmp_path_factory.mktemp("faulty")
    report, known = folder / "r.json", folder / "known.yaml"
    junit = folder / "r.xml"
    with MockGateway(secret=SECRET, without=frozenset({"id-required"})) as gateway:
        done = verify(
            gateway.url, "--quick", "--report", report, "--report", junit, "--write-baseline", known,
            TYK_GW_SECRET=SECRET,
        )  # fmt: skip
        yield Faulty(gateway, done, report.read_text(), known)


def test_a_faulty_gateway_is_named(faulty: Faulty) -> None:
    """A faulty gateway gives exit code 1, and a failure with requirement, source, expected, actual and a line to paste."""
    assert faulty.done.returncode == 1
    failed = [verdict for verdict in faulty.verdicts if verdict["status"] == "failed"]
    assert {verdict["behaviour"] for verdict in failed} >= {"id-required", "object-id-fills-id"}
    check(faulty.baseline.parent)
    assert SECRET not in faulty.done.stdout + faulty.report
    lines = faulty.done.stdout.splitlines()
    place = next(
        i for i, line in enumerate(lines) if line.startswith("id-required (addPolicy): expected 400")
    )
    assert lines[place + 1] == "  touches      1 behaviour of 1 operation: id-required"
    shown = lines[place + 2 : place + 6]
    assert [line.split()[0] for line in shown] == ["requirement", "expected", "actual", "reproduce"]
    assert "[gateway/api.go:1108 @v5.12.0" in shown[0]
    assert '400 {"status":"error","message":"Unable to create policy without id."}' in shown[1]
    assert '200 {"key":"","status":"ok","action":"added"}' in shown[2]
    assert "-H 'X-Tyk-Authorization: '\"$TYK_GW_SECRET\"" in shown[3]


def test_the_line_to_paste_reproduces(faulty: Faulty) -> None:
    """A shell that runs the line to paste gets the wrong answer again."""
    line = next(v["curl"][-1] for v in faulty.verdicts if v["behaviour"] == "id-required")
    shown = subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, check=True,
        env={**os.environ, "TYK_GW_SECRET": SECRET},
    )  # fmt: skip
    assert '{"key":"","status":"ok","action":"added"}' in shown.stdout


def test_without_a_url_the_mock_is_judged() -> None:
    """Without a URL a mock of any version is started and judged."""
    done = verify("--gateway", "5.14", "--quick")
    assert done.returncode == 0, done.stdout
    assert "gateway 5.14.0 (as asked for)" in done.stdout


def test_a_quick_run_says_what_it_leaves_out(gateway: MockGateway, tmp_path: Path) -> None:
    """A quick run judges most behaviours, and says which tests it leaves out."""
    done = verify(gateway.url, "--quick", "--report", tmp_path / "r.json", TYK_GW_SECRET=SECRET)
    report_document = json.loads((tmp_path / "r.json").read_text())
    assert done.returncode == 0, done.stdout
    assert report_document["profile"] == "quick"
    assert report_document["counts"]["passed"] > 100
    assert "quick: generated requests, walks, plain reloads" in done.stdout


def _with_reasons(baseline: Path, folder: Path) -> Path:
    known = folder / "known.yaml"
    known.write_text(baseline.read_text().replace("say why, and who will fix it", "known"))
    return known


def test_known_failures_are_accepted(faulty: Faulty, tmp_path: Path) -> None:
    """Known failures that were written as a baseline are accepted once they have reasons, with exit code 0."""
    refused = verify(faulty.gateway.url, "--quick", "--baseline", faulty.baseline, TYK_GW_SECRET=SECRET)
    assert refused.returncode == 2
    assert "is no reason" in refused.stderr
    known = _with_reasons(faulty.baseline, tmp_path)
    done = verify(faulty.gateway.url, "--quick", "--baseline", known, TYK_GW_SECRET=SECRET)
    assert done.returncode == 0, done.stdout
    assert "accepted  id-required: known" in done.stdout
    assert "known failures: 0 failed" in done.stdout


def test_a_baseline_that_passes_is_told(gateway: MockGateway, faulty: Faulty, tmp_path: Path) -> None:
    """A known failure that passes fails the run, with exit code 1."""
    known = _with_reasons(faulty.baseline, tmp_path)
    done = verify(gateway.url, "--quick", "--baseline", known, TYK_GW_SECRET=SECRET)
    assert done.returncode == 1, done.stdout
    assert "baseline entries are out of date: 0 failed" in done.stdout
    assert "baseline  id-required: accepted as failing, but passes" in done.stdout


def test_a_read_only_run_writes_and_reloads_nothing(gateway: MockGateway) -> None:
    """A read-only run leaves out tests that write, and says why."""
    gateway.policies.seed({"id": "mine"})
    gateway.journal.clear()
    done = verify(gateway.url, "--read-only", TYK_GW_SECRET=SECRET)
    assert done.returncode == 0
    taken = [e for e in gateway.journal if e.status == 200 and e.operation not in ("getHello", "getReady")]
    assert {entry.operation for entry in taken} <= {
        "listPolicies",
        "getPolicy",
        "previewKey",
        "getDefinitionSchema",
    }


def test_an_interrupted_run_removes_what_it_wrote(gateway: MockGateway, tmp_path: Path) -> None:
    """A run that is terminated removes all that it wrote, and reports what it has judged, before it ends."""
    gateway.policies.seed({"id": "mine"})
    gateway.fault("reload", delay=1.0, times=1)
    with subprocess.Popen(
        [*COMMAND, "verify", gateway.url, "--report", tmp_path / "r.json", "--report", tmp_path / "r.xml"],
        env=QUIET | {"TYK_GW_SECRET": SECRET}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        wrote = threading.Event()
        original = Gateway.reload

        def reload(self: Gateway) -> None:
            wrote.set()
            original(self)

        gateway.gateway.reload = reload.__get__(gateway.gateway)  # type: ignore[method-assign]
        assert wrote.wait(60)
        assert len(gateway.policies.written) > 50
        process.send_signal(signal.SIGTERM)
        told, errors = process.communicate(timeout=60)
        assert process.returncode == 2
    assert "could not be judged: the run was interrupted" in told
    assert errors.endswith("interrupted; everything that the run wrote has been removed\n")
    check(tmp_path)
    document = json.loads((tmp_path / "r.json").read_text())
    assert document["status"] == "in-doubt"
    assert document["counts"]["error"] > 50
    assert document["command"].startswith("tyk-contract verify ")
    assert list(gateway.policies.written) == ["mine"]
    assert list(gateway.policies) == ["mine"]


@pytest.mark.parametrize("reloads", [1, 3])
def test_a_gateway_that_goes_away_gives_no_verdict(reloads: int) -> None:
    """A test that was not judged is an error, not a failure; the exit code is 3."""
    left = iter(range(reloads - 1, -1, -1))
    with MockGateway(secret=SECRET) as gateway:
        original = gateway.mock.faults.take

        def take(operation: str, received: Any = None) -> object:
            if operation == "reload" and not next(left, 0):
                gateway.stop()
                raise DropConnection
            return original(operation, received)

        gateway.fault(status=500, header={"X-Never-Sent": None}, times=0)  # without any, none is asked for
        gateway.mock.faults.take = take  # type: ignore[method-assign,assignment]
        done = verify(gateway.url, TYK_GW_SECRET=SECRET)
    assert done.returncode == 3
    assert " 0 failed" in done.stdout
    assert "the gateway no longer answers" in done.stdout


def test_a_part_is_judged_and_judged_again(faulty: Faulty, tmp_path: Path) -> None:
    """A part is judged as far as it goes, and what failed in a report is judged again alone."""
    url, report, junit = faulty.gateway.url, tmp_path / "r.json", tmp_path / "r.xml"
    reports = ("--report", report, "--report", junit)
    done = verify(url, "--only", "id-*", "--skip", "id-required", *reports, TYK_GW_SECRET=SECRET)
    assert done.returncode == 0, done.stdout
    check(tmp_path)
    assert "conforms as far as judged (3 of " in done.stdout
    document = json.loads(report.read_text())
    assert document["status"] == "conforms-as-far-as-judged"
    assert document["levels"]["core"]["judged"] == 3
    report.write_text(faulty.report)
    again = verify(url, "--failed", report, "-x", TYK_GW_SECRET=SECRET)
    assert again.returncode == 1, again.stdout
    assert " 1 failed, 0 error" in again.stdout


def test_a_list_of_a_part_asks_nobody() -> None:
    """--list prints the selected behaviours, and sends no request."""
    done = verify("http://127.0.0.1:9", "--only", "id-required", "--list")
    assert done.returncode == 0
    assert done.stdout == (
        "id-required  (addPolicy, core)  A policy without an id and without a valid _id is refused.\n"
    )


def test_slow_answers_are_told_and_fail_if_asked_for(gateway: MockGateway) -> None:
    """A slow answer is told, and fails the gateway only with --max-response-time."""
    gateway.fault("addPolicy", delay=2.6, times=1)
    told = verify(gateway.url, "--only", "addPolicy", TYK_GW_SECRET=SECRET)
    assert told.returncode == 0, told.stdout
    assert "slow  POST /tyk/policies: 1 answers took up to 2.6 s" in told.stdout
    limited = verify(gateway.url, "--only", "id-*", "--max-response-time", "0.000001", TYK_GW_SECRET=SECRET)
    assert limited.returncode == 1, limited.stdout
    assert limited.stdout.startswith("Answers come too late: ")
