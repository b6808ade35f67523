"""Causes in requests: what those with wrong answers have in common, and the others have not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from contract_tests.engine.checks import shorten
from contract_tests.engine.diagnosis.evidence import LEAST, Cause, Evidence, share
from contract_tests.engine.exchange import Exchange

MOST = 0.75  # share of the behaviours that fail at requests with a trait
FEW = 0.15  # share of the right answers that are, at most
SHOWN = 70  # characters of a target or an answer in a sentence


def _path(exchange: Exchange) -> str:
    return exchange.target.partition("?")[0]


def _is_unclean(exchange: Exchange) -> bool:
    return bool(re.search(r"//|/\.{1,2}(/|$)", unquote(_path(exchange))))


def _has_markup(exchange: Exchange) -> bool:
    return bool(re.search(rb"[<>']|\.\.", exchange.body or b""))


def _is_other(exchange: Exchange) -> bool:
    types = [value for name, value in exchange.headers if name.lower() == "content-type"]
    return bool(exchange.body) and bool(types) and types[0].partition(";")[0] != "application/json"


def _has_policies(exchange: Exchange) -> bool:
    policies = exchange.sent_document.get("apply_policies")
    return isinstance(policies, list) and len(policies) > 1


@dataclass(frozen=True)
class Trait:
    """A trait of requests, in words that follow "Requests"."""

    words: str
    is_in: Callable[[Exchange], bool]


TRAITS = (
    Trait("with the method HEAD", lambda exchange: exchange.method == "HEAD"),
    Trait("with the method PUT", lambda exchange: exchange.method == "PUT"),
    Trait("with the method PATCH", lambda exchange: exchange.method == "PATCH"),
    Trait("with the method DELETE", lambda exchange: exchange.method == "DELETE"),
    Trait("with a slash in a name (%2F)", lambda exchange: "%2f" in _path(exchange).lower()),
    Trait("whose path is not clean (//, /./ or /../)", _is_unclean),
    Trait("with a slash at the end of the path", lambda exchange: _path(exchange).endswith("/")),
    Trait("with percent-encoded characters in the path", lambda exchange: "%" in _path(exchange)),
    Trait("with several policies of a key (apply_policies)", _has_policies),
    Trait("with upper-case letters in the path", lambda exchange: _path(exchange) != _path(exchange).lower()),
    Trait("with a query", lambda exchange: "?" in exchange.target),
    Trait("with <, >, quotes or .. in the body", _has_markup),
    Trait("with characters beyond ASCII in the body", lambda exchange: not (exchange.body or b"").isascii()),
    Trait("with a body and another Content-Type than application/json", _is_other),
)  # fmt: skip


def traits(evidence: Evidence) -> Iterator[Cause]:
    """The trait that most requests with a wrong answer have, and few with a right one."""
    failures = [failure for failure in evidence.failures if failure.at is not None and failure.at.answer]
    wrong = {id(failure.at) for failure in failures}
    right = [exchange for exchange in evidence.log if id(exchange) not in wrong]
    behaviours = {failure.verdict.behaviour for failure in failures}
    candidates = []
    for trait in TRAITS:
        touched = [failure for failure in failures if failure.at is not None and trait.is_in(failure.at)]
        names = {failure.verdict.behaviour for failure in touched}  # one may have many rows
        common, usual = share(len(names), len(behaviours)), share(sum(map(trait.is_in, right)), len(right))
        if len(names) >= LEAST and common >= MOST and usual <= FEW:
            candidates.append((common - usual, trait, touched))
    if not candidates:
        return
    _, trait, touched = max(candidates, key=lambda entry: entry[0])
    example = touched[0].at
    assert example is not None
    request = f"{example.method} {shorten(evidence.masked(example.target), SHOWN)}"
    answer = shorten(evidence.masked(f"{example.status} {example.text}"), SHOWN)
    statuses = {(failure.status_expected, failure.at.status) for failure in touched if failure.at}
    otherwise = "otherwise than is required"
    if len(statuses) == 1 and (status := statuses.pop())[0] not in (0, status[1]):
        otherwise = f"with {status[1]} where {status[0]} is required"
    summary = (
        f"Requests {trait.words} are answered {otherwise}: {len(touched)} of "
        f"{len(failures)} wrong answers are to such, as {request}: {answer}."
    )
    yield Cause(
        "kind-of-request", summary, lambda failure: failure.at is not None and trait.is_in(failure.at)
    )
