"""A control plane gives its data planes what is theirs, and tells them of changes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from asking import wait_until
from dashboards import ADMIN, RIGHT, add, ask
from planes import WAIT, Plane, plane, planes_of, second_organisation

from mockserver import MockDashboard
from mockserver.dashboard.mdcb import control_plane
from mockserver.dashboard.mdcb.control_plane import FUNCTIONS
from mockserver.dashboard.nodes.nodes import MAX_NODES, Node
from mockserver.golang.rpc.calls import DEFINITIONS, GROUP_KEYS, LOGIN, VALUE
from mockserver.golang.rpc.errors import CallRefused
from mockserver.golang.rpc.gob_types import Named
from mockserver.http.client import Client


def test_no_plane_is_served_by_default() -> None:
    """A Dashboard without a port for planes has no address of one."""
    with MockDashboard(with_gateway=False) as mdcb:
        assert mdcb.mdcb_address == ""


def test_a_wrong_key_is_refused(mdcb: MockDashboard) -> None:
    """A gateway with a key that no user has is not let in, with a group or without one."""
    gateway = Plane(mdcb)
    with gateway.client:
        assert gateway.call("LoginWithGroup", Named(LOGIN, {"UserKey": "wrong", "GroupID": "eu"})) is False
        assert gateway.call("Login", "wrong") is False
        assert gateway.call("Login", mdcb.key) is True
        assert gateway.policies() == []


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - {"Login", "LoginWithGroup", "Ping", "Disconnect"}))
def test_nothing_is_given_without_a_login(mdcb: MockDashboard, name: str) -> None:
    """A gateway that is not logged in gets the text after which it logs in."""
    gateway = Plane(mdcb)
    struct = {"GetApiDefinitions": DEFINITIONS, "GetClientIdPs": DEFINITIONS, "SetKey": VALUE}
    argument: Any = Named(struct[name], {}) if name in struct else gateway.org
    if name == "GetGroupKeySpaceUpdate":
        argument = Named(GROUP_KEYS, {"OrgID": gateway.org})
    with gateway.client, pytest.raises(CallRefused, match=r"^Access Denied$"):
        gateway.call(name, argument)


def test_a_plane_is_given_the_policies_and_apis(mdcb: MockDashboard) -> None:
    """A plane gets the policies and APIs as gateways get them over HTTP, and no client IdPs."""
    policy_id = add(mdcb, access_rights={"orders": RIGHT})
    ask(mdcb, "POST", "/api/apis", {"api_definition": {"name": "a", "api_id": "orders"}})
    with plane(mdcb) as gateway:
        assert gateway.policies() == mdcb.state.policies_of_nodes(gateway.org)
        assert [policy["_id"] for policy in gateway.policies()] == [policy_id]
        assert gateway.apis() == mdcb.state.apis_of_nodes(gateway.org)
        assert gateway.call("GetClientIdPs", Named(DEFINITIONS, {"OrgId": gateway.org})) == "[]"
        assert gateway.call("CheckIdPReload", gateway.org) == []
        assert gateway.call("Ping") is True


def test_odd_texts_reach_a_plane(mdcb: MockDashboard) -> None:
    """A policy whose name has half a surrogate pair is given as JSON that has it too."""
    add(mdcb, name="\ud800é")
    with plane(mdcb) as gateway:
        assert [policy["name"] for policy in gateway.policies()] == [
            policy["name"] for policy in mdcb.state.policies_of_nodes(gateway.org)
        ]


def test_apis_are_filtered_for_a_segmented_plane(mdcb: MockDashboard) -> None:
    """A plane with tags gets the APIs with one of them; OpenAPI documents come on request."""
    ask(mdcb, "POST", "/api/apis", {"api_definition": {"name": "eu", "tags": ["eu"]}})
    ask(mdcb, "POST", "/api/apis", {"api_definition": {"name": "us", "tags": ["us"]}})
    ask(
        mdcb,
        "POST",
        "/api/apis",
        {"api_definition": {"name": "off", "tags": ["eu"], "tags_disabled": True}},
    )
    extension = {
        "info": {"name": "open", "state": {"active": True}},
        "server": {"listenPath": {"value": "/o/"}},
    }
    openapi = {
        "openapi": "3.0.3",
        "info": {"title": "open", "version": "1"},
        "paths": {},
        "x-tyk-api-gateway": extension,
    }
    assert ask(mdcb, "POST", "/api/apis/oas", openapi)[0] == 200
    with plane(mdcb) as gateway:
        assert [api["api_definition"]["name"] for api in gateway.apis("eu", "x")] == ["eu"]
        assert len(gateway.apis()) == 4
        assert [api for api in gateway.apis() if "oas" in api]
        assert not [api for api in gateway.apis(openapi=False) if "oas" in api]


def test_organisations_are_kept_apart(mdcb: MockDashboard) -> None:
    """A plane sees the objects of its user's organisation alone, and is not told of others' changes."""
    org, key = second_organisation(mdcb)
    with plane(mdcb, "eu", key) as other, plane(mdcb, "eu") as gateway:
        add(mdcb)
        with pytest.raises(CallRefused, match=f"is of the organisation {org}, not of '{gateway.org}'"):
            other.policies()
        other.org = org
        assert other.policies() == []
        assert not other.reloads()
        assert gateway.reloads()


def test_each_group_is_told_once_of_a_change(mdcb: MockDashboard) -> None:
    """A change is told to one gateway of each group, and again to none of them."""
    with (
        plane(mdcb, "eu", node_id="a") as first,
        plane(mdcb, "eu", node_id="b") as second,
        plane(mdcb, "us", node_id="c") as third,
    ):
        assert not first.reloads()
        add(mdcb)
        assert [first.reloads(), second.reloads(), third.reloads()] == [True, False, True]
        assert not third.reloads()


@pytest.mark.parametrize("method", ["PUT", "DELETE", "reload"])
def test_a_waiting_plane_is_told_at_once(
    mdcb: MockDashboard, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call that waits is answered as soon as a policy changes, or a reload is asked for."""
    monkeypatch.setattr(control_plane, "LONG_POLL", WAIT)
    policy_id = add(mdcb)
    with plane(mdcb) as gateway, ThreadPoolExecutor(1) as pool:
        answer = pool.submit(gateway.reloads)
        if method == "reload":
            mdcb.state.changes.ask_for_reload()
        else:
            body = {"name": "Silver"} if method == "PUT" else None
            assert ask(mdcb, method, f"/api/portal/policies/{policy_id}", body)[0] == 200
        assert answer.result(WAIT) is True


