"""No name of a policy or an API leads out of its directory, by the rules of Linux or of Windows."""

from __future__ import annotations

import ntpath
import posixpath

import pytest

from mockserver.storage.backend import Refused
from mockserver.storage.file_names import inside

ROOT = "C:\\work\\policies"
WINDOWS = {  # the path below the root that a name has on Windows; None if it is refused
    "gold": "gold.json", "Gold Plan": "Gold Plan.json", "a.b": "a.b.json", "é": "é.json", "x.": "x..json",
    "..": "...json", ".": "..json", "": ".json", "a/b": "a\\b.json", "a/../b": "b.json", "/x": "x.json",
    "//server/share/x": "server\\share\\x.json", "console": "console.json", "com": "com.json", "com10": "com10.json",
    "nullable": "nullable.json", "~": "~.json", "%2e%2e%5cx": "%2e%2e%5cx.json",
    "../x": None, "a/../../x": None, "../policies-too/x": None, "..\\..\\evil": None, "a\\b": None, "\\x": None,
    "\\\\server\\share\\x": None, "\\\\?\\C:\\x": None, "\\\\.\\NUL": None, "C:x": None, "C:/x": None, "C:\\x": None,
    "x:stream": None, "x::$DATA": None, "a/c:d": None, "a/..\\..\\x": None, ".. /x": None, "... /x": None,
    "../ x": None, "a./b": None, "a /b": None, "a../b": None, "NUL": None, "nul": None, "con": None, "Aux": None,
    "PRN": None, "com1": None, "COM0": None, "lpt9": None, "COM¹": None, "CONIN$": None, "conout$": None,
    "nul.txt": None, "nul ": None, "con .x": None, "com1.a.b": None, "NUL/x": None, "a/NUL": None, "a/con/b": None,
    "a\0b": None, "a\x01b": None, "a\nb": None, "a*": None, "a?": None, "a<b": None, "a|b": None, 'a"b': None,
}  # fmt: skip


@pytest.mark.parametrize(("name", "expected"), WINDOWS.items(), ids=map(repr, WINDOWS))
def test_a_name_on_windows(name: str, expected: str | None) -> None:
    """On Windows a name has a plain path below the root, or is refused."""
    if expected is None:
        with pytest.raises(Refused):
            inside(ROOT, name, ntpath)
    else:
        assert inside(ROOT, name, ntpath) == f"{ROOT}\\{expected}"


@pytest.mark.parametrize("root", ["C:\\", "\\\\server\\share\\policies", "c:\\Work\\Policies"])
def test_a_root_on_windows(root: str) -> None:
    """The root may be a drive, a share, or written in any case."""
    assert inside(root, "a", ntpath) == ntpath.join(root, "a.json")
    with pytest.raises(Refused):
        inside(root, "..\\a", ntpath)


@pytest.mark.parametrize("leads", ["C:\\secret\\a.json", "D:\\a.json", "C:\\work\\policies-too\\a.json"])
def test_a_link_on_windows_leads_nowhere(monkeypatch: pytest.MonkeyPatch, leads: str) -> None:
    """On Windows a name is refused if a link or a junction makes its real path one outside the root."""
    monkeypatch.setattr(ntpath, "realpath", lambda path: leads if path.endswith("a.json") else path)
    with pytest.raises(Refused):
        inside(ROOT, "a", ntpath)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("..\\..\\evil", "/policies/..\\..\\evil.json"), ("x:stream", "/policies/x:stream.json"),
        ("NUL", "/policies/NUL.json"), ("a /b", "/policies/a /b.json"), ("a*", "/policies/a*.json"),
        ("a/../b", "/policies/b.json"), ("..", "/policies/...json"), ("../x", None), ("a/../../x", None),
        ("a\0b", None),
    ],
)  # fmt: skip
def test_a_name_on_linux(name: str, expected: str | None) -> None:
    """On Linux only the slash and the null byte are special, as on a gateway."""
    if expected is None:
        with pytest.raises(Refused):
            inside("/policies", name, posixpath)
    else:
        assert inside("/policies", name, posixpath) == inside("/policies", name) == expected
