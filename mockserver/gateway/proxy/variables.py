"""Variables in texts of a definition or of metadata, such as `$tyk_meta.plan`, and their values.

A gateway replaces the variables of one kind after the other, each everywhere in the text, so that one whose
name begins with that of another is lost with it, and values may bring variables of later kinds with them.
Source: gateway/mw_url_rewrite.go:224 @v5.12.0; recordings transforms/values and transforms/context.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any
from urllib.parse import quote_plus

from mockserver.gateway.proxy.request_context import Rejected, RequestContext
from mockserver.golang import urls

LONGEST = 1 << 20  # characters of a text with its values; a gateway has no limit
DEEPEST = 100  # lists in lists of a value
MOST_WARNINGS = 100  # of one request, about secrets that are left out
TOO_LONG = "this mock makes no text of over {} characters from variables, and not many of them"
_ESCAPED = ("$tyk_context.", "$tyk_meta.")


def replaced(context: RequestContext, text: str, longest: int = LONGEST, *, escapes: bool = False) -> str:
    """A text with its variables replaced; one without a value is left out.

    Args:
        context: of the request whose values replace the variables.
        text: as the definition or the metadata have it.
        longest: the characters that the result may have.
        escapes: escape the values of a request and of metadata, unless they begin as a URL.

    Raises:
        Rejected: it would be longer than `longest`, or the texts of the request are too long together.
    """
    for label, (expression, value_of) in _KINDS.items():
        if label in text:
            for variable in re.finditer(expression, text):
                name = variable[0].replace(label, "", 1)
                value = shown(value_of(context, name))
                if escapes and label in _ESCAPED and not value.startswith("http"):
                    value = quote_plus(urls.as_bytes(value))
                text = with_value(context, text, variable[0], value, longest)
    return text


def with_value(context: RequestContext, text: str, variable: str, value: str, longest: int = LONGEST) -> str:
    """A text with a value in each place of a variable; raises as `replaced` does."""
    size = len(text) + text.count(variable) * (len(value) - len(variable))
    context.replacements_left -= len(text) + size
    if size > longest or context.replacements_left < 0:
        raise Rejected(TOO_LONG.format(longest), 500)
    return text.replace(variable, value)


def shown(value: Any, depth: int = 0) -> str:
    """A value as a part of a text: that of a list has its items escaped, divided by commas.

    One that is neither a text, a number nor a list is empty.

    Raises:
        Rejected: the list is too deep or too long.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(value)
    if not isinstance(value, list):
        return ""
    if depth == DEEPEST:
        raise Rejected(TOO_LONG.format(LONGEST), 500)
    items = (shown(item, depth + 1) for item in value)
    text = ",".join(quote_plus(urls.as_bytes(item)) for item in items if item)
    if len(text) > LONGEST:
        raise Rejected(TOO_LONG.format(LONGEST), 500)
    return text


def _number(value: float) -> str:
    """A number with the fewest digits, and without an exponent (strconv.FormatFloat)."""
    text = format(Decimal(str(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _of_environment(context: RequestContext, name: str) -> str:
    return os.environ.get(f"TYK_SECRET_{name.upper()}", "")


def _of_store(context: RequestContext, name: str, *, label: str) -> str:
    """The value of a secret of a store that the mock does not have, as the log and the journal tell."""
    text = f"{label}{name} is left out: this mock does not read such secrets"
    if text not in context.warnings and len(context.warnings) < MOST_WARNINGS:
        context.warnings.append(text)
    return ""


def _of_context(context: RequestContext, name: str) -> Any:
    return None if context.variables is None else context.variables.value(name)


def of_metadata(context: RequestContext, name: str) -> Any:
    """A member of the metadata of the session; None if there is none."""
    return ((context.session or {}).get("meta_data") or {}).get(name)


_KINDS: dict[str, tuple[str, Callable[[RequestContext, str], Any]]] = {  # in the order of their replacement
    "$secret_conf.": (r"\$secret_conf.[A-Za-z0-9\[._-]+", partial(_of_store, label="$secret_conf.")),
    "$secret_env.": (r"\$secret_env.[A-Za-z0-9_.-]+", _of_environment),
    "$secret_vault.": (r"\$secret_vault.[A-Za-z0-9/.-]+", partial(_of_store, label="$secret_vault.")),
    "$secret_consul.": (r"\$secret_consul.[A-Za-z0-9/.-]+", partial(_of_store, label="$secret_consul.")),
    "$tyk_context.": (r"\$tyk_context.[A-Za-z0-9_.-]+", _of_context),
    "$tyk_meta.": (r"\$tyk_meta.[A-Za-z0-9_.-]+", of_metadata),
}
