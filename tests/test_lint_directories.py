"""What `tyk-contract lint` reads of a directory, and of a policy that cannot be read to its end."""

from __future__ import annotations

from pathlib import Path

import pytest
from lint_cases import GOLD, ORDERS

from mockserver.cli.main import main


def lint(*arguments: object) -> int:
    """The exit code of the command, run in this process."""
    with pytest.raises(SystemExit) as ended:
        main(["lint", *map(str, arguments)])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_directories_within_a_directory_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A directory that is within a given one, has files for a gateway, and is not read, is named."""
    for name in ("policies", "apis", "empty"):
        (tmp_path / name).mkdir()
    (tmp_path / "policies" / "gold.json").write_bytes(GOLD.data)
    (tmp_path / "apis" / "orders.json").write_bytes(ORDERS.data)
    assert lint(tmp_path) == 2
    assert (
        "has no *.json and no tyk.conf, but its directories have (apis, policies); give"
        in capsys.readouterr().err
    )
    (tmp_path / "tyk.conf").write_text('{"secret": "s3cret", "listen_address": "127.0.0.1"}')
    lint(tmp_path, tmp_path / "apis")
    assert capsys.readouterr().err == (
        f"not read: {tmp_path}/policies, for a gateway reads no directory within another; give it as a path\n"
    )


def test_fix_changes_nothing_through_a_link_out_of_a_directory(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A link in a directory that leads elsewhere is not followed by --fix; one that is named itself is, or that stays within."""
    text = '{"id": "gold", "rate": "5", "access_rights": {}}'
    folder, elsewhere = tmp_path / "policies", tmp_path / "elsewhere.json"
    folder.mkdir()
    elsewhere.write_text(text)
    (folder / "a.json").write_text(text)
    (folder / "link.json").symlink_to(elsewhere)
    assert lint("--fix", folder) == 2
    assert "leads out of its directory; nothing was fixed" in capsys.readouterr().err
    assert [elsewhere.read_text(), (folder / "a.json").read_text()] == [text, text]
    lint("--fix", folder / "link.json")
    assert '"rate": 5' in elsewhere.read_text()
    (folder / "link.json").unlink()
    (folder / "link.json").symlink_to("a.json")
    lint("--fix", folder)
    assert '"rate": 5' in (folder / "a.json").read_text()


def test_a_wrong_id_ends_the_reading(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A value whose reading stops that of the policy is told so, and others are not."""
    (tmp_path / "gold.json").write_text('{"id": "gold", "rate": "5", "_id": "x", "access_rights": {"a": {}}}')
    assert lint(tmp_path) == 1
    ends = "and no member after it is read; the gateway logs it"
    lines = capsys.readouterr().out.splitlines()
    wrong_id, wrong_rate = (next(line for line in lines if name in line) for name in (", _id", ", rate"))
    assert ends in wrong_id
    assert ends not in wrong_rate
