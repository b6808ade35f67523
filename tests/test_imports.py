"""Imports run one way."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent

ORDER = [
    {"versions", "claim", "shelf", "interrupting", "cache"},
    {"gowrite"},
    {"spec", "gojson", "gourl", "config", "clock", "connection", "redaction", "echo", "files"},
    {"shelves", "client"},
    {"counters", "oauth", "keysets", "redis_shelves"},
    {"goscalar", "behaviours"},
    {"gostruct"},
    {"views"},
    {"contract"},
    {"policy", "faults", "merging", "keynames"},
    {"remembered"},
    {"replies"},
    {"store", "grants", "definition", "journal"},
    {"application", "apis"},
    {"session"},
    {"gateway", "reasons"},
    {"handlers", "examples", "seeding"},
    {"control"},
    {"traffic"},
    {"front"},
    {"app", "message"},
    {"shortway"},
    {"wire"},
    {"workers"},
    {"later"},
    {"server"},
    {"recording"},
    {"playing", "scenarios", "changes", "deviations"},
    {"parity", "recorder"},
    {"pytest_plugin"},
    {"mutation"},
    {"commands"},
    {"cli"},
    {"__main__"},
]
SUITE_MAY_USE = {
    "behaviours",
    "cache",
    "client",
    "contract",
    "echo",
    "gojson",
    "goscalar",
    "interrupting",
    "policy",
    "recording",
    "redaction",
    "spec",
    "versions",
}
SUITE_STARTS_THE_MOCK = {"conftest.py"}


def _imported(path: Path, package: str) -> set[str]:
    """The modules of a package that a file imports, for types alone not counted."""
    found = set()
    tree = ast.parse(path.read_text())
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and id(node) not in skipped and node.module:
            first, _, rest = node.module.partition(".")
            if first == package:
                found |= {rest} if rest else {alias.name for alias in node.names}
    return found


def test_a_module_of_the_mock_imports_only_what_stands_before_it() -> None:
    """Rooms are in a row; no arrow goes back."""
    rank = {name: i for i, names in enumerate(ORDER) for name in names}
    files = [path for path in (ROOT / "mockserver").rglob("*.py") if path.name != "__init__.py"]
    rooms = {path: path.stem if path.parent.name == "mockserver" else path.parent.name for path in files}
    assert set(rooms.values()) == set(rank)
    for path, room in rooms.items():
        for imported in _imported(path, "mockserver") - {"MockGateway"}:
            first = imported.partition(".")[0]
            assert first == room or rank[first] < rank[room], f"{room} imports {imported}"


def test_the_suite_knows_nothing_of_the_mocks_inside() -> None:
    """It judges by the contract, and may not share the mock's mistakes."""
    for path in (ROOT / "contract_tests").glob("*.py"):
        if path.name not in SUITE_STARTS_THE_MOCK:
            assert _imported(path, "mockserver") <= SUITE_MAY_USE, path.name


def test_a_handler_knows_no_flask() -> None:
    """It can be read, and tested, without it."""
    for path in (ROOT / "mockserver" / "handlers").glob("*.py"):
        assert "flask" not in path.read_text().lower(), path.name


def test_modules_are_short() -> None:
    """A file is read in a minute."""
    for folder in ("mockserver", "contract_tests", "tests"):
        for path in (ROOT / folder).rglob("*.py"):
            lines = len(path.read_text().splitlines())
            assert lines <= 300, f"{path}: {lines} lines"
