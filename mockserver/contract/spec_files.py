"""The files under spec/: their places, their content, and the parts of them that a version has."""

from __future__ import annotations

import functools
from pathlib import Path
from types import ModuleType
from typing import Any

from mockserver.contract.versions import GatewayVersion, Span

X_KEYS = {"x-since", "x-until", "x-source", "x-go", "x-omit", "x-zero", "x-empty"}


class SpecError(ValueError):
    """A file under spec/, or one given as --spec, that cannot be used; the message says why."""


def spec_path(name: str = "") -> Path:
    """A file of spec/: beside this module in a wheel, beside the package in a checkout."""
    package = Path(__file__).parent.parent
    packaged = package / "_spec"
    root = packaged if packaged.is_dir() else package.parent / "spec"
    return root / name


def package_files(package: ModuleType) -> list[Path]:
    """The Python files of a package, by name."""
    return sorted(Path(str(package.__file__)).parent.rglob("*.py"))


def load_yaml(path: Path) -> Any:
    """Read a YAML or JSON file, with the C loader where there is one.

    Raises:
        SpecError: the file is missing or broken; names the file and the line.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise SpecError(f"{path}: {error.strerror}; give the path of a readable file") from error
    import yaml  # takes as long as all other imports of this module

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(text, Loader=loader)  # noqa: S506  both are safe loaders
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" line {mark.line + 1}" if mark else ""
        raise SpecError(f"{path}:{where} {getattr(error, 'problem', error)}; mend the file") from error


@functools.cache
def behaviours_table(folder: Path | None = None) -> Any:
    """The behaviours.yaml of a service's folder, by default spec/gateway, as it stands."""
    return load_yaml((folder or spec_path("gateway")) / "behaviours.yaml")


def known_versions(folder: Path | None = None) -> dict[str, GatewayVersion]:
    """Each release line of a service ("5.12") and the release of it that was recorded, oldest first."""
    lines = behaviours_table(folder)["versions"]
    return {line: GatewayVersion.parse(release) for line, release in lines.items()}


def select_version(text: str, folder: Path | None = None) -> GatewayVersion:
    """A version as a user names it: "5.12" is the recorded release of that line.

    Raises:
        SpecError: the version is malformed, or of a line that spec/ does not describe.
    """
    lines = known_versions(folder)
    text = text.removeprefix("v")
    if text in lines:
        return lines[text]
    try:
        version = GatewayVersion.parse(text)
    except ValueError as error:
        raise SpecError(str(error)) from error
    if f"{version.major}.{version.minor}" not in lines:
        raise SpecError(f"gateway version {text!r} is not described here; known are {', '.join(lines)}")
    return version


def version_of(text: str | None) -> GatewayVersion:
    """The version that a user names, or the default one where none is named. Raises as `select_version`."""
    return default_version() if text is None else select_version(text)


def default_version(folder: Path | None = None) -> GatewayVersion:
    """The version of a service that is meant if none is named."""
    return GatewayVersion.parse(behaviours_table(folder)["default"])


def for_version(node: Any, version: GatewayVersion) -> Any:
    """A copy of a node without the parts that x-since and x-until exclude from this version."""
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
    """Where the document has an x- key that nothing reads."""
    found: list[str] = []
    if isinstance(node, dict):
        for key, value in node.items():
            if isinstance(key, str) and key.startswith("x-") and key not in X_KEYS:
                found.append(f"{path}/{key}")
            found += unknown_x_keys(value, f"{path}/{key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            found += unknown_x_keys(value, f"{path}/{index}")
    return found
