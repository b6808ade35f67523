"""The mock loses no file of its user, reveals no secret, and runs beside other mocks."""

from __future__ import annotations

import errno
import io
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from asking import call, send

from mockserver import MockGateway
from mockserver.http.client import ClientError
from mockserver.http.limits import Limits
from mockserver.serving.service_server import LONGEST_WAIT
from mockserver.serving.wsgi_app import create_app


@pytest.fixture(name="gateway")
def _gateway() -> Iterator[MockGateway]:
    with MockGateway(secret="s3cret") as gateway:
        yield gateway


def test_a_reset_restores_the_users_files(tmp_path: Path) -> None:
    """A reset removes the files that the mock added, and restores those that it changed or removed."""
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


def test_files_beside_a_record_file_are_ignored(tmp_path: Path) -> None:
    """Files beside a record file are not listed as written policies, and a reset does not remove them."""
    (tmp_path / "policies.json").write_text('{"gold":{}}')
    (tmp_path / "package.json").write_text('{"id":"npm"}')
    with MockGateway(policies=tmp_path / "policies.json", directory=tmp_path) as gateway:
        call(gateway, "POST", "/tyk/policies", {"id": "new"})
        assert list(gateway.policies.written) == ["new"]
        gateway.reset()
        assert list(gateway.policies) == ["gold"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["package.json", "policies.json"]


def test_a_delay_does_not_hold_up_others_or_the_end() -> None:
    """The mock answers and closes while forty delayed requests wait."""
    with MockGateway() as gateway:
        gateway.fault("listPolicies", delay=600, times=0)
        for _ in range(40):
            with pytest.raises(ClientError):
                send(gateway, "GET", "/tyk/policies", [("X-Tyk-Authorization", gateway.secret)], timeout=0.01)
        assert send(gateway, "GET", "/hello").status == 200


def test_a_header_with_an_underscore_is_not_the_secret(gateway: MockGateway) -> None:
    """The gateway does not take X-Tyk_Authorization for X-Tyk-Authorization."""
    assert send(gateway, "GET", "/tyk/policies", [("X-Tyk_Authorization", gateway.secret)]).status == 403


def test_the_journal_hides_the_secret(gateway: MockGateway) -> None:
    """The journal hides the secret in targets, headers and bodies."""
    headers = [("X-Other", "s3cret"), ("X-Tyk_Authorization", "s3cret")]
    send(gateway, "POST", "/tyk/policies?key=s3cret", headers, b'{"id":"s3cret"}')
    journal = send(gateway, "GET", "/_mock/journal").body
    assert b"s3cret" not in journal
    assert b"?key=***" in journal


def test_a_directory_has_the_files_of_a_gateway(tmp_path: Path) -> None:
    """Policies are files as a gateway writes them, and a second mock loads them from the directory."""
    with MockGateway(policies=tmp_path) as first:
        call(first, "POST", "/tyk/policies", {"id": "a", "name": "kept"})
    assert (tmp_path / "a.json").read_text().startswith('{\n  "_id": "",\n  "id": "a",')
    with MockGateway(policies=tmp_path) as second:
        assert second.policies["a"]["name"] == "kept"


def test_an_empty_secret_admits_everyone() -> None:
    """A gateway with an empty secret answers requests without one."""
    with MockGateway(secret="") as gateway:
        assert send(gateway, "GET", "/tyk/policies").status == 200


def test_two_gateways_run_side_by_side() -> None:
    """Two mocks in one process have separate policies and versions."""
    with MockGateway(gateway="5.8") as old, MockGateway(gateway="5.14") as new:
        old.policies.seed({"id": "a", "access_rights": {"x": {}}})
        new.policies.seed({"id": "a", "access_rights": {"x": {}}})
        assert "limit" in old.policies["a"]["access_rights"]["x"]
        assert "limit" not in new.policies["a"]["access_rights"]["x"]


@pytest.mark.parametrize(
    ("origin", "status"),
    [("http://evil.test", 403), ("null", 403), ("http://127.0.0.1:1", 403), ("", 200)],
)
def test_the_control_api_refuses_other_sites(origin: str, status: int) -> None:
    """The control API refuses requests of web pages of other origins, and answers its own."""
    with MockGateway() as gateway:
        headers = [("Origin", origin)] if origin else []
        assert send(gateway, "POST", "/_mock/reset", headers, b"").status == status
        same_origin = [("Origin", gateway.url)]
        assert send(gateway, "POST", "/_mock/reset", same_origin, b"").status == 200


@pytest.mark.parametrize(("remote_control", "status"), [(False, 403), (True, 200)])
def test_the_control_api_answers_this_machine(remote_control: bool, status: int) -> None:
    """The control API answers other machines only with `remote_control`."""
    client = create_app(remote_control=remote_control).test_client()
    other_machine = {"REMOTE_ADDR": "192.0.2.7"}
    assert client.post("/_mock/reset", environ_base=other_machine).status_code == status
    assert client.post("/_mock/reset", environ_base={"REMOTE_ADDR": "::1"}).status_code == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("target", ["/tyk/%zz", "/_mock/%zz", "/_mock/journal%zz"])
def test_a_malformed_target_is_refused_in_wsgi(target: str, method: str) -> None:
    """A target that is not percent-encoded is refused by the Flask application too, without a failure."""
    answer = create_app().test_client().open(target, method=method, environ_overrides={"RAW_URI": target})
    assert (answer.status_code, answer.data) == (400, b"400 Bad Request")


@pytest.mark.parametrize("has_length", [True, False], ids=["length", "chunked"])
@pytest.mark.parametrize("target", ["/tyk/policies", "/no/api", "/_mock/none"])
def test_a_long_body_is_refused_in_wsgi(target: str, *, has_length: bool) -> None:
    """A body beyond the limit is refused by the Flask application too, also if its length is not announced."""
    app = create_app(secret="")
    assert app.config["MAX_CONTENT_LENGTH"] == Limits().body
    app.config["MAX_CONTENT_LENGTH"] = 1000
    environ = {} if has_length else {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    for size in (10, 1001):
        answer = app.test_client().post(
            target, input_stream=io.BytesIO(b" " * size), content_length=size if has_length else None,
            environ_overrides=environ,
        )  # fmt: skip
        assert (answer.status_code == 413) is (size > 1000)
        assert answer.status_code < 500


def test_the_control_api_refuses_a_rebound_name() -> None:
    """The control API refuses a Host that is no address, even if the Origin agrees (DNS rebinding)."""
    client = create_app().test_client()
    headers = {"Host": "evil.test", "Origin": "http://evil.test"}
    assert client.post("/_mock/reset", headers=headers).status_code == 403


@pytest.mark.parametrize(
    "number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EIO, errno.EMFILE], ids=errno.errorcode.get
)
def test_a_disk_error_is_answered_and_loses_nothing(
    tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A write that the disk refuses answers 500, and the loaded policy stays as it was."""
    with MockGateway(policies=tmp_path) as mock:
        mock.policies.seed({"id": "gold", "rate": 1})

        def refuse(path: str, flags: int, *rest: int) -> int:
            if flags & (os.O_WRONLY | os.O_RDWR):
                raise OSError(number, os.strerror(number))
            return os_open(path, flags, *rest)

        os_open = os.open
        with monkeypatch.context() as patch:
            patch.setattr("mockserver.storage.file_writer.os.open", refuse)
            patch.setattr("pathlib.Path.write_bytes", lambda path, _: refuse(str(path), os.O_WRONLY))
            refusal = 500, {"status": "error", "message": "Failed to create file!"}
            assert call(mock, "PUT", "/tyk/policies/gold", {"id": "gold", "rate": 20}) == refusal
            assert call(mock, "POST", "/tyk/policies", {"id": "gold", "rate": 20}) == refusal
            mock.reload()
            assert call(mock, "GET", "/tyk/policies/gold")[1]["rate"] == 1
        assert call(mock, "PUT", "/tyk/policies/gold", {"id": "gold", "rate": 20})[0] == 200
        mock.reload()
        assert call(mock, "GET", "/tyk/policies/gold")[1]["rate"] == 20


def _rewrite_outside(folder: Path) -> None:
    (folder / "gold.json").write_text('{"id":"gold","rate"')
    (folder / "lead.json").unlink()
    (folder / "lead.json").mkdir()


def test_files_that_others_break_are_answered(tmp_path: Path) -> None:
    """A policy whose file was replaced by a folder is refused; one whose file was cut is written again."""
    with MockGateway(policies=tmp_path) as mock:
        mock.policies.seed({"id": "gold", "rate": 1}, {"id": "lead"})
        _rewrite_outside(tmp_path)
        assert call(mock, "PUT", "/tyk/policies/lead", {"id": "lead"})[0] == 500
        mock.reload()
        assert call(mock, "GET", "/tyk/policies/lead")[0] == 404
        assert call(mock, "PUT", "/tyk/policies/gold", {"id": "gold", "rate": 2})[0] == 200
        mock.reload()
        assert call(mock, "GET", "/tyk/policies/gold")[1]["rate"] == 2


def test_a_directory_that_others_remove_is_answered(tmp_path: Path) -> None:
    """Writes and deletions answer 500 while the directory is gone, and succeed once it is there again."""
    folder = tmp_path / "policies"
    folder.mkdir()
    with MockGateway(policies=folder) as mock:
        mock.policies.seed({"id": "gold", "rate": 1}, {"id": "lead"})
        _rewrite_outside(folder)
        mock.reload()
        shutil.rmtree(folder)
        assert call(mock, "PUT", "/tyk/policies/gold", {"id": "gold"})[0] == 500
        assert call(mock, "DELETE", "/tyk/policies/gold")[0] == 500
        mock.reload()
        assert call(mock, "GET", "/tyk/policies/gold")[0] == 404
        folder.mkdir()
        assert call(mock, "POST", "/tyk/policies", {"id": "gold"})[0] == 200
        mock.reload()
        assert list(mock.policies) == ["gold"]


def test_a_signal_that_is_early_is_not_missed(gateway: MockGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wait for the end of a mock is made of short ones: a signal just before one would not end it."""
    waits: list[float | None] = []

    class Running:
        """A thread that ends after the second wait."""

        def is_alive(self) -> bool:
            return len(waits) < 2

        def join(self, timeout: float | None = None) -> None:
            waits.append(timeout)

    with monkeypatch.context() as patched:
        patched.setattr(gateway._server, "_thread", Running())
        gateway.wait()
    assert waits == [LONGEST_WAIT] * 2
