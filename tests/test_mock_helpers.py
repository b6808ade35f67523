"""What a mock has for its tests: client, seeds, snapshots, expectations, and refusals of what it does not know."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from redis_server import Redis

from mockserver import MockDashboard, MockGateway
from mockserver.contract.spec_files import SpecError, version_of
from mockserver.dashboard import switches as dashboard_switches
from mockserver.gateway import switches as gateway_switches
from mockserver.gateway.config import Config
from mockserver.gateway.seeding import SeedError
from mockserver.http.client import ClientError
from mockserver.service.configuration import ConfigError
from mockserver.service.mock_snapshot import SnapshotError
from mockserver.serving.mock_client import StatusError
from mockserver.storage.redis_backend import RedisBackend

API = {
    "api_id": "orders",
    "org_id": "acme",
    "version_data": {"not_versioned": True, "versions": {"Default": {"name": "Default"}}},
    "proxy": {"listen_path": "/orders/", "target_url": "http://orders.test"},
}
TOKENS = {**API, "api_id": "tokens", "use_oauth2": True, "proxy": {"listen_path": "/tokens/"}}
GOLD = {
    "id": "gold",
    "org_id": "acme",
    "rate": 10,
    "per": 60,
    "access_rights": {"orders": {"api_id": "orders"}},
}
SEED: dict[str, Any] = {
    "policies": [GOLD],
    "apis": [API, TOKENS],
    "keys": {"alice": {"apply_policies": ["gold"], "org_id": "acme"}},
    "oauth_clients": [{"client_id": "shop", "api_id": "tokens", "policy_id": "gold"}],
    "organisations": {"acme": {"quota_max": -1}},
}


def test_a_client_sends_the_secret(gateway: MockGateway) -> None:
    """The client of a mock sends JSON, bytes, parameters and headers, and the secret with each of them."""
    client = gateway.client
    assert client.post("/tyk/policies", json={"id": "gold"}).json()["action"] == "added"
    assert client.put("/tyk/policies/gold", content=b'{"id":"gold"}').is_success
    assert client.get("/tyk/reload", params={"block": "true"}).text == '{"status":"ok","message":""}\n'
    assert client.get("/hello", headers={"X-A": "1"}).headers["Content-Type"] == "application/json"
    assert client.patch("/tyk/policies").status_code == 405
    assert client.delete("/tyk/policies/gold").raise_for_status().status_code == 200
    assert client.get("/tyk/policies", headers={"X-Tyk-Authorization": "no"}).status_code == 403
    assert gateway.journal[3].header("x-a") == "1"
    with pytest.raises(ValueError, match="not both"):
        client.post("/tyk/policies", json={}, content=b"{}")


def test_an_error_of_a_client_shows_the_answer(gateway: MockGateway) -> None:
    """An answer with an error can be raised, and shows the request and the answer; a dropped one is an error."""
    with pytest.raises(StatusError, match=r'GET /tyk/policies/a was answered with 404: .*"Policy not found"'):
        gateway.client.get("/tyk/policies/a").raise_for_status()
    gateway.fault(drop=True)
    with pytest.raises(ClientError, match="closed without an answer"):
        gateway.client.get("/tyk/policies")


def test_a_seed_is_written_and_loaded(gateway: MockGateway) -> None:
    """Seeded policies, APIs, keys, OAuth clients and organisations are there, and no request is in the journal."""
    assert gateway.seed(**SEED) == {
        "policies": ["gold"], "apis": ["orders", "tokens"], "keys": ["acmealice"],
        "oauth_clients": ["shop"], "organisations": ["acme"],
    }  # fmt: skip
    assert not gateway.journal
    client = gateway.client
    assert client.get("/tyk/keys/acmealice").json()["apply_policies"] == ["gold"]
    assert client.get("/tyk/oauth/clients/tokens/shop").json()["policy_id"] == "gold"
    assert client.get("/tyk/org/keys/acme").json()["quota_max"] == -1
    assert client.get("/orders/", headers={"Authorization": "acmealice"}).status_code == 200


def test_a_fault_does_not_hit_a_seed(gateway: MockGateway) -> None:
    """A seed is no request: a fault that is set stays for the next one."""
    gateway.fault(status=503)
    gateway.seed(policies=[GOLD], organisations={"acme": {}})
    assert gateway.client.get("/hello").status_code == 503
    gateway.fault(status=503, times=0)
    gateway.clear_faults()
    assert gateway.client.get("/hello").status_code == 200


@pytest.mark.parametrize(
    ("seed", "message"),
    [
        (
            {"keys": {"alice": {"apply_policies": ["none"]}}},
            r'addKeyAtPath \'alice\': 500 Failed to create key, .*: policy not found: "none"',
        ),
        ({"keys": {"alice": {"rate": 5}}}, r"neither the key nor its policies have access_rights"),
        ({"keys": [{}]}, r"keys must be an object by id, not a list"),
        ({"apis": {"orders": {}}}, r"apis must be a list of objects, each with its id, not an object by id"),
        (
            {"oauth_clients": [{"client_id": "a", "api_id": "none"}]},
            r"addOAuthClient 'none': 400 API doesn't",
        ),
        ({"policies": [{"name": "x"}]}, r"policy 0 'x': it has no id"),
        ({"apis": [{"api_id": "a/../../b"}]}, r"addApi 'a/../../b': "),
    ],
    ids=["key", "key without rights", "list of keys", "APIs by id", "client", "policy", "API"],
)
def test_a_refused_seed_says_why(gateway: MockGateway, seed: dict[str, Any], message: str) -> None:
    """What the gateway refuses raises SeedError with its name and the gateway's own answer."""
    with pytest.raises(SeedError, match=message):
        gateway.seed(**seed)


