"""The changes of --fix: those that have one meaning alone."""

from __future__ import annotations

from collections.abc import Iterable

from mockserver.gateway.lint.findings import Finding


def fixed(data: bytes, findings: Iterable[Finding]) -> bytes:
    """A file's content with the changes of its findings; unchanged if it is not UTF-8.

    Of changes that overlap the first is made alone.
    """
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return data
    parts, position = [], 0
    for start, end, replacement in sorted({edit for finding in findings for edit in finding.edits}):
        if start >= position:
            parts += [text[position:start], replacement]
            position = end
    return "".join([*parts, text[position:]]).encode()
