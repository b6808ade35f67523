"""`tyk-contract verify --service dashboard`, as a process, on sound and faulty Dashboards."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from serving import run_command, verify

from mockserver import MockDashboard, MockGateway
from mockserver.dashboard import listing, policies, replies, service
from mockserver.dashboard.handlers import registration
from mockserver.dashboard.policy_forms import Form
from mockserver.http.messages import Reply, Request
from mockserver.service.json_replies import json_reply

pytestmark = pytest.mark.slow  # whole commands and servers

KEY = "6b6579206f662061207465737420ff01"
RIGHTS = {"orders": {"api_id": "orders", "api_name": "Orders", "versions": ["Default"]}}


@pytest.fixture(name="dashboard")
def _dashboard() -> Iterator[MockDashboard]:
    with MockDashboard(key=KEY, with_gateway=False) as dashboard:
        yield dashboard


@dataclass(frozen=True)
class Judged:
    """A run that ended: the exit code, what it printed, and the verdicts of its report by behaviour."""

    code: int
    text: str
    report: dict[str, Any]

    @property
    def verdicts(self) -> dict[str, dict[str, Any]]:
        """The verdicts by behaviour."""
        return {verdict["behaviour"]: verdict for verdict in self.report["verdicts"]}

    def ids(self, status: str) -> set[str]:
        """The behaviours whose verdicts have a status."""
        return {name for name, verdict in self.verdicts.items() if verdict["status"] == status}


def judged(dashboard: MockDashboard, folder: Path, *flags: str, key: str = KEY) -> Judged:
    """A run over a Dashboard, with its report in a folder."""
    path = folder / "report.json"
    done = verify("--service", "dashboard", dashboard.url, "--report", path, *flags, TYK_DASHBOARD_KEY=key)
    assert path.exists(), done.stdout + done.stderr
    text = done.stdout + done.stderr + path.read_text()
    assert key not in text
    return Judged(done.returncode, done.stdout, json.loads(path.read_text()))


def test_a_sound_dashboard_conforms_and_is_left_as_it_was(dashboard: MockDashboard, tmp_path: Path) -> None:
    """A sound Dashboard gives exit code 0; the run leaves nothing behind, and the policies of others alone."""
    dashboard.policies.seed(*({"name": f"mine {n}", "rate": n, "access_rights": RIGHTS} for n in range(12)))
    before = dict(dashboard.policies)
    done = judged(dashboard, tmp_path, "--strict")
    assert done.code == 0, done.text
    assert dict(dashboard.policies) == before
    assert dashboard.state.apis.all(dashboard.state.organisation) == []
    assert done.report["leftovers"] == []
    assert (done.report["service"], done.report["gateway"]) == ("dashboard", "5.13.1")
    assert done.ids("observed") == set()
    assert len(done.ids("passed")) == 59
    assert "assumed, for /hello says no version" in done.text


def test_a_faulty_dashboard_is_named(tmp_path: Path) -> None:
    """A faulty Dashboard gives exit code 1, and a failure with a line to paste that has no key in it."""
    with MockDashboard(key=KEY, with_gateway=False, without=frozenset({"empty-id-is-filled"})) as dashboard:
        done = judged(dashboard, tmp_path, "--quick")
        line = done.verdicts["empty-id-is-filled"]["curl"][0]
        shown = subprocess.run(
            ["bash", "-c", line], capture_output=True, text=True, check=True,
            env={**os.environ, "TYK_DASHBOARD_KEY": KEY},
        )  # fmt: skip
    assert done.code == 1
    assert done.ids("failed") == {"empty-id-is-filled"}
    assert done.text.startswith("empty-id-is-filled (addPolicy): expected 200")
    assert "\n  requirement  The id of a policy" in done.text
    assert "[RN:1285, 2885]" in done.text
    assert "-H 'Authorization: '\"$TYK_DASHBOARD_KEY\"" in line
    assert line in done.text
    assert '{"Status":"OK","Message":"' in shown.stdout


def test_a_user_who_may_create_no_apis(dashboard: MockDashboard, tmp_path: Path) -> None:
    """What needs APIs is not applicable for a user who may write policies alone, and all else is judged."""
    users, organisation = dashboard.state.users, dashboard.state.organisation
    user = users.create(organisation, {"email_address": "a@b.c", "user_permissions": {"policies": "write"}})
    done = judged(dashboard, tmp_path, "--strict", key=user["access_key"])
    assert done.code == 0, done.text
    verdict = done.verdicts["several-auth-types-are-one"]
    assert verdict["status"] == "not applicable"
    assert "no API can be created here: 403 access denied" in verdict["reason"]


def _key_after_bearer(request: Request) -> str:
    value = request.header("authorization")
    return value.removeprefix("Bearer ") if value.startswith("Bearer ") else ""


def test_a_dashboard_that_takes_the_key_after_bearer_only(
    dashboard: MockDashboard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Dashboard that takes the key only after Bearer is judged by all rows, and fails that on the bare key alone."""
    for module in (registration, service):
        monkeypatch.setattr(module, "key_of", _key_after_bearer)
    dashboard.policies.seed({"name": "tyk-contract-0123abcd-left"})
    done = judged(dashboard, tmp_path, "--quick")
    assert done.code == 1
    assert done.ids("failed") == {"key-is-bare"}
    assert len(done.ids("passed")) > 40
    cleaned = run_command("clean", dashboard.url, "--service", "dashboard", "--yes", TYK_DASHBOARD_KEY=KEY)
    assert cleaned.stdout.endswith("removed: 1 of 1\n"), cleaned.stderr
    assert not dashboard.policies


