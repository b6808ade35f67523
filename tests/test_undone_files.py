"""A reset undoes what the mock did to files, and touches none that others have changed since."""

from __future__ import annotations

import json
import logging
import random
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from asking import call, send

from mockserver import MockGateway
from mockserver.storage.backend import Refused
from mockserver.storage.directory_files import DirectoryFiles

Act = Callable[[Path], object]


def _replaced(path: Path) -> None:
    (path.parent / "new").write_text("users")
    (path.parent / "new").replace(path)


OTHERS: dict[str, Act] = {  # what others do to a file that the mock wrote
    "edited": lambda path: path.write_text("users"),
    "edited, same length": lambda path: path.write_text("MOCK"),
    "replaced": _replaced,
    "deleted": lambda path: path.unlink(),
    "a link": lambda path: (path.unlink(), path.symlink_to("elsewhere")),
    "a directory": lambda path: (path.unlink(), path.mkdir()),
}


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _state(path: Path) -> tuple[str, str]:
    if path.is_symlink():
        return "link", str(path.readlink())
    if path.is_dir():
        return "directory", ""
    return ("file", path.read_text()) if path.exists() else ("absent", "")


@pytest.mark.parametrize("users", [None, "before"], ids=["new file", "user's file"])
@pytest.mark.parametrize("act", OTHERS.values(), ids=OTHERS)
def test_what_others_did_stays(tmp_path: Path, act: Act, users: str | None) -> None:
    """A file that others have changed since the mock wrote it stays as it is, and the reset names it."""
    path = tmp_path / "a.json"
    if users is not None:
        path.write_text(users)
    store = DirectoryFiles(tmp_path)
    store.write("a", lambda: "mock")
    act(path)
    theirs = _state(path)
    left = store.restore()
    assert _state(path) == theirs
    is_as_before = theirs == ("absent", "") and users is None
    assert left == (
        []
        if is_as_before
        else [f"{str(path)!r} was changed by others after the mock wrote it, and is left so"]
    )
    assert store.restore() == []


@pytest.mark.parametrize("mode", [0o600, 0o644])
@pytest.mark.parametrize("act", ["write", "write twice", "delete", "delete and write", "write and delete"])
def test_what_the_mock_did_is_undone(tmp_path: Path, act: str, mode: int) -> None:
    """A file of the user comes back with its content and its mode, whatever the mock did to it."""
    path = tmp_path / "a.json"
    path.write_text("before")
    path.chmod(mode)
    store = DirectoryFiles(tmp_path)
    for step in act.replace(" twice", " and write").split(" and "):
        store.write("a", lambda: "mock") if step == "write" else store.delete("a")
    assert store.restore() == []
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("before", mode)
    assert _names(tmp_path) == ["a.json"]


def test_links_and_empty_directories_come_back(tmp_path: Path) -> None:
    """A symbolic link and an empty directory that the mock removed come back as such."""
    (tmp_path / "real").write_text("before")
    (tmp_path / "a.json").symlink_to("real")
    (tmp_path / "b.json").mkdir()
    store = DirectoryFiles(tmp_path)
    for name in ("a", "b"):
        store.delete(name)
    store.write("a", lambda: "mock")
    assert store.restore() == []
    assert _state(tmp_path / "a.json") == ("link", "real")
    assert _state(tmp_path / "b.json") == ("directory", "")
    assert (tmp_path / "real").read_text() == "before"


def test_a_file_behind_a_link_comes_back(tmp_path: Path) -> None:
    """A write through a symbolic link is undone at its target, and a target that others edited stays."""
    folder = tmp_path / "policies"
    folder.mkdir()
    for name in ("kept", "edited"):
        (tmp_path / name).write_text("before")
        (folder / f"{name}.json").symlink_to(tmp_path / name)
    (folder / "dangling.json").symlink_to(tmp_path / "new")
    store = DirectoryFiles(folder)
    for name in ("kept", "edited", "dangling"):
        store.write(name, lambda: "mock")
    (tmp_path / "edited").write_text("users")
    assert [str(tmp_path / "edited") in line for line in store.restore()] == [True]
    contents = {name: (tmp_path / name).read_text() for name in ("kept", "edited")}
    assert contents == {"kept": "before", "edited": "users"}
    assert not (tmp_path / "new").exists()
    assert (folder / "dangling.json").is_symlink()


def test_an_edit_that_the_mock_overwrites_comes_back(tmp_path: Path) -> None:
    """If the mock writes over what others wrote after its own first write, a reset brings their text back."""
    store = DirectoryFiles(tmp_path)
    store.write("a", lambda: "mock")
    (tmp_path / "a.json").write_text("user")
    store.write("a", lambda: "more")
    assert store.restore() == []
    assert (tmp_path / "a.json").read_text() == "user"


