"""The catalogue of behaviours: every row is in every format, with links that are well-formed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from dataclasses import replace
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from browsing import chromium, visit
from serving import error_line, run_command

from contract_tests.dashboard.service import DASHBOARD
from contract_tests.engine.service import Service
from contract_tests.gateway.service import GATEWAY
from mockserver.cli import behaviours, catalogue_formats
from mockserver.cli.catalogue import EXAMPLES, Entry, entries
from mockserver.contract import addresses
from mockserver.contract.spec_files import load_yaml

SERVICES = (GATEWAY, DASHBOARD)
BOTH = {service.name: entries(service) for service in SERVICES}


class Page(HTMLParser):
    """The ids, the links, and whatever a browser would fetch, of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.ids += [values["id"] or ""] if "id" in values else []
        if tag == "a":
            self.links.append(values["href"] or "")
        elif {"src", "href", "srcset", "data"} & values.keys() or tag in {"iframe", "img", "base"}:
            self.fetched.append(tag)


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_the_page_has_an_anchor_for_each_behaviour(service: Service) -> None:
    """The page of a service has each behaviour under its id, no id twice, and no link to a missing anchor."""
    page = Page(catalogue_formats.as_html({service.name: entries(service)}))
    assert set(service.behaviours) <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)


def test_a_page_of_both_services_keeps_them_apart() -> None:
    """On a page of both services the ids of the Dashboard begin with its name, and no id stands twice."""
    page = Page(catalogue_formats.as_html(BOTH))
    assert len(page.ids) == len(set(page.ids))
    assert set(GATEWAY.behaviours) | {f"dashboard-{name}" for name in DASHBOARD.behaviours} <= set(page.ids)


def test_the_page_asks_no_other_server() -> None:
    """The page has no resource of another file or server, and its policy forbids any."""
    text = catalogue_formats.as_html(BOTH)
    assert Page(text).fetched == []
    assert "default-src 'none'" in text
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert style is not None
    assert not re.search(r"@import|url\(", style[1])


@pytest.mark.parametrize("form", ["html", "markdown"])
def test_the_text_of_a_row_means_itself(form: str) -> None:
    """A statement with the signs of HTML or Markdown is shown with these signs."""
    row = replace(GATEWAY.behaviours["id-required"], statement="<b>a_b</b> & *c* [d](e)")
    text = catalogue_formats.FORMATS[form]({"gateway": [Entry(row, GATEWAY)]})
    shown = {
        "html": "&lt;b&gt;a_b&lt;/b&gt; &amp; *c* [d](e)",
        "markdown": r"\<b\>a\_b\</b\> & \*c\* \[d\](e)",
    }
    assert shown[form] in text
    assert "<b>" not in text


def test_markdown_has_a_heading_for_each_behaviour() -> None:
    """The Markdown page has a heading for each behaviour, and each fence that opens is closed."""
    text = catalogue_formats.as_markdown({"gateway": BOTH["gateway"]})
    assert sorted(re.findall(r"^### (.+)$", text, re.MULTILINE)) == sorted(GATEWAY.behaviours)
    assert len(re.findall(r"^`{3,}", text, re.MULTILINE)) % 2 == 0
    assert text.count("<details") == text.count("</details>")


def test_a_fence_is_longer_than_the_ticks_within() -> None:
    """A text with a fence of its own stands in a longer one."""
    assert "````python" in catalogue_formats._folded("title", "python", "a\n```\nb")


def test_json_has_all_that_explain_has() -> None:
    """The JSON document has each behaviour with its versions, links, tests, deviations and example."""
    rows = {(row["service"], row["id"]): row for row in json.loads(catalogue_formats.as_json(BOTH))}
    assert len(rows) == len(GATEWAY.behaviours) + len(DASHBOARD.behaviours)
    row = rows["gateway", "id-required"]
    assert row["versions"] == ["from 5.8.8 before 5.9.0", "from 5.11.0"]
    assert row["links"] == ["https://github.com/TykTechnologies/tyk/blob/v5.12.0/gateway/api.go#L1108"]
    assert row["deviations"] == ["P6", "P11"]
    assert row["example"]["request"] == ["POST /tyk/policies", "{}"]
    assert row["example"]["answer"].startswith("400 ")
    assert row["tests"][0]["source"].count('@behaviour("id-required")') == 1


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_no_secret_of_a_recording_is_shown(service: Service) -> None:
    """No example shows the header with the secret."""
    shown = [line for entry in entries(service) if entry.example for line in entry.example.request]
    assert service is DASHBOARD or len(shown) > 100
    assert not [line for line in shown if line.lower().startswith(("x-tyk-authorization", "authorization"))]


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_links_are_well_formed(service: Service) -> None:
    """Each link of a source names a file or a tree of a public repository, and the texts join to the source."""
    for row in service.behaviours.values():
        segments = addresses.segments(row.source)
        assert "".join(segment.text for segment in segments) == row.source
        for url in addresses.urls(row.source):
            assert re.fullmatch(
                r"https://github\.com/TykTechnologies/[\w-]+/"
                r"(tree/[\w.]+|blob/[\w.]+/[\w./-]+\.[a-z]+(#L\d+(-L\d+)?)?)",
                url,
            ), row.source


