"""Links between files of the repository as links between the pages of the site."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection
from pathlib import Path

ROOT = Path(__file__).parent.parent
INCLUDED = {  # documents of the root, by the address of their page
    "overview.md": "README.md",
    "contribute/contributing.md": "CONTRIBUTING.md",
    "contribute/security.md": "SECURITY.md",
    "contribute/changelog.md": "CHANGELOG.md",
    "contribute/conduct.md": "CODE_OF_CONDUCT.md",
}
_LINK = re.compile(r"(?<!!)\[([^\]\[]*)\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^(`{3,}).*?^\1`*$", re.MULTILINE | re.DOTALL)


def relinked(markdown: str, uri: str, pages: Collection[str]) -> str:
    """A page with its links to files of the repository as links to pages; of others the text alone.

    Code is left as it is, and so is a link to a file that does not exist, of which MkDocs warns.
    """
    path = INCLUDED.get(uri, f"docs/{uri}")
    by_path = {f"docs/{page}": page for page in pages} | {name: page for page, name in INCLUDED.items()}

    def replaced(match: re.Match[str]) -> str:
        text, (target, mark, anchor) = match[1], match[2].partition("#")
        if not target or ":" in target:
            return match[0]
        file = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
        if file not in by_path:
            return text if (ROOT / file).exists() else match[0]
        page = by_path[file]
        return f"[{text}]({posixpath.relpath(page, posixpath.dirname(uri) or '.')}{mark}{anchor})"

    parts, done = [], 0
    for fence in _FENCE.finditer(markdown):
        parts += [_LINK.sub(replaced, markdown[done : fence.start()]), fence[0]]
        done = fence.end()
    return "".join([*parts, _LINK.sub(replaced, markdown[done:])])
