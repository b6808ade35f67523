"""`tyk-contract impact`: what a change of policies does to sessions, told before and compared with what it did."""

from __future__ import annotations

import itertools
import json
import shlex
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from asking import call, send
from dashboards import ask
from serving import error_line, run_command

from mockserver import MockDashboard, MockGateway
from mockserver.gateway import impact
from mockserver.http.client import Client

pytestmark = pytest.mark.slow  # whole commands and servers

SECRET = "s3cret-of-the-gateway"
ORDERS = {"orders": {"versions": ["v1"]}}
BOTH = {"orders": {"versions": ["v1"]}, "invoices": {"versions": ["v1"]}}
POLICIES: dict[str, dict[str, Any]] = {
    "gold": {"rate": 10, "per": 60, "quota_max": 50, "quota_renewal_rate": 60, "access_rights": BOTH, "tags": ["paid"]},
    "silver": {"rate": 5, "per": 10, "quota_max": -1, "access_rights": {"orders": {"versions": ["v2"]}}, "meta_data": {"plan": "s"}},
    "paused": {"rate": 1, "per": 1, "access_rights": ORDERS, "is_inactive": True},
    "acl": {"access_rights": BOTH, "partitions": {"acl": True}},
    "fast": {"rate": 99, "per": 1, "access_rights": ORDERS, "partitions": {"rate_limit": True}},
    "each": {"rate": 7, "per": 1, "partitions": {"per_api": True}, "access_rights": {"orders": {"versions": ["v1"], "limit": {"rate": 2, "per": 1}}}},
}  # fmt: skip
NEW_SILVER = {
    "id": "silver",
    "org_id": "acme",
    "rate": 3,
    "per": 1,
    "key_expires_in": 60,
    "access_rights": BOTH,
    "is_inactive": True,
}
API = {
    "api_id": "orders", "name": "orders", "org_id": "acme", "active": True, "auth": {"auth_header_name": "Authorization"},
    "version_data": {"not_versioned": True, "versions": {"Default": {"name": "Default"}}},
    "proxy": {"listen_path": "/orders/", "target_url": "http://upstream.test/"},
}  # fmt: skip
NAMES = [names for count in (1, 2, 3) for names in itertools.combinations(POLICIES, count)]


@pytest.fixture(scope="module", name="folder")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the policies, the keys of `keys.json`, and the new policy of `silver.json`."""
    folder = tmp_path_factory.mktemp("impact")
    (folder / "policies").mkdir()
    for name, policy in POLICIES.items():
        (folder / "policies" / f"{name}.json").write_text(
            json.dumps({"id": name, "org_id": "acme", **policy})
        )
    keys = {
        "acme-shop-1234567890": {"org_id": "acme", "apply_policies": ["gold"]},
        "acme-site-1234567890": {
            "org_id": "acme",
            "alias": "<b>site</b>",
            "apply_policies": ["gold", "silver"],
        },
        "acme-test-1234567890": {"org_id": "acme", "apply_policies": ["silver"]},
    }
    (folder / "keys.json").write_text(json.dumps(keys))
    (folder / "silver.json").write_text(json.dumps(NEW_SILVER))
    return folder


@pytest.fixture(name="seeded")
def _seeded() -> Iterator[MockGateway]:
    """A gateway with the policies, and a key for each combination of up to three of them."""
    with MockGateway(secret=SECRET) as gateway:
        fill(gateway)
        yield gateway


def fill(gateway: MockGateway) -> dict[str, dict[str, Any]]:
    """Write the policies and keys; the sessions as the gateway shows them, by the name in the list of keys."""
    gateway.policies.seed(*({"id": name, "org_id": "acme", **policy} for name, policy in POLICIES.items()))
    assert call(gateway, "POST", "/tyk/apis", API)[0] == 200
    gateway.reload()
    for number, names in enumerate(NAMES):
        session = {
            "org_id": "acme",
            "tags": ["own"],
            "access_rights": ORDERS,
            "rate": number % 3,
            "per": 1,
            "quota_max": 5,
        }
        status, answer = call(
            gateway, "POST", f"/tyk/keys/key{number:05}", {**session, "apply_policies": names}
        )
        if status != 200:  # the policies cannot be applied, but can be assigned
            _, answer = call(gateway, "POST", f"/tyk/keys/key{number:05}", session)
            stored = answer.get("key_hash") or answer["key"]
            status, _ = call(gateway, "POST", f"/tyk/keys/policy/{stored}", {"apply_policies": names})
        assert status == 200
    return sessions(gateway)


def sessions(gateway: MockGateway) -> dict[str, dict[str, Any]]:
    """The sessions of all keys, decoded by the rules of the gateway's version."""
    query = "?hashed=1" if gateway.gateway.config.hash_keys else ""
    _, listing = call(gateway, "GET", "/tyk/keys")
    answers = {name: call(gateway, "GET", f"/tyk/keys/{name}{query}") for name in listing["keys"]}
    codec = gateway.gateway.session_codec
    return {name: codec.decode(json.dumps(session).encode()) for name, (_, session) in answers.items()}


