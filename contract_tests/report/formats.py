"""The formats of a report, by the suffix of its file or by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from contract_tests.report import github, output_file
from contract_tests.report.conformance.document import as_yaml
from contract_tests.report.html import as_html
from contract_tests.report.json import as_json
from contract_tests.report.junit import as_junit
from contract_tests.report.output_file import OutputError
from contract_tests.report.verdicts import Report
from mockserver.console.terminal import write_output

FORMATS: dict[str, Callable[[Report], str]] = {
    ".json": as_json,
    ".yaml": as_yaml,
    ".xml": as_junit,
    ".html": as_html,
    ".md": github.as_summary,
}
NAMES = {"json": ".json", "yaml": ".yaml", "junit": ".xml", "html": ".html", "markdown": ".md"}
STANDARD_OUTPUT = Path("-")


def check_path(path: Path, name: str = "") -> None:
    """Check before a run that its report can be written after it.

    Args:
        path: the file, or `STANDARD_OUTPUT`.
        name: the name of the format if the suffix names none.

    Raises:
        OutputError: there is no format, or the file could not be written.
    """
    if str(path) == github.KIND:
        return
    _format_of(path, name)
    if path != STANDARD_OUTPUT:
        output_file.check(path)


def write(report: Report, path: Path, name: str = "") -> None:
    """Write the report, or show it where the name says; the arguments are those of `check_path`.

    Raises:
        OutputError: it cannot be written; an old report stays as it was.
    """
    if str(path) == github.KIND:
        github.publish(report)
        return
    text = _format_of(path, name)(report)
    if path == STANDARD_OUTPUT:
        write_output(text)
    else:
        output_file.write(path, text)


def _format_of(path: Path, name: str) -> Callable[[Report], str]:
    """The format of a report; JSON on standard output."""
    if path.suffix in FORMATS:
        return FORMATS[path.suffix]
    if name or path == STANDARD_OUTPUT:
        return FORMATS[NAMES[name or "json"]]
    kinds = ", ".join([*FORMATS, github.KIND])
    raise OutputError(
        f"{path}: no report has the extension {path.suffix!r}; use one of {kinds}, or --report-format"
    )