def test_a_write_that_fails_half_way_is_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If only a part of a file could be written in place, a reset brings the user's text back."""
    path = tmp_path / "a.json"
    path.write_text("before")
    store = DirectoryFiles(tmp_path)

    def fail(target: str, *_: object, **__: object) -> None:
        Path(target).write_text("mo")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(store._writer, "write", fail)
        with pytest.raises(Refused):
            store.write("a", lambda: "mock")
    assert store.restore() == []
    assert path.read_text() == "before"


def test_mocks_of_one_directory_undo_only_their_own(tmp_path: Path) -> None:
    """Each of two mocks on a directory undoes its own writes, and leaves what the other wrote over them."""
    one, other = DirectoryFiles(tmp_path), DirectoryFiles(tmp_path)
    one.write("mine", lambda: "one")
    one.write("both", lambda: "one")
    other.write("both", lambda: "other")
    other.write("theirs", lambda: "other")
    assert len(one.restore()) == 1
    assert _names(tmp_path) == ["both.json", "theirs.json"]
    assert other.read() == [("both.json", b"other"), ("theirs.json", b"other")]


def test_the_last_of_two_mocks_to_write_resets_first(tmp_path: Path) -> None:
    """Mocks that reset in the opposite order of their writes leave nothing behind."""
    one, other = DirectoryFiles(tmp_path), DirectoryFiles(tmp_path)
    one.write("both", lambda: "one")
    other.write("both", lambda: "other")
    assert other.restore() == one.restore() == []
    assert _names(tmp_path) == []


@pytest.mark.parametrize("kind", ["policies", "record", "apis"])
def test_a_reset_says_what_it_left(tmp_path: Path, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    """`reset`, `/_mock/reset` and a line of the log name a file that others changed, in each kind of directory."""
    (tmp_path / "record").write_text("{}")
    arguments = {"policies": {"policies": tmp_path}, "apis": {"apis": tmp_path}}.get(
        kind, {"policies": tmp_path / "record", "directory": tmp_path}
    )
    api = {"api_id": "a", "proxy": {"listen_path": "/a/"}}
    with MockGateway(**arguments) as gateway:  # type: ignore[arg-type]
        for reset in (gateway.reset, lambda: call(gateway, "POST", "/_mock/reset")[1]["left"]):
            for name in ("a", "b"):
                body = {**api, "api_id": name} if kind == "apis" else {"id": name}
                answer = call(gateway, "POST", "/tyk/apis" if kind == "apis" else "/tyk/policies", body)
                assert answer[0] == 200
            (tmp_path / "a.json").write_text('{"name":"mine"}')
            with caplog.at_level(logging.WARNING, "tyk-contract"):
                left = reset()
            assert [str(tmp_path / "a.json") in line for line in left] == [True]
            assert caplog.messages == left
            assert _names(tmp_path) == ["a.json", "record"]
            assert (tmp_path / "a.json").read_text() == '{"name":"mine"}'
            caplog.clear()
            (tmp_path / "a.json").unlink()
            assert call(gateway, "POST", "/_mock/reset") == (200, {"status": "ok", "left": []})


@pytest.mark.parametrize("others", [1, 2], ids=["alone", "beside another mock"])
def test_a_reset_beside_writes_loses_no_file(tmp_path: Path, others: int) -> None:
    """After resets, seeds, reloads, writes and deletions of 16 threads, a last reset leaves the user's files alone."""
    users = {f"u{number}.json": f'{{"id":"u{number}","name":"{"x" * number}"}}' for number in range(4)}
    for name, text in users.items():
        (tmp_path / name).write_text(text)
    names = [f"p{number}" for number in range(6)] + [name.removesuffix(".json") for name in users]

    def work(gateway: MockGateway, number: int) -> None:
        chance = random.Random(number)
        for _ in range(25):
            name = chance.choice(names)
            policy = {"id": name, "name": "m" * chance.randrange(9)}
            actions: list[Callable[[], object]] = [
                gateway.reset,
                gateway.reload,
                lambda policy=policy: gateway.policies.seed(policy, {"id": "seeded"}),
                lambda policy=policy: send(
                    gateway,
                    "POST",
                    "/tyk/policies",
                    [("X-Tyk-Authorization", gateway.secret)],
                    json.dumps(policy).encode(),
                ),
                lambda name=name: send(
                    gateway, "DELETE", f"/tyk/policies/{name}", [("X-Tyk-Authorization", gateway.secret)]
                ),
            ]
            chance.choice(actions)()

    idle = [DirectoryFiles(tmp_path) for _ in range(others - 1)]
    with MockGateway(policies=tmp_path) as gateway:
        threads = [threading.Thread(target=work, args=(gateway, number)) for number in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert gateway.reset() == []
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == users
    assert len(idle) == others - 1
