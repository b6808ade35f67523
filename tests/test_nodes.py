"""Nodes of a Dashboard: gateways register, pull policies and APIs, ping, and leave."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from dashboards import RIGHT, add, ask

from mockserver import MockDashboard
from mockserver.dashboard.dashboard import Dashboard
from mockserver.dashboard.nodes import nodes
from mockserver.dashboard.nodes.admission import LONGEST
from mockserver.dashboard.nodes.nodes import Node
from mockserver.http.client import Client

SECRET = ("authorization", "mock-node-secret")
PULLS = ["/system/policies", "/system/apis", "/system/clientidps"]
OPERATIONS = [
    ("GET", "/register/node"), ("GET", "/register/ping"), *[("GET", path) for path in PULLS],
    ("DELETE", "/system/node"), ("POST", "/system/key/quota_trigger"),
]  # fmt: skip


class Gateway:
    """The requests of one gateway, which hands each nonce on."""

    def __init__(self, dashboard: MockDashboard, node_id: str = "", nonce: str = "") -> None:
        self.dashboard = dashboard
        self.node_id = node_id
        self.nonce = nonce

    def send(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        headers = [SECRET, ("x-tyk-hostname", "host"), ("x-tyk-session-id", "5e55")]
        if self.node_id:
            headers += [("x-tyk-nodeid", self.node_id), ("x-tyk-nonce", self.nonce)]
        status, answer = ask(self.dashboard, method, path, body, *headers)
        self.nonce = answer.get("Nonce", self.nonce)
        return status, answer

    def register(self) -> Gateway:
        status, answer = self.send("GET", "/register/node")
        assert status == 200, answer
        self.node_id = answer["Message"]["NodeID"]
        return self

    def pull(self, path: str = "/system/policies") -> list[dict[str, Any]]:
        status, answer = self.send("GET", path)
        assert status == 200, answer
        listing: list[dict[str, Any]] = answer["Message"]
        return listing

    @property
    def node(self) -> Node:
        node = self.dashboard.state.nodes.get(self.node_id)
        assert node is not None
        return node


@pytest.fixture(name="strict")
def _strict() -> Any:
    with MockDashboard(with_gateway=False, strict_nonces=True) as dashboard:
        yield dashboard


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
@pytest.mark.parametrize("secret", ["", "wrong", "mock-node-secret0", "Bearer mock-node-secret"])
def test_a_wrong_node_secret_is_refused(
    dashboard: MockDashboard, method: str, path: str, secret: str
) -> None:
    """Each request of a node without the node secret answers 403, and nothing is changed."""
    status, answer = ask(dashboard, method, path, None, ("authorization", secret))
    assert (status, answer["Message"]) == (403, "Authorization failed (Secret incorrect)")
    assert not dashboard.state.nodes.all()


def test_an_empty_node_secret_admits_nobody() -> None:
    """A Dashboard without a node secret refuses nodes that send none."""
    with MockDashboard(with_gateway=False, config={"shared_node_secret": ""}) as dashboard:
        assert ask(dashboard, "GET", "/register/node", None, ("authorization", ""))[0] == 403


def test_a_node_is_given_all_policies(dashboard: MockDashboard) -> None:
    """A node pulls the policies as GET answers them, drafts and inactive ones too, and the table notes them."""
    gold = add(dashboard, name="Gold", id="gold", access_rights={"orders": RIGHT})
    add(dashboard, name="Draft", id="draft", state="draft")
    gateway = Gateway(dashboard).register()
    policies = gateway.pull()
    assert [policy["id"] for policy in policies] == ["gold", "draft"]
    assert policies[0] == ask(dashboard, "GET", f"/api/portal/policies/{gold}")[1]
    org_id = dashboard.state.organisation
    assert set(gateway.node.delivered or ()) == {(org_id, "gold"), (org_id, "draft")}
    assert not [entry.violations for entry in dashboard.journal if entry.violations]


def test_a_node_is_given_policies_of_today_in_the_style_of_2017() -> None:
    """A gateway does not know apiid: a Dashboard in the style of 2017 gives it api_id all the same."""
    with MockDashboard(with_gateway=False, style="2017") as dashboard:
        add(dashboard, access_rights={"orders": RIGHT})
        (policy,) = Gateway(dashboard).register().pull()
    assert policy["access_rights"]["orders"]["api_id"] == "orders"


def test_a_node_is_given_all_apis(dashboard: MockDashboard) -> None:
    """A node pulls the API definitions with their tags, by which a segmented gateway selects."""
    definition = {"name": "Orders", "tags": ["edge"], "proxy": {"listen_path": "/orders/"}}
    created = ask(dashboard, "POST", "/api/apis", {"api_definition": definition})[1]
    (api,) = Gateway(dashboard).register().pull("/system/apis")
    assert api["api_definition"]["api_id"] == created["ID"]
    assert api["api_definition"]["tags"] == ["edge"]
    assert not [entry.violations for entry in dashboard.journal if entry.violations]


def test_a_nonce_is_the_node_id_and_a_random_part(dashboard: MockDashboard) -> None:
    """Each answer holds another nonce: base64 of the node id and 32 hex digits."""
    gateway = Gateway(dashboard).register()
    first = gateway.nonce
    gateway.send("GET", "/register/ping")
    decoded = base64.b64decode(gateway.nonce).decode()
    assert (decoded[:36], len(decoded), first != gateway.nonce) == (gateway.node_id, 68, True)


@pytest.mark.parametrize("path", PULLS)
def test_a_pull_is_never_refused_for_its_nonce(dashboard: MockDashboard, path: str) -> None:
    """A pull is admitted without a nonce and by a node that is not known, as after a restart of the Dashboard."""
    gateway = Gateway(dashboard, "solo-5e55")
    assert gateway.send("GET", path)[0] == 200
    assert [node.id for node in dashboard.state.nodes.all()] == ["solo-5e55"]


def test_a_ping_of_an_unknown_node_is_refused(dashboard: MockDashboard) -> None:
    """A gateway whose node id is lost learns it by its ping, and registers again."""
    status, answer = Gateway(dashboard, "lost").send("GET", "/register/ping")
    assert (status, answer["Message"]) == (403, "No node ID Found")


@pytest.mark.parametrize(
    ("node_id", "nonce", "message"),
    [
        ("", "old", "No node ID Found"),
        ("lost", "old", "No node ID Found"),
        (None, "old", "Nonce failed"),
        (None, "", "Authorization failed (Nonce empty)"),
    ],
)
@pytest.mark.parametrize("path", [*PULLS, "/register/ping"])
def test_a_strict_dashboard_takes_the_newest_nonce_alone(
    strict: MockDashboard, path: str, node_id: str | None, nonce: str, message: str
) -> None:
    """A strict Dashboard refuses an unknown node, an empty nonce and any but the newest one."""
    gateway = Gateway(strict).register()
    other = Gateway(strict, gateway.node_id if node_id is None else node_id, nonce)
    if nonce == "old":
        other.nonce = gateway.nonce
        assert gateway.send("GET", path)[0] == 200
    assert other.send("GET", path) == (403, {"Status": "Error", "Message": message, "Meta": None})
    assert gateway.send("GET", path)[0] == 200


def test_a_process_that_registers_again_is_one_node(dashboard: MockDashboard) -> None:
    """A gateway that registers again gets another id, and its former node is gone."""
    gateway = Gateway(dashboard).register()
    first = gateway.node_id
    gateway.register()
    assert [node.id for node in dashboard.state.nodes.all()] == [gateway.node_id] != [first]


def test_a_node_leaves(dashboard: MockDashboard) -> None:
    """A gateway that stops is no node any more, and its nonce is answered."""
    gateway = Gateway(dashboard).register()
    status, answer = gateway.send("DELETE", "/system/node")
    assert (status, bool(answer["Nonce"]), dashboard.state.nodes.all()) == (200, True, [])


def test_a_quota_trigger_is_in_the_journal(dashboard: MockDashboard) -> None:
    """What a gateway tells of a used quota is answered with a nonce, and stands in the journal."""
    gateway = Gateway(dashboard).register()
    body = {"org_id": "o", "key": "k", "trigger_limit": 80, "usage_percentage": 80.5}
    assert gateway.send("POST", "/system/key/quota_trigger", body)[0] == 200
    assert b'"trigger_limit": 80' in [*dashboard.journal][-1].request.body


def test_an_empty_list_is_warned_of(dashboard: MockDashboard, caplog: pytest.LogCaptureFixture) -> None:
    """A node that had policies and is given none drops them all, which the Dashboard says before."""
    policy_id = add(dashboard)
    gateway = Gateway(dashboard).register()
    assert len(gateway.pull()) == 1
    ask(dashboard, "DELETE", f"/api/portal/policies/{policy_id}")
    assert gateway.pull() == []
    wanted = f"node {gateway.node_id} was given no policies: a gateway then drops all 1 that it had"
    assert wanted in caplog.text
    assert [*gateway.node.warnings] == [wanted]


def test_the_number_of_changes_is_told(dashboard: MockDashboard) -> None:
    """Each answer to a node has the number of changes, so that a gateway of ours knows that a reload is due."""

    def changes() -> int:
        with Client(dashboard.url) as client:
            answer = client.send("GET", "/register/node", [SECRET])
        return int(dict(answer.headers)["X-Mock-Changes"])

    before = changes()
    add(dashboard)
    assert changes() == before + 1
    ask(dashboard, "GET", "/admin/system/reload", None, ("admin-auth", "mock-admin-secret"))
    assert changes() == before + 2


@pytest.mark.parametrize(
    ("scenario", "path", "wanted"),
    [
        ("nonce-lost", "/register/ping", (403, "Nonce failed")),
        ("nonce-lost", "/system/policies", (403, "Nonce failed")),
        ("register-conflict", "/register/node", (409, "Another registration operation in progress")),
    ],
)
def test_a_scenario_refuses(
    dashboard: MockDashboard, scenario: str, path: str, wanted: tuple[int, str]
) -> None:
    """A scenario answers as many requests of its operations as it is set for, and then no more."""
    gateway = Gateway(dashboard).register()
    status, answer = ask(dashboard, "POST", "/_mock/faults", {"scenario": scenario, "times": 2})
    assert (status, answer["effect"].startswith("The gateway ")) == (200, True)
    for _ in range(2):
        status, answer = gateway.send("GET", path)
        assert (status, answer["Message"]) == wanted
    assert gateway.send("GET", path)[0] == 200


def test_the_scenario_of_an_empty_list(dashboard: MockDashboard) -> None:
    """A node is given no policies once, though there are some."""
    add(dashboard)
    gateway = Gateway(dashboard).register()
    dashboard.fault(scenario="empty-list")
    assert [len(gateway.pull()) for _ in range(2)] == [0, 1]


def test_the_scenario_of_a_bad_id(dashboard: MockDashboard) -> None:
    """A node is given one policy whose database id is not hexadecimal, once."""
    policy_id = add(dashboard)
    gateway = Gateway(dashboard).register()
    dashboard.fault(scenario="bad-id")
    assert [policy["_id"] for _ in range(2) for policy in gateway.pull()] == ["not-hexadecimal", policy_id]


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"scenario": "unknown"}, "there is no scenario 'unknown'; give one of nonce-lost, "),
        ({"scenario": "gone", "operation": "getPolicy"}, "leave out operation"),
        ({"scenario": 1}, "scenario cannot be 1"),
    ],
)
def test_a_wrong_scenario_is_refused(dashboard: MockDashboard, fault: Any, message: str) -> None:
    """A scenario that does not exist, or that is given operations, is a clear error."""
    status, answer = ask(dashboard, "POST", "/_mock/faults", fault)
    assert (status, message in answer["message"]) == (400, True), answer


def test_nodes_are_forgotten_by_a_reset(dashboard: MockDashboard) -> None:
    """After a reset there are no nodes."""
    Gateway(dashboard).register()
    dashboard.reset()
    assert not dashboard.state.nodes.all()


def test_policies_of_one_organisation(dashboard: MockDashboard) -> None:
    """A data plane is given the policies of its organisation; a node those of all."""
    add(dashboard, name="Gold")
    state: Dashboard = dashboard.state
    state.policies.import_all([{**state.policies.all("")[0], "_id": "", "org_id": "5" * 24, "name": "Other"}])
    names = [policy["name"] for policy in state.policies_of_nodes("5" * 24)]
    assert (names, len(state.policies_of_nodes())) == (["Other"], 2)


def test_the_table_of_nodes_is_bounded(dashboard: MockDashboard, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit of nodes that one goes that has not come for longest, also where it chose its id."""
    monkeypatch.setattr(nodes, "MAX_NODES", 3)
    first = Gateway(dashboard).register()
    for name in ("a", "b", "c", "d"):
        Gateway(dashboard, name).pull()
        dashboard.advance(1)
        first.pull()
    assert {node.id for node in dashboard.state.nodes.all()} == {first.node_id, "c", "d"}


def test_what_a_node_tells_about_itself_is_bounded(dashboard: MockDashboard) -> None:
    """Long names of a machine and a process are cut, and a long node id is refused."""
    told = [("x-tyk-hostname", "h" * 9_000), ("x-tyk-session-id", "s" * 9_000)]
    assert ask(dashboard, "GET", "/register/node", None, SECRET, *told)[0] == 200
    [node] = dashboard.state.nodes.all()
    assert (len(node.hostname), len(node.session_id)) == (LONGEST, LONGEST)
    assert Gateway(dashboard, "n" * (LONGEST + 1)).send("GET", "/system/policies")[0] == 403
    assert Gateway(dashboard, "n" * LONGEST).send("GET", "/system/policies")[0] == 200