def refused_keys(gateway: MockGateway) -> set[str]:
    """The names of the keys whose requests to an API are refused, by the name in the list of keys."""
    store, refused = gateway.gateway.sessions, set()
    for number in range(len(NAMES)):
        key = f"acmekey{number:05}"  # a length by which no two have one hash
        reply = send(gateway, "GET", "/orders/", [("Authorization", key)])
        if b"Access to this API has been disallowed" in reply.body:
            refused.add(store.storage_name(key))
    return refused


def of_url(gateway: MockGateway, *flags: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command on a gateway's URL."""
    return run_command("impact", gateway.url, *flags, **{"TYK_GW_SECRET": SECRET, **environment})


def of_files(folder: Path, *flags: object) -> subprocess.CompletedProcess[str]:
    """Run the command on the policies and keys of the directory."""
    return run_command("impact", "--policies", "policies", "--keys", "keys.json", *flags, folder=folder)


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
def test_what_is_told_is_what_happens(version: str, hashed: bool, folder: Path) -> None:
    """After a deletion and a change, each of 41 keys has the session that `impact` foretold."""
    config = {"hash_keys": hashed, "enable_hashed_keys_listing": hashed}
    with MockGateway(gateway=version, secret=SECRET, config=config) as gateway:
        before = fill(gateway)
        flags = ("--delete", "gold", "--change", folder / "silver.json", "--format", "json", "--show-keys")
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


@pytest.mark.parametrize("form", ["text", "json", "html"])
def test_no_secret_is_shown(folder: Path, form: str) -> None:
    """The ids of keys are masked in each form unless they are asked for."""
    flags = ("--delete", "gold", "--format", form)
    assert "acme-shop-1234567890" not in of_files(folder, *flags).stdout
    assert "acme-sh" in of_files(folder, *flags).stdout
    assert "acme-shop-1234567890" in of_files(folder, *flags, "--show-keys").stdout


def test_the_page_is_escaped(folder: Path) -> None:
    """The HTML page has the names of others as text, and no scripts."""
    page = of_files(folder, "--delete", "gold", "--format", "html").stdout
    assert "&lt;b&gt;site&lt;/b&gt;" in page
    assert "<b>" not in page
    assert "<script" not in page
    assert "<td>access_rights/invoices</td><td>granted</td><td>not granted</td>" in page


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        (("--delete", "gold"), 0),
        (("--delete", "gold", "--fail-on", "orphans"), 1),
        (("--change", "silver.json", "--fail-on", "orphans"), 0),
        (("--change", "silver.json", "--fail-on", "changes"), 1),
        (("--delete", "each", "--fail-on", "changes"), 0),
    ],
    ids=["without", "orphans", "no orphans", "changes", "no changes"],
)
def test_fail_on_sets_the_exit_code(folder: Path, flags: Sequence[str], code: int) -> None:
    """--fail-on ends the command with exit code 1 if there is what it names."""
    assert of_files(folder, *flags).returncode == code


def test_an_unread_session_is_counted(seeded: MockGateway) -> None:
    """A session that cannot be read is counted with its reason, fails --fail-on, and hides no other."""
    seeded.fault("getKey", status=500, message="broken", times=2)
    process = of_url(seeded, "--delete", "each", "--fail-on", "orphans")
    assert "1 session could not be read and may be affected too" in process.stdout
    assert "answered 500 broken" in process.stdout
    assert f"of {len(NAMES) - 1} sessions affected" in process.stdout
    assert process.returncode == 1


