"""The implementation that a conformance report is about: whose product it is, and which version."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from contract_tests.report.conformance.yaml_document import DocumentError, YamlDocument
from contract_tests.report.placeholders import is_placeholder
from contract_tests.report.printable import Printable
from mockserver.console.suggestions import hint

FIELDS = ("organisation", "product", "version", "url", "contact")  # that each implementation must have
_ALL = (*FIELDS, "notes")
_SAMPLES = ("example.com", "example.org", "example.net", "your ", "your-", "<", "${", "changeme", "acme")
LONGEST = 500  # characters of a field


@dataclass(frozen=True)
class Implementation(Printable):
    """A product in one version.

    Attributes:
        organisation: who makes it.
        url: a page about it.
        contact: an e-mail address or a URL, for questions about the report.
        notes: what a reader must know of this copy, such as changes in its build.
    """

    organisation: str
    product: str
    version: str
    url: str
    contact: str
    notes: tuple[str, ...] = ()

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the file of --implementation.

        Raises:
            DocumentError: the file cannot be read, or a field is missing, unknown or not filled in.
        """
        document = YamlDocument.read(path)
        for pointer, problem in problems(document.value):
            raise DocumentError(f"{document.place(pointer)}: {problem}")
        return cls.of_document(document.value)

    @classmethod
    def of_document(cls, raw: dict[str, Any]) -> Self:
        """The implementation that a report holds."""
        return cls(**{**raw, "notes": tuple(raw.get("notes", ()))})

    def as_document(self) -> dict[str, Any]:
        """The fields as reports hold them."""
        fields: dict[str, Any] = {name: getattr(self, name) for name in FIELDS}
        return fields | ({"notes": list(self.notes)} if self.notes else {})


def problems(raw: Any, pointer: str = "") -> Iterator[tuple[str, str]]:
    """What is wrong with the fields of an implementation, each with its pointer; empty if nothing is."""
    if not isinstance(raw, dict):
        yield pointer, f"an implementation must have {', '.join(FIELDS)}; write one as docs/conformance shows"
        return
    for name in raw:
        if name not in _ALL:
            yield f"{pointer}/{name}", f"unknown field {name!r}{hint(str(name), _ALL)}; remove or correct it"
    for name in FIELDS:
        value = raw.get(name)
        if name not in raw:
            yield pointer, f"the field {name!r} is missing; add it"
        elif not isinstance(value, str):
            yield f"{pointer}/{name}", f"{value!r} is no text; write it in quotes"
        elif problem := _problem(name, value):
            yield f"{pointer}/{name}", problem
    notes = raw.get("notes", [])
    if not isinstance(notes, list) or not all(isinstance(note, str) and note.strip() for note in notes):
        yield f"{pointer}/notes", "notes must be a list of texts; correct it"


def _problem(name: str, value: str) -> str:
    """What is wrong with the text of a field; "" if nothing is."""
    if not value.strip() or is_placeholder(value) or any(sample in value.lower() for sample in _SAMPLES):
        return f"{value!r} is a placeholder; fill it in"
    if len(value) > LONGEST:
        return f"over {LONGEST} characters; shorten it"
    if name == "url" and not _is_url(value):
        return f"{value!r} is no URL; write it as https://host/path"
    if name == "contact" and not (_is_url(value) or ("@" in value.strip("@") and " " not in value)):
        return f"{value!r} is neither an e-mail address nor a URL; give one"
    return ""


def _is_url(value: str) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and " " not in value
