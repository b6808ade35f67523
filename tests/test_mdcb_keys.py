"""A control plane gives its data planes keys, refuses what is no call of theirs, and fails as it is told to."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from dashboards import RIGHT, add, ask
from planes import WAIT, Plane, create_key, plane, planes_of, second_organisation
from serving import serving

from mockserver import MockDashboard
from mockserver.dashboard.dashboard import DEFAULT_KEY, DEFAULT_ORGANISATION
from mockserver.dashboard.mdcb import control_plane
from mockserver.dashboard.mdcb.key_storage import KeyStorage
from mockserver.dashboard.mdcb.pending import Pending
from mockserver.golang.rpc.calls import VALUE
from mockserver.golang.rpc.client import RpcClient
from mockserver.golang.rpc.errors import CallRefused, CallTimedOut, ConnectionLost
from mockserver.golang.rpc.gob_types import Named
from mockserver.http.client import Client
from mockserver.service.faults import FaultError


def test_keys_of_the_control_plane_are_given(mdcb: MockDashboard) -> None:
    """A plane gets the session of a key of its organisation, and is told when the key changes."""
    with plane(mdcb) as gateway:
        key = create_key(mdcb, alias="one")["key_id"]
        session = json.loads(gateway.call("GetKey", f"apikey-{key}"))
        assert (session["alias"], session["org_id"]) == ("one", gateway.org)
        assert gateway.call("GetExp", f"apikey-{key}") == -1
        assert gateway.key_updates() == [key]
        assert gateway.key_updates() == []
        session = {"access_rights": {"orders": RIGHT}, "alias": "two"}
        assert ask(mdcb, "PUT", f"/api/keys/{key}", session)[0] == 200
        assert gateway.call("GetKeySpaceUpdate", gateway.org) == [key]
        assert ask(mdcb, "DELETE", f"/api/keys/{key}")[0] == 200
        assert gateway.key_updates() == [key]
        with pytest.raises(CallRefused, match="key not found"):
            gateway.call("GetKey", f"apikey-{key}")
        with pytest.raises(CallRefused, match="key not found"):
            gateway.call("GetKey", f"orgkey.{gateway.org}")


def test_sessions_of_another_organisation_are_not_given(mdcb: MockDashboard) -> None:
    """A plane of another organisation does not get a session, and cannot remove it."""
    name = f"apikey-{create_key(mdcb)['key_id']}"
    _, key = second_organisation(mdcb)
    with plane(mdcb, "eu", key) as other, plane(mdcb) as gateway:
        with pytest.raises(CallRefused, match="key not found"):
            other.call("GetKey", name)
        assert other.call("DeleteKey", name) is False
        assert gateway.call("GetKey", name)
        assert gateway.call("DeleteKeys", [name, "apikey-none"]) is False
        with pytest.raises(CallRefused, match="key not found"):
            gateway.call("GetKey", name)


def test_a_hashed_key_is_given_by_its_hash() -> None:
    """The session of a key is found by its hash, which planes that hash keys ask for."""
    with (
        MockDashboard(mdcb_port=0, gateway_config={"hash_keys": True}) as mdcb,
        plane(mdcb) as gateway,
    ):
        name = create_key(mdcb, alias="hashed")["key_hash"]
        assert json.loads(gateway.call("GetKey", f"apikey-{name}"))["alias"] == "hashed"
        session = {"access_rights": {"orders": RIGHT}, "alias": "again"}
        assert ask(mdcb, "PUT", f"/api/keys/{name}?hashed=true", session)[0] == 200
        assert gateway.key_updates()[1:] == [f"{name}:hashed"]


def test_values_of_planes_expire(mdcb: MockDashboard) -> None:
    """A value that a plane set, such as its keep-alive, is kept for its time, and for its organisation."""
    _, key = second_organisation(mdcb)
    with plane(mdcb) as gateway, plane(mdcb, key=key) as other:
        value = Named(VALUE, {"KeyName": "rpc.listener.0000", "SessionState": "0000", "Timeout": 10})
        assert gateway.call("SetKey", value) is None
        assert gateway.call("GetKey", "rpc.listener.0000") == "0000"
        assert gateway.call("GetExp", "rpc.listener.0000") == 10
        with pytest.raises(CallRefused, match="key not found"):
            other.call("GetKey", "rpc.listener.0000")
        mdcb.advance(11)
        assert gateway.call("GetExp", "rpc.listener.0000") == -2
        assert gateway.call("SetKey", Named(VALUE, {"KeyName": "x", "SessionState": "y"})) is None
        assert gateway.call("DeleteRawKey", "x") is True
        assert gateway.call("DeleteRawKey", "x") is False
        with pytest.raises(CallRefused, match="more than 1024 characters"):
            gateway.call("SetKey", Named(VALUE, {"KeyName": "x", "SessionState": "y" * 1024}))
        assert gateway.call("PurgeAnalyticsData", "[]") is None


def test_arguments_of_a_wrong_type_are_refused(mdcb: MockDashboard) -> None:
    """A struct where a text is due, or the other way round, is refused with its type."""
    with plane(mdcb) as gateway:
        for name in ("GetApiDefinitions", "SetKey", "LoginWithGroup", "GetGroupKeySpaceUpdate"):
            with pytest.raises(CallRefused, match="the argument is a str, must be a struct"):
                gateway.call(name, "text")
        for name in ("DeleteKeys", "DeleteRawKeys"):
            with pytest.raises(CallRefused, match="a str was sent, must be a list of texts"):
                gateway.call(name, "text")
        for name in ("GetKey", "GetExp", "DeleteKey", "Login"):
            with pytest.raises(CallRefused, match="a list was sent, must be a text"):
                gateway.call(name, ["list"])


def test_faults_of_each_call(mdcb: MockDashboard) -> None:
    """A fault of a call answers with its text, delays it, or ends the connection; then it works again."""
    with plane(mdcb) as gateway:
        mdcb.fault("rpc:GetPolicies", status=500, message="storage is down")
        with pytest.raises(CallRefused, match=r"^storage is down$"):
            gateway.policies()
        mdcb.fault("rpc:GetPolicies", delay=0.2)
        with pytest.raises(CallTimedOut):
            gateway.client.call("GetPolicies", gateway.org, 0.05)
        mdcb.fault("rpc:GetPolicies", drop=True)
        with pytest.raises(ConnectionLost):
            gateway.policies()
        assert gateway.login().policies() == []
    with pytest.raises(FaultError, match="there is no operation 'rpc:Other'"):
        mdcb.fault("rpc:Other", drop=True)


@pytest.mark.parametrize(
    ("scenario", "expected"),
    [
        ("mdcb-error", CallRefused), ("mdcb-gone", ConnectionLost),
        ("mdcb-empty-list", []), ("mdcb-bad-id", ["not-hexadecimal"]),
    ],
)  # fmt: skip
def test_failures_by_name(mdcb: MockDashboard, scenario: str, expected: type[Exception] | list[str]) -> None:
    """A failure with a name refuses, spoils or loses the policies of a plane."""
    add(mdcb)
    with plane(mdcb) as gateway:
        mdcb.fault(scenario=scenario)
        if isinstance(expected, list):
            assert [policy["_id"] for policy in gateway.policies()] == expected
            (node,) = planes_of(mdcb)
            assert node.delivered is not None
            assert len(node.delivered) == len(expected)
        else:
            with pytest.raises(expected):
                gateway.policies()
        assert len(gateway.login().policies()) == 1


def test_a_refused_login(mdcb: MockDashboard) -> None:
    """A login can be refused by name; the next one works."""
    mdcb.fault(scenario="mdcb-login")
    gateway = Plane(mdcb)
    with gateway.client:
        with pytest.raises(CallRefused, match="Login incorrect"):
            gateway.login()
        gateway.login()


@pytest.mark.slow
def test_the_command_serves_planes() -> None:
    """`dashboard --mdcb` prints the address for planes, serves them, and ends while a call waits."""
    with serving("--mdcb", 0, "--no-gateway", "--fault", "mdcb-login", command="dashboard") as served:
        assert served.process.stdout is not None
        line = served.process.stdout.readline()
        host, _, port = line.split(" on ")[1].split(",")[0].rpartition(":")
        with RpcClient((host, int(port))) as client:
            with pytest.raises(CallRefused, match="Login incorrect"):
                client.call("Login", DEFAULT_KEY, WAIT)
            assert client.call("Login", DEFAULT_KEY, WAIT) is True
            with ThreadPoolExecutor(1) as pool:
                answer = pool.submit(client.call, "CheckReload", DEFAULT_ORGANISATION, WAIT)
                assert client.call("Ping", None, WAIT) is True
                served.process.terminate()
                assert answer.exception(WAIT) is not None or answer.result() is False
                assert served.process.wait(WAIT) == 0


def test_a_reset_makes_planes_log_in_again(mdcb: MockDashboard) -> None:
    """After a reset a plane is not known; it logs in, and gets what is there now."""
    add(mdcb)
    with plane(mdcb) as gateway:
        mdcb.reset()
        with pytest.raises(CallRefused, match="Access Denied"):
            gateway.policies()
        assert gateway.login().policies() == []


def test_closing_ends_a_long_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mock that closes does not wait for the calls of planes."""
    monkeypatch.setattr(control_plane, "LONG_POLL", 60)
    with MockDashboard(mdcb_port=0, with_gateway=False) as mdcb:
        gateway = Plane(mdcb).login()
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(gateway.reloads)
            assert gateway.call("Ping")  # the earlier call is being waited for
            mdcb.close()
            assert isinstance(answer.exception(WAIT), ConnectionLost) or answer.result() is False
        gateway.client.close()


