"""Reports: the same verdicts in each format."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contract_tests.report import baseline, formats, verdicts
from contract_tests.report.baseline import BaselineError
from contract_tests.report.findings import Finding
from contract_tests.report.json import as_json, from_json
from contract_tests.report.outcomes import OutcomeStatus
from contract_tests.report.verdicts import Report, Status, Trace, Verdict, outcome

FAILED = Verdict(
    "gateway", "id-required", "addPolicy", "No id, no policy.", "x.go:1", "test", Status.FAILED,
    expected="400 <b>", actual="200 & more\x00", curl=("curl one", "curl two"),
    exchanges=(Trace("POST", "/tyk/policies", "{}", 200, "<script>"),),
)  # fmt: skip
FINDING = Finding(
    "behaviour", "No id is needed.", ("id-required",), ("addPolicy",), "No id, no policy.", "x.go:1",
    expected="400 <b>", actual="200 & more\x00", curl=("curl one", "curl two"),
)  # fmt: skip
REPORT = Report(
    service="gateway", url="http://g", gateway="5.12.0", version_source="asked", suite="0.1", date="2026-01-01T00:00:00+00:00",
    seconds=1.5, reloads=3,
    verdicts=(
        Verdict("gateway", "passes", "getPolicy", "It passes.", "x.go:2", "test", Status.PASSED),
        FAILED,
        Verdict("gateway", "skipped", "getPolicy", "s", "x.go:3", "test", Status.NOT_APPLICABLE, "because"),
        Verdict("gateway", "broken", "reload", "s", "x.go:4", "test", Status.ERROR, "no answer"),
    ),
    findings=(FINDING,),
)  # fmt: skip


def test_json_is_read_back() -> None:
    """A report that is written as JSON and read again is the same."""
    assert from_json(as_json(REPORT)) == REPORT


def test_yaml_has_each_behaviours_verdict() -> None:
    """The YAML report names the service, its version and the profile, and holds each verdict."""
    document = yaml.safe_load(formats.FORMATS[".yaml"](REPORT))
    assert {name: row["verdict"] for name, row in document["behaviours"].items()} == {
        "passes": "passed", "id-required": "failed", "skipped": "not applicable", "broken": "error",
    }  # fmt: skip
    assert document["service"] == "gateway"
    assert document["conforms"] is False
    assert document["profile"] == "full"
    assert document["gateway"]["version"] == "5.12.0"


def test_junit_is_xml_with_a_suite_for_each_operation() -> None:
    """The JUnit report is XML, and characters that XML cannot hold appear as escapes."""
    root = ElementTree.fromstring(formats.FORMATS[".xml"](REPORT))
    suites = {suite.get("name"): suite for suite in root.iter("testsuite")}
    assert set(suites) == {"getPolicy", "addPolicy", "reload"}
    failure = suites["addPolicy"].find("testcase/failure")
    assert failure is not None
    assert "200 & more\\x00" in str(failure.get("message"))
    assert "curl two" in str(failure.text)
    assert [suites["getPolicy"].get(name) for name in ("tests", "skipped")] == ["2", "1"]


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_the_page_needs_nothing_else() -> None:
    """The page has no image or script from elsewhere; the gateway's answers are text in it."""
    text = formats.FORMATS[".html"](REPORT)
    page = _Page()
    page.feed(text)
    assert not [tag for tag, attributes in page.tags if "src" in attributes or tag == "link"]
    assert [tag for tag, _ in page.tags].count("script") == 1
    statuses = [attributes["data-status"] for _, attributes in page.tags if "data-status" in attributes]
    assert statuses == ["FAILED", "ERROR", "PASSED", "NOT_APPLICABLE"]
    assert "&lt;script&gt;" in text


def test_the_terminal_shows_failures_first_and_counts_last() -> None:
    """A failure has requirement, expected, actual and reproduce; the verdict comes last."""
    text = verdicts.as_terminal(REPORT)
    lines = text.splitlines()
    assert lines[0] == "No id is needed."
    labels = ["touches", "requirement", "expected", "actual", "reproduce"]
    assert [line.split()[0] for line in lines[1:6]] == labels
    assert lines[1] == "  touches      1 behaviour of 1 operation: id-required"
    assert lines[-2] == "core does not conform; extended not judged; setup not judged"
    assert lines[-1] == "does not conform: 1 failed, 1 error, 1 passed, 1 not applicable; 3 reloads, 1.5 s"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_worst_test_of_a_behaviour_counts(order: tuple[int, int]) -> None:
    """A behaviour has the worst verdict of its tests, in whatever order they ran."""
    both = (FAILED, Verdict("gateway", "id-required", "addPolicy", "s", "x", "other", Status.PASSED))
    assert verdicts.by_behaviour(both[i] for i in order) == (FAILED,)


