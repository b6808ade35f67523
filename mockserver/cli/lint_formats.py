"""The output of `tyk-contract lint`: text, JSON, or the commands that GitHub shows beside the lines."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from mockserver.console.workflow_commands import annotation
from mockserver.gateway.lint.findings import Finding
from mockserver.gateway.lint.rules import Effect, Level, Rule

_GITHUB_COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}


@dataclass(frozen=True)
class Result:
    """The result of a run.

    Attributes:
        version: the version of the gateway.
        files: the names of the files.
        findings: what was found, by file and line.
        changed: how many files --fix has changed; None without it.
    """

    version: str
    files: Sequence[str]
    findings: Sequence[Finding]
    changed: int | None = None

    @property
    def counts(self) -> dict[Level, int]:
        """The number of findings of each level, the worst first."""
        counts = Counter(finding.level for finding in self.findings)
        return {level: counts[level] for level in reversed(Level)}

    @property
    def summary(self) -> str:
        """One line on all."""
        parts = [_plural(count, level.label) for level, count in self.counts.items() if count]
        found = ", ".join(parts) or "nothing found"
        fixes = "" if self.changed is None else f"; {_plural(self.changed, 'file')} changed"
        return (
            f"{found} in {_plural(len(self.files), 'file')}, as Tyk Gateway {self.version} reads them{fixes}"
        )


def as_text(result: Result) -> list[str]:
    """A line for each finding, and a summary."""
    return [*map(str, result.findings), result.summary]


def as_json(result: Result) -> list[str]:
    """One JSON document."""
    document = {
        "gateway": result.version,
        "files": list(result.files),
        "counts": {level.label: count for level, count in result.counts.items()},
        "changed": result.changed,
        "findings": [finding.as_dict() for finding in result.findings],
    }
    return json.dumps(document, indent=2).splitlines()


def as_github(result: Result) -> list[str]:
    """The workflow commands of GitHub Actions, and a summary."""
    lines = [
        annotation(
            _GITHUB_COMMANDS[finding.level],
            finding.sentence,
            file=finding.file,
            line=str(finding.line),
            col=str(finding.column),
            title=finding.rule,
        )
        for finding in result.findings
    ]
    return [*lines, result.summary]


def rules_as_markdown(rules: Iterable[Rule]) -> list[str]:
    """A table of rules, which docs/lint.md shows."""
    lines = [
        "| rule | level | what is found | what a gateway does | source |",
        "| --- | --- | --- | --- | --- |",
    ]
    for rule in sorted(rules, key=lambda rule: (-rule.level, rule.id)):
        effects = "<br>".join(map(_effect_in_words, rule.effects))
        sources = "<br>".join(dict.fromkeys(effect.source for effect in rule.effects if effect.source))
        name = f"`{rule.id}`" + (" (`--fix`)" if rule.is_fixed else "")
        lines.append(f"| {name} | {rule.level.label} | {rule.about} | {effects} | {sources} |")
    return lines


def _effect_in_words(effect: Effect) -> str:
    """An effect, after the files and the behaviour that it depends on."""
    conditions = [", ".join(effect.kinds), f"with `{effect.behaviour}`" if effect.behaviour else ""]
    condition = " ".join(filter(None, conditions))
    level = f" ({effect.level.label})" if effect.level is not None else ""
    text = re.sub(r"\{\w+\}", "…", effect.text)
    return f"{condition}: {text}{level}" if condition else f"{text}{level}"


FORMATS: dict[str, Callable[[Result], list[str]]] = {"text": as_text, "json": as_json, "github": as_github}


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
