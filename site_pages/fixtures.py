"""The page of the pytest plugin: its fixtures, markers and options."""

from __future__ import annotations

from typing import Any

from mockserver.cli.catalogue_formats import plain
from mockserver.serving import pytest_plugin
from site_pages.markdown import code, first_sentence, page, table


class _Options:
    """A group of options of pytest that keeps what is added to it."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str]] = []

    def getgroup(self, *_: str) -> _Options:
        """The group itself, for a parser of pytest has groups."""
        return self

    def addoption(self, *names: str, **settings: Any) -> None:
        """Keep an option."""
        value = settings.get("metavar") or "|".join(settings.get("choices", ())) or "VALUE"
        shown = "" if settings.get("action") == "store_true" else f" {value}"
        text = str(settings.get("help", "")).replace("%(default)s", str(settings.get("default")))
        self.rows.append((code(f"{names[0]}{shown}"), plain(text)))


def fixtures() -> dict[str, Any]:
    """The public fixtures of the plugin, by name."""
    return {
        name: value
        for name, value in vars(pytest_plugin).items()
        if type(value).__name__ == "FixtureFunctionDefinition" and not name.startswith("_")
    }


def fixtures_page() -> str:
    """Each fixture, marker and option."""
    options: Any = _Options()
    pytest_plugin.pytest_addoption(options)
    rows = [
        (code(name), value._fixture_function_marker.scope, first_sentence(value.__doc__))  # noqa: SLF001  pytest has no public way
        for name, value in fixtures().items()
    ]
    return page(
        "Fixtures and markers",
        "The pytest plugin comes with the package, and needs no import.",
        ["## Fixtures", *table(("fixture", "scope", "what it is"), rows)],
        ["## Markers", *table(("marker", "meaning"), [_marker(line) for line in pytest_plugin.MARKER_LINES])],
        ["## Options of pytest", *table(("option", "meaning"), options.rows)],
    )


def _marker(line: str) -> tuple[str, str]:
    name, _, meaning = line.partition(": ")
    return code(f"@pytest.mark.{name}"), plain(meaning)
