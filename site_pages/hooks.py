"""The hooks of MkDocs: they add pages that are made and documents of the root, and link them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from mockserver.cli import SERVICES, service_named
from mockserver.cli.catalogue import entries
from mockserver.cli.catalogue_formats import as_markdown
from site_pages import commands, configuration, control_routes, faults, fixtures, versions
from site_pages.links import INCLUDED, ROOT, relinked


def _behaviours_page(name: str) -> str:
    """All behaviours of a service."""
    return as_markdown({name: entries(service_named(name))})


UNLISTED = "More"  # the section of the pages that mkdocs.yml does not name
GENERATED: Mapping[str, Callable[[], str]] = {  # by the address of the page
    "reference/commands.md": commands.commands_page,
    "reference/exit-codes.md": commands.exits_page,
    "reference/fixtures.md": fixtures.fixtures_page,
    "reference/faults.md": faults.faults_page,
    "reference/variables.md": configuration.variables_page,
    "reference/control.md": control_routes.routes_page,
    "know/versions.md": versions.versions_page,
    **{f"know/behaviours-{name}.md": partial(_behaviours_page, name) for name in SERVICES},
}


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


def _named(nav: Any) -> Iterator[str]:
    """The addresses of pages that a part of the navigation names."""
    if isinstance(nav, str):
        yield nav
    for item in nav.values() if isinstance(nav, dict) else nav if isinstance(nav, list) else ():
        yield from _named(item)
