"""The documentation as a site: its generated pages are complete, and it builds strictly and asks no other server."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from dataclasses import fields
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from mockserver import create_app
from mockserver.cli import main
from mockserver.console.credentials import CREDENTIALS
from mockserver.contract import behaviours
from mockserver.contract.spec_files import known_versions, load_yaml, spec_path
from mockserver.dashboard.service import SCENARIOS as DASHBOARD_SCENARIOS
from mockserver.gateway.config import Config
from mockserver.gateway.scenarios import SCENARIOS
from mockserver.service.fault_members import KINDS
from site_pages import commands, configuration, control_routes, faults, fixtures, markdown, versions
from site_pages.links import INCLUDED, relinked

ROOT = Path(__file__).parent.parent
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))


def test_each_command_and_flag_is_on_its_page() -> None:
    """The page of commands has each command of the help, with each of its flags."""
    page = commands.commands_page()
    sections = dict(re.findall(r"^### tyk-contract (\S+)\n(.*?)(?=^##|\Z)", page, re.MULTILINE | re.DOTALL))
    assert tuple(sections) == main.COMMANDS
    for name, parser in commands.parsers().items():
        flags = [flag for action in parser._actions for flag in action.option_strings]
        assert [flag for flag in flags if f"<code>{flag}" not in sections[name]] == []


def test_exit_codes_and_errors_are_on_their_page() -> None:
    """The page of exit codes has each command, the codes of those that state some, and the errors of users."""
    page = commands.exits_page()
    for name in main.COMMANDS:
        assert f"| <code>{name}</code> | 0 " in page
    assert "1 a gateway refuses the key" in page
    for error in ("ConfigError", "FaultError", "SeedError", "SpecError", "PreflightError", "BaselineError"):
        assert f".{error}</code>" in page


def test_each_fixture_marker_and_option_is_on_its_page() -> None:
    """The page of the plugin has the fixtures, markers and options that pytest lists."""
    page = fixtures.fixtures_page()
    assert {"mock_gateway", "mock_gateway_session", "mock_gateway_options", "mock_dashboard"} <= set(
        fixtures.fixtures()
    )
    for name in fixtures.fixtures():
        assert f"| <code>{name}</code> | " in page
    for text in (
        "@pytest.mark.tyk(",
        "@pytest.mark.tyk_dashboard(",
        "--gateway-url VALUE",
        "--contract-service gateway&#124;dashboard",
    ):
        assert text in page


def test_each_member_and_scenario_of_faults_is_on_its_page() -> None:
    """The page of faults has each member but `scenario` and `group`, each scenario, and the operations."""
    page = faults.faults_page()
    grouped = {name for members in faults.GROUPS.values() for name in members}
    assert set(KINDS) - grouped == {"scenario", "group"}
    for name in (*grouped, *SCENARIOS, *DASHBOARD_SCENARIOS, "addPolicy", "rpc:GetPolicies"):
        assert f"<code>{name}</code>" in page


def test_each_variable_is_on_its_page() -> None:
    """The page of variables has each credential and each key, and no default of a secret."""
    page = configuration.variables_page()
    for variable in (
        *(it.variable for it in CREDENTIALS),
        *(Config.variable_of(it.name) for it in fields(Config)),
    ):
        assert f"<code>{variable}</code>" in page
    assert Config().secret not in page


def test_each_route_of_the_mocks_own_api_is_on_its_page() -> None:
    """The page of `/_mock/` has each path of the application."""
    page = control_routes.routes_page()
    paths = {rule.rule for rule in create_app().url_map.iter_rules() if rule.rule.startswith("/_mock")}
    assert len(paths) > 5
    assert [path for path in paths if f" {markdown.code(path)[6:-7]}</code>" not in page] == []


@pytest.mark.slow
def test_each_version_is_on_its_page() -> None:
    """The page of versions has each release of both services."""
    page = versions.versions_page()
    for name in ("gateway", "dashboard"):
        for line, release in known_versions(spec_path(name)).items():
            assert re.search(
                rf"^\| {re.escape(line)}( \(default\))? \| {re.escape(str(release))} \|", page, re.MULTILINE
            )


@pytest.mark.parametrize(
    ("uri", "text", "linked"),
    [
        ("overview.md", "[f](docs/faults.md#a)", "[f](faults.md#a)"),
        ("contribute/security.md", "[f](docs/faults.md)", "[f](../faults.md)"),
        ("faults.md", "[s](../SECURITY.md)", "[s](contribute/security.md)"),
        ("tutorials/ci.md", "[f](../faults.md)", "[f](../faults.md)"),
        ("faults.md", "[code](../mockserver/cli/main.py)", "code"),
        ("faults.md", "[gone](../gone.py)", "[gone](../gone.py)"),
        ("faults.md", "[x](https://a.test/b) [y](#z)", "[x](https://a.test/b) [y](#z)"),
        ("faults.md", "```\n[code](x.py)\n```", "```\n[code](x.py)\n```"),
    ],
    ids=[
        "from the root",
        "from a folder",
        "to the root",
        "as it is",
        "no page",
        "no file",
        "elsewhere",
        "code",
    ],
)
def test_links_of_the_repository_become_links_of_the_site(uri: str, text: str, linked: str) -> None:
    """A link to a file that has a page leads to that page, another one is its text, and code stays."""
    pages = {"faults.md", "tutorials/ci.md", *INCLUDED}
    assert relinked(text, uri, pages) == linked


@pytest.mark.parametrize(
    "path", [path for path in FORMS if path.stem != "config"], ids=lambda path: path.stem
)
def test_a_form_of_an_issue_is_well_formed(path: Path) -> None:
    """A form has a name, a description, and fields with unique ids and labels, one of which is required."""
    form: dict[str, Any] = load_yaml(path)
    fields_ = [field for field in form["body"] if field["type"] != "markdown"]
    assert form["name"]
    assert form["description"]
    assert {field["type"] for field in fields_} <= {"input", "textarea", "dropdown", "checkboxes"}
    for names in ([field["id"] for field in fields_], [field["attributes"]["label"] for field in fields_]):
        assert len(names) == len(set(names))
    assert any(field.get("validations", {}).get("required") for field in fields_)


class Built(HTMLParser):
    """The ids of a page, and what a browser would fetch for it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.fetched: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.ids += [values["id"]] if "id" in values else []
        if tag == "link" and values.get("rel") not in {"canonical", "next", "prev"}:
            self.fetched.append(values["href"])
        elif tag != "a":
            self.fetched += [values[name] for name in ("src", "srcset", "data", "poster") if name in values]


@pytest.mark.slow
@pytest.mark.skipif(
    importlib.util.find_spec("mkdocs") is None, reason="mkdocs is not installed: `make docs` does"
)
def test_the_site_builds_strictly_and_asks_no_other_server(tmp_path: Path) -> None:
    """The site builds without a warning; its pages load nothing from elsewhere, and have all behaviours."""
    process = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)],
        capture_output=True, text=True, check=False, cwd=ROOT, timeout=300,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    pages = {
        path.relative_to(tmp_path).as_posix(): Built(path.read_text()) for path in tmp_path.rglob("*.html")
    }
    assert {"index.html", "quickstart.html", "contribute/security.html", "reference/python.html"} <= set(
        pages
    )
    for name, page in pages.items():
        assert [url for url in page.fetched if re.match(r"(https?:)?//", url)] == [], name
    for service in ("gateway", "dashboard"):
        ids = pages[f"know/behaviours-{service}.html"].ids
        assert set(behaviours.load(spec_path(service))) <= set(ids)
        assert len(ids) == len(set(ids))
    assert "mockserver.serving.mock_gateway.MockGateway.fault" in pages["reference/python.html"].ids
