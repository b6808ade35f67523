r"""Go's regular expressions, compiled and matched by RE2, from which Go has its syntax and its linear time.

Of 180,000 random expressions RE2 takes and matches the same as Go 1.26, but for two kinds: `\C`, which is
refused here as by Go, and names of Unicode classes that only the newest Go has (`\p{Cn}`, `\p{greek}`).

Beside the syntax bounds hold, for an expression comes from a definition or a policy, and no such text
may occupy the process: the length of an expression, the size of its program, the steps of one search, and
within an `allowance` the work for all expressions together. Go has none of them, but takes as long.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Protocol

MAX_LENGTH = 8192  # characters of an expression
MAX_PROGRAM = 20_000  # instructions; `[^/]{1,1000}` has 10,000
MAX_STEPS = 1 << 30  # instructions times bytes of text; at most some seconds, without the interpreter's lock
MAX_CLASSES = 100  # of Unicode, `\pL`; each has hundreds of ranges
MOST_WORK = 4_000_000  # for all expressions of an allowance: about as many microseconds at most
_LEAST, _OF_REFUSAL, _OF_CLASS = 50, 2 * MAX_PROGRAM, 70  # work for a program beside its instructions
_STEPS = 256  # steps of a search for the work of one instruction
_UNICODE_CLASS = re.compile(r"\\[pP]")
_MEMORY = 4 << 20  # bytes for the program and the states of one expression
_ESCAPE = re.compile(r"\\Q.*?(?:\\E|\Z)|\\.", re.DOTALL)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


_GO_REASONS = {  # by those of RE2, where the two differ
    "missing ]": "missing closing ]",
    "missing )": "missing closing )",
    "no argument for repetition operator": "missing argument to repetition operator",
    "bad repetition operator": "invalid nested repetition operator",
    "invalid repetition size": "invalid repeat count",
    "invalid perl operator": "invalid or unsupported Perl syntax",
    "invalid named capture group": "invalid named capture",
    "trailing \\": "trailing backslash at end of expression",
}


class _Match(Protocol):
    def end(self) -> int: ...

    def group(self) -> str: ...

    def groups(self) -> tuple[str | None, ...]: ...


class Program(Protocol):
    """A compiled expression; `groups` counts its capturing groups, `programsize` its instructions."""

    groups: int
    programsize: int

    def search(self, text: str) -> _Match | None:
        """The first match in a text."""


class BadExpression(ValueError):
    """Go does not compile the expression, or it exceeds a bound of the mock; the message says which.

    Attributes:
        go_text: the message of regexp.Compile; the same as the message if it is a bound.
    """

    def __init__(self, message: str, go_text: str = "") -> None:
        super().__init__(message)
        self.go_text = go_text or message


class TooMuchWork(ValueError):
    """The expressions of one request, load or document take more work than the mock does for them."""

    def __init__(self) -> None:
        super().__init__(
            f"the regular expressions compile to over {MOST_WORK:,} instructions together, or take as "
            "long to match; have fewer or shorter ones"
        )


_compiling = threading.Lock()  # RE2 compiles with the interpreter's lock: many threads would starve all
_own = threading.local()  # work_left is what is left of the allowance of this thread; None without one


@contextmanager
def allowance() -> Iterator[None]:
    """Bound the work for all expressions that this thread compiles and matches meanwhile.

    Within another allowance it is a part of that one. Beyond it all functions here raise `TooMuchWork`.
    """
    if getattr(_own, "work_left", None) is not None:
        yield
        return
    _own.work_left = MOST_WORK
    try:
        yield
    finally:
        _own.work_left = None


def _take(work: int) -> None:
    """Take work from the allowance, if there is one.

    Raises:
        TooMuchWork: it is used up.
    """
    left = getattr(_own, "work_left", None)
    if left is not None:
        _own.work_left = left - work
        if left < work:
            raise TooMuchWork


def search(expression: str, text: str) -> bool:
    """True if the expression matches anywhere in the text.

    Raises:
        BadExpression: Go does not compile the expression, or the search exceeds a bound.
        TooMuchWork: the allowance is used up.
    """
    return prefix_end(expression, text) is not None


def prefix_end(expression: str, text: str) -> int | None:
    """The end of the first match in the text; None if there is none.

    Raises:
        BadExpression: Go does not compile the expression, or the search exceeds a bound.
        TooMuchWork: the allowance is used up.
    """
    match = _first_match(expression, text)
    return None if match is None else match.end()


def groups(expression: str, text: str) -> tuple[str, ...] | None:
    """The groups of the first match in the text, "" for one that took no part; None without a match.

    Raises:
        BadExpression: Go does not compile the expression, or the search exceeds a bound.
        TooMuchWork: the allowance is used up.
    """
    found = whole_and_groups(expression, text)
    return None if found is None else found[1:]


def whole_and_groups(expression: str, text: str) -> tuple[str, ...] | None:
    """The first match in the text, then its groups, "" for one that took no part; None without a match.

    Raises:
        BadExpression: Go does not compile the expression, or the search exceeds a bound.
    """
    match = _first_match(expression, text)
    return None if match is None else (match.group(), *(group or "" for group in match.groups()))


def _first_match(expression: str, text: str) -> _Match | None:
    program = compiled(expression)
    # a byte that is not UTF-8 is a lone surrogate here, and U+FFFD for Go
    match_in = text if text.isascii() else _LONE_SURROGATE.sub("\ufffd", text)
    if program.programsize * len(match_in) > MAX_STEPS:
        raise BadExpression(f"{shown(expression)} takes over {MAX_STEPS} steps for {len(text)} characters")
    _take(program.programsize * len(match_in) // _STEPS)
    return program.search(match_in)


def compiled(expression: str) -> Program:
    """The program of an expression.

    Raises:
        BadExpression: Go does not compile the expression, or it exceeds a bound.
        TooMuchWork: the allowance is used up.
    """
    result = _compiled(expression)
    if isinstance(result, BadExpression):
        raise result
    return result


@lru_cache(maxsize=128)
def _compiled(expression: str) -> Program | BadExpression:
    """The program of an expression, or why there is none; a refusal costs as much as a program.

    Raises:
        TooMuchWork: the allowance is used up.
    """
    _take(0)
    result = _made(expression)
    work = _OF_REFUSAL if isinstance(result, BadExpression) else result.programsize
    _take(_LEAST + work + _OF_CLASS * min(_classes(expression), MAX_CLASSES))
    return result


def _made(expression: str) -> Program | BadExpression:
    if len(expression) > MAX_LENGTH:
        return BadExpression(f"{shown(expression)} has over {MAX_LENGTH} characters; make it shorter")
    if _classes(expression) > MAX_CLASSES:
        return BadExpression(f"{shown(expression)} has over {MAX_CLASSES} Unicode classes; have fewer")
    if r"\C" in _ESCAPE.findall(expression):
        return BadExpression(f"{shown(expression)}: \\C is not an escape sequence of Go")
    import re2  # type: ignore[import-untyped]

    options = re2.Options()
    options.max_mem, options.log_errors = _MEMORY, False
    try:
        with _compiling:
            program: Program = re2.compile(_LONE_SURROGATE.sub("\ufffd", expression), options)
    except re2.error as error:
        reason = error.args[0]
        text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        return BadExpression(f"{shown(expression)}: {text[:80]}", _go_text(text))
    if program.programsize > MAX_PROGRAM:
        return BadExpression(f"{shown(expression)} compiles to over {MAX_PROGRAM} instructions; repeat less")
    return program


def is_valid(expression: str) -> bool:
    """True if Go compiles an expression, and it exceeds no bound.

    Raises:
        TooMuchWork: the allowance is used up.
    """
    return not isinstance(_compiled(expression), BadExpression)


def _go_text(reason: str) -> str:
    """The message of Go for a reason of RE2 (regexp/syntax, parse.go)."""
    kind, _, part = reason.partition(": ")
    return f"error parsing regexp: {_GO_REASONS.get(kind, kind)}: `{part}`"


def _classes(expression: str) -> int:
    return len(_UNICODE_CLASS.findall(expression))


def quoted(text: str) -> str:
    """The expression that matches a text (regexp.QuoteMeta)."""
    return re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", text)


def shown(expression: str) -> str:
    """An expression in a message, cut if it is long."""
    return repr(expression if len(expression) <= 60 else expression[:57] + "...")
