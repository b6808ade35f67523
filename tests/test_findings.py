"""The findings of `tyk-contract verify` on servers that are broken in one way each."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import spoils
import spoils_of_delivery
import spoils_of_parts
import spoils_of_state
import spoils_of_the_way as way
from broken_servers import Spoil, Upstream, proxied, said
from serving import verify

from mockserver import MockGateway

pytestmark = [pytest.mark.slow, pytest.mark.exhaustive]  # a whole run of the suite for each case

SECRET = "verify-secret"
MISSING = said(404, '{"status":"error","message":"Policy not found"}\n')
CASES: dict[str, tuple[Callable[[], Spoil], str, str]] = {  # by name: the server, the cause, and a part of the sentence
    "canned answers": (spoils_of_state.stub, "keeps-nothing", "keeps nothing"),
    "no secret": (spoils_of_state.no_secret(SECRET), "no-secret", "asks for no secret"),
    "one dead operation": (spoils_of_state.dead_list, "dead-operation", "GET /tyk/policies always answers 503"),
    "no deletes": (spoils_of_state.dead_delete, "dead-operation", "DELETE /tyk/policies/{polID} always answers 405"),
    "no writes": (spoils_of_state.no_writes, "dead-operation", "Writes are refused"),
    "errors now and then": (spoils_of_state.sometimes_502, "occasional-errors", "Some requests are answered 502"),
    "bodies have a limit": (spoils_of_state.cut_bodies, "size-limit", "answered 413"),
    "a limit of the rate": (spoils_of_state.rate_limited, "rate-limited", "answered 429"),
    "lost writes": (spoils_of_state.lost_writes, "lost-writes", "loses writes"),
    "lost updates": (spoils_of_state.lost_updates, "lost-writes", "answers each update as done and does not do it"),
    "lost deletes": (spoils_of_state.lost_deletes, "lost-writes", "answers each delete as done and does not do it"),
    "no reload": (spoils_of_state.no_reload, "no-reload", "does not reload"),
    "a cache": (spoils_of_state.cached, "cache", "A cache is in front"),
    "a cache that tells ages": (spoils_of_state.cached_with_age, "cache", "have the header Age"),
    "a replica that lags by turns": (spoils_of_state.lagging, "lag", "old and new answers alternate"),
    "a replica that lags": (spoils_of_state.late, "lag", "Reads lag behind"),
    "a member more": (spoils.adds_a_member, "member-added", "A member 'requestId' is added"),
    "numbers as texts": (spoils.numbers_as_texts, "type-changed", "Numbers are answered as texts"),
    "empty members dropped": (spoils.drops_empty_members, "members-dropped", "are left out"),
    "members sorted": (spoils.sorts_members, "reformatted", "in another order"),
    "indented": (spoils.pretty, "reformatted", "written again"),
    "no line break": (spoils.no_newline, "reformatted", "without a line break"),
    "other words": (spoils.other_words, "value-changed", "status is success, not ok"),
    "compressed": (spoils.gzips, "compressed", "Content-Encoding: gzip"),
    "pages of errors": (spoils.html_errors, "html", "HTML pages"),
    "another content type": (spoils.plain_text, "content-type", "is text/plain, not application/json"),
    "a charset": (spoils.with_charset, "content-type", "charset=utf-8, not application/json"),
    "no content type": (spoils.no_content_type, "content-type", "is none, not application/json"),
    "a header dropped": (spoils.no_nosniff, "header", "X-Content-Type-Options"),
    "headers renamed": (spoils.renames_headers, "no-header", "they have RateLimit-Limit"),
    "201 for 200": (spoils.created, "status", "Status 201 is answered where 200 is required"),
    "401 for 403": (spoils.unauthorised, "status", "Status 401 is answered where 403 is required"),
    "a broken compression": (spoils_of_delivery.broken_gzip, "compressed", "Content-Encoding: gzip"),
    "members in camel case": (spoils_of_delivery.in_camel_case, "members-renamed", "Members have other names"),
    "a page to log in": (spoils_of_delivery.login_page, "html", "HTML page"),
    "paths in lower case": (spoils_of_delivery.lower_case_paths, "kind-of-request", "with upper-case letters in the path"),
    "ids in lower case": (spoils_of_delivery.folded_ids, "text-changed", "Texts are answered in lower case"),
    "writes that show at once": (spoils_of_delivery.loads_at_once, "loads-at-once", "shows writes before a reload"),
    "a list without its last": (spoils_of_delivery.of_list(lambda value: value[:-1]), "list-lacks", "lacks 1 of "),
    "a list with all things twice": (spoils_of_delivery.of_list(lambda value: value * 2), "list-repeats", "more than once"),
    "a list that is cut": (spoils_of_delivery.of_list(lambda value: value[:3]), "list-cut", "never answers more than 3 items"),
    "a list in pages": (spoils_of_delivery.of_list(spoils_of_delivery.list_in_pages), "list-wrapped", "an object with a list"),
    "an old list": (spoils_of_delivery.cached_list, "lag", "The list GET /tyk/policies lags behind"),
    "reloads that take 3 s": (spoils_of_delivery.reloads_late, "lag", "Reads lag behind"),
    "connections dropped": (spoils_of_delivery.drops_connections, "no-answer", "closed without an answer"),
    "errors without a body": (spoils_of_delivery.strips_bodies_of_errors, "body", "Bodies are empty"),
    "bodies that are cut off": (spoils.truncates, "body-cut", "cut off after 300 bytes"),
    "errors as success": (spoils.errors_as_success, "errors-as-success", "Errors are answered with status 200"),
    "another encoding": (spoils.encodes_twice, "text-changed", "encoded twice"),
    "a repeated header": (spoils.repeats_content_type, "header-twice", "Content-Type more than once"),
    "translated errors": (spoils.translates_errors, "text-changed", "begin with 'Fehler: '"),
    "one organisation": (spoils.one_organisation, "value-fixed", "org_id is 5e9d9544a1dcd60001d0ed20 whatever"),
    "null for empty lists": (spoils.empty_lists_as_null, "type-changed", "Empty lists are answered as nulls"),
    "no HEAD": (spoils_of_delivery.no_head, "kind-of-request", "Requests with the method HEAD"),
    "404 for strangers": (spoils_of_delivery.hides_from_strangers, "status", "Status 404 is answered where 403 is required"),
    "the control API alone": (spoils_of_delivery.control_alone, "no-traffic", "none comes to its API"),
    "updates that merge": (spoils_of_state.merging, "merges", "merges an update"),
    "restarts without a disk": (spoils_of_state.restarting, "forgets", "restarts and keeps nothing"),
    "ids of its own": (spoils_of_state.ids_of_its_own, "other-ids", "other ids than they are sent with"),
    "writes without a secret": (spoils_of_state.open_writes(SECRET), "writes-need-no-secret", "carries out writes without a secret"),
    "no queries": (way.no_queries, "queries-dropped", "a reload without block=true is answered before"),
    **way.CASES,
    **spoils_of_parts.CASES,
    "answers of other requests": (way.mixed, "mixed", "Answers are those of other requests"),
    "large bodies are refused": (way.large_bodies_refused, "size-limit", "bytes or more are answered 413"),
    "a firewall": (way.firewall, "occasional-errors", "answered 403: <html>Request blocked"),
    "two deletes": (
        way.deletes_at_second(
            spoils_of_state.POLICY,
            lambda name: said(200, f'{{"key":"{name}","status":"ok","action":"deleted"}}\n'),
        ),
        "lost-writes", "a second one removes them",
    ),
    "a reload that forgets": (
        lambda: way.reload_forgets(spoils_of_state.LIST, MISSING), "forgets", "forgets at a reload",
    ),
    "policies of another place": (
        way.of_another_place(spoils_of_state.LIST, MISSING), "no-reload", "loads from another place",
    ),
    "another version told": (spoils.other_version("5.14.0"), "wrong-version", "answers like 5.12"),
}  # fmt: skip


def report_of(url: str, folder: Path, *flags: str) -> dict[str, Any]:
    """The report of a server that does not conform."""
    done = verify(url, "--report", folder / "r.json", *flags, TYK_GW_SECRET=SECRET)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "the suite failed" not in done.stdout
    report: dict[str, Any] = json.loads((folder / "r.json").read_text())
    first = report["findings"][0]["summary"]
    assert done.stdout.startswith(first.splitlines()[0])
    return report


@pytest.mark.parametrize("name", CASES)
def test_the_first_finding_is_the_true_cause(name: str, tmp_path: Path) -> None:
    """The first finding of a server that is broken in one way names that way, and no test fails by itself."""
    make, cause, words = CASES[name]
    with MockGateway(secret=SECRET) as gateway, proxied(gateway.url, make()) as url:
        report = report_of(url, tmp_path)
    first = report["findings"][0]
    assert first["cause"] == cause, first["summary"]
    assert words in first["summary"]
    assert report["counts"]["error"] == 0
    failed = {verdict["behaviour"] for verdict in report["verdicts"] if verdict["status"] == "failed"}
    assert {name for finding in report["findings"] for name in finding["behaviours"]} == failed
    assert SECRET not in json.dumps(report)


def test_a_proxy_that_spoils_nothing_conforms() -> None:
    """The proxy of these tests fails no behaviour by itself."""
    with (
        MockGateway(secret=SECRET) as gateway,
        proxied(gateway.url, lambda asked, forward: forward(asked)) as url,
    ):
        done = verify(url, TYK_GW_SECRET=SECRET)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("real", "judged"), [("5.12", "5.14"), ("5.12", "5.8"), ("5.8", "5.12")])
def test_a_wrong_version_is_named(real: str, judged: str, tmp_path: Path) -> None:
    """A gateway that is judged as another version is told to answer like its own."""
    with MockGateway(gateway=real, secret=SECRET) as gateway:
        report = report_of(gateway.url, tmp_path, "--gateway", judged)
    assert report["findings"][0]["summary"].startswith(
        f"The gateway answers like {real}, and is judged as {judged}: "
    )


def test_a_service_that_does_not_answer_in_time_is_named(tmp_path: Path) -> None:
    """A run that ends since an operation is never answered in time names the operation first."""
    with MockGateway(secret=SECRET) as gateway:
        gateway.fault("updatePolicy", delay=30, times=0)
        done = verify(gateway.url, "--timeout", "0.7", "--report", tmp_path / "r.json", TYK_GW_SECRET=SECRET)
    assert done.returncode in (1, 3), done.stdout
    first = json.loads((tmp_path / "r.json").read_text())["findings"][0]["summary"]
    assert "PUT /tyk/policies/{polID}" in first.partition(" got no answer (")[0]
    assert "no answer within 0.7 s" in first


def test_two_gateways_that_share_nothing_are_named(tmp_path: Path) -> None:
    """Two gateways behind one address that share nothing are told as such."""
    with MockGateway(secret=SECRET) as one, MockGateway(secret=SECRET) as other:
        behind = Upstream(other.url)
        with closing(behind), proxied(one.url, spoils_of_state.divided(behind)) as url:
            report = report_of(url, tmp_path, "--quick")
    assert report["findings"][0]["cause"] == "divided"


def test_keys_of_another_gateway_are_named(tmp_path: Path) -> None:
    """A gateway whose keys are written to another one is told as such."""
    with MockGateway(secret=SECRET) as one, MockGateway(secret=SECRET) as other:
        behind = Upstream(other.url)
        with closing(behind), proxied(one.url, spoils_of_parts.keys_elsewhere(behind)) as url:
            report = report_of(url, tmp_path)
    assert report["findings"][0]["cause"] == "unadmitted-keys"
