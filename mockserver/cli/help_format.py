"""The form of the help: commands in groups, and examples as they are typed."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence

EXAMPLES = "Examples:\n"  # the beginning of a text that is not filled


class HelpFormatter(argparse.HelpFormatter):
    """A formatter that fills texts, but for examples."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        head, mark, examples = text.partition(EXAMPLES)
        lines = [f"{indent}  {line}" if line else "" for line in examples.splitlines()]
        filled = super()._fill_text(head, width, indent) if head.strip() else ""
        shown = "\n".join([EXAMPLES.rstrip(), *lines]) if mark else ""
        return "\n\n".join(filter(None, [filled, shown]))


def grouped(groups: Mapping[str, Sequence[str]]) -> type[HelpFormatter]:
    """A formatter that shows the commands of a parser in groups, by their titles."""

    class Grouped(HelpFormatter):
        def _format_action(self, action: argparse.Action) -> str:
            if not isinstance(action, argparse._SubParsersAction):  # noqa: SLF001  it has no public name
                return super()._format_action(action)
            commands = {command.dest: command for command in action._get_subactions()}  # noqa: SLF001  as above
            parts = []
            for title, names in groups.items():
                parts.append(f"{' ' * self._current_indent}{title}:\n")
                self._indent()
                parts += [super(Grouped, self)._format_action(commands[name]) for name in names]
                self._dedent()
            return "".join(parts)

    return Grouped
