"""Reports: the same verdicts in each format."""

from __future__ import annotations

from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
import yaml

from contract_tests.report import formats, verdicts
from contract_tests.report.verdicts import Report, Status, Trace, Verdict

FAILED = Verdict(
    "gateway", "id-required", "addPolicy", "No id, no policy.", "x.go:1", "test", Status.FAILED,
    expected="400 <b>", actual="200 & more\x00", curl=("curl one", "curl two"),
    exchanges=(Trace("POST", "/tyk/policies", "{}", 200, "<script>"),),
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
)  # fmt: skip


def test_json_is_read_back() -> None:
    """A report that is written as JSON and read again is the same."""
    assert verdicts.from_json(verdicts.as_json(REPORT)) == REPORT


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
    """The JUnit report is XML, and characters that XML cannot hold are replaced."""
    root = ElementTree.fromstring(formats.FORMATS[".xml"](REPORT))
    suites = {suite.get("name"): suite for suite in root}
    assert set(suites) == {"getPolicy", "addPolicy", "reload"}
    failure = suites["addPolicy"].find("testcase/failure")
    assert failure is not None
    assert "200 & more\ufffd" in str(failure.get("message"))
    assert "curl two" in str(failure.text)
    assert [suites["getPolicy"].get(name) for name in ("tests", "skipped")] == ["2", "1"]


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_the_page_needs_nothing_else() -> None:
    """The page has no link, image or script from elsewhere; the gateway's answers are text in it."""
    text = formats.FORMATS[".html"](REPORT)
    page = _Page()
    page.feed(text)
    assert not [tag for tag, attributes in page.tags if {"src", "href"} & attributes.keys()]
    assert [tag for tag, _ in page.tags].count("script") == 1
    statuses = [attributes["data-status"] for tag, attributes in page.tags if tag == "details"]
    assert statuses == ["FAILED", "ERROR", "PASSED", "NOT_APPLICABLE"]
    assert "&lt;script&gt;" in text


def test_the_terminal_shows_failures_first_and_counts_last() -> None:
    """A failure has requirement, expected, actual and reproduce; the verdict comes last."""
    text = verdicts.as_terminal(REPORT)
    lines = text.splitlines()
    assert lines[0] == "addPolicy  id-required"
    assert [line.split()[0] for line in lines[1:5]] == ["requirement", "expected", "actual", "reproduce"]
    assert lines[-1] == "does not conform: 1 failed, 1 error, 1 passed, 1 not applicable; 3 reloads, 1.5 s"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_worst_test_of_a_behaviour_counts(order: tuple[int, int]) -> None:
    """A behaviour has the worst verdict of its tests, in whatever order they ran."""
    both = (FAILED, Verdict("gateway", "id-required", "addPolicy", "s", "x", "other", Status.PASSED))
    assert verdicts.by_behaviour(both[i] for i in order) == (FAILED,)
