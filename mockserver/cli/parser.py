"""The parser of command lines, whose errors name the nearest option and show the usage of the command."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from itertools import repeat
from types import MappingProxyType
from typing import Any, NoReturn

from mockserver.console.suggestions import nearest, suggestion


class Parser(argparse.ArgumentParser):
    """A parser of the arguments of the program, or of one of its commands."""

    other_names: Mapping[str, str] = MappingProxyType({})  # of choices: what other programs call them
    _given: Sequence[str] = ()

    def parse_known_args(  # type: ignore[override]  # argparse overloads it by the type of the namespace
        self, args: Sequence[str], namespace: Any = None
    ) -> tuple[Any, list[str]]:
        """The values of the arguments, and an empty list.

        The parser of a command refuses what it does not know itself; argparse would leave that to the parser
        of the program, which shows its own usage.
        """
        self._given = args
        namespace, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return namespace, unknown

    def error(self, message: str) -> NoReturn:
        """Print the usage and a message, and exit; a message about arguments names the nearest option."""
        near = self._nearest_option() if "arguments" in message else ""
        super().error(f"{message}; did you mean {near}?" if near else message)

    def _nearest_option(self) -> str:
        """The option that is nearest to the first one that is unknown; "" if none is near."""
        options = self._option_string_actions
        names = [text.partition("=")[0] for text in self._given if text.startswith("--")]
        unknown = next((name for name in names if not any(map(str.startswith, options, repeat(name)))), "")
        return nearest(unknown, options)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Check that a value is one of the choices of an argument.

        Raises:
            ArgumentError: it is none; the message names the nearest.
        """
        if action.choices is not None and value not in action.choices:
            choices = [str(choice) for choice in action.choices]
            message = f"invalid choice: {value!r} (choose from {', '.join(choices)})"
            near = f"; did you mean {known!r}?" if (known := self.other_names.get(str(value))) else ""
            raise argparse.ArgumentError(action, message + (near or suggestion(str(value), choices)))
