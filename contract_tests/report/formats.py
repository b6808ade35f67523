"""The formats of a report, by the suffix of its file, or by the name of what shows it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from contract_tests.report import github, output_file
from contract_tests.report.html import as_html
from contract_tests.report.junit import as_junit
from contract_tests.report.output_file import OutputError
from contract_tests.report.verdicts import Report, as_json
from contract_tests.report.yaml import as_yaml

FORMATS: dict[str, Callable[[Report], str]] = {
    ".json": as_json,
    ".yaml": as_yaml,
    ".xml": as_junit,
    ".html": as_html,
    ".md": github.as_summary,
}


def check_path(path: Path) -> None:
    """Check before a run that its report can be written after it.

    Raises:
        OutputError: the suffix names no format, or the file could not be written.
    """
    if str(path) == github.KIND:
        return
    if path.suffix not in FORMATS:
        kinds = ", ".join(FORMATS)
        raise OutputError(
            f"{path}: no report has the extension {path.suffix!r}; use one of {kinds}, or {github.KIND}"
        )
    output_file.check(path)


def write(report: Report, path: Path) -> None:
    """Write the report in the format that the suffix names, or show it where the name says.

    Raises:
        OutputError: it cannot be written; an old report stays as it was.
    """
    if str(path) == github.KIND:
        github.publish(report)
    else:
        output_file.write(path, FORMATS[path.suffix](report))