def test_policies_are_seeded_one_by_one_or_as_a_list(gateway: MockGateway) -> None:
    """`policies.seed` takes policies, and lists of policies."""
    gateway.policies.seed({"id": "a"}, [{"id": "b"}, {"id": "c"}])
    assert sorted(gateway.policies) == ["a", "b", "c"]


@pytest.fixture(name="stored", params=["memory", "directory"])
def _stored(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """A gateway whose policies and APIs are in memory, or in directories."""
    folders: dict[str, Any] = {}
    if request.param == "directory":
        folders = {"policies": tmp_path / "policies", "apis": tmp_path / "apis"}
        for folder in folders.values():
            folder.mkdir()
        (tmp_path / "policies" / "old.json").write_text('{"id": "old"}')
    with MockGateway(**folders) as gateway:
        yield gateway


def test_a_snapshot_comes_back(stored: MockGateway) -> None:
    """A restored snapshot has what was written and loaded then, and faults, journal and clock start anew."""
    stored.seed(**SEED)
    stored.client.post("/tyk/policies", json={"id": "draft"})
    written, loaded = stored.policies.written, dict(stored.policies)
    snapshot = stored.snapshot()
    for path in ("policies/gold", "policies/draft", "apis/orders", "keys/acmealice", "org/keys/acme"):
        assert stored.client.delete(f"/tyk/{path}").status_code == 200
    stored.client.post("/tyk/policies", json={"id": "new"})
    stored.reload()
    stored.fault(status=500, times=0)
    stored.advance(1000)
    for _ in range(2):
        stored.restore(snapshot)
        assert (stored.policies.written, dict(stored.policies)) == (written, loaded)
        assert not stored.journal
        assert stored.client.get("/orders/", headers={"Authorization": "acmealice"}).status_code == 200
        assert stored.client.get("/tyk/org/keys/acme").status_code == 200
        stored.reload()
        assert "draft" in stored.policies


def test_a_reset_after_a_restore_leaves_the_files_as_they_were(tmp_path: Path) -> None:
    """A restored snapshot in a directory is undone by a reset, which leaves what was there at the start."""
    (tmp_path / "old.json").write_text('{"id": "old"}')
    with MockGateway(policies=tmp_path) as gateway:
        gateway.policies.seed({"id": "gold"})
        snapshot = gateway.snapshot()
        gateway.client.delete("/tyk/policies/old")
        gateway.restore(snapshot)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["gold.json", "old.json"]
        gateway.reset()
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("old.json", '{"id": "old"}')]


