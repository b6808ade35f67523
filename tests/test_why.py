"""`tyk-contract why`: the policy and the rule that each value of a session comes from."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from asking import call
from browsing import chromium
from serving import error_line, run_command

from mockserver import MockGateway

POLICIES = {
    "gold": {"rate": 10, "per": 60, "quota_max": 50, "access_rights": {"orders": {"versions": ["v1"]}}},
    "silver": {"rate": 5, "per": 10, "quota_max": -1, "access_rights": {"orders": {"versions": ["v2"]}}, "meta_data": {"plan": "s"}},
    "rate": {"rate": 3, "per": 1, "partitions": {"rate_limit": True}},
    "mixed": {"partitions": {"per_api": True, "quota": True}},
}  # fmt: skip


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    for name, policy in POLICIES.items():
        (tmp_path / f"{name}.json").write_text(json.dumps({"id": name, **policy}))
    return tmp_path


def why(folder: Path, session: Any, *flags: str) -> subprocess.CompletedProcess[str]:
    """Run the command on a session from standard input."""
    body = session if isinstance(session, str) else json.dumps(session)
    return run_command("why", "--policies", folder, "--session", "-", *flags, stdin=body)


def reasons(folder: Path, session: Any) -> dict[str, tuple[Any, str, str]]:
    """Value, origin and rule of each path of the session."""
    explanation = json.loads(why(folder, session, "--format", "json").stdout)
    return {
        reason["path"]: (reason["value"], reason["origin"], reason["rule"])
        for reason in explanation["reasons"]
    }


def test_each_limit_names_its_policy_and_rule(folder: Path) -> None:
    """The better of two policies sets each limit, and a single API's limits are the session's own."""
    by_path = reasons(folder, {"apply_policies": ["gold", "silver"], "alias": "a"})
    limit = "access_rights/orders/limit"
    assert by_path[f"{limit}/rate"] == (5, "silver", "the higher rate (5 per 10 s) wins")
    assert by_path[f"{limit}/quota_max"] == (-1, "silver", "the larger quota wins")
    assert by_path["rate"] == (5, "silver", "a single API's limits are the session's own")
    assert by_path["access_rights/orders/versions"][:2] == (["v1", "v2"], "gold, silver")
    assert by_path["meta_data/plan"] == ("s", "silver", "the only policy that sets it")
    assert by_path["alias"] == ("a", "the session itself", "no policy touches it")


def test_a_policy_without_rights_leaves_the_limits_of_an_api(folder: Path) -> None:
    """A policy without rights does not replace the limits of an API that another policy grants."""
    by_path = reasons(folder, {"apply_policies": ["gold", "rate"], "max_query_depth": 4})
    assert by_path["access_rights/orders/limit/quota_max"][1] == "gold"
    assert by_path["access_rights/orders/limit/rate"][1:] == ("gold", "the only policy that sets it")


@pytest.mark.parametrize("form", ["text", "mermaid"])
def test_each_form_names_path_policy_and_rule(folder: Path, form: str) -> None:
    """`why` prints the path, the policy and the rule of a limit as text and as a chart."""
    output = why(folder, {"apply_policies": ["gold", "silver"]}, "--format", form).stdout
    assert ("flowchart LR" in output) is (form == "mermaid")
    assert "access_rights/orders/limit/rate" in output
    assert "silver" in output
    assert "the higher rate (5 per 10 s) wins" in output


@pytest.mark.parametrize(
    ("names", "refusal"),
    [
        (["gone"], 'policy not found: "gone"'),
        (["gone", "lost"], "key has no valid policies to be applied"),
        (["mixed"], "cannot apply policy mixed which has per_api and any of partitions set"),
    ],
    ids=["one missing policy", "all missing", "mixed partitions"],
)
def test_a_refusal_of_the_gateway_is_printed(folder: Path, names: list[str], refusal: str) -> None:
    """`why` prints the gateway's refusal of a session, and ends with exit code 1."""
    process = why(folder, {"apply_policies": names})
    assert process.returncode == 1, process.stderr
    assert process.stdout.splitlines()[0] == f"refused: {refusal}"


