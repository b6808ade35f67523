"""YAML documents whose values are found by line, with what YAML allows and a report must not have refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MAX_BYTES = 8 << 20
MAX_DEPTH = 20  # of collections


class DocumentError(ValueError):
    """A file that cannot be used; the message names the file, the line and the next step."""

    def __init__(self, message: str, *, is_unreadable: bool = False) -> None:
        super().__init__(message)
        self.is_unreadable = is_unreadable


@dataclass(frozen=True)
class YamlDocument:
    """The value of a YAML file, and the line of each value by its pointer: {"/suite/version": 7}."""

    name: str
    value: Any
    lines: dict[str, int]

    @classmethod
    def read(cls, path: Path) -> YamlDocument:
        """Read a file.

        Raises:
            DocumentError: it cannot be read, is too large, is no YAML, or has anchors or a member twice.
        """
        try:
            data = path.read_bytes()
        except OSError as error:
            reason = f"{path}: {error.strerror}; give a readable file"
            raise DocumentError(reason, is_unreadable=True) from None
        if len(data) > MAX_BYTES:
            raise DocumentError(f"{path}: over {MAX_BYTES >> 20} MiB; give a report of `tyk-contract verify`")
        try:
            text = data.decode()
            for event in yaml.parse(text, _LOADER):
                if isinstance(event, yaml.AliasEvent):
                    line = event.start_mark.line + 1 if event.start_mark else 1
                    raise DocumentError(f"{path} line {line}: an alias; write the value itself")
            lines = dict(_lines(yaml.compose(text, _LOADER), "", str(path)))
            return cls(str(path), yaml.load(text, _LOADER), lines)  # noqa: S506  both are safe loaders
        except (yaml.YAMLError, RecursionError) as error:
            mark = getattr(error, "problem_mark", None)
            where = f" line {mark.line + 1}" if mark else ""
            reason = getattr(error, "problem", None) or type(error).__name__
            raise DocumentError(f"{path}{where}: not valid YAML: {reason}; correct the file") from None
        except ValueError as error:
            if isinstance(error, DocumentError):
                raise
            raise DocumentError(f"{path}: not valid YAML: {error}; correct the file") from None

    def place(self, pointer: Sequence[str | int] | str) -> str:
        """The file, the line and the pointer of a value, or of the nearest one around it."""
        text = pointer if isinstance(pointer, str) else "".join(f"/{part}" for part in pointer)
        around = text
        while around and around not in self.lines:
            around = around.rpartition("/")[0]
        return f"{self.name} line {self.lines.get(around, 1)}: {text or '/'}"


def _lines(node: yaml.Node | None, pointer: str, name: str) -> Iterator[tuple[str, int]]:
    if node is None:
        return
    line = node.start_mark.line + 1
    yield pointer, line
    if pointer.count("/") > MAX_DEPTH:
        raise DocumentError(f"{name} line {line}: nested too deep; correct the file")
    if isinstance(node, yaml.MappingNode):
        names = set()
        for key, value in node.value:
            if key.value in names:
                place = f"{name} line {key.start_mark.line + 1}: {pointer}/{key.value}"
                raise DocumentError(f"{place}: the member is there twice; remove one")
            names.add(key.value)
            yield from _lines(value, f"{pointer}/{key.value}", name)
            yield f"{pointer}/{key.value}", key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _lines(value, f"{pointer}/{index}", name)