def test_a_change_waits_for_a_plane_that_is_away(mdcb: MockDashboard) -> None:
    """A group that was away at a change is told when a gateway of it comes back."""
    with plane(mdcb):
        pass
    add(mdcb)
    with plane(mdcb) as gateway:
        assert gateway.reloads()


def test_a_plane_with_older_objects_is_told_to_reload(mdcb: MockDashboard) -> None:
    """A gateway that loaded its policies before this control plane began reloads once."""
    with plane(mdcb, stats={"apis_count": 1, "policies_count": 1}) as gateway:
        assert gateway.reloads()
        gateway.login()
        assert not gateway.reloads()


def test_a_plane_is_a_node(mdcb: MockDashboard) -> None:
    """A plane is in the table of nodes, with what it was given and what it says to have loaded."""
    policy_id = add(mdcb)
    with plane(mdcb) as gateway:
        node = mdcb.state.nodes.get("solo-1")
        assert node is not None
        assert (node.protocol, node.organisation, node.group) == ("mdcb", gateway.org, "eu")
        assert (node.version, node.hostname, node.tags) == ("v5.14.0", "edge", ("eu",))
        assert node.delivered is None
        gateway.policies()
        assert list(node.delivered or ()) == [(gateway.org, policy_id)]
        assert node.change == mdcb.state.changes.count
        gateway.login(stats={"policies_count": 1, "loaded_policies": [{"policy_id": policy_id}]})
        assert node.loaded == frozenset({policy_id})
        assert list(node.delivered or ()) == [(gateway.org, policy_id)]
        gateway.login(stats={"policies_count": 1})  # as versions before 5.12.0 tell
        assert node.loaded is None


@pytest.mark.parametrize("logs_in", [False, True])
def test_a_plane_that_stops_is_no_node(mdcb: MockDashboard, *, logs_in: bool) -> None:
    """A gateway that says that it stops is no node any more, also if it logs in once more before it ends."""
    with plane(mdcb) as gateway:
        gateway.call("Disconnect", Named(LOGIN, {"UserKey": mdcb.key}))
        assert mdcb.state.nodes.get("solo-1") is None
        assert gateway.policies() == []
        if logs_in:
            gateway.login()
    wait_until(lambda: not planes_of(mdcb))


def test_what_a_plane_tells_is_cut(mdcb: MockDashboard) -> None:
    """Of long texts and many tags the begin is kept, and of too much nothing."""
    told = {"host_details": {"Hostname": "h" * 1000}, "tags": ["t"] * 1000}
    with plane(mdcb, "g" * 1000, **told) as gateway:
        [node] = planes_of(mdcb)
        assert (len(node.hostname), len(node.tags), len(node.group)) == (256, 100, 256)
        gateway.login(padding="p" * (4 << 20))
        assert len(planes_of(mdcb)) == 2
        gateway.login(stats={"policies_count": 1, "loaded_policies": [{}] * 20_001})
        assert node.loaded is None