def _status_201(self: Form, object_id: str) -> Reply:
    return json_reply({"Status": "OK", "Message": object_id, "Meta": None}, 201)


def _meta_object(self: Form, object_id: str) -> Reply:
    return replies.ok(object_id, {"id": object_id})


def _message_text(self: Form, object_id: str) -> Reply:
    return replies.ok("Policy created")


def _page_ignored(self: listing.Paging, items: list[Any]) -> list[Any]:
    return items[: self.size]


def _null_list(self: Form, items: Any, pages: int) -> Reply:
    return json_reply({"Data": [*map(self.document, items)] or None, "Pages": pages})


def _not_removed(self: policies.Policies, org_id: str, policy_id: str) -> None:
    self.get(org_id, policy_id)


FAULTS = [
    pytest.param(Form, "created", _status_201, "create-returns-object-id", id="201"),
    pytest.param(Form, "created", _meta_object, "meta-is-text-or-null", id="meta"),
    pytest.param(Form, "created", _message_text, "create-returns-object-id", id="message"),
    pytest.param(Form, "listing", _null_list, "list-is-an-array", id="null"),
    pytest.param(listing.Paging, "select", _page_ignored, "negative-page-lists-all", id="p"),
    pytest.param(policies.Policies, "delete", _not_removed, "deleted-policy-is-gone", id="delete"),
]


@pytest.mark.parametrize(("owner", "name", "fault", "row"), FAULTS)
def test_a_fault_fails_its_row(
    owner: type, name: str, fault: Any, row: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Dashboard with one fault fails the row that tells of it, with exit code 1."""
    monkeypatch.setattr(owner, name, fault)
    with MockDashboard(key=KEY, with_gateway=False) as dashboard:
        done = judged(dashboard, tmp_path, "--quick")
    assert done.code == 1
    assert row in done.ids("failed"), done.text


@pytest.fixture(name="unsure")
def _unsure(monkeypatch: pytest.MonkeyPatch) -> Iterator[MockDashboard]:
    """A Dashboard that differs in what is known of a single export alone: Pages of a list of all policies."""
    pages = listing.Paging.pages
    monkeypatch.setattr(listing.Paging, "pages", lambda self, count: max(1, pages(self, count)))
    with MockDashboard(key=KEY, with_gateway=False) as dashboard:
        yield dashboard


def test_what_is_not_known_well_is_observed(unsure: MockDashboard, tmp_path: Path) -> None:
    """A difference from thin evidence is observed, with both sides, and the Dashboard conforms."""
    done = judged(unsure, tmp_path, "--quick")
    assert done.code == 0, done.text
    assert done.ids("observed") == {"all-pages-are-minus-one"}
    assert "observed  all-pages-are-minus-one: expected Pages -1; actual Pages 1" in done.text


def test_a_strict_run_fails_what_is_not_known_well(unsure: MockDashboard, tmp_path: Path) -> None:
    """With --strict a difference from thin evidence fails too."""
    done = judged(unsure, tmp_path, "--quick", "--strict")
    assert done.code == 1
    assert done.ids("failed") == {"all-pages-are-minus-one"}


def test_a_wrong_key_is_a_usage_error(dashboard: MockDashboard) -> None:
    """A wrong key gives exit code 2, and the variable that takes the right one."""
    done = verify("--service", "dashboard", dashboard.url, TYK_DASHBOARD_KEY="wrong")
    assert done.returncode == 2
    assert "refuses the secret; give it in TYK_DASHBOARD_KEY or a file" in done.stderr


def test_no_dashboard_is_unreachable(dashboard: MockDashboard) -> None:
    """A URL that nothing listens at gives exit code 3."""
    dashboard.close()
    done = verify("--service", "dashboard", dashboard.url, TYK_DASHBOARD_KEY=KEY)
    assert done.returncode == 3
    assert "is a dashboard running there?" in done.stderr


def test_a_gateway_is_no_dashboard() -> None:
    """The URL of a gateway gives exit code 3, and a line that says so."""
    with MockGateway() as gateway:
        done = verify("--service", "dashboard", gateway.url, TYK_DASHBOARD_KEY=KEY)
    assert done.returncode == 3
    wanted = "is a Tyk gateway, not a Tyk Dashboard: GET /api/portal/policies answers 404; check the URL"
    assert f"{wanted}; for a gateway, give --service gateway" in done.stderr


def test_a_dashboard_is_no_gateway(dashboard: MockDashboard) -> None:
    """The URL of a Dashboard given as that of a gateway gives exit code 3."""
    done = verify(dashboard.url, TYK_GW_SECRET=KEY)
    assert done.returncode == 3
    assert "is a Tyk Dashboard, not a Tyk gateway: GET /tyk/policies answers 404" in done.stderr


def test_a_version_that_is_asked_for_is_judged() -> None:
    """The rules of a Dashboard version hold for a run that asks for it."""
    done = verify("--service", "dashboard", "--dashboard", "5.3", "--quick")
    assert done.returncode == 0, done.stdout
    assert "dashboard 5.3.0 (as asked for)" in done.stdout
