"""The findings of `tyk-contract verify --service dashboard` on Dashboards that are broken in one way each."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import spoils
import spoils_of_dashboards
import spoils_of_parts
import spoils_of_the_way as way
from broken_servers import Spoil, proxied, said
from serving import verify

from mockserver import MockDashboard

pytestmark = [pytest.mark.slow, pytest.mark.exhaustive]  # a whole run of the suite for each case

KEY = "6b6579206f662061207465737420ff01"
CASES: dict[str, tuple[Callable[[], Spoil], str, str]] = {  # by name: the server, the cause, and a part of the sentence
    "canned answers": (spoils_of_dashboards.stub, "keeps-nothing", "keeps nothing"),
    "keeps nothing": (spoils_of_dashboards.keeps_nothing, "keeps-nothing", "keeps nothing"),
    "any key": (spoils_of_dashboards.no_key(KEY), "no-secret", "asks for no secret"),
    "one dead operation": (
        spoils_of_dashboards.dead_search, "dead-operation", "GET /api/portal/policies/search always answers 503",
    ),
    "no updates": (
        spoils_of_dashboards.dead_update, "dead-operation", "PUT /api/portal/policies/{id} always answers 503",
    ),
    "lost updates": (spoils_of_dashboards.lost_writes, "lost-writes", "loses writes"),
    "lost deletes": (spoils_of_dashboards.lost_deletes, "lost-writes", "answers each delete as done"),
    "a cache": (spoils_of_dashboards.cached, "cache", "A cache is in front of the dashboard"),
    "a replica that lags": (spoils_of_dashboards.late, "lag", "Reads lag behind: what a write changed"),
    "compressed": (spoils.gzips, "compressed", "Content-Encoding: gzip"),
    "another content type": (spoils.plain_text, "content-type", "is text/plain, not application/json"),
    "empty members dropped": (spoils.drops_empty_members, "members-dropped", "Members without a value"),
    "null for empty lists": (spoils.empty_lists_as_null, "type-changed", "Empty lists are answered as nulls"),
    "a list alone": (spoils_of_dashboards.bare_list, "type-changed", "Objects are answered as lists"),
    "a list that repeats": (spoils_of_dashboards.repeats, "list-repeats", "more than once"),
    "a list of the first page": (spoils_of_dashboards.one_page, "list-cut", "never answers more than 10 items"),
    "updates that merge": (spoils_of_dashboards.merging, "merges", "merges an update"),
    "no rights": (spoils_of_dashboards.no_rights, "value-emptied", "access_rights is answered without what is in it"),
    "errors as success": (spoils.errors_as_success, "errors-as-success", "Errors are answered with status 200"),
    "bodies that are cut off": (spoils.truncates, "body-cut", "cut off after 300 bytes"),
    "a page to log in": (spoils_of_dashboards.login_page, "html", "answered 200 with an HTML page"),
    "no queries": (way.no_queries, "queries-dropped", "without their queries"),
    **way.CASES,
    "requests that are cut off": (way.cut_requests, "size-limit", "answered 403"),
    "two deletes": (
        way.deletes_at_second(
            f"{spoils_of_dashboards.POLICIES}/",
            lambda _: said(200, '{"Status":"OK","Message":"Data deleted","Meta":null}\n'),
        ),
        "lost-writes", "a second one removes them",
    ),
    "other ids at updates": (
        spoils_of_parts.other_ids_at_updates(
            f"{spoils_of_dashboards.POLICIES}/",
            said(404, '{"Status":"Error","Message":"Could not retrieve policy","Meta":null}\n'),
        ),
        "forgets", "gone after an update",
    ),
    "pages of errors": (spoils.html_errors, "html", "HTML pages"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_first_finding_is_the_true_cause(name: str, tmp_path: Path) -> None:
    """The first finding of a Dashboard that is broken in one way names that way, and no test fails by itself."""
    make, cause, words = CASES[name]
    with (
        MockDashboard(key=KEY, with_gateway=False) as dashboard,
        proxied(dashboard.url, make()) as url,
    ):
        done = verify(url, "--service", "dashboard", "--report", tmp_path / "r.json", TYK_DASHBOARD_KEY=KEY)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "the suite failed" not in done.stdout
    report = json.loads((tmp_path / "r.json").read_text())
    first = report["findings"][0]
    assert first["cause"] == cause, first["summary"]
    assert words in first["summary"]
    assert done.stdout.startswith(first["summary"])
    assert report["counts"]["error"] == 0
    assert KEY not in json.dumps(report)


def test_slow_updates_are_named(tmp_path: Path) -> None:
    """A Dashboard that does not answer updates in time is told by that operation first."""
    with (
        MockDashboard(key=KEY, with_gateway=False) as dashboard,
        proxied(dashboard.url, spoils_of_dashboards.slow(5.0)) as url,
    ):
        done = verify(
            url, "--service", "dashboard", "--timeout", "2", "--report", tmp_path / "r.json", TYK_DASHBOARD_KEY=KEY
        )  # fmt: skip
    assert done.returncode in (1, 3), done.stdout + done.stderr
    first = json.loads((tmp_path / "r.json").read_text())["findings"][0]["summary"]
    assert "PUT /api/portal/policies/{id}" in first.partition(" got no answer (")[0]
