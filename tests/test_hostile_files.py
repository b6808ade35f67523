"""Files in the directories of a mock that would take its memory are left out, which is told; all others are loaded."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mockserver import MockGateway
from mockserver.gateway.plane.backup import FileBackup
from mockserver.golang import json_size
from mockserver.storage.directory_files import DirectoryFiles
from mockserver.storage.document_directory import DocumentDirectory, StateError

MANY = b'{"id": "many", "api_id": "many", "meta_data": {"a": [' + b"[]," * 500_001 + b"1]}}"
API = '{"api_id": "ok", "proxy": {"listen_path": "/ok/", "target_url": "http://a.test"}}'


def endless(path: Path) -> None:
    """Make a file of a terabyte, which takes no room on the disk."""
    path.touch()
    os.truncate(path, 1 << 40)


HOSTILE: dict[str, Callable[[Path], object]] = {
    "it has over 256 MiB": endless,
    "it has over 1,000,000 JSON values": lambda path: path.write_bytes(MANY),
}


@pytest.mark.parametrize("reason", HOSTILE)
def test_a_directory_is_loaded_without_a_file_beyond_the_bounds(reason: str, tmp_path: Path) -> None:
    """A policy or an API whose file is too long, or has too many values, is not loaded; the others are."""
    for name, text in (("policies", '{"id": "ok"}'), ("apps", API)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "ok.json").write_text(text)
        HOSTILE[reason](tmp_path / name / "many.json")
    config = {
        "policies": {"policy_source": "file", "policy_path": str(tmp_path / "policies")},
        "app_path": str(tmp_path / "apps"),
    }
    with MockGateway(config=config) as gateway:
        assert (list(gateway.policies), list(gateway.gateway.apis.loaded.by_id)) == (["ok"], ["ok"])
        lines = gateway.gateway.warnings()
        for name in ("policies", "apps"):
            assert f"{tmp_path / name / 'many.json'}: {reason}; it is not loaded" in lines
            (tmp_path / name / "many.json").unlink()
        assert gateway.gateway.store.written().keys() == {"ok.json"}
        gateway.reload()
        assert not any("it is not loaded" in line for line in gateway.gateway.warnings())


def test_one_file_is_read_within_the_bounds(tmp_path: Path) -> None:
    """A single file of a directory is read by the same rule as all of them."""
    files = DirectoryFiles(tmp_path, checked=json_size.few_enough_for_one)
    (tmp_path / "many.json").write_bytes(MANY)
    assert (files.get("many"), files.read()) == (None, [])
    (tmp_path / "many.json").write_bytes(b"{}")
    assert (files.get("many"), files.read()) == (b"{}", [("many.json", b"{}")])


def test_a_record_file_of_too_many_values_is_not_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record file with more values than a file may have is not loaded, which is told."""
    monkeypatch.setattr(json_size, "MAX_VALUES_OF_FILE", 1000)
    path = tmp_path / "policies.json"
    path.write_bytes(b'{"gold": ' + MANY[:3000] + b"1]}}}")
    with MockGateway(
        config={"policies": {"policy_source": "file", "policy_record_name": str(path)}}
    ) as gateway:
        assert not gateway.policies
        assert any("it has over 1,000 JSON values" in line for line in gateway.gateway.warnings())


def test_a_backup_without_an_end_is_none(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A backup of a plane that is a file of a terabyte is not read, which is logged."""
    caplog.set_level(logging.WARNING)
    endless(tmp_path / "backup")
    assert FileBackup(tmp_path / "backup").load("a") == ""
    assert "the backup" in caplog.text
    assert "it has over 256 MiB" in caplog.text


def test_state_without_an_end_is_refused(tmp_path: Path) -> None:
    """A directory of state with a file of a terabyte is refused with its name."""
    (tmp_path / "state").mkdir()
    endless(tmp_path / "state" / "a.json")
    with pytest.raises(StateError, match="it has over 256 MiB"):
        DocumentDirectory(tmp_path / "state", lambda _: True)