@pytest.mark.parametrize("session", ["{", '{"rate":"x"}'])
def test_an_invalid_session_is_an_error(folder: Path, session: str) -> None:
    """`why` names an input that is no session in one line."""
    assert "is not a session" in error_line(why(folder, session))


def test_options_that_do_not_fit_are_errors(folder: Path) -> None:
    """`why` says in one line which sources and sessions it takes, and names a missing path without an errno."""
    assert "does not exist" in error_line(run_command("why", "--policies", folder / "none", "--session", "-"))
    for flags in ((), ("http://127.0.0.1:1", "--policies", folder), ("--policies", folder, "--key", "k")):
        assert "give" in error_line(run_command("why", *flags))
    line = error_line(run_command("why", "--policies", folder, "--session", folder / "none.json"))
    assert "none.json: No such file or directory; give a file" in line
    assert "Errno" not in line


def test_a_policy_alone_is_named_as_the_only_one(folder: Path) -> None:
    """Where one policy sets a value, `why` says so, and speaks of no choice."""
    by_path = reasons(folder, {"apply_policies": ["gold"]})
    rules = {rule for _, origin, rule in by_path.values() if origin == "gold"}
    assert rules <= {"the only policy that sets it", "a single API's limits are the session's own"}
    assert by_path["access_rights/orders/limit/rate"][1:] == ("gold", "the only policy that sets it")


def test_equal_rates_are_called_equal(folder: Path) -> None:
    """Of two policies with one rate the first counts, and `why` speaks of no higher rate."""
    policy = {"rate": 20, "per": 120, "access_rights": {"orders": {"versions": ["v1"]}}}
    (folder / "same.json").write_text(json.dumps({"id": "same", **policy}))
    by_path = reasons(folder, {"apply_policies": ["gold", "same"]})
    assert by_path["access_rights/orders/limit/rate"][1:] == ("gold", "the first of equal rates counts")


def test_a_policy_that_is_not_there_is_named_with_the_nearest(folder: Path) -> None:
    """`why` names a policy that does not exist, the nearest one, and what a gateway does about it."""
    process = why(folder, {"apply_policies": ["gold", "silvr"]})
    assert process.returncode == 0, process.stderr
    assert process.stdout.splitlines()[0] == (
        'silvr: no such policy (nearest: silver); a gateway passes over it, and logs: policy not found: "silvr"'
    )


def test_a_policy_that_could_not_be_read_is_named_with_the_reason(folder: Path) -> None:
    """`why` names the file and the member of a policy that a gateway reads only in part."""
    (folder / "gold.json").write_text('{"id": "gold", "rate": "5"}')
    process = why(folder, {"apply_policies": ["gold"]})
    refusal, problem, *_ = process.stdout.splitlines()
    assert (process.returncode, refusal) == (1, "refused: key has no valid policies to be applied")
    assert problem.startswith('gold: gold.json could not be read: rate: "5" is a string')


def test_a_policy_of_another_organisation_is_named_so(folder: Path) -> None:
    """Where organisations are kept apart, `why` says whose a policy is that a session cannot use."""
    session = {"org_id": "acme", "apply_policies": ["gold"]}
    line = why(folder, session, "--gateway", "5.14").stdout.splitlines()[1]
    assert line.startswith("gold: not of the session's organisation, but of no organisation;")


def test_a_record_file_is_read_as_serve_reads_it(folder: Path, tmp_path: Path) -> None:
    """`why` takes a record file, itself or from tyk.conf, and names the policy that breaks it."""
    record, session = tmp_path / "all.record", json.dumps({"apply_policies": ["silver"]})
    record.write_text(json.dumps(POLICIES))
    conf = folder / "tyk.conf"
    conf.write_text(json.dumps({"policies": {"policy_source": "file", "policy_record_name": str(record)}}))
    for source in (("--policies", record), ("--conf", conf)):
        process = run_command("why", *source, "--session", "-", stdin=session)
        assert process.returncode == 0, process.stderr
        assert "access_rights/orders/limit/rate" in process.stdout
    record.write_text(json.dumps({**POLICIES, "gold": {"rate": "5"}}))
    process = run_command("why", "--policies", record, "--session", "-", stdin=session)
    assert process.returncode == 1
    assert f'silver: no policy of {record} is loaded, for gold: rate: "5" is a string' in process.stdout


