"""The report of an impact as text and JSON, without the ids of keys unless they are asked for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mockserver.console.terminal import printable
from mockserver.gateway.impact import counts
from mockserver.gateway.session_impact import (
    AFFECTED,
    LOCKED_OUT,
    MEANINGS,
    Key,
    KeyName,
    MemberChange,
    Outcome,
    SessionImpact,
    Unread,
)
from mockserver.golang import json_writer

_SHOWN_KEYS = 10  # of a group, in text and HTML
_SHOWN_VALUE = 60  # characters of a value


@dataclass(frozen=True)
class Move:
    """The move of one session to another policy: the request, and what the session would then get."""

    impact: SessionImpact
    request: str


@dataclass(frozen=True)
class ImpactReport:
    """All that is told about a planned change of policies.

    Attributes:
        version: the gateway version whose rules were applied.
        source: how the version was found out, in words.
        plan: the planned changes, as in "delete gold".
        impacts: one for each session that was read.
        unread: the keys whose sessions could not be read.
        notes: what else a reader must know, a sentence each.
        moves: the moves to another policy that were asked for.
        shows_keys: True if the ids of keys are shown as they are.
    """

    version: str
    source: str
    plan: tuple[str, ...]
    impacts: tuple[SessionImpact, ...]
    unread: tuple[Unread, ...] = ()
    notes: tuple[str, ...] = ()
    moves: tuple[Move, ...] = ()
    shows_keys: bool = False

    @property
    def has_orphans(self) -> bool:
        """True if requests with some session would be refused that are accepted today."""
        return any(impact.outcome in LOCKED_OUT for impact in self.impacts)

    @property
    def has_changes(self) -> bool:
        """True if some session is affected."""
        return any(impact.outcome in AFFECTED for impact in self.impacts)

    @property
    def title(self) -> str:
        """The plan and the number of affected sessions, in one line."""
        affected = sum(impact.outcome in AFFECTED for impact in self.impacts)
        return f"{', '.join(self.plan)}: {affected} of {_sessions(len(self.impacts))} affected"

    @property
    def summary(self) -> list[tuple[Outcome, int]]:
        """The number of sessions of each outcome that occurs."""
        return [(outcome, count) for outcome, count in counts(self.impacts).items() if count]

    @property
    def cautions(self) -> list[str]:
        """The notes, and a sentence about sessions that could not be read."""
        if not self.unread:
            return list(self.notes)
        first = self.unread[0]
        rest = f"; {len(self.unread) - 1} more" if len(self.unread) > 1 else ""
        what = f"{_sessions(len(self.unread))} could not be read and may be affected too"
        return [f"{what}: {self._text(first.name)}: {first.reason}{rest}", *self.notes]

    def id_of(self, key: Key) -> str:
        """The hash of a key, or its id, masked unless ids are shown."""
        return self._text(key.name, key.session["org_id"])

    def name_of(self, key: Key) -> str:
        """The hash or the masked id of a key, with its alias."""
        alias = key.session["alias"]
        return f"{self.id_of(key)} ({alias})" if alias else self.id_of(key)

    def unread_names(self) -> list[tuple[str, str]]:
        """The names of the keys that could not be read, with the reasons."""
        return [(self._text(unread.name), unread.reason) for unread in self.unread]

    def names(self, group: Sequence[SessionImpact]) -> str:
        """The names of the keys of a group, of a long one the first ones."""
        names = ", ".join(self.name_of(impact.key) for impact in group[:_SHOWN_KEYS])
        return f"{names} and {len(group) - _SHOWN_KEYS} more" if len(group) > _SHOWN_KEYS else names

    def _text(self, name: KeyName, org_id: str = "") -> str:
        return name.id if name.id and self.shows_keys else name.masked(org_id)


def is_listed(impact: SessionImpact) -> bool:
    """True unless a session keeps what it has, and has it from its policies as before."""
    return impact.outcome is not Outcome.UNCHANGED or bool(impact.saved)


def groups(impacts: Iterable[SessionImpact]) -> list[list[SessionImpact]]:
    """The listed sessions with the same impact together, the gravest and then the largest groups first.

    Of sessions that are refused only the reason counts.
    """
    found: dict[str, list[SessionImpact]] = {}
    for impact in impacts:
        if is_listed(impact):
            changes = _changes(shown_changes(impact))
            same = json.dumps([impact.outcome, impact.refusal, changes, impact.saved])
            found.setdefault(same, []).append(impact)
    order = list(Outcome)
    return sorted(found.values(), key=lambda group: (order.index(group[0].outcome), -len(group)))


def shown_changes(impact: SessionImpact) -> tuple[MemberChange, ...]:
    """The changes of a session that is accepted; those of a refused one have no effect on requests."""
    return () if impact.refusal else impact.changes


def value_text(change: MemberChange, value: Any) -> str:
    """A value of a change in a few characters."""
    if change.path.startswith("access_rights/") and change.path.count("/") == 1:
        return "not granted" if value is None else "granted"
    text = json_writer.write(value)
    return text if len(text) <= _SHOWN_VALUE else f"{text[: _SHOWN_VALUE - 3]}..."


def origin_text(change: MemberChange) -> str:
    """The policies that the values of a change come from."""
    before, after = (name or "the session" for name in (change.policy_before, change.policy_after))
    return before if before == after else f"{before} -> {after}"


def as_text(report: ImpactReport) -> str:
    """The report as text: the counts, then the listed sessions by equal impact, then the requests.

    Names and messages of others stay in their lines, for lines of it are pasted into a shell.
    """
    lines = [report.title, f"by the rules of gateway {report.version} ({report.source})", ""]
    lines += [f"  {count:>6}  {outcome:<13}  {MEANINGS[outcome]}" for outcome, count in report.summary]
    lines += [f"note: {note}" for note in report.cautions]
    for group in groups(report.impacts):
        first = group[0]
        reason = f": {first.refusal}" if first.refusal else ""
        lines += ["", f"{first.outcome}: {_sessions(len(group))}{reason}", f"  keys: {report.names(group)}"]
        lines += _change_lines(shown_changes(first))
        lines += [f"  as last saved with the key: {', '.join(first.saved)}"] if first.saved else []
    if report.moves:
        lines += ["", f"requests that move {_sessions(len(report.moves))}; nothing was sent:"]
    for move in report.moves:
        lines += [
            "",
            f"# {report.name_of(move.impact.key)}: {move.impact.outcome} {move.impact.refusal}".rstrip(),
        ]
        lines += [f"# {line}" for line in _change_lines(shown_changes(move.impact))]
        lines.append(move.request)
    return "".join(f"{printable(line)}\n" for line in lines)


def as_json(report: ImpactReport) -> str:
    """The report as a JSON object; sessions that nothing happens to are counted and not listed."""
    document = {
        "gateway": report.version,
        "source": report.source,
        "plan": report.plan,
        "counts": dict(report.summary),
        "sessions": [_as_object(report, impact) for impact in report.impacts if is_listed(impact)],
        "unread": [{"key": name, "reason": reason} for name, reason in report.unread_names()],
        "notes": report.notes,
        "moves": [{**_as_object(report, move.impact), "request": move.request} for move in report.moves],
    }
    return json.dumps(document, indent=2) + "\n"


def _as_object(report: ImpactReport, impact: SessionImpact) -> dict[str, Any]:
    return {
        "key": report.id_of(impact.key),
        "alias": impact.key.session["alias"],
        "policies": impact.policies,
        "outcome": impact.outcome,
        "refusal": impact.refusal,
        "changes": _changes(impact.changes),
        "saved": impact.saved,
    }


def _changes(changes: Iterable[MemberChange]) -> list[dict[str, Any]]:
    return [asdict(change) for change in changes]


def _change_lines(changes: Sequence[MemberChange]) -> list[str]:
    width = max((len(change.path) for change in changes), default=0)
    return [
        f"  {change.path:<{width}}  {value_text(change, change.before)} -> {value_text(change, change.after)}"
        f"  ({origin_text(change)})"
        for change in changes
    ]


def _sessions(count: int) -> str:
    return f"{count} session{'' if count == 1 else 's'}"
