"""The hooks of MkDocs: pages that are made, documents of the root, and links between all of them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from mockserver.cli import SERVICES, service_named
from mockserver.cli.catalogue import entries
from mockserver.cli.catalogue_formats import as_markdown
from site_pages import commands, configuration, control_routes, faults, fixtures, versions

ROOT = Path(__file__).parent.parent
UNLISTED = "More"  # the section of the pages that mkdocs.yml does not name
GENERATED: Mapping[str, Callable[[], str]] = {  # by the address of the page
    "reference/commands.md": commands.commands_page,
    "reference/exit-codes.md": commands.exits_page,
    "reference/fixtures.md": fixtures.fixtures_page,
    "reference/faults.md": faults.faults_page,
    "reference/variables.md": configuration.variables_page,
    "reference/control.md": control_routes.routes_page,
    "know/versions.md": versions.versions_page,
    **{
        f"know/behaviours-{name}.md": lambda name=name: as_markdown({name: entries(service_named(name))})
        for name in SERVICES
    },
}
INCLUDED = {  # documents of the root, by the address of their page
    "overview.md": "README.md",
    "contribute/contributing.md": "CONTRIBUTING.md",
    "contribute/security.md": "SECURITY.md",
    "contribute/changelog.md": "CHANGELOG.md",
    "contribute/conduct.md": "CODE_OF_CONDUCT.md",
}
_LINK = re.compile(r"(?<!!)\[([^\]\[]*)\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^(`{3,}).*?^\1`*$", re.MULTILINE | re.DOTALL)


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the pages that are made and the documents of the root, and place what no section names."""
    for uri, make in GENERATED.items():
        files.append(File.generated(config, uri, content=make()))
    for uri, name in INCLUDED.items():
        files.append(File.generated(config, uri, content=(ROOT / name).read_text("utf-8")))
    nav: list[Any] = config.nav or []
    named = set(_named(nav))
    others = sorted(file.src_uri for file in files.documentation_pages() if file.src_uri not in named)
    config.nav = [*nav, {UNLISTED: others}] if others else nav
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn links between files of the repository into links between pages."""
    return relinked(markdown, page.file.src_uri, {file.src_uri for file in files})


def relinked(markdown: str, uri: str, pages: set[str]) -> str:
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


def _named(nav: Any) -> Iterator[str]:
    """The addresses of pages that a part of the navigation names."""
    if isinstance(nav, str):
        yield nav
    for item in nav.values() if isinstance(nav, dict) else nav if isinstance(nav, list) else ():
        yield from _named(item)
