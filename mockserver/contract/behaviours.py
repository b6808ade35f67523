"""The table of behaviours: all that a service does and no schema can describe."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from mockserver.console import suggestions
from mockserver.contract.spec_files import SpecError, behaviours_table, spec_path
from mockserver.contract.versions import GatewayVersion, Span

LEVELS = ("core", "extended", "setup")
EVIDENCE = {
    "recorded": "A recording of a real service shows it.",
    "source": "The vendor's source, or a run of a real gateway, shows it.",
    "documented": "The vendor's documents say it, in one place or in several that agree.",
    "capture": "Data that somebody exported from a real service and published show it.",
    "client": "A real client depends on it.",
    "documented-differently": "The vendor's documents disagree, and one of the readings was chosen.",
    "inferred": "It is nowhere written, and follows from the rest in our judgement.",
}  # the kinds, with what each means
_CERTAIN = {"recorded", "source", "documented"}  # a service may be failed by such evidence
_SINGLE = {"capture", "client"}  # by two addresses of such evidence
_KEYS = {
    "id", "level", "statement", "since", "until", "except", "source", "published", "hint", "operation",
    "evidence", "configuration", "unless",
}  # fmt: skip
Setting = tuple[str, bool | int | float | str]  # the dotted name of a key of a configuration, and its value


@dataclass(frozen=True)
class Behaviour:
    """A row of the table.

    Attributes:
        service: the name of the service, and of the folder under spec/ that has the row: "gateway".
        level: "core" holds for every gateway; "extended", for a gateway that is set up for it; "setup",
            only under a configuration that a suite cannot set over HTTP.
        statement: one sentence about the gateway, in the present tense.
        source: the address of the evidence, in the vendor's source (`file:line @tag`), in a recording
            (`recording SCENARIO step N`), or as the head of the file explains.
        evidence: the kind of the evidence, one of `EVIDENCE`.
        published: the contradicting statement of the vendor's published spec; "" if there is none.
        hint: another possible cause of a failure; "" if there is none.
        operation: the operation that shows it, for the report.
        spans: the versions that it holds for.
        configuration: the settings under which a contract test can show it, if the level is "setup"; ()
            if recordings alone show it.
        exceptions: the settings under each of which it does not show.
    """

    id: str
    level: str
    statement: str
    source: str
    operation: str
    spans: tuple[Span, ...]
    service: str
    evidence: str = "recorded"
    published: str = ""
    hint: str = ""
    configuration: tuple[Setting, ...] = ()
    exceptions: tuple[Setting, ...] = ()

    @property
    def has_test(self) -> bool:
        """True if a contract test holds it."""
        return self.level != "setup" or bool(self.configuration)

    @property
    def may_fail(self) -> bool:
        """True if a service that behaves otherwise may be said to fail; else that is only observed.

        What is captured, or what a client relies on, counts if two independent addresses say so.
        """
        addresses = {address.split()[0].partition(":")[0] for address in self.source.split(";")}
        return self.evidence in _CERTAIN or (self.evidence in _SINGLE and len(addresses) > 1)

    def holds_for(self, version: GatewayVersion) -> bool:
        """True if a service of this version behaves so."""
        return any(version in span for span in self.spans)


def as_text(name: str, value: object) -> str:
    """A setting in words, as in `hash_keys: true`."""
    return f"{name}: {json.dumps(value)}"


def weight(kind: str) -> str:
    """The verdict on a service that behaves otherwise than a kind of evidence, one of `EVIDENCE`, says."""
    if kind in _CERTAIN:
        return "a service that behaves otherwise fails"
    if kind in _SINGLE:
        return (
            "a service that behaves otherwise fails if two independent addresses say so; else it is observed"
        )
    return "a service that behaves otherwise is observed, and fails with --strict alone"


class Behaviours(Mapping[str, Behaviour]):
    """All behaviours by id, in the order of the table."""

    def __init__(self, rows: list[Behaviour]) -> None:
        self._rows = {row.id: row for row in rows}

    def __getitem__(self, behaviour_id: str) -> Behaviour:
        return self._rows[behaviour_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def of(
        self,
        version: GatewayVersion,
        without: Collection[str] = (),
        switchable: frozenset[str] = frozenset(),
    ) -> frozenset[str]:
        """The ids of the behaviours that hold for a version, except those in `without`.

        Raises:
            SpecError: an id in `without` is not that of a behaviour, or of none that holds for the version,
                or is not one of `switchable`.
        """
        ids = frozenset(row.id for row in self._rows.values() if row.holds_for(version))
        for name in sorted(without):
            if name not in self._rows:
                hint = suggestions.hint(name, self._rows)
                raise SpecError(
                    f"no behaviour is called {name!r}{hint}; `tyk-contract behaviours` lists them"
                )
            if name not in switchable:
                listed = ", ".join(sorted(switchable & ids))
                raise SpecError(f"the behaviour {name!r} cannot be switched off; these can: {listed}")
            if name not in ids:
                raise SpecError(f"the behaviour {name!r} is not one of {version}; leave it out of `without`")
        return ids - frozenset(without)


@cache
def load(folder: Path | None = None) -> Behaviours:
    """Read the behaviours.yaml of a service's folder, by default spec/gateway.

    Raises:
        SpecError: a row has a missing or unknown key, or the id of another row.
    """
    service = (folder or spec_path("gateway")).name
    rows = [_row(raw, service) for raw in behaviours_table(folder)["behaviours"]]
    if repeated := [name for name, count in Counter(row.id for row in rows).items() if count > 1]:
        raise SpecError(f"behaviours.yaml: {repeated[0]!r} is the id of two rows; rename one")
    return Behaviours(rows)


def _row(raw: dict[str, Any], service: str) -> Behaviour:
    name = raw.get("id", raw)
    if unknown := raw.keys() - _KEYS:
        raise SpecError(
            f"behaviours.yaml: row {name!r} has the unknown key {min(unknown)!r}; remove or rename it"
        )
    if missing := {"id", "level", "statement", "source", "operation"} - raw.keys():
        raise SpecError(f"behaviours.yaml: row {name!r} lacks {min(missing)!r}; add it")
    if raw["level"] not in LEVELS:
        raise SpecError(
            f"behaviours.yaml: row {name!r} has the unknown level {raw['level']!r}; give one of {LEVELS}"
        )
    if "configuration" in raw and raw["level"] != "setup":
        raise SpecError(f"behaviours.yaml: row {name!r} has a configuration; give it the level setup")
    evidence = raw.get("evidence") or ("recorded" if "recording" in raw["source"] else "source")
    if evidence not in EVIDENCE:
        kinds = ", ".join(EVIDENCE)
        raise SpecError(
            f"behaviours.yaml: row {name!r} has the unknown evidence {evidence!r}; give one of {kinds}"
        )
    return Behaviour(
        id=raw["id"],
        level=raw["level"],
        statement=" ".join(raw["statement"].split()),
        source=raw["source"],
        evidence=evidence,
        operation=raw["operation"],
        spans=_spans(raw),
        service=service,
        published=raw.get("published", ""),
        hint=raw.get("hint", ""),
        configuration=tuple(raw.get("configuration", {}).items()),
        exceptions=tuple(raw.get("unless", {}).items()),
    )


def _spans(raw: dict[str, Any]) -> tuple[Span, ...]:
    """The spans of a row: from `since` to `until`, without the gap `except: [since, until]`."""
    outer = Span.parse(raw.get("since"), raw.get("until"))
    if "except" not in raw:
        return (outer,)
    first, after = raw["except"]
    gap = Span.parse(first, after)
    return (Span(outer.since, gap.since), Span(gap.until, outer.until))
