"""`tyk-contract impact` on gateways and Dashboards: what it tells before a change, compared with what the change did."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from asking import call, send
from dashboards import ask
from impacts import API, NAMES, NEW_SILVER, ORDERS, SECRET, fill, of_url, sessions
from serving import error_line, run_command

from mockserver import MockDashboard, MockGateway
from mockserver.gateway import impact
from mockserver.http.client import Client

pytestmark = pytest.mark.slow  # whole commands and servers


@pytest.fixture(name="seeded")
def _seeded() -> Iterator[MockGateway]:
    """A gateway with the policies, and a key for each combination of up to three of them."""
    with MockGateway(secret=SECRET) as gateway:
        fill(gateway)
        yield gateway


def refused_keys(gateway: MockGateway) -> set[str]:
    """The names of the keys whose requests to an API are refused, by the name in the list of keys."""
    store, refused = gateway.gateway.sessions, set()
    for number in range(len(NAMES)):
        key = f"acmekey{number:05}"  # a length by which no two have one hash
        reply = send(gateway, "GET", "/orders/", [("Authorization", key)])
        if b"Access to this API has been disallowed" in reply.body:
            refused.add(store.storage_name(key))
    return refused


def foretold(
    session: dict[str, Any], changes: Sequence[dict[str, Any]], gateway: MockGateway
) -> dict[str, Any]:
    """The members of a session after the changes of a report."""
    members = impact._members(session)
    for change in changes:
        path, after = change["path"], change["after"]
        if not impact._is_right(path):
            members[path] = after
            continue
        members = {name: value for name, value in members.items() if not f"{name}/".startswith(f"{path}/")}
        if after is not None:
            rights = json.dumps({"access_rights": {path.partition("/")[2]: after}})
            added = impact._members(gateway.gateway.session_codec.decode(rights.encode()))
            members |= {name: value for name, value in added.items() if name.startswith(path)}
    return members


def differences(members: dict[str, Any], session: dict[str, Any]) -> list[str]:
    """The paths at which members differ from those of a session."""
    actual = impact._members(session)
    return [
        path
        for path in members.keys() | actual.keys()
        if impact._comparable(path, members.get(path)) != impact._comparable(path, actual.get(path))
    ]


@pytest.mark.parametrize("version", ["5.8", "5.11", "5.12", "5.13", "5.14"])
@pytest.mark.parametrize("hashed", [False, True], ids=["plain", "hashed"])
def test_what_is_told_is_what_happens(version: str, hashed: bool, tmp_path: Path) -> None:
    """After a deletion and a change, each of 41 keys has the session that `impact` foretold."""
    config = {"hash_keys": hashed, "enable_hashed_keys_listing": hashed}
    with MockGateway(gateway=version, secret=SECRET, config=config) as gateway:
        before = fill(gateway)
        (tmp_path / "silver.json").write_text(json.dumps(NEW_SILVER))
        flags = ("--delete", "gold", "--change", tmp_path / "silver.json", "--format", "json", "--show-keys")
        process = of_url(gateway, *flags)
        assert process.returncode == 0, process.stderr
        report = json.loads(process.stdout)
        assert call(gateway, "DELETE", "/tyk/policies/gold")[0] == 200
        assert call(gateway, "PUT", "/tyk/policies/silver", NEW_SILVER)[0] == 200
        gateway.reload()
        after, refused = sessions(gateway), refused_keys(gateway)
    told = {session["key"]: session for session in report["sessions"]}
    assert len(before) == len(NAMES) == sum(report["counts"].values())
    assert not [note for note in report["notes"] if "otherwise" in note]
    assert {"orphaned", "refused", "changed", "still refused", "unchanged"} <= report["counts"].keys()
    wrong = {}
    for name, session in before.items():
        entry = told.get(name, {"changes": [], "saved": [], "refusal": ""})
        paths = {*differences(foretold(session, entry["changes"], gateway), after[name])} - {*entry["saved"]}
        if paths and not entry["refusal"]:
            wrong[name] = (entry, paths)
    assert wrong == {}
    assert {name for name in before if told.get(name, {}).get("refusal")} == refused


def test_a_policy_that_stays_alone_is_given_for_each_value(seeded: MockGateway) -> None:
    """A change names the policies of both values, and values that no policy decides any more are listed as saved."""
    process = of_url(seeded, "--delete", "fast", "--format", "json", "--show-keys")
    entries = {tuple(entry["policies"]): entry for entry in json.loads(process.stdout)["sessions"]}
    entry = entries["acl", "fast"] if ("acl", "fast") in entries else entries["fast", "acl"]
    assert {"rate", "per"} <= set(entry["saved"])
    gold = json.loads(of_url(seeded, "--delete", "gold", "--format", "json").stdout)["sessions"]
    entry = next(entry for entry in gold if entry["policies"] == ["gold", "silver"])
    change = next(change for change in entry["changes"] if change["path"] == "access_rights/orders/versions")
    assert (change["before"], change["after"]) == (["v1", "v2"], ["v2"])
    assert (change["policy_before"], change["policy_after"]) == ("gold, silver", "silver")


def test_only_reads_are_sent(seeded: MockGateway) -> None:
    """`impact` sends GET alone, with requests to move sessions too."""
    count = len(seeded.journal)
    process = of_url(seeded, "--delete", "gold", "--migrate", "gold=silver", "--show-keys")
    assert process.returncode == 0, process.stderr
    assert {entry.method for entry in list(seeded.journal)[count:]} == {"GET"}


def test_an_unread_session_is_counted(seeded: MockGateway) -> None:
    """A session that cannot be read is counted with its reason, fails --fail-on, and hides no other."""
    seeded.fault("getKey", status=500, message="broken", times=2)
    process = of_url(seeded, "--delete", "each", "--fail-on", "orphans")
    assert "1 session could not be read and may be affected too" in process.stdout
    assert "answered 500 broken" in process.stdout
    assert f"of {len(NAMES) - 1} sessions affected" in process.stdout
    assert process.returncode == 1


def test_the_requests_move_the_sessions(seeded: MockGateway) -> None:
    """The requests of --migrate give each session what was told, and a deletion then orphans none."""
    before = sessions(seeded)
    process = of_url(seeded, "--migrate", "gold=silver", "--show-keys", "--format", "json")
    report = json.loads(process.stdout)
    assert len(report["moves"]) == sum("gold" in names for names in NAMES)
    for move in report["moves"]:
        words = shlex.split(move["request"])
        assert "X-Tyk-Authorization: $TYK_GW_SECRET" in words
        assert SECRET not in move["request"]
        with Client(seeded.url) as client:
            body = words[words.index("--data-raw") + 1].encode()
            target = words[-1].removeprefix(seeded.url)
            answer = client.send("POST", target, [("X-Tyk-Authorization", SECRET)], body)
        assert answer.status == 200, answer.body
    after = sessions(seeded)
    for move in report["moves"]:
        members = foretold(before[move["key"]], move["changes"], seeded)
        assert move["refusal"] or not {*differences(members, after[move["key"]])} - {*move["saved"]}
    assert of_url(seeded, "--delete", "gold", "--fail-on", "orphans").returncode == 0


def test_hashes_are_shown() -> None:
    """The hash of a key is no secret: it is shown, and a request may have it."""
    with MockGateway(
        secret=SECRET, config={"hash_keys": True, "enable_hashed_keys_listing": True}
    ) as gateway:
        fill(gateway)
        names = set(call(gateway, "GET", "/tyk/keys")[1]["keys"])
        report = json.loads(
            of_url(gateway, "--delete", "gold", "--migrate", "gold=silver", "--format", "json").stdout
        )
    assert {entry["key"] for entry in report["sessions"]} <= names
    assert report["moves"][0]["request"].endswith(f"/tyk/keys/policy/{report['moves'][0]['key']}")


def test_an_unusable_url_is_named(seeded: MockGateway) -> None:
    """A URL where no gateway is ends with exit code 3, a wrong secret and a list that is refused with 2."""
    environment = {"TYK_GW_SECRET": SECRET}
    assert "cannot be judged" in error_line(
        run_command("impact", "http://127.0.0.1:1", "--delete", "a", **environment), 3
    )
    assert "refuses the secret" in error_line(of_url(seeded, "--delete", "gold", TYK_GW_SECRET="wrong"))
    with MockGateway(secret=SECRET, config={"hash_keys": True}) as gateway:
        fill_one = {"id": "gold", "access_rights": ORDERS}
        gateway.policies.seed(fill_one)
        assert "or give the keys with --keys FILE" in error_line(of_url(gateway, "--delete", "gold"))


@pytest.mark.parametrize("hashed", [False, True], ids=["plain", "hashed"])
def test_a_dashboard_is_read(hashed: bool) -> None:
    """Policies and keys of a Dashboard have their impact, and its request gives a session what was told."""
    config = {"hash_keys": hashed, "enable_hashed_keys_listing": hashed}
    with MockDashboard(gateway_config=config) as dashboard:
        dashboard.policies.seed(
            {"id": "gold", "name": "Gold", "rate": 10, "per": 60, "access_rights": ORDERS},
            {"id": "silver", "name": "Silver", "rate": 5, "per": 60, "access_rights": ORDERS},
        )
        ask(dashboard, "POST", "/api/apis", {"api_definition": {**API, "org_id": ""}})
        _, created = ask(dashboard, "POST", "/api/keys", {"apply_policies": ["gold"], "alias": "shop"})
        assert dashboard.gateway is not None
        environment = {"TYK_DASHBOARD_KEY": dashboard.key, "TYK_GW_SECRET": dashboard.gateway.secret}
        flags = ("--service", "dashboard", "--delete", "gold", "--migrate", "gold=silver", "--format", "json")
        process = run_command("impact", dashboard.url, *flags, "--show-keys", **environment)
        assert process.returncode == 0, process.stderr
        report = json.loads(process.stdout)
        name = created["key_hash"] if hashed else created["key_id"]
        assert [(entry["key"], entry["outcome"]) for entry in report["sessions"]] == [(name, "orphaned")]
        process = run_command(
            "impact",
            dashboard.url,
            *flags,
            "--show-keys",
            "--gateway-url",
            dashboard.gateway.url,
            **environment,
        )
        assert json.loads(process.stdout)["sessions"] == report["sessions"]
        masked = run_command("impact", dashboard.url, *flags, **environment)
        assert "show whole sessions; allow that with --show-keys" in error_line(masked)
        (move,) = report["moves"]
        words = shlex.split(move["request"])
        assert "Authorization: $TYK_DASHBOARD_KEY" in words
        body = json.loads(words[words.index("--data-raw") + 1])
        status, answer = ask(dashboard, "PUT", words[-1].removeprefix(dashboard.url), body)
        assert (status, answer["data"]["rate"], answer["data"]["apply_policies"]) == (200, 5, ["silver"])