def test_the_expiry_of_new_keys_is_a_note(folder: Path) -> None:
    """A changed key_expires_in is told as one of keys that are created later."""
    lines = of_files(folder, "--change", "silver.json").stdout
    assert "note: policy silver: key_expires_in 0 -> 60 sets the expiry of keys created from then on" in lines


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


def test_requests_that_show_keys_need_leave(folder: Path) -> None:
    """--migrate asks for --show-keys if its requests would show the id of a key."""
    flags = ("--migrate", "gold=silver", "--gateway-url", "http://gateway:8080")
    assert "allow that with --show-keys" in error_line(of_files(folder, *flags))


def test_hashes_are_shown(folder: Path) -> None:
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


@pytest.mark.parametrize("version", ["5.8", "5.12"])
def test_a_record_file_is_as_a_directory(folder: Path, tmp_path: Path, version: str) -> None:
    """Policies of a record file have the same impact as those of a directory."""
    record = {name: {"id": name, "org_id": "acme", **policy} for name, policy in POLICIES.items()}
    (tmp_path / "policies.json").write_text(json.dumps(record))
    flags = ("--delete", "gold", "--gateway", version)
    keys = folder / "keys.json"
    process = run_command("impact", "--policies", tmp_path / "policies.json", "--keys", keys, *flags)
    assert process.stdout == of_files(folder, *flags).stdout
    assert "2 of 3 sessions affected" in process.stdout


@pytest.mark.parametrize(
    ("document", "shown"),
    [
        ({"apply_policies": ["gold"], "org_id": "acme"}, "key 1"),
        ([{"apply_policies": ["gold"], "org_id": "acme"}], "key 1"),
        ({"key_id": "secretkey", "data": {"apply_policies": ["gold"], "org_id": "acme"}}, "se***"),
        (
            [
                {
                    "key_hash": "0a1b",
                    "key_id": "secretkey",
                    "data": {"apply_policies": ["gold"], "org_id": "acme"},
                }
            ],
            "0a1b",
        ),
    ],
    ids=["one session", "a list", "an answer of a Dashboard", "a list of such"],
)
def test_forms_of_keys(folder: Path, tmp_path: Path, document: Any, shown: str) -> None:
    """A file of keys may have one session, a list of sessions, or answers of a Dashboard."""
    (tmp_path / "keys.json").write_text(json.dumps(document))
    process = run_command(
        "impact", "--policies", folder / "policies", "--keys", tmp_path / "keys.json", "--delete", "gold"
    )
    assert f'orphaned: 1 session: policy not found: "gold"\n  keys: {shown}\n' in process.stdout


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--delete", "glod"), "there is no policy 'glod'; did you mean 'gold'?"),
        (("--delete", "zzz"), "there is no policy 'zzz'; there are 'acl', 'each'"),
        (("--delete", "silver", "--change", "silver.json"), "'silver' is both deleted and changed"),
        (("--migrate", "gold=slver", "--gateway-url", "http://g"), "did you mean 'silver'?"),
        (("--migrate", "glod=silver", "--gateway-url", "http://g"), "did you mean 'gold'?"),
        (("--migrate", "gold=silver"), "give it with --gateway-url"),
        (("--change", "none.json"), "none.json: No such file or directory"),
        (("--change", "keys.json"), "keys.json: the policy has no id"),
        (("--delete", "gold", "--keys", "empty.json"), "empty.json has no keys"),
        (("--delete", "gold", "--keys", "broken.json"), "broken.json is not JSON"),
        (("--delete", "gold", "--policies", "none"), "none: No such file or directory"),
        (("--delete", "gold", "--gateway", "4.0"), "'4.0' is not supported"),
        ((), "give --delete ID, --change FILE or --migrate OLD=NEW"),
    ],
)
def test_bad_input_is_named(folder: Path, flags: Sequence[str], message: str) -> None:
    """An input that cannot be used is named in one line with the next step, and the exit code is 2."""
    (folder / "empty.json").write_text("{}")
    (folder / "broken.json").write_text("{")
    assert message in error_line(of_files(folder, *flags))


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
