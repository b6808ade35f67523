"""`tyk-contract export` beside secrets in every place, and hostile gateways."""

from __future__ import annotations

import json
import re
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hostile import Peer, hostile
from secret_places import PLANTED, planted
from serving import error_line, run_command

from mockserver import MockGateway
from mockserver.cli.transfer import export_files
from mockserver.cli.transfer.contents import DEEPEST, Contents
from mockserver.cli.transfer.secret_members import REPLACED, SECRET_MEMBERS

pytestmark = pytest.mark.slow  # whole commands

GATEWAY_SECRET = "s3cret-of-the-gateway"
HELLO = {"status": "pass", "version": "5.12.0", "description": "Tyk GW"}
PEM = f"-----BEGIN RSA PRIVATE KEY-----\n{PLANTED}\n-----END RSA PRIVATE KEY-----"  # pragma: allowlist secret
IN_TEXTS = [
    f"a certificate {PEM}", f"https://user:{PLANTED}@host/path", f"http://host/?x=1&api_key={PLANTED}",
    f"http://host/?access_token={PLANTED}", f"the secret is {GATEWAY_SECRET}",
]  # fmt: skip


def _with_status(answer: Any) -> tuple[int, Any]:
    return answer if isinstance(answer, tuple) else (200, answer)


@contextmanager
def gateway(answers: dict[str, Any]) -> Iterator[str]:
    """The URL of a gateway with these documents by path, or bytes, or a status too; an unknown path is 404."""

    def converse(peer: Peer) -> None:
        while request := peer.take().decode():
            path = request.split(" ")[1].partition("?")[0]
            has_secret = "x-tyk-authorization" in request.lower()
            status, document = (
                _with_status(answers[path]) if path in answers else (404, {"message": "Key not found"})
            )
            if path != "/hello" and not has_secret:
                status, document = (
                    403,
                    {
                        "status": "error",
                        "message": "Attempted administrative access with invalid or missing key!",
                    },
                )
            body = document if isinstance(document, bytes) else json.dumps(document).encode()
            head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            peer.say(head.encode(), body)

    with hostile(converse) as url:
        yield url


def export(answers: dict[str, Any], target: Path) -> subprocess.CompletedProcess[str]:
    """Export a gateway with these documents."""
    empty = {"/hello": HELLO, "/tyk/policies": [], "/tyk/apis": [], "/tyk/keys": {"keys": []}}
    with gateway({**empty, **answers}) as url:
        return run_command("export", url, "--output", target, TYK_GW_SECRET=GATEWAY_SECRET)


def everything(folder: Path) -> str:
    """The texts of all files below a folder, and their names."""
    return "".join(f"{path.name} {path.read_text()}" for path in folder.rglob("*") if path.is_file())


def full_of_secrets() -> dict[str, Any]:
    """A document with the secret in each place of the table, at its top, deep in it, and in lists."""
    rows = [planted(member.path) for member in SECRET_MEMBERS]
    pairs = {"transformRequestHeaders": {"add": [{"name": "X-Key", "value": PLANTED}]}}
    return {
        "at_top": {str(place): row for place, row in enumerate(rows)},
        "deep": {"version_data": {"versions": {"Default": {"extended_paths": {"transform_headers": rows}}}}},
        "texts": IN_TEXTS,
        "pairs": pairs,
        "apiKey": [PLANTED],
        "PASSWORD": {"not": "a text"},
    }


def test_no_planted_secret_is_in_an_export(tmp_path: Path) -> None:
    """Secrets in every secret member of policies, APIs, keys and clients are in no file of an export, and in no output."""
    document = full_of_secrets()
    answers = {
        "/tyk/policies": [{"id": "gold", **document}],
        "/tyk/apis": [{"api_id": "orders", "use_oauth2": True, **document}],
        "/tyk/keys": {"keys": [f"acme{PLANTED}"]},
        f"/tyk/keys/acme{PLANTED}": {"org_id": "acme", "basic_auth_data": {"password": PLANTED}, **document},
        "/tyk/oauth/clients/orders": [{"client_id": "shop", **document}],
    }
    process = export(answers, tmp_path / "x")
    assert process.returncode == 0, process.stderr
    for text in (everything(tmp_path / "x"), process.stdout, process.stderr):
        assert PLANTED not in text
        assert GATEWAY_SECRET not in text
    manifest = json.loads((tmp_path / "x" / "export.json").read_text())
    assert manifest["counts"] == {"policies": 1, "apis": 1, "keys": 1, "clients": 1}
    assert len(manifest["replaced"]) > 4 * 2 * len(SECRET_MEMBERS)


