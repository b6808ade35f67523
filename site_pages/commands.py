"""The pages of commands and exit codes, from the parser of the command line."""

from __future__ import annotations

import argparse
import inspect
import pkgutil
import re
import textwrap
from collections.abc import Iterator
from importlib import import_module

import contract_tests
import mockserver
from mockserver.cli import main
from mockserver.cli.catalogue_formats import plain
from site_pages.markdown import code, first_sentence, page, table

WIDTH = 76  # characters of a line of code on a page
_EXITS = re.compile(r"exit codes:(.*?)(?:\n\s*\n|$)", re.IGNORECASE | re.DOTALL)
_ERRORS = (ValueError, OSError)  # what `main` reports in one line, with exit code 2 or the error's own

_EVERY = "0 done, 2 usage error or internal error."  # of a command that states no others
_OF_PYTHON = (
    "In Python these are exceptions. A `ValueError` is about what was given, an `OSError` about files, ports "
    "and storage."
)


def parsers() -> dict[str, argparse.ArgumentParser]:
    """The parser of each command, in the order of the help."""
    whole = main.parser_of(())
    (commands,) = (it for it in whole._actions if isinstance(it, argparse._SubParsersAction))  # noqa: SLF001  argparse has no public way
    return {name: commands.choices[name] for name in main.COMMANDS}


def commands_page() -> str:
    """Each command with its usage and all of its arguments."""
    known = parsers()
    blocks = [
        block
        for title, names in main.GROUPS.items()
        for block in ([f"## {title}"], *(_command(name, known[name]) for name in names))
    ]
    return page("Commands", "Each command and each flag, as `tyk-contract COMMAND --help` has them.", *blocks)


def _command(name: str, parser: argparse.ArgumentParser) -> list[str]:
    usage = " ".join(parser.format_usage().removeprefix("usage: ").split())
    lines = textwrap.wrap(usage, WIDTH, subsequent_indent="    ", break_on_hyphens=False)
    rows = [(_names(action), _help(parser, action)) for action in parser._actions]  # noqa: SLF001  as above
    epilog = (parser.epilog or "").strip()
    return [
        f"### tyk-contract {name}", "", plain(" ".join((parser.description or "").split())), "",
        "```text", *lines, "```",
        *table(("argument", "meaning"), rows),
        *(["```text", *epilog.splitlines(), "```"] if epilog else []),
    ]  # fmt: skip


def _names(action: argparse.Action) -> str:
    value = action.metavar or ("|".join(map(str, action.choices)) if action.choices else action.dest.upper())
    shown = f" {value}" if action.nargs != 0 else ""
    return "<br>".join(code(f"{flag}{shown}") for flag in action.option_strings) or code(value)


def _help(parser: argparse.ArgumentParser, action: argparse.Action) -> str:
    formatter = parser._get_formatter()  # noqa: SLF001  argparse has no public way to expand a help text
    return plain(formatter._expand_help(action) if action.help else "")  # noqa: SLF001  as above


def exits_page() -> str:
    """The exit codes of each command, and the errors that a command reports in one line."""
    known = parsers()
    stated = {name: match[1] for name, it in known.items() if (match := _EXITS.search(it.epilog or ""))}
    rows = [(code(name), plain(stated.get(name, _EVERY).strip())) for name in known]
    errors = sorted(_errors(), key=lambda kind: kind.__name__)
    return page(
        "Exit codes and errors",
        "A command ends with one of a few codes, and says on standard error, in one line, what is wrong and "
        "what to do. Each message names the value; no error of a user's shows a traceback.",
        ["## Exit codes", *table(("command", "exit codes"), rows)],
        [
            "## Errors",
            "",
            _OF_PYTHON,
            *table(
                ("exception", "of", "meaning"),
                [
                    (code(f"{kind.__module__}.{kind.__name__}"), code(kind.__mro__[1].__name__),
                     first_sentence(kind.__doc__))
                    for kind in errors
                ],
            ),
        ],
    )  # fmt: skip


def _errors() -> Iterator[type[Exception]]:
    """The exceptions of both packages that a command reports, by their public names."""
    for package in (mockserver, contract_tests):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name.endswith("__main__") or ".test_" in module.name or "conftest" in module.name:
                continue
            for name, kind in inspect.getmembers(import_module(module.name), inspect.isclass):
                is_own = kind.__module__ == module.name and not name.startswith("_")
                if is_own and issubclass(kind, _ERRORS):
                    yield kind
