"""The files under spec/: their location, their parsing, and their contents for a version."""

from __future__ import annotations

import functools
from pathlib import Path
from types import ModuleType
from typing import Any

from mockserver.console.input_files import CONFIGURATION, content_within
from mockserver.contract.versions import GatewayVersion, Span

X_KEYS = {
    "x-since", "x-until", "x-source", "x-go", "x-omit", "x-zero", "x-empty",
    "x-tyk-api-gateway",  # the member of an API definition
}  # fmt: skip

_YAML = "tag:yaml.org,2002:"
_TEXT, _LIST, _MAP = ("scalar", f"{_YAML}str"), ("sequence", f"{_YAML}seq"), ("mapping", f"{_YAML}map")


class SpecError(ValueError):
    """An unusable file under spec/, or given as --spec; the message names the file and the reason."""


def spec_path(name: str = "") -> Path:
    """The path of a file under spec/: in the package if installed from a wheel, beside it in a checkout."""
    package = Path(__file__).parent.parent
    packaged = package / "_spec"
    root = packaged if packaged.is_dir() else package.parent / "spec"
    return root / name


def package_files(package: ModuleType) -> list[Path]:
    """The Python files of a package, sorted by path."""
    return sorted(Path(str(package.__file__)).parent.rglob("*.py"))


def load_yaml(path: Path) -> Any:
    """Read a YAML or JSON file, with the C loader if it is installed.

    Raises:
        SpecError: the file is missing or malformed; the message names the file and the line.
    """
    try:
        text = content_within(path, CONFIGURATION)
    except OSError as error:
        raise SpecError(f"{path}: {error.strerror}; give the path of a readable file") from error
    import yaml  # here, for it takes as long as all other imports of this module

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        node = loader.get_single_node()
        return None if node is None else _constructed(loader, node, {})
    except RecursionError as error:
        raise SpecError(f"{path}: its values are nested too deep; correct the file") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" line {mark.line + 1}" if mark else ""
        raise SpecError(f"{path}:{where} {getattr(error, 'problem', error)}; correct the file") from error


def _constructed(loader: Any, node: Any, made: dict[Any, Any]) -> Any:
    """The value of a node: plain maps, lists and texts take half the time that the loader takes for them.

    `made` has the values of the maps and lists so far, by their nodes, for an alias names one again.
    """
    kind = node.id, node.tag
    if kind == _TEXT:
        return node.value
    if node in made:
        return made[node]
    if kind == _LIST:
        items: list[Any] = []
        made[node] = items
        items.extend(_constructed(loader, item, made) for item in node.value)
        return items
    if kind == _MAP:
        loader.flatten_mapping(node)
        if all(key.id == "scalar" for key, _ in node.value):
            members: dict[Any, Any] = {}
            made[node] = members
            for key, value in node.value:
                members[_constructed(loader, key, made)] = _constructed(loader, value, made)
            return members
    return loader.construct_object(node, deep=True)


@functools.cache
def behaviours_table(folder: Path | None = None) -> Any:
    """The contents of the behaviours.yaml in a service's folder, by default spec/gateway."""
    return load_yaml((folder or spec_path("gateway")) / "behaviours.yaml")


def known_versions(folder: Path | None = None) -> dict[str, GatewayVersion]:
    """The recorded release of each release line ("5.12") of a service, oldest first."""
    lines = behaviours_table(folder)["versions"]
    return {line: GatewayVersion.parse(release) for line, release in lines.items()}


@functools.cache
def _read_lines(folder: Path) -> dict[str, GatewayVersion]:
    """The newest release of each release line in the releases.yaml of a service's folder, if it has one."""
    path = folder / "releases.yaml"
    names = load_yaml(path)["releases"] if path.exists() else ()
    versions = sorted(map(GatewayVersion.parse, names))
    return {f"{version.major}.{version.minor}": version for version in versions}


def select_version(text: str, folder: Path | None = None) -> GatewayVersion:
    """The version that a user names: "5.12" is the recorded release of that line, or else the newest.

    Raises:
        SpecError: the version is malformed, no text, or of a line that spec/ does not describe.
    """
    lines = known_versions(folder)
    if not isinstance(text, str):  # a number loses a zero at its end
        raise SpecError(f"{text!r} is not a version; write it as a text, such as {next(reversed(lines))!r}")
    text = text.removeprefix("v")
    if text in lines:
        return lines[text]
    try:
        version = GatewayVersion.parse(text)
    except ValueError as error:
        raise SpecError(str(error)) from error
    folder = folder or spec_path("gateway")
    lines = _read_lines(folder) | lines
    if text in lines:
        return lines[text]
    if f"{version.major}.{version.minor}" not in lines:
        listed = ", ".join(sorted(lines, key=lines.__getitem__))
        raise SpecError(f"{folder.name} version {text!r} is not supported; give one of {listed}")
    return version


def version_of(text: str | None, folder: Path | None = None) -> GatewayVersion:
    """The version that a user names, or the default version for None; raises as `select_version` does."""
    return default_version(folder) if text is None else select_version(text, folder)


def default_version(folder: Path | None = None) -> GatewayVersion:
    """The version of a service that is used if the user names none."""
    text = behaviours_table(folder)["default"]
    return known_versions(folder).get(text) or GatewayVersion.parse(text)


def for_version(node: Any, version: GatewayVersion) -> Any:
    """A copy of a node without the parts that x-since and x-until exclude from a version."""
    if isinstance(node, dict):
        return {key: for_version(value, version) for key, value in node.items() if _has(value, version)}
    if isinstance(node, list):
        return [for_version(value, version) for value in node if _has(value, version)]
    return node


def _has(node: Any, version: GatewayVersion) -> bool:
    if not isinstance(node, dict) or not ("x-since" in node or "x-until" in node):
        return True
    return version in Span.parse(node.get("x-since"), node.get("x-until"))


def unknown_x_keys(node: Any, path: str = "") -> list[str]:
    """The paths of the unknown x- keys in a document; an example may have any keys."""
    paths: list[str] = []
    if isinstance(node, dict):
        for key, value in node.items():
            if isinstance(key, str) and key.startswith("x-") and key not in X_KEYS:
                paths.append(f"{path}/{key}")
            if key != "example":
                paths += unknown_x_keys(value, f"{path}/{key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            paths += unknown_x_keys(value, f"{path}/{index}")
    return paths