def test_a_snapshot_of_a_dashboard_comes_back(mdcb: MockDashboard) -> None:
    """A restored snapshot of a Dashboard has its policies and APIs, and finds them by their ids."""
    definition = {"api_id": "orders", "name": "Orders", "org_id": mdcb.state.organisation}
    ids = mdcb.seed(apis=[definition], policies=[{"name": "Gold"}], organisations=[{"owner_name": "Acme"}])
    (policy_id,) = ids["policies"]
    assert ids["apis"] == ["orders"]
    snapshot = mdcb.snapshot()
    assert mdcb.client.delete(f"/api/portal/policies/{policy_id}").status_code == 200
    assert mdcb.client.delete("/api/apis/orders").status_code == 200
    mdcb.policies.seed({"name": "Silver"})
    mdcb.restore(snapshot)
    assert list(mdcb.policies) == [policy_id]
    assert mdcb.client.get("/api/apis/orders").status_code == 200


@pytest.mark.slow
def test_a_shared_storage_has_no_snapshot(redis: Redis) -> None:
    """A mock whose storage others share refuses a snapshot, and says what to do."""
    backend = RedisBackend(redis.url)
    with (
        MockGateway.of(version_of(None), Config(listen_port=0), backend=backend) as gateway,
        pytest.raises(SnapshotError, match="start one without a store"),
    ):
        gateway.snapshot()


def test_a_policy_that_is_not_loaded_says_so(gateway: MockGateway) -> None:
    """The KeyError of a policy says if it is written and not loaded, and names the nearest one otherwise."""
    gateway.policies.seed({"id": "gold"})
    gateway.client.post("/tyk/policies", json={"id": "silver"})
    reason = "it is written, and not loaded: there was no reload since"
    with pytest.raises(KeyError, match=f"^'silver': {reason}$"):
        _ = gateway.policies["silver"]
    for name, near in (("glod", "gold"), ("silber", "silver")):
        with pytest.raises(KeyError, match=f"^'{name}': there is no such policy, the nearest is '{near}'$"):
            _ = gateway.policies[name]
    assert gateway.policies.get("silver") is None
    assert "silver" not in gateway.policies


def test_a_policy_that_a_dashboard_does_not_have_says_so(dashboard: MockDashboard) -> None:
    """The KeyError of a policy of a Dashboard names the organisation that has no such policy."""
    with pytest.raises(KeyError, match=r"^'gold': no policy of 5e9d9544a1dcd60001d0ed20 has this _id$"):
        _ = dashboard.policies["gold"]


def test_a_mock_shows_itself_in_short(gateway: MockGateway, dashboard: MockDashboard) -> None:
    """The repr of a mock and of its parts says what is in them."""
    gateway.policies.seed({"id": "gold"})
    gateway.client.post("/tyk/policies", json={"id": "silver"})
    assert repr(gateway) == f"<MockGateway 5.12.0 at {gateway.url}, policies: 1, requests: 1>"
    assert repr(gateway.policies) == "<Policies loaded: ['gold'], written: ['gold', 'silver']>"
    assert repr(gateway.client) == f"<MockClient of {gateway.url}>"
    assert repr(gateway.client.get("/tyk/policies")) == "<Response 200 to GET /tyk/policies>"
    (object_id,) = dashboard.policies.seed({"name": "Gold"})
    assert repr(dashboard.policies) == f"<DashboardPolicies ['{object_id}']>"
    assert repr(dashboard).endswith(f"at {dashboard.url}, policies: 1, requests: 0>")


