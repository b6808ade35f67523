"""Causes in answers as a whole: pages, errors that are told as success, bodies that are cut off, lists."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from contract_tests.engine.checks import shorten
from contract_tests.engine.diagnosis.evidence import FIRST_ERROR, LEAST, MOST, Cause, Evidence, share
from contract_tests.engine.exchange import Exchange, end_of_json
from contract_tests.engine.failure import Failure

VALUE = 60  # characters of a value in a sentence
LONGEST_PREFIX = 16  # characters before the JSON of an answer that are seen as such
NEARLY_ALL = 0.9  # share of answers that an object is around
FEW = 3  # operations that a sentence names as all that are touched
VARIED = 10  # different answers of a server that has not some canned ones
ONCE_MORE = "the same once more"  # behind the JSON of an answer
_JSON = "application/json"
_BEGINNINGS = {
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\x78\x9c": "deflate",
}  # of bodies
_OF_ONE_VALUE = ("Content-Type", "Content-Length", "Date", "Location", "Server")


def encodings(evidence: Evidence) -> Iterator[Cause]:
    """A compression that no request asked for."""
    yield from _in_answers(
        evidence,
        "compressed",
        lambda exchange: exchange.header("Content-Encoding"),
        "Answers are compressed (Content-Encoding: {}), although no request accepts that",
        of_json=False,
        most=0,  # some compress long answers alone
    )
    yield from _in_answers(
        evidence,
        "compressed",
        _compression,
        "Answers are compressed ({}), and no header Content-Encoding tells of it",
    )


def _compression(exchange: Exchange) -> str:
    """The compression of a body that no header tells of; "" if it has none."""
    body = exchange.answer.body if exchange.answer and not exchange.header("Content-Encoding") else b""
    return next((name for beginning, name in _BEGINNINGS.items() if body.startswith(beginning)), "")


def repeated_headers(evidence: Evidence) -> Iterator[Cause]:
    """A header of one value that answers have twice."""
    yield from _in_answers(
        evidence,
        "header-twice",
        lambda exchange: next((name for name in _OF_ONE_VALUE if exchange.counts(name) > 1), ""),
        "Answers have the header {} more than once",
        of_json=False,
    )


def content_types(evidence: Evidence) -> Iterator[Cause]:
    """A content type of JSON answers that is another one throughout."""
    yield from _in_answers(
        evidence,
        "content-type",
        lambda exchange: (
            ""
            if exchange.header("Content-Type") == _JSON or _is_page(exchange)
            else exchange.header("Content-Type") or "none"
        ),
        f"The Content-Type of JSON answers is {{}}, not {_JSON}",
    )


def pages(evidence: Evidence) -> Iterator[Cause]:
    """Pages in HTML where the service answers in another form."""
    pages = [
        exchange
        for exchange in evidence.of_operations
        if _is_page(exchange) and not evidence.declares(exchange, "text/html")
    ]
    if len(pages) < LEAST:
        return
    statuses = ", ".join(map(str, sorted({exchange.status for exchange in pages})[:6]))
    what = "Errors" if min(exchange.status for exchange in pages) >= FIRST_ERROR else "Requests"
    summary = (
        f"{what} are answered with HTML pages, as of a server in front of the {evidence.name}: "
        f"{len(pages)} answers with status {statuses}{_at(evidence, pages)}."
    )
    if what == "Requests" and not any(map(evidence.has_right_secret, pages)):
        summary = (
            f"Requests without the right secret are not refused but answered {statuses} with an HTML page, "
            f"as of a page to log in before the {evidence.name} ({len(pages)} answers)."
        )
    yield Cause("html", summary, lambda failure: any(map(_is_page, failure.involved)))


def _at(evidence: Evidence, exchanges: Sequence[Exchange]) -> str:
    """The operations of exchanges, in a sentence, if they are few; else ""."""
    labels = dict.fromkeys(evidence.operations[id(exchange)].label for exchange in exchanges)
    return f", all of {', '.join(labels)}" if len(labels) <= FEW else ""


def types_of_errors(evidence: Evidence) -> Iterator[Cause]:
    """Errors with a content type that the contract does not declare for them, which are no pages."""
    by_type = defaultdict(list)
    for exchange in evidence.of_operations:
        content_type = exchange.header("Content-Type").partition(";")[0]
        is_other = exchange.status >= FIRST_ERROR and evidence.has_status(exchange) and not _is_page(exchange)
        if is_other and not evidence.declares(exchange, content_type):
            by_type[content_type].append(exchange)
    for content_type, errors in sorted(by_type.items(), key=lambda item: -len(item[1])):
        if len(errors) < LEAST:
            continue
        summary = (
            f"Errors are answered as {content_type or 'no type'}, not {_JSON}, by something else than the "
            f"{evidence.name}: {len(errors)} answers, as {errors[0].status} "
            f"{shorten(evidence.masked(errors[0].text), VALUE)}."
        )
        yield Cause("content-type", summary, among(errors))


def errors_as_success(evidence: Evidence) -> Iterator[Cause]:
    """Errors that have a status of success, and tell only in their bodies that they are errors."""
    errors = [exchange for exchange in evidence.of_operations if exchange.is_error_body]
    told = [exchange for exchange in errors if _is_told_as_success(exchange)]
    if len(told) >= LEAST and share(len(told), len(errors)) >= MOST:
        statuses = ", ".join(map(str, sorted({exchange.status for exchange in told})))
        summary = (
            f"Errors are answered with status {statuses}: {len(told)} of {len(errors)} answers whose body "
            "says that they are errors."
        )
        yield Cause(
            "errors-as-success", summary, lambda failure: any(map(_is_told_as_success, failure.involved))
        )


def _is_told_as_success(exchange: Exchange) -> bool:
    return exchange.is_error_body and 200 <= exchange.status < 300


def broken_json(evidence: Evidence) -> Iterator[Cause]:
    """JSON that is cut off at one length, or that has something before it, in all answers of that kind."""
    answers = [e for e in evidence.of_operations if e.text.strip() and evidence.declares(e, _JSON)]
    broken = [e for e in answers if e.json is None and e.text.strip() != "null" and not _is_page(e)]
    if len(broken) < LEAST:
        return
    (before, after), count = Counter(_around_json(exchange.text) for exchange in broken).most_common(1)[0]
    if (before or after) and share(count, len(answers)) >= MOST:
        kind, where, what = (
            ("body-prefixed", "before", before) if before else ("body-suffixed", "behind", after)
        )
        summary = (
            f"Something stands {where} the JSON of answers: {shorten(repr(what), VALUE)} ({count} answers)."
        )
        yield Cause(
            kind,
            summary,
            lambda failure: any(_around_json(e.text) == (before, after) for e in failure.involved),
        )
        return
    longest = max(map(_length, answers))
    cut = [exchange for exchange in broken if _length(exchange) == longest]
    if len(cut) >= LEAST and share(len(cut), len(broken)) >= MOST:
        summary = f"Bodies are cut off after {longest} bytes: {len(cut)} answers are no whole JSON."
        yield Cause(
            "body-cut",
            summary,
            lambda failure: any(_length(exchange) == longest for exchange in failure.involved),
        )


def _length(exchange: Exchange) -> int:
    return len(exchange.answer.body) if exchange.answer else 0


def _around_json(text: str) -> tuple[str, str]:
    """What stands before and behind a JSON value in a text; "" is nothing, and twice that no value."""
    match = re.search(r"[\[{]", text[: LONGEST_PREFIX + 1])
    if match is None:
        return "", ""
    end = end_of_json(text, match.start())
    after = text[end:].strip()
    if after == text[match.start() : end]:
        after = ONCE_MORE
    return (text[: match.start()], after) if end else ("", "")


def lists(evidence: Evidence) -> Iterator[Cause]:
    """Lists that are cut at a number of items."""
    for operation, exchanges in evidence.by_operation.items():
        if operation.method != "GET" or operation.path.endswith("}"):
            continue  # an answer about one thing may have a list, whose length is that of the thing
        values = [items for exchange in exchanges if (items := _items(exchange.json)) is not None]
        longest = max(map(len, values), default=0)
        count = sum(len(value) == longest for value in values)
        if longest > 1 and count >= LEAST and share(count, len(values)) >= MOST:
            yield Cause(
                "list-cut",
                f"Lists are cut: {operation.label} never answers more than {longest} items, "
                f"{count} of {len(values)} times just as many.",
                _concerns(evidence, operation.id),
            )


def among(exchanges: Iterable[Exchange]) -> Callable[[Failure], bool]:
    """True for a failure that involves one of some exchanges."""
    identities = {id(exchange) for exchange in exchanges}
    return lambda failure: any(id(exchange) in identities for exchange in failure.involved)


def wrapped_lists(evidence: Evidence) -> Iterator[Cause]:
    """Lists that are a member of an object, where the contract declares the list itself."""
    for operation, exchanges in evidence.by_operation.items():
        wrapped = [e for e in exchanges if e.document and _items(e.document) is not None]
        answered = [e for e in exchanges if e.status == 200]
        is_always = len(wrapped) >= LEAST and len(wrapped) == len(answered)
        if is_always and all(evidence.declares_list(exchange) for exchange in wrapped):
            summary = (
                f"{operation.label} answers an object with a list in it, not the list: "
                f"{shorten(evidence.masked(wrapped[-1].text), VALUE)}."
            )
            yield Cause("list-wrapped", summary, _concerns(evidence, operation.id))


def envelopes(evidence: Evidence) -> Iterator[Cause]:
    """An object around all answers, which has what is required as one of its members."""
    answers = [
        e for e in evidence.of_operations if e.answer and e.text.strip() and evidence.declares(e, _JSON)
    ]
    around = [(frozenset(document), exchange) for exchange in answers if (document := exchange.document)]
    if len({exchange.text for _, exchange in around}) < VARIED:
        return
    names, count = Counter(names for names, _ in around).most_common(1)[0]
    alike = [exchange for found, exchange in around if found == names]
    inner = [name for name in sorted(names) if all(isinstance(e.document[name], (dict, list)) for e in alike)]
    if inner and share(count, len(answers)) >= NEARLY_ALL:
        summary = (
            f"Answers are wrapped in an object with the members {', '.join(map(repr, sorted(names)))}: "
            f"{count} of {len(answers)} answers, as {shorten(evidence.masked(alike[0].text), VALUE)}."
        )
        yield Cause(
            "wrapped", summary, lambda failure: any(names == e.document.keys() for e in failure.involved)
        )


def _items(document: Any) -> list[Any] | None:
    """The items of a list, which is the document or its only member that is a list; None if there is none."""
    if isinstance(document, dict):
        lists = [value for value in document.values() if isinstance(value, list)]
        return lists[0] if len(lists) == 1 and len(document) < 5 else None
    return document if isinstance(document, list) else None


def _is_page(exchange: Exchange) -> bool:
    return exchange.header("Content-Type").startswith("text/html")


def _concerns(evidence: Evidence, operation_id: str) -> Callable[[Failure], bool]:
    """True for a failure whose exchanges have one with an operation."""

    def concerns(failure: Failure) -> bool:
        reached = (evidence.operations.get(id(exchange)) for exchange in failure.involved)
        return any(operation is not None and operation.id == operation_id for operation in reached)

    return concerns


def _in_answers(
    evidence: Evidence,
    kind: str,
    trait_of: Callable[[Exchange], str],
    sentence: str,
    *,
    of_json: bool = True,
    most: float = MOST,
) -> Iterator[Cause]:
    """A trait of at least a share of the answers of operations, with the value that most of them have."""
    answers = [
        exchange
        for exchanges in evidence.by_operation.values()
        for exchange in exchanges
        if exchange.answer is not None
        and exchange.answer.stored
        and (not of_json or evidence.declares(exchange, _JSON))
    ]
    traits = [(exchange, trait) for exchange in answers if (trait := trait_of(exchange))]
    if len(traits) < LEAST or share(len(traits), len(answers)) < most:
        return
    value, count = Counter(trait for _, trait in traits).most_common(1)[0]
    shown = shorten(evidence.masked(value), VALUE)
    summary = f"{sentence.format(shown)} ({count} of {len(answers)} answers)."
    yield Cause(
        kind, summary, lambda failure: any(trait_of(exchange) == value for exchange in failure.involved)
    )
