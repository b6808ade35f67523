"""The documents of the project, which a mock shows without a network."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class Document(NamedTuple):
    """A document: the name of its file without the extension, its title, and what follows the title."""

    name: str
    title: str
    text: str


def documents() -> list[Document]:
    """All documents by name: those in the package if installed from a wheel, beside it in a checkout."""
    package = Path(__file__).parents[2]
    packaged = package / "_docs"
    folder = packaged if packaged.is_dir() else package.parent / "docs"
    return [_read(path) for path in sorted(folder.glob("*.md"))]


def _read(path: Path) -> Document:
    title, _, text = path.read_text(encoding="utf-8").partition("\n")
    return Document(path.stem, title.lstrip("# "), text.strip())
