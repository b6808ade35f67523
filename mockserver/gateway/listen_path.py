"""The path prefix and the domain of an API as gorilla/mux 1.8.1 matches them: texts with variables in braces.

A variable is `{name}`, which matches one segment of a path or one label of a domain, or `{name:expression}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from mockserver.golang import regexps

MOST_INSTRUCTIONS = 1_000_000  # of the expressions of all paths; ten thousand with a variable have fewer
TOO_MANY = f"the variables in listen paths compile to over {MOST_INSTRUCTIONS:,} instructions together"
_SEGMENT, _LABEL = "[^/]+", "[^.]+"


class BadTemplate(ValueError):
    """gorilla/mux makes no route of the template; the message says why."""


class PathPrefix:
    """A path prefix; one of which mux makes no route matches no path.

    Attributes:
        problem: why mux makes no route of the template; "" if it does.
        size: the instructions of its regular expression; 0 if it has none.
    """

    def __init__(self, template: str) -> None:
        self._template = template
        self.size = 0
        self._expression = ""  # "" for a template without variables
        self._start = template.partition("{")[0]  # which all paths begin with that it matches
        self.problem = "" if template.startswith("/") else "it does not begin with a slash"
        try:
            if "{" in template or "}" in template:
                self._expression = _expression(template)
                self.size = regexps.compiled(self._expression).programsize
        except (BadTemplate, regexps.BadExpression, regexps.TooMuchWork) as error:
            self.problem = str(error)

    @property
    def literal(self) -> str:
        """The text that the paths begin with which it matches; "" if it has variables, or matches none."""
        return "" if self.problem or self._expression else self._template

    def end(self, path: str) -> int | None:
        """The end of the prefix in a path; None if the path does not begin with it."""
        if self.problem:
            return None
        if not path.startswith(self._start):
            return None
        if not self._expression:
            return len(self._template)
        try:
            return regexps.prefix_end(self._expression, path)
        except regexps.BadExpression:  # the path is too long for the expression
            return None


def few_enough(paths: Iterable[Sequence[PathPrefix]]) -> Iterator[bool]:
    """For the prefixes of each API, True if they may be held against each path beside those before them."""
    left = MOST_INSTRUCTIONS
    for prefixes in paths:
        size = sum(prefix.size for prefix in prefixes)
        yield size <= left
        left -= size if size <= left else 0


def fits_domain(template: str, host: str) -> bool:
    """True if the Host of a request is of a domain, whatever its port unless the template has a colon."""
    name = host if ":" in template else host.partition(":")[0]
    if "{" not in template and "}" not in template:
        return name == template
    try:
        return regexps.prefix_end(_expression(template, _LABEL), name) == len(name)
    except (BadTemplate, regexps.BadExpression):
        return False


def specificity(path: str) -> int:
    """The specificity of a listen path: its length without the segments in braces."""
    if "{" not in path:
        return len(path)
    segments = [part for part in path.split("/") if not re.fullmatch(r"\{.+\}", part)]
    return path.count("/") + sum(map(len, segments))


def _expression(template: str, default: str = _SEGMENT) -> str:
    """The regular expression of a template with variables, which match `default` unless they say more.

    Raises:
        BadTemplate: the braces are not balanced, a name or an expression is empty, or one has groups.
        BadExpression: Go does not compile an expression.
        TooMuchWork: the allowance is used up.
    """
    parts, variables = ["^"], 0
    for text, variable in _parts(template):
        parts.append(regexps.quoted(text))
        if variable is not None:
            name, colon, expression = variable.partition(":")
            expression = expression if colon else default
            if not name or not expression:
                raise BadTemplate(f"a name or an expression is missing in {{{variable}}}")
            regexps.compiled(f"^{expression}$")
            parts.append(f"(?P<v{variables}>{expression})")
            variables += 1
    whole = "".join(parts)
    if regexps.compiled(whole).groups != variables:  # mux panics, which ends the gateway
        raise BadTemplate("it has a capturing group, at which a gateway ends; write (?:...) for (...)")
    return whole


def _parts(template: str) -> Iterator[tuple[str, str | None]]:
    """The texts of a template, each with the content of the braces that follow it; None at the end.

    Raises:
        BadTemplate: the braces are not balanced.
    """
    level, start, text = 0, 0, ""
    for position, character in enumerate(template):
        if character == "{":
            level += 1
            if level == 1:
                text, start = template[start:position], position + 1
        elif character == "}":
            level -= 1
            if level == 0:
                yield text, template[start:position]
                start = position + 1
            elif level < 0:
                break
    if level:
        raise BadTemplate("its braces are not balanced")
    yield template[start:], None