def test_nothing_is_taken_for_one_that_has_left() -> None:
    """A caller that has left takes nothing, so that the next one of its group does."""
    pending = Pending()
    pending.join("org", "eu")
    pending.add("org", "reload", "reload")
    assert pending.take("org", "eu", 1, has_left=lambda: True) == []
    assert pending.take("org", "eu") == ["reload"]


def test_what_is_pending_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of too many texts the oldest are forgotten, so are the oldest groups and values of an organisation."""
    monkeypatch.setattr("mockserver.dashboard.mdcb.pending.MOST_TEXTS", 2)
    monkeypatch.setattr("mockserver.dashboard.mdcb.pending.MOST_GROUPS", 2)
    monkeypatch.setattr("mockserver.dashboard.mdcb.key_storage.MOST_VALUES", 1)
    pending = Pending()
    pending.join("other", "a")
    for group in ("a", "b", "c"):
        pending.join("org", group)
    pending.add("", "1", "2", "3")
    assert [pending.take("org", group) for group in ("a", "b", "c")] == [[], ["2", "3"], ["2", "3"]]
    assert pending.take("other", "a") == ["2", "3"]
    with MockDashboard(with_gateway=False) as mdcb:
        keys = KeyStorage(mdcb.state.keys, mdcb.state.now)
        keys.set("other", "a", "0", 0)
        keys.set("org", "a", "1", 0)
        keys.set("org", "b", "2", 0)
        assert (keys.get("org", "a"), keys.get("org", "b"), keys.get("other", "a")) == (None, "2", "0")


def test_a_failure_of_one_group(mdcb: MockDashboard) -> None:
    """A fault that names a group meets the calls of its planes alone, by scenario and by call."""
    add(mdcb)
    with plane(mdcb, "eu") as cut, plane(mdcb, "us") as other:
        mdcb.fault(scenario="mdcb-error", group="eu", times=0)
        mdcb.fault("rpc:GetPolicies", group="us", status=500, message="no")
        with pytest.raises(CallRefused, match="cannot read"):
            cut.policies()
        with pytest.raises(CallRefused, match="no"):
            other.policies()
        assert len(other.policies()) == 1
        with pytest.raises(CallRefused, match="cannot read"):
            cut.policies()
    with pytest.raises(FaultError, match="group selects remote calls"):
        mdcb.fault("getPolicy", group="eu", status=500)


def test_the_id_of_connections_is_not_shown(mdcb: MockDashboard, caplog: pytest.LogCaptureFixture) -> None:
    """The id of a plane's connections, with which others would be logged in, is on no page and in no log."""
    caplog.set_level("DEBUG")
    with plane(mdcb) as gateway:
        gateway.policies()
        with pytest.raises(CallRefused):
            gateway.call("GetKey", "apikey-none")
        with Client(mdcb.url) as client:
            paths = ("journal", "state", "nodes", "propagation", "", "pages/journal")
            pages = [client.send("GET", f"/_mock/{path}").body for path in paths]
        assert "solo-1" in str(pages)
        for text in (str(pages), caplog.text, repr(planes_of(mdcb)), repr(mdcb.journal)):
            assert gateway.client.connection_id not in text