def test_the_secret_is_in_no_form_and_at_no_place_in_an_export(tmp_path: Path) -> None:
    """A gateway that writes its secret into ids, names of members or encodings gets it into no file and no line."""
    forms = [GATEWAY_SECRET.upper(), quote_all(GATEWAY_SECRET), b64encode(GATEWAY_SECRET.encode()).decode()]
    document = {GATEWAY_SECRET: 1, "meta_data": {GATEWAY_SECRET: "x", "tags": forms}, "name": GATEWAY_SECRET}
    answers = {
        "/tyk/policies": [{"id": name, **document} for name in ("gold", GATEWAY_SECRET, *forms)],
        "/tyk/apis": [{"api_id": name, **document} for name in ("orders", GATEWAY_SECRET)],
        "/tyk/keys": {"keys": []},
    }
    process = export(answers, tmp_path / "x")
    assert process.returncode == 1
    for text in (everything(tmp_path / "x"), process.stdout, process.stderr):
        assert [form for form in (GATEWAY_SECRET, *forms) if form in text] == []
    assert "policy '***' is not carried: its id has a secret" in process.stderr
    assert json.loads((tmp_path / "x" / "export.json").read_text())["counts"]["policies"] == 1


def quote_all(text: str) -> str:
    """A text with each character escaped as in URLs."""
    return "".join(f"%{ord(character):02x}" for character in text)


def test_a_long_message_is_cut(tmp_path: Path) -> None:
    """Of the message of a refusal, and of an id, the first 500 characters are shown."""
    answers = {
        "/tyk/policies": [{"id": "x" * 2_000_000, "oauth_keys": {"a": PLANTED}}],
        "/tyk/keys": (500, {"message": "y" * 2_000_000}),
    }
    process = export(answers, tmp_path / "x")
    assert len(process.stderr) + len(process.stdout) < 3000
    assert "... (2000" in process.stderr
    assert "... (2000" in process.stdout


def test_odd_ids_stay_within_the_directory(tmp_path: Path) -> None:
    """Ids that are paths, controls, devices or very long make files in the directory of APIs alone, one for each."""
    ids = [
        "../x",
        "/etc/x",
        "..",
        ".",
        "a\x00b",
        "\x1b[2J",
        "con/../..",
        "A",
        "a",
        "x" * 5000,
        "api-a",
        "\ud800",
        "-x",
    ]
    apis = [{"api_id": name, "name": name} for name in ids]
    answers = {"/tyk/policies": [{"id": name} for name in ids], "/tyk/apis": apis}
    (tmp_path / "deep").mkdir()
    process = export(answers, tmp_path / "deep" / "x")
    assert process.returncode == 0, process.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["deep"]
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["x"]
    files = sorted((tmp_path / "deep" / "x" / "apis").iterdir())
    assert len(files) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9._-]+\.json", file.name) for file in files)
    assert {json.loads(file.read_text())["api_id"] for file in files} == set(ids)
    assert all(line.isprintable() for line in (process.stdout + process.stderr).split("\n"))


def test_odd_documents_are_named_and_left_out(tmp_path: Path) -> None:
    """What is no object, has no id or one that is taken, is too deep or no JSON, is named, and the rest is saved."""
    deep: Any = {}
    for _ in range(DEEPEST + 5):
        deep = {"deep": deep}
    policies = [
        {"id": "gold", "rate": 1},
        {"id": "gold"},
        {"id": ""},
        {"id": 5},
        7,
        None,
        {"id": "deep", "d": deep},
    ]
    body = json.dumps(
        [*policies, {"id": "nan", "rate": float("nan")}, {"id": "\x1b[2J\n", "a": deep}]
    ).encode()
    process = export({"/tyk/policies": body}, tmp_path / "x")
    assert process.returncode == 1
    lines = process.stderr.splitlines()
    assert len(lines) == 8
    assert all(line.isprintable() and "is not carried: " in line for line in lines)
    assert json.loads((tmp_path / "x/policies/policies.json").read_text()) == {
        "gold": {"id": "gold", "rate": 1}
    }
    assert len(json.loads((tmp_path / "x/export.json").read_text())["not_carried"]) == 8


