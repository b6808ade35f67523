"""`tyk-contract compare`: what differs between two reports, and between two answers."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from serving import run_command

from contract_tests.engine.exchange import Exchange
from mockserver.cli.comparison import answers, collector, formats, reports
from mockserver.cli.comparison.answers import Answered, Divergence, divergences
from mockserver.cli.comparison.difference import EVERYONE, Comparison, Difference, Side, audience_of
from mockserver.cli.comparison.reports import ReportError
from mockserver.http.auth import Auth
from mockserver.http.client import Answer

AUTH = Auth("X-Tyk-Authorization", "s3cret-value")
Row = tuple[str, str]  # a verdict, and its reason or what was actual


def _report(path: Path, rows: dict[str, Row], **members: Any) -> Path:
    """A report of these verdicts, in the format that the name of the file says."""
    head = {
        "service": "gateway",
        "gateway": {"url": "http://g", "version": "5.12.0"},
        "suite": {"name": "tyk-contract", "version": "1"},
        "profile": "full",
        **members,
    }
    if path.suffix == ".json":
        verdicts = [
            {"behaviour": name, "status": verdict, **_details(verdict, text)}
            for name, (verdict, text) in rows.items()
        ]
        version = members.get("gateway", {}).get("version", "5.12.0")
        path.write_text(json.dumps({**head, "gateway": version, "suite": "1", "verdicts": verdicts}))
    else:
        behaviours = {
            name: {"verdict": verdict, **_details(verdict, text)} for name, (verdict, text) in rows.items()
        }
        path.write_text(yaml.safe_dump({**head, "behaviours": behaviours}))
    return path


def _details(verdict: str, text: str) -> dict[str, str]:
    return {"expected": "200", "actual": text} if verdict == "failed" else {"reason": text}


def _compared(tmp_path: Path, a: dict[str, Row], b: dict[str, Row], **members: Any) -> Comparison:
    first = reports.read(_report(tmp_path / "a.json", a))
    return reports.compare(first, reports.read(_report(tmp_path / "b.yaml", b, **members)))


PASSED, FAILED, SKIPPED = ("passed", ""), ("failed", "404"), ("not applicable", "it writes")


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (PASSED, FAILED, "newly failing"),
        (SKIPPED, FAILED, "newly failing"),
        (FAILED, PASSED, "newly passing"),
        (FAILED, ("failed", "500"), "other actual value"),
        (PASSED, SKIPPED, "no longer judged"),
        (FAILED, ("error", "gone"), "no longer judged"),
        (SKIPPED, PASSED, "newly judged"),
        (PASSED, ("observed", ""), "other verdict"),
        (None, PASSED, "only in B"),
        (PASSED, None, "only in A"),
        (FAILED, FAILED, ""),
        (SKIPPED, ("error", "gone"), ""),
        (("failed", "tyk-contract-0a1b2c3d-17gold"), ("failed", "tyk-contract-ffffffff-4gold"), ""),
        (("failed", "7c0a57acdfe493c5000449fb"), ("failed", "7c0a57ac00112233000449fb"), ""),
    ],
)
def test_a_change_of_a_verdict_has_a_kind(
    tmp_path: Path, before: Row | None, after: Row | None, kind: str
) -> None:
    """Each change of a verdict between two reports has a kind; names that differ by run are no change."""
    sides = [{"id-required": row} if row else {} for row in (before, after)]
    found = _compared(tmp_path, *sides).differences
    assert [difference.kind for difference in found] == ([kind] if kind else [])


def test_other_versions_and_options_are_told_first(tmp_path: Path) -> None:
    """Other versions and profiles stand before the differences, which say whom they matter to."""
    comparison = _compared(
        tmp_path,
        {"id-required": PASSED, "secret-missing-is-403": FAILED},
        {"id-required": FAILED, "secret-missing-is-403": PASSED},
        gateway={"version": "5.14.0"},
        profile="quick",
    )
    assert comparison.notes == ("other version: A 5.12.0, B 5.14.0", "other profile: A full, B quick")
    worse, better = comparison.differences
    assert (worse.kind, worse.subject, worse.operations) == (
        "newly failing",
        "id-required",
        ("POST /tyk/policies",),
    )
    assert worse.audiences == ("policy authors",)
    assert (better.kind, better.audiences) == ("newly passing", (EVERYONE,))
    lines = formats.as_text(comparison).splitlines()
    assert lines[2] == "note  other version: A 5.12.0, B 5.14.0"
    assert lines[-1] == "2 differences in 2 behaviours"


@pytest.mark.parametrize("text", ["", "{}", "[1]", "not: [yaml", '{"gateway": 1}', "\x00", "[" * 2000])
@pytest.mark.parametrize("suffix", [".json", ".yaml"])
def test_what_is_no_report_is_named(tmp_path: Path, text: str, suffix: str) -> None:
    """A file that is no report is named, with the way to make one."""
    path = tmp_path / f"r{suffix}"
    path.write_text(text)
    with pytest.raises(ReportError, match=f"r{suffix}( line [12])?: .*--report r.json"):
        reports.read(path)


def test_reports_of_two_services_are_not_compared(tmp_path: Path) -> None:
    """A report of a gateway is not compared with one of a Dashboard."""
    with pytest.raises(ReportError, match=r"of a gateway, .* of a dashboard"):
        _compared(tmp_path, {}, {}, service="dashboard")


def _answered(prefix: str, body: Any, status: int = 200, **headers: str) -> Answered:
    text = body if isinstance(body, str) else json.dumps(body)
    answer = Answer.of(status, tuple(headers.items()), text.replace("RUN-", prefix).encode())
    exchange = Exchange("GET", "/tyk/policies", (), None, answer, "", False, "http://g", AUTH)
    return Answered(exchange, lambda text: text.replace(prefix, ""), prefix)


def _divergences(a: Any, b: Any) -> list[Divergence]:
    return divergences(_answered("aaa-1-", a), _answered("bbb-1-", b))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ({"id": "RUN-gold"}, {"id": "RUN-gold"}),
        ({"time": "2026-01-02T03:04:05Z"}, {"time": "2026-01-02T04:04:05.123+01:00"}),
        ({"expires": int(time.time())}, {"expires": int(time.time()) + 3600}),
        ({"last_updated": str(int(time.time()))}, {"last_updated": str(int(time.time()) + 9)}),
        ({"key_hash": "0a1b2c3d"}, {"key_hash": "ffffffff"}),
        ({"tags": ["a", "b"]}, {"tags": ["b", "a"]}),
        ([{"id": "RUN-x"}, {"id": "another's"}], [{"id": "RUN-x"}]),
        ({"keys": ["RUN-k"]}, {"keys": ["another's", "RUN-k"]}),
        ("plain RUN-text", "plain RUN-text"),
    ],
)
def test_what_differs_from_run_to_run_is_no_difference(a: Any, b: Any) -> None:
    """Names of the runs, times, ids, random orders and things of others are no differences."""
    assert _divergences(a, b) == []


@pytest.mark.parametrize(
    ("a", "b", "kind", "subject"),
    [
        ({"rate": 1}, {"rate": 2}, "member", "/rate"),
        ({"rate": 1}, {"rate": 1.0}, "member", "/rate"),
        ({"rate": 1}, {"rate": True}, "member", "/rate"),
        ({"a": {"b/c": 1}}, {"a": {}}, "member", "/a/b~1c"),
        ({"list": [1, {"x": 1}]}, {"list": [1, {"x": 2}]}, "member", "/list/*/x"),
        ({"list": [1]}, {"list": [1, 2]}, "member", "/list"),
        ([], {}, "member", "/"),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, "text", ""),
        ("plain", "text", "text", ""),
        ("plain", {}, "text", ""),
    ],
)
def test_a_member_that_differs_is_found(a: Any, b: Any, kind: str, subject: str) -> None:
    """A member that differs is named by its pointer, and what is no JSON is compared as a text."""
    assert [(found.kind, found.subject) for found in _divergences(a, b)] == [(kind, subject)]


def test_a_status_hides_the_rest_and_headers_are_compared() -> None:
    """Of answers with two statuses nothing else is compared; headers are, but for those of the way."""
    refused = _answered("b", {"error": "no"}, 400)
    (found,) = divergences(_answered("a", {}), refused)
    assert (found.kind, found.a, found.b) == ("status", "200 {}", '400 {"error": "no"}')
    a, b = _answered("a", {}, Date="1", Allow="GET"), _answered("b", {}, Date="2", Via="p")
    assert divergences(a, b) == [Divergence("header", "allow", "GET", "absent")]


@pytest.mark.parametrize(
    ("path", "level", "audience"),
    [
        ("/tyk/policies/{polID}", "core", "policy authors"),
        ("/tyk/keys/create", "core", "issuers of keys"),
        ("/api/apis/keys/basic/{username}", "core", "issuers of keys"),
        ("/hello", "setup", "operators (probes, monitoring), under a configuration of its own"),
        ("", "core", EVERYONE),
    ],
)
def test_a_difference_matters_to_somebody(path: str, level: str, audience: str) -> None:
    """The operation and the level of a behaviour say whom a difference matters to."""
    assert audience_of(path, level) == audience


def test_a_table_stays_a_table() -> None:
    """Texts with bars, back quotes and tags do not break the table of the Markdown format."""
    side = Side("a|b.json", "gateway", "5.12.0")
    difference = Difference("status", "GET /x|y", "`<b>`", "|", ("GET /x|y",), ("everyone",), 2)
    text = formats.as_markdown(Comparison(side, side, ("<i>|",), (difference,), "exchanges", 3))
    row = text.splitlines()[-1]
    assert row.replace("\\|", "").count("|") == 6
    assert json.loads(formats.as_json(Comparison(side, side, (), (), "exchanges", 3)))["same"] is True


def test_the_page_has_all_kinds() -> None:
    """docs/compare.md has a row for each kind of difference."""
    page = (Path(__file__).parent.parent / "docs" / "compare.md").read_text()
    rows = {name for row in re.findall(r"^\| ([^|]+) \|", page, re.MULTILINE) for name in row.split(", ")}
    assert rows >= {*reports.KINDS, *collector.KINDS}


@pytest.mark.slow
def test_the_command_ends_with_an_exit_code(tmp_path: Path) -> None:
    """The command ends with 0 if nothing differs, 1 if something does, 2 and 3 if it cannot compare."""
    a = _report(tmp_path / "a.json", {"id-required": PASSED})
    b = _report(tmp_path / "b.yaml", {"id-required": FAILED})
    output = tmp_path / "out.json"
    assert run_command("compare", a, a).returncode == 0
    done = run_command("compare", a, b, "--format", "json", "--output", output)
    assert (done.returncode, done.stdout) == (1, "1 difference in 1 behaviours\n")
    assert json.loads(output.read_text())["differences"][0]["kind"] == "newly failing"
    refused = run_command("compare", a, "http://127.0.0.1:1")
    assert (refused.returncode, "not one of each" in refused.stderr) == (2, True)
    assert run_command("compare", "http://127.0.0.1:1", "http://127.0.0.1:1").returncode == 3


@pytest.mark.parametrize("number", [10**400, -(10**400), float("inf")])
def test_a_number_of_any_size_is_no_time(number: float) -> None:
    """A number of an answer that no float holds is compared as it is."""
    assert not answers._is_near(number)