odd = st.text(
    st.characters() | st.sampled_from("\0\x1b\x85\u2028\u202e\ud800\udfff\ufffe\uffff\r\n<>&]'\":#-")
)


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(odd, min_size=14, max_size=14), status=st.sampled_from(Status))
@example(texts=["\ud800]]>\x1b\uffff"] * 14, status=Status.FAILED)
@example(texts=["\ud83d", "\ude00"] * 7, status=Status.ERROR)
def test_any_text_is_reported(texts: list[str], status: Status) -> None:
    """A verdict with any text is written in each format and as a baseline, and each of them can be parsed."""
    *words, first, second = texts
    trace = Trace("POST", first, second, 200, first)
    verdict = Verdict(*words[:6], status, *words[6:10], curl=(first, second), exchanges=(trace,))
    found = Finding(*words[:2], (first,), (second,), *words[2:7], curl=(first,))
    report = replace(
        REPORT, url=first, leftovers=(second,), stale=(first,), verdicts=(*REPORT.verdicts, verdict),
        findings=(found, FINDING), observations=(second,),
    )  # fmt: skip
    with TemporaryDirectory() as folder:
        for suffix in formats.FORMATS:
            formats.write(report, Path(folder) / f"r{suffix}")
        assert from_json((Path(folder) / "r.json").read_text("utf-8")) == report
        document = yaml.safe_load((Path(folder) / "r.yaml").read_text("utf-8"))
        assert document["behaviours"][verdict.behaviour]["verdict"] == status.value
        root = ElementTree.parse(Path(folder) / "r.xml").getroot()
        assert verdict.behaviour in [case.get("name") for case in root.iter("testcase")]
        page = _Page()
        page.feed((Path(folder) / "r.html").read_text("utf-8"))
        assert [tag for tag, _ in page.tags].count("script") == 1
        baseline.write(report, Path(folder) / "b.yaml", date(2027, 1, 1))
        ids = dict.fromkeys((verdict.behaviour, *(v.behaviour for v in REPORT.verdicts)))
        failing = [v.behaviour for v in report.verdicts if v.status in (Status.FAILED, Status.ACCEPTED)]
        try:
            assert [entry.behaviour for entry in baseline.read(Path(folder) / "b.yaml", ids)] == failing
        except BaselineError as error:
            assert "no reason" in str(error)  # noqa: PT017  a reason of nothing but spaces
    for line in verdicts.as_terminal(report).splitlines():
        assert line.isprintable()


def test_a_line_break_in_a_text_is_no_line_of_the_report() -> None:
    """A text with line breaks cannot imitate the lines of a report."""
    finding = replace(FINDING, expected="a\nconforms: 0 failed", actual="\u2028conforms\r\x85")
    text = verdicts.as_terminal(replace(REPORT, findings=(finding,)))
    assert "  expected     a\\nconforms: 0 failed\n  actual       \\u2028conforms\\r\\x85\n" in text


def _of(*statuses: Status, left_out: int = 0) -> list[Verdict]:
    """Verdicts with these statuses, and some that the user's settings leave out."""
    own = [replace(FAILED, status=status) for status in statuses]
    return own + [replace(FAILED, status=Status.NOT_APPLICABLE, is_left_out=True)] * left_out


@pytest.mark.parametrize(
    ("judged", "stale", "status", "sentence"),
    [
        (_of(Status.PASSED, Status.NOT_APPLICABLE), 0, OutcomeStatus.CONFORMS, "conforms"),
        (_of(Status.PASSED, left_out=2), 0, OutcomeStatus.PARTLY, "conforms as far as judged (1 of 3)"),
        (
            _of(Status.PASSED, Status.ACCEPTED),
            0,
            OutcomeStatus.KNOWN_FAILURES,
            "conforms with 1 known failure",
        ),
        (_of(Status.PASSED), 2, OutcomeStatus.STALE_BASELINE, "conforms; 2 baseline entries are out of date"),
        (_of(Status.PASSED, Status.ERROR), 0, OutcomeStatus.IN_DOUBT, "in doubt: 1 could not be judged"),
        (_of(Status.ACCEPTED, Status.FAILED), 1, OutcomeStatus.FAILS, "does not conform"),
        (_of(left_out=3), 0, OutcomeStatus.NOT_JUDGED, "not judged"),
    ],
    ids=lambda value: value.value if isinstance(value, OutcomeStatus) else "",
)
def test_each_outcome_has_its_words(
    judged: list[Verdict], stale: int, status: OutcomeStatus, sentence: str
) -> None:
    """What was left out, is accepted, or is out of date in the baseline has words and a status of its own."""
    verdict = outcome(judged, stale=stale)
    assert (verdict.status, verdict.sentence) == (status, sentence)


def test_each_level_has_its_verdict() -> None:
    """A failure of the extended level leaves the verdict on the core level alone."""
    passes, fails = REPORT.verdicts[0], replace(FAILED, level="extended")
    levels = replace(REPORT, verdicts=(passes, fails)).levels
    assert [levels[name].sentence for name in ("core", "extended", "setup")] == [
        "conforms", "does not conform", "not judged",
    ]  # fmt: skip


def test_ten_findings_are_shown() -> None:
    """The terminal shows ten findings and counts the others, which are in the reports."""
    report = replace(REPORT, findings=tuple(replace(FINDING, summary=f"Cause {n}.") for n in range(12)))
    text = verdicts.as_terminal(report)
    assert "Cause 9." in text
    assert "Cause 10." not in text
    assert "and 2 more findings; a report (--report FILE) has all" in text
    assert "Cause 11." in formats.FORMATS[".html"](report)
    assert "Cause 11." in formats.FORMATS[".xml"](report)


def test_a_failure_in_some_runs_is_flaky() -> None:
    """A test that failed in some of several runs fails, and is told as flaky with the number of runs."""
    passed = replace(FAILED, status=Status.PASSED)
    merged = verdicts.merged([{"a": passed, "b": FAILED}, {"a": FAILED, "b": FAILED}])
    assert (merged["a"].status, merged["a"].flaky) == (Status.FAILED, "failed in 1 of 2 runs")
    assert merged["b"].flaky == ""
