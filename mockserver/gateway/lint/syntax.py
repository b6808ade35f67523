"""Syntax errors of JSON, with the causes and remedies of the usual ones."""

from __future__ import annotations

import re
from typing import NamedTuple

from mockserver.gateway.lint.findings import Edit, Findings
from mockserver.gateway.lint.rules import Kind
from mockserver.gateway.lint.source import BYTE_ORDER_MARK, Source
from mockserver.golang import json_reader


class _Cause(NamedTuple):
    """A usual cause of a syntax error.

    Attributes:
        at: fits the text where reading ended.
        reason: a word of the reader's reason; "" for any reason.
        after: the last character before, white space aside; "" for any.
        excess: the character that --fix removes: at the error if it begins the text there, else the last one
            before it; "" for none.
    """

    at: re.Pattern[str]
    reason: str
    after: str
    message: str
    remedy: str
    excess: str = ""


_CAUSES = (
    _Cause(
        re.compile(BYTE_ORDER_MARK), "", "", "the file begins with a byte order mark",
        "save it as UTF-8 without one", BYTE_ORDER_MARK,
    ),
    _Cause(
        re.compile("[\ufffd\0]"), "", "", "the file is not in UTF-8, and may be in UTF-16", "save it as UTF-8"
    ),
    _Cause(
        re.compile(r"(?:---|[A-Za-z_][\w-]*:(?:\s|\Z))"), "value", "", "this looks like YAML",
        "write JSON, for a gateway reads nothing else",
    ),
    _Cause(
        re.compile("[\u2018-\u201f\xab\xbb]"), "", "", "a text is in typographic quotes",
        'write " before and after it',
    ),
    _Cause(
        re.compile(r"\$\{|\{\s*[\w.]+\s*\}\}|<[%{]"), "", "", "a placeholder is not filled in",
        "fill it in before the gateway reads the file",
    ),
    _Cause(re.compile(r"NaN|[+-]?Infinity"), "", "", "JSON has no NaN and no Infinity", "write a number"),
    _Cause(re.compile(r'"[^"\n]*(?:\n|\Z)'), "", "", "a text has no closing quote", "write the quote"),
    _Cause(re.compile(r"[}\]]"), "", ",", "a comma stands before a closing bracket", "remove the comma", ","),
    _Cause(re.compile(r"/[/*]|#"), "", "", "JSON has no comments", "remove the comment"),
    _Cause(re.compile(r"'"), "", "", "a text is in single quotes", "write double quotes"),
    _Cause(
        re.compile(r"(?i:true|false|none|null|undefined)\b"), "value", "",
        "JSON has true, false and null alone",
        "write one of them, in small letters and without quotes",
    ),
    _Cause(
        re.compile(r"(?<=\D0)[0-9xX]"), "comma", "", "a number begins with a zero",
        "write it in decimal, without zeros before it",
    ),
    _Cause(
        re.compile(r"(?<=\d)[_.]|[.+]\d"), "", "", "a number is not written as JSON has it",
        "write it as in 1000 or 0.5",
    ),
    _Cause(
        re.compile(r"\d"), "name", "", "a number stands where the name of a member must be",
        "write numbers without commas, and names in quotes",
    ),
    _Cause(re.compile(r"\Z"), "", "", "the file ends too early", "close all brackets and quotes"),
    _Cause(re.compile(r"[\[{\"\w]"), "comma", "", "a comma is missing before this", "add the comma"),
    _Cause(re.compile(r"[A-Za-z_]"), "name", "", "the name of a member has no quotes", "write double quotes"),
)  # fmt: skip


def report_syntax_error(findings: Findings, source: Source, kind: Kind) -> None:
    """Report the error at which the reading of a file ended."""
    assert source.error is not None
    text, position, reason = source.text, source.error.position, source.error.reason
    before = text[:position].rstrip(json_reader.WHITE_SPACE)
    message, hint = reason, "correct the text"
    edits: tuple[Edit, ...] = ()
    for cause in _CAUSES:
        if cause.at.match(text, position) and cause.reason in reason and before.endswith(cause.after):
            message, hint = cause.message, cause.remedy
            if cause.excess:
                position = position if text.startswith(cause.excess, position) else len(before) - 1
                edits = (Edit(position, position + 1, ""),)
            break
    findings.add(
        "syntax",
        source,
        kind,
        position,
        f"not valid JSON: {message}",
        edits=edits,
        values={"hint": hint},
    )
