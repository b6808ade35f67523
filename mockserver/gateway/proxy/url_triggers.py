"""Triggers, which choose another URL for a request by its headers, parameters, path and metadata.

What their expressions match becomes variables of the request, such as `trigger-0-X-One-0-0`.
Source: gateway/mw_url_rewrite.go:60 and :580 @v5.12.0; recording transforms/triggers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from mockserver.gateway.policy_merging import Document
from mockserver.gateway.proxy.context_variables import ContextVariables
from mockserver.gateway.proxy.request_context import Rejected, RequestContext
from mockserver.gateway.proxy.variables import of_metadata
from mockserver.golang import regexps, urls
from mockserver.http.answer_heads import canonical
from mockserver.http.header_values import as_text

_UNSUPPORTED = partial(Rejected, "this mock does not judge such requests to a path of url_rewrites", 501)
TOO_MANY = "this mock holds no more expressions of triggers against the texts of a request"
MATCH_COST = 1024  # characters that a match counts for beside its text
_ANY = "any"
_NO_TEXTS = ("path_parts", "request_data")  # variables that are lists
_Found = Iterator[tuple[str, str]]  # names of variables without their beginning, and texts to match


def chosen_url(context: RequestContext, entry: Document) -> str:
    """The URL of the first trigger of an entry that fits the request, or else that of the entry.

    Raises:
        Rejected: a trigger asks for the body of the request, or there is too much to match.
    """
    if entry["triggers"] and context.variables is None:
        context.variables = ContextVariables.without_request()
    for number, trigger in enumerate(entry["triggers"] or ()):
        options, fits_any = trigger["options"], trigger["on"] == _ANY
        if options["payload_matches"]["match_rx"]:
            raise _UNSUPPORTED("a trigger asks for the body of requests")
        parts = [(texts_of, options[name]) for name, texts_of in _PARTS.items() if options[name]]
        fitting = (_fits(context, number, texts_of, rules, fits_any=fits_any) for texts_of, rules in parts)
        if any(fitting) if fits_any else all([*fitting]):
            return str(trigger["rewrite_to"])
    return str(entry["rewrite_to"])


def _fits(
    context: RequestContext,
    number: int,
    texts_of: Callable[[RequestContext, str], _Found],
    rules: Mapping[str, Document],
    *,
    fits_any: bool,
) -> bool:
    """True if the rules for one part of a request fit: one of them, or as many texts as there are rules."""
    count = 0
    assert context.variables is not None
    for name, rule in rules.items():
        for place, text in texts_of(context, name):
            context.replacements_left -= len(text) + MATCH_COST
            if context.replacements_left < 0:
                raise Rejected(TOO_MANY, 500)
            try:
                found = regexps.whole_and_groups(rule["match_rx"], text)
            except regexps.BadExpression:
                continue
            if (found is None) != rule["reverse"]:
                continue
            if found is not None:
                variable = f"trigger-{number}-{place}".replace("#", str(count))
                context.variables.added[variable] = found[0]
                for group, value in enumerate(found[1:]):
                    context.variables.added[f"{variable}-{group}"] = value
            count += 1
    return count > 0 and (fits_any or len(rules) <= count)


def _headers(context: RequestContext, name: str) -> _Found:
    first = context.headers.get(name.lower())
    if first is not None and name.lower() != "host":
        values = (first, *context.repeated.get(name.lower(), ()))
        for index, value in enumerate(values):
            yield f"{canonical(name)}-{index}", as_text(value)


def _parameters(context: RequestContext, name: str) -> _Found:
    values = [value for key, value in urls.parameters(context.url.query) if key == name]
    for index, value in enumerate(values):
        yield f"{name}-{index}", value


def _path_parts(context: RequestContext, name: str) -> _Found:
    for part in context.url.path.split("/"):
        yield f"{name}-#", part


def _metadata(context: RequestContext, name: str) -> _Found:
    value = of_metadata(context, name)
    if isinstance(value, str):
        yield name, value


def _variables(context: RequestContext, name: str) -> _Found:
    value = context.variables.value(name) if context.variables is not None else None
    if isinstance(value, str) and name not in _NO_TEXTS:
        yield name, value


_PARTS = {
    "header_matches": _headers, "query_val_matches": _parameters, "path_part_matches": _path_parts,
    "session_meta_matches": _metadata, "request_context_matches": _variables,
}  # fmt: skip