def test_each_line_of_the_gateways_source_is_linked() -> None:
    """Each path of the gateway's source that a row names with a line and a tag has a link to that line."""
    for row in GATEWAY.behaviours.values():
        for piece in row.source.split(";"):
            if "@v" in piece:
                named = re.findall(r":(\d+)", piece)
                assert [urlsplit(url).fragment for url in addresses.urls(piece)] == (
                    [f"L{line}" for line in named] or [""]
                ), row.source


@pytest.mark.parametrize(
    ("source", "links"),
    [
        ("gateway/api.go:461 and :749 @v5.12.0", ["tyk/blob/v5.12.0/gateway/api.go#L461", "tyk/blob/v5.12.0/gateway/api.go#L749"]),
        ("RN:1285, 2885", ["tyk-docs/blob/95922c952/developer-support/release-notes/dashboard.mdx" + line for line in ("", "#L1285", "#L2885")]),
        ("SYNC a/b.go:2-5, client.go:9", ["tyk-sync/tree/v1.5.0", "tyk-sync/blob/v1.5.0/a/b.go#L2-L5"]),
        ("DEMO @4e639872 a/b.sh:1", ["tyk-demo/tree/32b9a882", "tyk-demo/blob/4e639872/a/b.sh#L1"]),
        ("DOC tyk-dashboard-api.mdx:45", ["tyk-docs/tree/95922c952", "tyk-docs/blob/95922c952/tyk-dashboard-api.mdx#L45"]),
        ("recording auth/secret steps 1 and 2; net/url unescape; S003", []),
    ],
    ids=["lines", "one file", "file without its folder", "another commit", "page", "nothing public"],
)  # fmt: skip
def test_a_source_has_its_links(source: str, links: list[str]) -> None:
    """An address is linked to its line at its tag; what names no place that is known is not linked."""
    assert addresses.urls(source) == [f"{addresses.HOST}/{link}" for link in links]


def test_the_command_offers_each_format() -> None:
    """`--format` offers the formats that there are, text first."""
    assert tuple(catalogue_formats.FORMATS) == behaviours.FORMATS


def test_a_version_leaves_out_behaviours_of_others() -> None:
    """A version lists its own behaviours, and none lists those of all with the versions of each."""
    listed = run_command("behaviours").stdout
    assert "any-id-is-taken  (addPolicy, core, before 5.13.0)" in listed
    assert "any-id-is-taken" not in run_command("behaviours", "--gateway", "5.14").stdout


def test_a_file_is_written(tmp_path: Path) -> None:
    """`--output` writes the page of both services, and prints nothing."""
    path = tmp_path / "behaviours.html"
    process = run_command("behaviours", "--service", "all", "--format", "html", "--output", path)
    assert (process.returncode, process.stdout, process.stderr) == (0, "", "")
    assert 'id="dashboard-key-is-bare"' in path.read_text()


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A folder that is missing is told in one line."""
    line = error_line(run_command("behaviours", "--output", tmp_path / "none" / "b.html"))
    assert "none" in line


@pytest.mark.slow
def test_the_page_works_in_a_browser(tmp_path: Path) -> None:
    """At the width of a phone nothing is cut off, and the filter leaves the behaviours that have the words."""
    (tmp_path / "b.html").write_text(catalogue_formats.as_html(BOTH))
    handler = partial(SimpleHTTPRequestHandler, directory=tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, chromium() as browser:
        threading.Thread(target=server.serve_forever).start()
        try:
            url = f"http://127.0.0.1:{server.server_port}/b.html"
            with visit(browser, url, viewport={"width": 390, "height": 800}) as page:
                assert page.evaluate("document.documentElement.scrollWidth") <= 390
                page.get_by_label("Filter by words").fill("neither an id nor a valid _id")
                assert page.locator("article:visible").count() == 1
                assert page.locator("#id-required").is_visible()
                assert (
                    page.locator("output").inner_text()
                    == f"1 of {len(GATEWAY.behaviours) + len(DASHBOARD.behaviours)} behaviours"
                )
        finally:
            server.shutdown()


def test_a_long_test_is_cut() -> None:
    """A test of the suite is shown with its decorators, and cut after some lines."""
    sources = [test.source for entry in BOTH["gateway"] for test in entry.tests]
    assert max(source.count("\n") for source in sources) <= 40
    assert all("@behaviour(" in source for source in sources)


def test_behaviours_of_the_dashboard_have_examples_of_its_mock() -> None:
    """A behaviour of the Dashboard shows an exchange of the mock, which says that it is none of a recording."""
    examples = {entry.row.id: entry.example for entry in BOTH["dashboard"] if entry.example}
    assert examples.keys() >= {
        "created-policy-is-read",
        "name-is-unique",
        "update-replaces",
        "list-has-pages",
    }
    assert {example.place for example in examples.values()} == {
        "the mock Tyk Dashboard, for none was recorded"
    }
    assert examples["name-is-unique"].answer.startswith('400 {"Status":"Error"')
    assert load_yaml(DASHBOARD.folder / EXAMPLES).keys() == examples.keys()


@pytest.mark.slow
def test_the_examples_are_those_of_the_suite(tmp_path: Path) -> None:
    """`make examples` writes the examples that are there."""
    path = tmp_path / "examples.yaml"
    script = Path(__file__).parent.parent / ".ci" / "examples.py"
    subprocess.run([sys.executable, script, path], check=True, timeout=300)
    assert load_yaml(path) == load_yaml(DASHBOARD.folder / EXAMPLES)
