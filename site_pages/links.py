"""Links between files of the repository as links between the pages of the site."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection

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

    Code is left as it is.
    """
    path = INCLUDED.get(uri, f"docs/{uri}")
    by_path = {f"docs/{page}": page for page in pages} | {name: page for page, name in INCLUDED.items()}

    def replaced(match: re.Match[str]) -> str:
        text, (target, mark, anchor) = match[1], match[2].partition("#")
        if not target or ":" in target:
            return match[0]
        page = by_path.get(posixpath.normpath(posixpath.join(posixpath.dirname(path), target)))
        if page is None:
            return text
        return f"[{text}]({posixpath.relpath(page, posixpath.dirname(uri) or '.')}{mark}{anchor})"

    parts, done = [], 0
    for fence in _FENCE.finditer(markdown):
        parts += [_LINK.sub(replaced, markdown[done : fence.start()]), fence[0]]
        done = fence.end()
    return "".join([*parts, _LINK.sub(replaced, markdown[done:])])
