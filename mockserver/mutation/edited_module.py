"""An importer that loads one module of the mock with an edit in its source.

As a pytest plugin (`-p mockserver.mutation.edited_module`), it reads the edit from the environment variable
`VARIABLE`.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Sequence
from types import ModuleType

from mockserver.mutation.mutant import Edit, Mutant, source_of

VARIABLE = "TYK_CONTRACT_MUTANT"  # its value is a mutant as JSON


class EditedModule(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """An importer that finds the module of an edit, and loads its edited source."""

    def __init__(self, edit: Edit) -> None:
        self._name = f"mockserver.{edit.module}"
        self._text = edit.apply(source_of(edit.module))

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        return importlib.util.spec_from_loader(name, self) if name == self._name else None

    def get_source(self, fullname: str) -> str:
        return self._text


def install(edit: Edit) -> None:
    """Make this process load the edited module, which must not be imported yet."""
    assert f"mockserver.{edit.module}" not in sys.modules
    sys.meta_path.insert(0, EditedModule(edit))


if VARIABLE in os.environ:
    mutant = Mutant.from_json(os.environ[VARIABLE])
    assert mutant.edit is not None
    install(mutant.edit)
