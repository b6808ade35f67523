"""Imports between packages go in one direction."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

RANKS = {  # imports go to lower ranks only; packages of one rank do not know each other
    "golang": 1, "storage": 1, "console": 1,
    "http": 2, "contract": 2,
    "service": 3,
    "gateway": 4,
    "gateway.handlers": 5, "gateway.proxy": 5,
    "gateway.service": 6,
    "dashboard": 4, "dashboard.handlers": 5, "dashboard.service": 6,
    "serving": 7,
    "serving.pytest_plugin": 8,
    "": 8,
    "evidence": 9, "mutation": 9,
    "cli": 10,
    "__main__": 11,
}  # fmt: skip
SUITE_MAY_USE = {"console", "contract", "golang", "http", "evidence.recording"}
MAY_KNOW_THE_SUITE = {"cli", "mutation"}


def _imported(path: Path) -> set[str]:
    """The modules that a file imports, anywhere in it and for types alone too, as dotted names."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names


def _below(path: Path, package: str) -> set[str]:
    return {name.removeprefix(f"{package}.") for name in _imported(path) if name.split(".")[0] == package}


def _room(name: str) -> str:
    """The row of the table that a dotted name below `mockserver` belongs to."""
    parts = name.split(".")
    rooms = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((room for room in rooms if room in RANKS), "")


def _name(path: Path) -> str:
    parts = path.relative_to(ROOT / "mockserver").with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


MODULES = sorted((ROOT / "mockserver").rglob("*.py"))


def test_each_package_has_a_rank() -> None:
    """The table of ranks names every package and module of the top level, and no others."""
    assert {_room(_name(path)) for path in MODULES} == set(RANKS)
    folders = {path.relative_to(ROOT / "mockserver").parts[0] for path in MODULES}
    assert {folder.removesuffix(".py") for folder in folders} - {"__init__"} == {
        room.partition(".")[0] for room in RANKS if room
    }


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_a_module_imports_from_lower_ranks_only(path: Path) -> None:
    """An import goes to a lower rank, or stays within its package; one for types alone counts too."""
    room = _room(_name(path))
    for imported in _below(path, "mockserver"):
        other = _room(imported)
        assert other == room or RANKS[other] < RANKS[room], f"{_name(path)} imports {imported}"


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_only_the_commands_and_the_mutants_know_the_suite(path: Path) -> None:
    """Only the commands and the mutants import the suite, so that the mock runs without it."""
    if _room(_name(path)) not in MAY_KNOW_THE_SUITE:
        assert not _below(path, "contract_tests")


@pytest.mark.parametrize("path", sorted((ROOT / "contract_tests").rglob("*.py")), ids=lambda path: path.stem)
def test_the_suite_shares_no_rule_with_the_mock(path: Path) -> None:
    """The suite imports the contract, Go's formats and HTTP, and nothing that decides an answer."""
    for imported in _below(path, "mockserver"):
        parts = imported.split(".")
        assert parts[0] in SUITE_MAY_USE or ".".join(parts[:2]) in SUITE_MAY_USE, imported


SUITE_RANKS = {"report": 1, "engine": 2, "model": 3, "gateway": 3, "dashboard": 3, "conftest": 4}  # as above


@pytest.mark.parametrize("path", sorted((ROOT / "contract_tests").rglob("*.py")), ids=lambda path: path.stem)
def test_the_engine_knows_no_service(path: Path) -> None:
    """The engine imports no folder of tests, for a service is a value, and reports do not import the engine."""
    room = path.relative_to(ROOT / "contract_tests").with_suffix("").parts[0]
    for imported in _below(path, "contract_tests"):
        other = imported.partition(".")[0]
        if other in SUITE_RANKS and room in SUITE_RANKS and other != room:
            assert SUITE_RANKS[other] <= SUITE_RANKS[room], imported


@pytest.mark.parametrize(
    "path", sorted((ROOT / "contract_tests" / "engine").rglob("*.py")), ids=lambda path: path.stem
)
def test_the_engine_has_no_path_of_the_gateway(path: Path) -> None:
    """The engine has no path of the vendor's API; the folder of the service has them."""
    texts = [
        node.value
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert not [text for text in texts if text.startswith(("/tyk", "/hello", "/ready"))]


def test_packages_have_no_circle() -> None:
    """Modules of one package import each other in one direction."""
    arrows = {
        _name(path): {name for name in map(_module, _below(path, "mockserver")) if name != _name(path)}
        for path in MODULES
    }
    TopologicalSorter(arrows).prepare()


def test_the_suite_has_no_circle() -> None:
    """Modules of the suite import each other in one direction, for types alone too."""
    modules = {path: _suite_name(path) for path in (ROOT / "contract_tests").rglob("*.py")}
    arrows = {
        name: {
            other
            for imported in _below(path, "contract_tests")
            if (other := imported if imported in modules.values() else imported.rpartition(".")[0]) != name
        }
        for path, name in modules.items()
    }
    TopologicalSorter(arrows).prepare()


def _suite_name(path: Path) -> str:
    parts = path.relative_to(ROOT / "contract_tests").with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def _module(name: str) -> str:
    """The module that an imported name is, or that defines it."""
    path = ROOT / "mockserver" / name.replace(".", "/")
    if path.with_suffix(".py").is_file() or (path.is_dir() and name):
        return name
    return name.rpartition(".")[0]


@pytest.mark.parametrize(
    "path", sorted((ROOT / "mockserver/gateway/handlers").glob("*.py")), ids=lambda path: path.stem
)
def test_a_handler_knows_no_flask(path: Path) -> None:
    """A handler names no Flask, so that it can be read and tested without it."""
    assert "flask" not in path.read_text().lower()


@pytest.mark.parametrize("folder", ["mockserver", "contract_tests", "tests"])
def test_modules_are_short(folder: str) -> None:
    """No module of a folder has over 300 lines."""
    lines = {str(path): len(path.read_text().splitlines()) for path in (ROOT / folder).rglob("*.py")}
    assert {path: count for path, count in lines.items() if count > 300} == {}