def test_a_plane_that_is_cut_off_stays_a_node(mdcb: MockDashboard) -> None:
    """A gateway that is gone without a word stays in the table, for it may serve on."""
    with plane(mdcb):
        pass
    assert [node.id for node in planes_of(mdcb)] == ["solo-1"]


@pytest.mark.parametrize(
    "node", [b"", b"null", b"{", b'{"stats": 1, "tags": {}, "node_id": 5, "host_details": []}']
)
def test_a_login_without_a_node_is_accepted(mdcb: MockDashboard, node: bytes) -> None:
    """A gateway that tells nothing of itself, or nonsense, is a node, whose id does not tell its connection id."""
    gateway = Plane(mdcb)
    with gateway.client:
        assert gateway.call("LoginWithGroup", Named(LOGIN, {"UserKey": mdcb.key, "Node": node}))
        [entry] = planes_of(mdcb)
        assert gateway.call("LoginWithGroup", Named(LOGIN, {"UserKey": mdcb.key, "Node": node}))
        assert planes_of(mdcb) == [entry]
        assert entry.id
        assert gateway.client.connection_id not in str(ask(mdcb, "GET", "/_mock/nodes"))
        assert [node.group for node in planes_of(mdcb)] == ["ungrouped"]


@pytest.mark.parametrize("change", ["DELETE", "key"])
def test_a_user_without_the_key_admits_no_plane(mdcb: MockDashboard, change: str) -> None:
    """A plane is refused from the moment when its user is removed or is given another key."""
    org, key = second_organisation(mdcb)
    with plane(mdcb, "eu", key) as gateway:
        gateway.org = org
        assert gateway.policies() == []
        [user] = mdcb.state.users.all(org)
        if change == "key":
            mdcb.state.users.renew_key(user)
        else:
            mdcb.state.users.delete(user)
        with pytest.raises(CallRefused, match=r"^Access Denied$"):
            gateway.policies()
        assert gateway.call("Login", key) is False


def test_a_connection_without_an_id_is_not_let_in(mdcb: MockDashboard) -> None:
    """A client without a connection id cannot log in, for others without one would be in with it."""
    gateway = Plane(mdcb)
    gateway.client.connection_id = ""
    with gateway.client, pytest.raises(CallRefused, match="the connection has no id"):
        gateway.call("Login", mdcb.key)


def test_a_plane_takes_no_node_of_others(mdcb: MockDashboard) -> None:
    """A plane that tells the id of a node of another organisation is a node of its own, with another id."""
    org, key = second_organisation(mdcb)
    with plane(mdcb, node_id="taken"), plane(mdcb, key=key, node_id="taken") as other:
        other.login()
        nodes = {node.organisation: node.id for node in planes_of(mdcb)}
        assert sorted(nodes) == sorted((mdcb.state.organisation, org))
        assert nodes[mdcb.state.organisation] == "taken" != nodes[org]


def test_an_organisation_drives_no_node_of_others_out(mdcb: MockDashboard) -> None:
    """When there are too many nodes, one goes of the organisation that has most of them."""
    with plane(mdcb):
        for number in range(MAX_NODES + 5):
            mdcb.state.nodes.add(Node(str(number), "mdcb", organisation="other"))
        assert mdcb.state.nodes.get("solo-1") is not None
        assert len(mdcb.state.nodes.all()) == MAX_NODES


def test_texts_that_are_no_unicode_are_shown(mdcb: MockDashboard) -> None:
    """Names with half a surrogate pair, or with tags, are shown on the page and in lists without effect."""
    name = "<script>\ud800"
    with plane(mdcb, "\udcff", node_id=name, host_details={"Hostname": name}, tags=[name]) as gateway:
        gateway.policies()
        for path in ("/_mock/propagation", "/_mock/nodes", "/_mock/planes", "/_mock/changes"):
            assert ask(mdcb, "GET", path)[0] == 200
        assert ask(mdcb, "GET", "/dataplanes", None, ("X-Tyk-Authorization", ADMIN[0][1]))[0] == 200
        with Client(mdcb.url) as client:
            page = client.send("GET", "/_mock/propagation", [("Accept", "text/html")])
        assert page.status == 200
        assert b"&lt;script&gt;\\ud800" in page.body
        assert b"<script>\\" not in page.body
