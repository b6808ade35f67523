"""`tyk-contract impact` on files: its forms, exit codes and errors."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from impacts import NEW_SILVER, POLICIES
from serving import error_line, run_command

pytestmark = pytest.mark.slow  # whole commands and servers


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


def of_files(folder: Path, *flags: object) -> subprocess.CompletedProcess[str]:
    """Run the command on the policies and keys of the directory."""
    return run_command("impact", "--policies", "policies", "--keys", "keys.json", *flags, folder=folder)


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


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_nothing_of_others_is_run_by_a_shell(folder: Path, tmp_path: Path, shell: str) -> None:
    """Lines that are pasted run curl alone, whatever the names of keys, aliases and APIs hold."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    hostile = "x\ntouch broken #\r\x85touch broken\u2028$(touch broken)`touch broken`'; touch broken; '\\"
    session = {"org_id": "acme", "alias": hostile, "apply_policies": ["gold"],
               "access_rights": {hostile: {"versions": [hostile]}}}  # fmt: skip
    keys = tmp_path / "hostile.json"
    keys.write_text(json.dumps({hostile: session}))
    ended = of_files(
        folder, "--keys", keys, "--delete", "gold", "--migrate", "gold=silver", "--show-keys",
        "--gateway-url", "http://127.0.0.1:1",
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    _, _, pasted = ended.stdout.partition("nothing was sent:\n")
    assert {line.split(" ")[0] for line in pasted.splitlines()} == {"", "#", "curl"}
    script = f'curl() {{ echo "called" "$#"; }}\n{pasted}'
    run = subprocess.run([shell], input=script, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.count("called") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["hostile.json"]


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


def test_the_expiry_of_new_keys_is_a_note(folder: Path) -> None:
    """A changed key_expires_in is told as one of keys that are created later."""
    lines = of_files(folder, "--change", "silver.json").stdout
    assert "note: policy silver: key_expires_in 0 -> 60 sets the expiry of keys created from then on" in lines


def test_requests_that_show_keys_need_leave(folder: Path) -> None:
    """--migrate asks for --show-keys if its requests would show the id of a key."""
    flags = ("--migrate", "gold=silver", "--gateway-url", "http://gateway:8080")
    assert "allow that with --show-keys" in error_line(of_files(folder, *flags))


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


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ('"apply_policies": [' + ",".join(['"gold"'] * 1001) + "]", "it names over 1,000 policies"),
        ('"meta_data": {"a": ' + "[" * 900 + "]" * 900 + "}", "it is nested over 200 levels deep"),
    ],
    ids=["policies", "levels"],
)
def test_a_session_beyond_the_limits_is_unread(
    folder: Path, tmp_path: Path, members: str, reason: str
) -> None:
    """A session that would take too long, or is nested too deeply, is counted as unread; others are judged."""
    keys = tmp_path / "keys.json"
    keys.write_text(f'{{"long": {{{members}}}, "short": {{"org_id": "acme", "apply_policies": ["gold"]}}}}')
    ended = of_files(folder, "--keys", keys, "--delete", "gold")
    assert ended.returncode == 0, ended.stderr
    assert "delete gold: 1 of 1 session affected" in ended.stdout
    assert reason in ended.stdout