def test_a_clock_is_frozen_at_a_date(gateway: MockGateway) -> None:
    """A mock is frozen at a datetime, which must have a time zone."""
    moment = datetime(2030, 1, 1, tzinfo=UTC)
    gateway.freeze(moment)
    assert gateway.gateway.now() == moment.timestamp()
    gateway.unfreeze()
    assert gateway.gateway.now() >= moment.timestamp()
    with pytest.raises(ValueError, match="has no time zone"):
        gateway.freeze(datetime(2030, 1, 1))  # noqa: DTZ001  that is refused


CONFIGS = {
    "policys.policy_path": ({"policys": {"policy_path": "x"}}, "policies.policy_path"),
    "hash_key": ({"hash_key": True}, "hash_keys"),
    "zzzz": ({"zzzz": 1}, ""),
    "policys": ({"policys": {}}, "policies"),
    "policies.policy_pth": ({"policies": {"policy_pth": {}}}, "policies.policy_path"),
    "auth_override.auth_provder": ({"auth_override": {"auth_provder": {}}}, "auth_override.auth_provider"),
}


@pytest.mark.parametrize(("key", "config", "nearest"), [(key, *rest) for key, rest in CONFIGS.items()])
def test_an_unknown_key_is_refused(key: str, config: dict[str, Any], nearest: str) -> None:
    """A key of `config` that the mock does not support is refused with the nearest one."""
    hint = f", the nearest is '{nearest}'" if nearest else ""
    with pytest.raises(ConfigError, match=re.escape(f"the mock has no key '{key}'{hint}; correct it")):
        MockGateway(config=config)


@pytest.mark.parametrize("arguments", [{"config": {"page_sise": 1}}, {"gateway_config": {"hash_key": True}}])
def test_an_unknown_key_of_a_dashboard_is_refused(arguments: dict[str, Any]) -> None:
    """A key of a Dashboard or of its gateway that the mock does not support is refused."""
    with pytest.raises(ConfigError, match="the mock has no key"):
        MockDashboard(**arguments)


SWITCHES = {
    "id-reqired": "no behaviour is called 'id-reqired', the nearest is 'id-required'",
    "created-policy-needs-reload": "the behaviour 'created-policy-needs-reload' cannot be switched off; these can: ",
    "id-characters": "the behaviour 'id-characters' is not one of 5.8.15",
}


@pytest.mark.parametrize(("name", "message"), SWITCHES.items(), ids=SWITCHES)
def test_only_what_can_be_switched_off_is(name: str, message: str) -> None:
    """An id that is unknown, cannot be switched off, or is none of the version, is refused with the reason."""
    with pytest.raises(SpecError, match=re.escape(message)):
        MockGateway(gateway="5.8", without=[name])


@pytest.mark.parametrize(
    ("package", "switchable"),
    [("gateway", gateway_switches.SWITCHABLE), ("dashboard", dashboard_switches.SWITCHABLE)],
)
def test_the_switches_are_what_the_code_asks_for(package: str, switchable: frozenset[str]) -> None:
    """The list of behaviours that can be switched off has those that the code of a service asks for."""
    folder = Path(__file__).parent.parent / "mockserver" / package
    pattern = re.compile(r'"([a-z0-9-]+)" (?:not )?in [A-Za-z_.]*behaviours')
    assert switchable == {name for path in folder.rglob("*.py") for name in pattern.findall(path.read_text())}


def test_a_switched_off_behaviour_is_gone() -> None:
    """A behaviour that is switched off no longer holds, in a gateway and in a Dashboard."""
    with MockGateway(without=["id-required"]) as gateway:
        assert gateway.client.post("/tyk/policies", json={}).status_code == 200
    with MockDashboard(without=["id-characters"], with_gateway=False) as dashboard:
        assert "id-characters" not in dashboard.state.behaviours