def test_a_record_file_in_a_directory_is_told(tmp_path: Path) -> None:
    """`why` says of a record file in a directory, and of a path in tyk.conf, how a gateway reads them."""
    (tmp_path / "policies.json").write_text(json.dumps({"silver": POLICIES["silver"]}))
    process = why(tmp_path, {"apply_policies": ["silver"]})
    assert "policies.json has policies by id, and a gateway reads it as one policy" in process.stderr
    (tmp_path / "tyk.conf").write_text('{"policies": {"policy_record_name": "none.json"}}')
    process = run_command("why", "--conf", tmp_path / "tyk.conf", "--session", "-", stdin="{}")
    assert "none.json does not exist (a path in" in error_line(process)
    assert "relative to the working directory" in process.stderr


@pytest.mark.parametrize("hashes", [False, True], ids=["ids", "hashes"])
def test_a_key_of_a_gateway_is_explained(hashes: bool) -> None:
    """`why` reads policies and a key from a gateway, by its id or its hash, and never shows the secret."""
    config = {"hash_keys": hashes, "enable_hashed_keys_listing": hashes}
    with MockGateway(secret="s3cret-of-why", config=config) as gateway:
        gateway.policies.seed({"id": "gold", **POLICIES["gold"]})
        key = {"apply_policies": ["gold", "gld"]}
        _, added = call(gateway, "POST", "/tyk/keys/mykey", key)
        for name in filter(None, ("mykey", added.get("key_hash"))):
            process = run_command("why", gateway.url, "--key", name, TYK_GW_SECRET="s3cret-of-why")
            assert process.returncode == 0, process.stderr
            assert process.stdout.startswith("gld: no such policy (nearest: gold)")
            assert "s3cret" not in process.stdout + process.stderr
        process = run_command("why", gateway.url, "--key", "nokey", TYK_GW_SECRET="s3cret-of-why")
        assert "the key could not be read: answered 404 Key not found; give" in error_line(process)


def test_the_page_has_a_picture_and_a_table(folder: Path, tmp_path: Path) -> None:
    """The page of `why` shows policies and values in a picture and a table, and asks no server for anything."""
    page, odd = tmp_path / "why.html", "<b>\u202e\x1b"
    process = why(folder, {"apply_policies": ["gold", odd], "alias": odd}, "--html", str(page))
    assert process.returncode == 0, process.stderr
    text = page.read_text()
    assert all(line.isprintable() for line in text.split("\n"))
    for part in (
        "<desc id=",
        "orders: rate",
        "10 per 60 s",
        "&lt;b&gt;",
        "<caption>",
        "prefers-color-scheme",
    ):
        assert part in text
    assert "<b>" not in text
    assert "http" not in text
    failed = why(folder, {}, "--html", str(tmp_path / "none" / "why.html"))
    assert "the directory does not exist" in error_line(failed)


def test_the_page_fits_a_narrow_window(folder: Path, tmp_path: Path) -> None:
    """The page of `why` needs no sideways scrolling in a window of 390 pixels, in dark or light."""
    why(folder, {"apply_policies": ["gold", "silver", "x" * 200]}, "--html", str(tmp_path / "why.html"))
    with chromium() as browser:
        for scheme in ("light", "dark"):
            page = browser.new_page(viewport={"width": 390, "height": 800}, color_scheme=scheme)
            page.goto((tmp_path / "why.html").as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_single_policy_in_place_of_policies_by_id_is_told(folder: Path) -> None:
    """A file with one policy, which a gateway would read as policies by id, is named with the next step."""
    (folder / "session.txt").write_text('{"apply_policies": ["gold"]}')
    process = run_command("why", "--policies", folder / "gold.json", "--session", folder / "session.txt")
    assert process.returncode == 1
    assert (
        "gold.json is one policy, and a gateway reads it as policies by id; give its directory"
        in process.stderr
    )


def test_sessions_by_key_are_not_one_session(folder: Path) -> None:
    """A file without any member of a session is refused, and no key in it is shown."""
    process = why(folder, {"acme5f1c0d22": {"apply_policies": ["gold"]}})
    assert process.returncode == 2
    assert error_line(process) == (
        "tyk-contract: - has 'acme...' and no member of a session; give one session, not several by key\n"
    )
