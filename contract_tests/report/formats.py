"""The formats of a report, by the suffix of its file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from contract_tests.report.html import as_html
from contract_tests.report.junit import as_junit
from contract_tests.report.verdicts import Report, as_json
from contract_tests.report.yaml import as_yaml

FORMATS: dict[str, Callable[[Report], str]] = {
    ".json": as_json,
    ".yaml": as_yaml,
    ".xml": as_junit,
    ".html": as_html,
}


class ReportError(ValueError):
    """A report that cannot be written; the message names the file and the next step."""


def check_path(path: Path) -> None:
    """Check before a run that its report can be written after it.

    Raises:
        ReportError: the suffix names no format, or the folder is not there.
    """
    if path.suffix not in FORMATS:
        kinds = ", ".join(FORMATS)
        raise ReportError(f"{path}: no report has the extension {path.suffix!r}; use one of {kinds}")
    if path.is_dir():
        raise ReportError(f"{path}: this is a directory; name a file")
    if not path.absolute().parent.is_dir():
        raise ReportError(f"{path}: the directory does not exist; create it first")


def write(report: Report, path: Path) -> None:
    """Write the report in the format that the suffix names."""
    path.write_text(FORMATS[path.suffix](report), "utf-8")
