"""The picture of an explanation: an SVG with the session and its policies, and arrows to what they give."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from mockserver.console.terminal import printable
from mockserver.gateway.explanation import OWN, Explanation
from mockserver.gateway.provenance import OF_SINGLE_API, rate_text
from mockserver.golang import json_writer

MOST_ROWS = 24  # of one side; the table has all
STYLE = """svg{display:block;width:100%;max-width:44em;height:auto;margin:1em 0}
svg{font:12px system-ui,sans-serif}
svg text{fill:#222} svg .small{font-size:10px} svg rect{fill:#f4f4f4;stroke:#666}
svg .off{stroke:#b3261e;stroke-dasharray:4 3} svg path{fill:none;stroke:#2a7d46;stroke-width:1.5}
@media (prefers-color-scheme:dark){svg text{fill:#ddd} svg rect{fill:#262626;stroke:#999}
svg .off{stroke:#f2b8b5} svg path{stroke:#7bc796}}"""

_WIDTH, _LEFT, _RIGHT, _RIGHT_X = (
    360,
    130,
    150,
    204,
)  # of the picture, of the boxes, and where the right begin
_BOX, _STEP = 36, 44  # the height of a box, and from one box to the next
_VALUES = {  # the members that are shown, with their names for people
    "rate": "rate", "quota_max": "quota", "throttle_retry_limit": "throttle",
    "max_query_depth": "query depth",
}  # fmt: skip


@dataclass(frozen=True)
class Fact:
    """A value that a session gets from policies: what it is, its text, and the ids of the policies."""

    name: str
    text: str
    policies: tuple[str, ...]


def facts(explanation: Explanation) -> Iterator[Fact]:
    """The rights and limits that come from policies, and tags and metadata."""
    names = [policy.id for policy in explanation.policies]
    seen = set()
    for reason in explanation.reasons:
        parts = reason.path.split("/")
        api, member = ("/".join(parts[1:-2]), parts[-1]) if parts[-2:-1] == ["limit"] else ("", reason.path)
        if reason.origin == OWN:
            continue
        origins = tuple(name for name in names if name in reason.origin.split(", "))
        if parts[0] == "access_rights" and len(parts) > 2 and parts[1] not in seen and not api:
            seen.add(parts[1])
            yield Fact(parts[1], "may be called", origins)
        elif member in _VALUES and reason.value and (api or reason.rule != OF_SINGLE_API):
            name = f"{api}: {_VALUES[member]}" if api else _VALUES[member]
            yield Fact(name, _text(explanation, api, member), origins)
        elif parts[0] in ("tags", "meta_data"):
            yield Fact(reason.path, json_writer.write(reason.value), origins)


def _text(explanation: Explanation, api: str, member: str) -> str:
    """The value of a limit as people read it."""
    limit = explanation.session["access_rights"][api]["limit"] if api else explanation.session
    value = limit[member]
    if member == "rate":
        return rate_text({"per": 0, **limit})
    if value == -1:
        return "unlimited"
    if member == "quota_max" and limit.get("quota_renewal_rate"):
        return f"{value} per {limit['quota_renewal_rate']} s"
    return str(value)


def as_svg(explanation: Explanation) -> str:
    """The picture, with a title and a description for those who do not see it."""
    policies = explanation.policies[: MOST_ROWS - 1]
    shown = [Fact("refused", explanation.error, ())] if explanation.error else list(facts(explanation))
    hidden = len(shown) - MOST_ROWS
    shown = shown[:MOST_ROWS]
    boxes = [_box(0, 0, _LEFT, "session", f"{len(explanation.policies)} policies named")]
    for row, policy in enumerate(policies, 1):
        state = ("read in part" if policy.is_loaded else "not loaded") if policy.problem else "loaded"
        boxes.append(_box(0, row, _LEFT, policy.id, state, is_off=bool(policy.problem)))
    if not shown:
        shown = [Fact("nothing from policies", "all is the session's", ())]
    boxes += [
        _box(_RIGHT_X, row, _RIGHT, fact.name, fact.text, is_off=bool(explanation.error))
        for row, fact in enumerate(shown)
    ]
    rows = {policy.id: row for row, policy in enumerate(policies, 1)}
    arrows = [
        _arrow(rows[name], row) for row, fact in enumerate(shown) for name in fact.policies if name in rows
    ]
    height = _STEP * max(len(policies) + 1, len(shown)) + 8
    description = printable("; ".join(map(_sentence, shown)))
    more = f"<p>and {hidden} more, in the table</p>" if hidden > 0 else ""
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-labelledby="picture-title picture-text">'
        '<title id="picture-title">What the session gets from which policy</title>'
        f'<desc id="picture-text">{escape(description)}</desc>{"".join(arrows + boxes)}</svg>{more}'
    )


def _sentence(fact: Fact) -> str:
    origin = f" from {', '.join(fact.policies)}" if fact.policies else ""
    return f"{fact.name}: {fact.text}{origin}"


def _box(x: int, row: int, width: int, name: str, text: str, *, is_off: bool = False) -> str:
    y, most = row * _STEP + 4, width // 7
    off = ' class="off"' if is_off else ""
    return (
        f"<g><title>{escape(printable(f'{name}: {text}'))}</title>"
        f'<rect x="{x + 2}" y="{y}" width="{width}" height="{_BOX}" rx="4"{off}/>'
        f'<text x="{x + 9}" y="{y + 15}">{escape(_short(name, most))}</text>'
        f'<text x="{x + 9}" y="{y + 29}" class="small">{escape(_short(text, most + 4))}</text></g>'
    )


def _arrow(start: int, end: int) -> str:
    x1, x2, middle = _LEFT + 2, _RIGHT_X + 2, (_LEFT + _RIGHT_X) // 2
    y1, y2 = (row * _STEP + 4 + _BOX // 2 for row in (start, end))
    return (
        f'<path d="M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}M{x2 - 6} {y2 - 4}L{x2} {y2}L{x2 - 6} '
        f'{y2 + 4}"/>'
    )


def _short(text: str, most: int) -> str:
    text = printable(text)
    return text if len(text) <= most else f"{text[: most - 1]}…"
