"""The mock loses nothing of its user's, tells no secret, and stands beside others."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from asking import call, send

from mockserver import MockGateway
from mockserver.http.client import ClientError
from mockserver.serving.wsgi_app import create_app


@pytest.fixture(name="gateway")
def _gateway() -> Iterator[MockGateway]:
    with MockGateway(secret="s3cret") as gateway:
        yield gateway


def test_a_reset_keeps_what_was_there_before(tmp_path: Path) -> None:
    """Only what the mock wrote is undone: new files go, changed and removed ones come back."""
    for name in ("kept", "changed", "removed"):
        (tmp_path / f"{name}.json").write_text(f'{{"id":"{name}"}}')
    (tmp_path / "package.json").write_text("{}")
    before = {path.name: path.read_text() for path in tmp_path.iterdir()}
    with MockGateway(policies=tmp_path) as gateway:
        call(gateway, "POST", "/tyk/policies", {"id": "new"})
        call(gateway, "PUT", "/tyk/policies/changed", {"id": "changed", "name": "x"})
        call(gateway, "DELETE", "/tyk/policies/removed")
        assert {path.stem for path in tmp_path.iterdir()} == {"kept", "changed", "new", "package"}
        gateway.reset()
        assert sorted(gateway.policies) == ["changed", "kept", "removed"]
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == before


def test_files_beside_a_record_file_are_no_policies(tmp_path: Path) -> None:
    """Neither told as written nor ever removed."""
    (tmp_path / "policies.json").write_text('{"gold":{}}')
    (tmp_path / "package.json").write_text('{"id":"npm"}')
    with MockGateway(policies=tmp_path / "policies.json", directory=tmp_path) as gateway:
        call(gateway, "POST", "/tyk/policies", {"id": "new"})
        assert list(gateway.policies.written) == ["new"]
        gateway.reset()
        assert list(gateway.policies) == ["gold"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["package.json", "policies.json"]


def test_a_delay_does_not_hold_up_others_or_the_end() -> None:
    """Other requests are answered meanwhile, and closing ends the waiting."""
    with MockGateway() as gateway:
        gateway.fault("listPolicies", delay=600, times=0)
        for _ in range(40):
            with pytest.raises(ClientError):
                send(gateway, "GET", "/tyk/policies", [("X-Tyk-Authorization", gateway.secret)], timeout=0.01)
        assert send(gateway, "GET", "/hello").status == 200


def test_a_header_with_an_underscore_is_another(gateway: MockGateway) -> None:
    """Go keeps the two names apart."""
    assert send(gateway, "GET", "/tyk/policies", [("X-Tyk_Authorization", gateway.secret)]).status == 403


def test_the_secret_is_in_no_part_of_the_journal(gateway: MockGateway) -> None:
    """Neither from the target, nor from other headers or the body."""
    headers = [("X-Other", "s3cret"), ("X-Tyk_Authorization", "s3cret")]
    send(gateway, "POST", "/tyk/policies?key=s3cret", headers, b'{"id":"s3cret"}')
    told = send(gateway, "GET", "/_mock/journal").body
    assert b"s3cret" not in told
    assert b"?key=***" in told


def test_a_directory_is_what_a_gateway_would_leave(tmp_path: Path) -> None:
    """A second mock on it finds the policies of the first."""
    with MockGateway(policies=tmp_path) as first:
        call(first, "POST", "/tyk/policies", {"id": "a", "name": "kept"})
    assert (tmp_path / "a.json").read_text().startswith('{\n  "_id": "",\n  "id": "a",')
    with MockGateway(policies=tmp_path) as second:
        assert second.policies["a"]["name"] == "kept"


def test_an_empty_secret_lets_all_in() -> None:
    """As it does on a real gateway."""
    with MockGateway(secret="") as gateway:
        assert send(gateway, "GET", "/tyk/policies").status == 200


def test_a_body_over_the_configured_size_is_refused() -> None:
    """Before the secret is asked for."""
    with MockGateway(config={"http_server_options.max_request_body_size": 10}) as gateway:
        answer = send(gateway, "POST", "/tyk/policies", (), b"x" * 11)
        assert (answer.status, answer.body) == (413, b"Request Entity Too Large\n")


def test_two_gateways_stand_side_by_side() -> None:
    """Each with its own state and version."""
    with MockGateway(gateway="5.8") as old, MockGateway(gateway="5.14") as new:
        old.policies.seed({"id": "a", "access_rights": {"x": {}}})
        new.policies.seed({"id": "a", "access_rights": {"x": {}}})
        assert "limit" in old.policies["a"]["access_rights"]["x"]
        assert "limit" not in new.policies["a"]["access_rights"]["x"]


@pytest.mark.parametrize(
    ("origin", "status"),
    [("http://evil.test", 403), ("null", 403), ("http://127.0.0.1:1", 403), ("", 200)],
)
def test_the_mocks_own_api_answers_no_other_site(origin: str, status: int) -> None:
    """A page of another site in a browser of this machine could reset the mock otherwise."""
    with MockGateway() as gateway:
        headers = [("Origin", origin)] if origin else []
        assert send(gateway, "POST", "/_mock/reset", headers, b"").status == status
        own = [("Origin", gateway.url)]
        assert send(gateway, "POST", "/_mock/reset", own, b"").status == 200


@pytest.mark.parametrize(("remote_control", "status"), [(False, 403), (True, 200)])
def test_the_mocks_own_api_answers_this_machine(remote_control: bool, status: int) -> None:
    """Others only where that is asked for."""
    client = create_app(remote_control=remote_control).test_client()
    there = {"REMOTE_ADDR": "192.0.2.7"}
    assert client.post("/_mock/reset", environ_base=there).status_code == status
    assert client.post("/_mock/reset", environ_base={"REMOTE_ADDR": "::1"}).status_code == 200


def test_a_name_turned_to_this_machine_is_another_site() -> None:
    """A page's own name may be made to lead here (DNS rebinding): Host and Origin agree, and are refused."""
    client = create_app().test_client()
    headers = {"Host": "evil.test", "Origin": "http://evil.test"}
    assert client.post("/_mock/reset", headers=headers).status_code == 403


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EIO, errno.EMFILE])
def test_a_disk_that_takes_no_file_is_told(
    tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the gateway's own answer; what was written stays, and is written again when the disk takes it."""
    with MockGateway(policies=tmp_path) as mock:
        mock.policies.seed({"id": "gold", "rate": 1})

        def refuse(path: str, flags: int, *rest: int) -> int:
            if flags & (os.O_WRONLY | os.O_RDWR):
                raise OSError(number, os.strerror(number))
            return opened(path, flags, *rest)

        opened = os.open
        with monkeypatch.context() as patch:
            patch.setattr("mockserver.storage.files.os.open", refuse)
            patch.setattr("pathlib.Path.write_bytes", lambda path, _: refuse(str(path), os.O_WRONLY))
            for target, method in (("/tyk/policies/gold", "PUT"), ("/tyk/policies", "POST")):
                answer = call(mock, method, target, {"id": "gold", "rate": 20})
                assert answer == (500, {"status": "error", "message": "Failed to create file!"})
            mock.reload()
            assert call(mock, "GET", "/tyk/policies/gold")[1]["rate"] == 1
        assert call(mock, "PUT", "/tyk/policies/gold", {"id": "gold", "rate": 20})[0] == 200
        mock.reload()
        assert call(mock, "GET", "/tyk/policies/gold")[1]["rate"] == 20


def test_what_another_hand_does_to_the_directory_is_answered(tmp_path: Path) -> None:
    """Files broken, removed and put in place of others; the directory gone, and back."""
    folder = tmp_path / "policies"
    folder.mkdir()
    with MockGateway(policies=folder) as mock:
        mock.policies.seed({"id": "gold", "rate": 1}, {"id": "lead"})
        (folder / "gold.json").write_text('{"id":"gold","rate"')
        (folder / "lead.json").unlink()
        (folder / "lead.json").mkdir()
        assert call(mock, "PUT", "/tyk/policies/lead", {"id": "lead"})[0] == 500
        mock.reload()
        assert call(mock, "GET", "/tyk/policies/lead")[0] == 404
        assert call(mock, "PUT", "/tyk/policies/gold", {"id": "gold", "rate": 2})[0] == 200
        mock.reload()
        assert call(mock, "GET", "/tyk/policies/gold")[1]["rate"] == 2
        shutil.rmtree(folder)
        assert call(mock, "PUT", "/tyk/policies/gold", {"id": "gold"})[0] == 500
        assert call(mock, "DELETE", "/tyk/policies/gold")[0] == 500
        mock.reload()
        assert call(mock, "GET", "/tyk/policies/gold")[0] == 404
        folder.mkdir()
        assert call(mock, "POST", "/tyk/policies", {"id": "gold"})[0] == 200
        mock.reload()
        assert list(mock.policies) == ["gold"]
