"""A selection of behaviours: by their ids, operations, levels and groups, with patterns, or by a report."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Self

from contract_tests.engine.run_options import RunOptions
from contract_tests.engine.service import Service
from mockserver.console import suggestions
from mockserver.console.input_files import DOCUMENT, content_within
from mockserver.contract.behaviours import LEVELS, Behaviour
from mockserver.contract.spec_files import known_versions
from mockserver.golang.json_size import few_enough

_BAD = {"failed", "error"}


class SelectionError(ValueError):
    """A selection of nothing; the message names the pattern or the file, and the next step."""


@dataclass(frozen=True)
class Selection:
    """The behaviours that a run judges.

    Attributes:
        chosen: the ids of the behaviours to judge; None for all.
        left_out: the ids of those to leave out.
    """

    chosen: frozenset[str] | None = None
    left_out: frozenset[str] = frozenset()

    @classmethod
    def of(cls, options: RunOptions, service: Service) -> Self:
        """The selection that options ask for.

        Raises:
            SelectionError: a pattern fits nothing, the report cannot be read, or nothing is left.
        """
        if not (options.only or options.skip or options.failed):
            return cls()
        names = names_of(service)
        chosen = _fitting(options.only, names, service) if options.only else None
        if options.failed is not None:
            failed = _failed(options.failed, names)
            chosen = failed if chosen is None else chosen & failed
        selection = cls(chosen, _fitting(options.skip, names, service))
        if not any(not selection.why_not(row) for row in service.behaviours.values()):
            raise SelectionError("nothing is left to judge; widen --only or narrow --skip")
        return selection

    def why_not(self, row: Behaviour) -> str:
        """The reason why a behaviour is left out; "" if it is judged."""
        if self.chosen is not None and row.id not in self.chosen:
            return "left out, for other behaviours were selected"
        return "left out by --skip" if row.id in self.left_out else ""


def names_of(service: Service) -> dict[str, set[str]]:
    """The names that a pattern may fit, by behaviour: its id, operation, level, and group.

    A group is a path of a resource, such as /tyk/keys, and the last word of it.
    """
    contract = service.contract(max(known_versions(service.folder).values()))
    names = {}
    for row in service.behaviours.values():
        names[row.id] = {row.id, row.operation, row.level}
        if operation := contract.operations.get(row.operation):
            groups = (r.paths for r in service.resources if r.prefix and r.has(operation.path))
            group = next(groups, "")
            names[row.id] |= {group, group.rpartition("/")[2]} - {""}
    return names


def _fitting(patterns: Iterable[str], names: dict[str, set[str]], service: Service) -> frozenset[str]:
    fitting: set[str] = set()
    for text in patterns:
        for pattern in filter(None, (part.strip() for part in text.split(","))):
            ids = {name for name, own in names.items() if any(fnmatchcase(one, pattern) for one in own)}
            if not ids:
                known = sorted({*LEVELS, *(one for own in names.values() for one in own)})
                hint = suggestions.hint(pattern, known)
                flag = "" if service.name == RunOptions.service else f" --service {service.name}"
                raise SelectionError(
                    f"no behaviour, operation, level or group fits {pattern!r}{hint}; "
                    f"`tyk-contract behaviours{flag}` lists all"
                )
            fitting |= ids
    return frozenset(fitting)


def _failed(path: Path, names: Iterable[str]) -> frozenset[str]:
    """The behaviours that failed in a report, or could not be judged."""
    try:
        verdicts = json.loads(few_enough(content_within(path, DOCUMENT)))["verdicts"]
        failed = {verdict["behaviour"] for verdict in verdicts if verdict["status"] in _BAD}
    except OSError as error:
        raise SelectionError(f"{path}: {error.strerror}; write one with --report {path}") from error
    except (ValueError, LookupError, TypeError) as error:
        raise SelectionError(f"{path}: this is no JSON report of verify; write one with --report") from error
    if not failed & set(names):
        raise SelectionError(f"{path}: nothing failed in this report; run without --failed")
    return frozenset(failed)