def test_many_lines_of_a_hostile_gateway_are_cut(tmp_path: Path) -> None:
    """Of a thousand policies without ids the first are named, and the others are counted."""
    process = export({"/tyk/policies": [{"id": ""}] * 1000}, tmp_path / "x")
    assert process.returncode == 1
    assert process.stderr.count("\n") == 21
    assert process.stderr.endswith("  and 980 more\n")


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({"/tyk/policies": b"[" * 100_000}, "GET /tyk/policies answers 200; check the URL and the secret"),
        ({"/tyk/apis": {"apis": 1}}, "GET /tyk/apis answers 200; check the URL and the secret"),
        ({"/tyk/policies": b"[" + b"[]," * 6_000_000 + b"[]]"}, "GET /tyk/policies"),
    ],
    ids=["deep", "no list", "huge"],
)  # fmt: skip
def test_answers_that_are_no_lists_are_errors(tmp_path: Path, answers: dict[str, Any], message: str) -> None:
    """Answers that are too deep, too large or of another form are an error in one line, and nothing is saved."""
    assert message in error_line(export(answers, tmp_path / "x"), 2)
    assert not (tmp_path / "x").exists()


def test_keys_that_are_not_listed_are_told(tmp_path: Path) -> None:
    """If a gateway lists no keys, or a key cannot be read, the export has the rest and says so, without the id."""
    unlisted = export({"/tyk/policies": [{"id": "gold"}], "/tyk/keys": {"error": 1}}, tmp_path / "x")
    assert unlisted.returncode == 1
    assert "no key is carried: GET /tyk/keys answers 200; set enable_hashed_keys_listing" in unlisted.stderr
    unread = export({"/tyk/keys": {"keys": ["acme-secret-id"]}}, tmp_path / "y")
    assert unread.returncode == 1
    assert "is not carried: it could not be read: answered 404 Key not found" in unread.stderr
    assert "acme-secret-id" not in unread.stderr + everything(tmp_path / "y")


def test_a_manifest_of_others_reads_no_file_elsewhere(tmp_path: Path) -> None:
    """A manifest that lists files outside its directory is refused by `import`, and by an export to that directory."""
    target = tmp_path / "x"
    assert export({}, target).returncode == 0
    manifest = json.loads((target / "export.json").read_text())
    (target / "export.json").write_text(json.dumps({**manifest, "api_files": ["../../etc.json"]}))
    assert "api_files must be a list" in error_line(run_command("import", target, "http://127.0.0.1:9"))
    again = export({}, target)
    assert again.returncode == 2
    assert "api_files must be a list" in again.stderr


def test_a_gateway_that_is_no_mock_gets_no_replaced_secret(tmp_path: Path) -> None:
    """Without --yes nothing is written to a real gateway; what has a replaced secret is named, and left out."""
    api = {"api_id": "orders", "jwt_source": PLANTED}
    assert export({"/tyk/policies": [{"id": "gold"}], "/tyk/apis": [api]}, tmp_path / "x").returncode == 0
    written = {"/hello": HELLO, "/tyk/policies": [], "/tyk/apis": [], "/tyk/reload": {"status": "ok"}}
    with gateway(written) as url:
        asked = run_command("import", tmp_path / "x", url, TYK_GW_SECRET=GATEWAY_SECRET)
        done = run_command("import", tmp_path / "x", url, "--yes", TYK_GW_SECRET=GATEWAY_SECRET)
    assert (asked.returncode, asked.stdout) == (2, "would write policy gold\n")
    assert "give --yes to write" in asked.stderr
    assert done.returncode == 1
    assert f'a secret of it was replaced; write the secret in the place of "{REPLACED}"' in done.stderr
    assert "written: 1 policy, no APIs" in done.stdout


def test_ids_that_are_no_names_are_not_written(tmp_path: Path) -> None:
    """`import` sends no request about an id that is a path or has a control character, and names it."""
    odd = ["../x", "a/b", "..", "x\x1b[2J", "a\\b"]
    policies = {name: {"id": name} for name in [*odd, "gold"]}
    (tmp_path / "x.json").write_text(json.dumps({"tyk-contract-export": 1, "policies": policies}))
    with MockGateway(secret=GATEWAY_SECRET) as mock:
        process = run_command("import", tmp_path / "x.json", mock.url, TYK_GW_SECRET=GATEWAY_SECRET)
        assert list(mock.policies) == ["gold"]
    assert process.returncode == 1
    assert process.stderr.count("the id is no name that a gateway can store; correct it\n") == len(odd)
    assert all(line.isprintable() for line in process.stderr.split("\n"))


def test_an_export_removes_nothing_through_a_link(tmp_path: Path) -> None:
    """A directory of an earlier export whose folder is a link elsewhere is refused, and no file there goes."""
    target, elsewhere = tmp_path / "target", tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "mine.json").write_text("mine")
    target.mkdir()
    (target / "apis").symlink_to(elsewhere)
    (target / "export.json").write_text('{"tyk-contract-export": 1, "api_files": ["mine.json"]}')
    with pytest.raises(export_files.ExportError, match="is a symbolic link"):
        export_files.write(target, {}, Contents("gateway"))
    assert (elsewhere / "mine.json").read_text() == "mine"
