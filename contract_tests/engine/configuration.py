"""The configuration of the service under test, as its user gives it: the file that the service reads."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from contract_tests.engine.run_options import RunOptions
from contract_tests.engine.service import Service
from mockserver.console.input_files import CONFIGURATION, content_within
from mockserver.contract.behaviours import Behaviour, as_text


class ConfigurationError(ValueError):
    """The file of a configuration cannot be used; the message names it and the next step."""


@dataclass(frozen=True)
class Configuration:
    """The settings of a service that decide which behaviours of level setup show.

    Only keys that some behaviour names are kept, so that no secret of the file is ever held.

    Attributes:
        values: the values by dotted names in lower case, as Go ignores the case of keys.
    """

    values: dict[str, Any]

    @classmethod
    def of_options(cls, options: RunOptions, service: Service) -> Self | None:
        """The configuration that the options tell, None if they tell none; raises as `read` does."""
        return cls.read(options.configuration, service) if options.configuration else None

    @classmethod
    def read(cls, path: Path, service: Service) -> Self:
        """The settings of a file that the service's behaviours name.

        Raises:
            ConfigurationError: the file cannot be read, is not a JSON object, or decides nothing.
        """
        rows = service.behaviours.values()
        names = {name for row in rows for name, _ in (*row.configuration, *row.exceptions)}
        if not names:
            message = f"no behaviour of the {service.name} depends on its configuration; leave out {path}"
            raise ConfigurationError(message)
        try:
            document = json.loads(content_within(path, CONFIGURATION))
        except OSError as error:
            message = f"{path}: {error.strerror}; give the file that the service reads, as in --conf tyk.conf"
            raise ConfigurationError(message) from error
        except (ValueError, RecursionError) as error:
            raise ConfigurationError(f"{path}: not valid JSON: {error}; correct the file") from error
        if not isinstance(document, dict):
            raise ConfigurationError(f"{path}: a configuration must be a JSON object; correct the file")
        return cls(_named(document, names))

    def why_not(self, row: Behaviour) -> str:
        """The setting that hides a behaviour, or that it lacks, as a reason; "" if it shows.

        A row's text or number is an example of all values but "" and 0.
        A key that the file lacks has the zero value of its type, as in Go.
        """
        for name, value in row.exceptions:
            if name in self.values and self._fits(name, value):
                return f"it does not show with {as_text(name, self.values[name])}"
        for name, value in row.configuration:
            if not self._fits(name, value):
                setting = as_text(name, value)
                expected = f"a value, as in {setting}" if _is_example(value) else setting
                actual = json.dumps(self.values.get(name, type(value)()))
                return f"it shows with {expected}, and the configuration has {actual}"
        return ""

    def _fits(self, name: str, value: Any) -> bool:
        actual = self.values.get(name, type(value)())
        if isinstance(value, float) and type(actual) is int:
            actual = float(actual)
        return type(actual) is type(value) and (bool(actual) if _is_example(value) else actual == value)


def why_not(row: Behaviour, configuration: Configuration | None) -> str:
    """The reason why a behaviour does not show under a configuration, if that is known; "" if it shows."""
    if configuration is not None:
        return configuration.why_not(row)
    if not row.configuration:
        return ""
    settings = ", ".join(as_text(name, value) for name, value in row.configuration)
    return f"it shows with {settings}; --conf FILE says that the {row.service} has it"


def hint_of(row: Behaviour, configuration: Configuration | None) -> str:
    """Other possible causes of a failure; "" if there are none."""
    hints = [row.hint] if row.hint else []
    if configuration is None and row.exceptions:
        settings = " or ".join(as_text(name, value) for name, value in row.exceptions)
        hints.append(f"a {row.service} with {settings} answers otherwise; give its file with --conf")
    return "; ".join(hints)


def _is_example(value: Any) -> bool:
    return bool(value) and not isinstance(value, bool)


def _named(document: dict[str, Any], names: set[str], prefix: str = "") -> dict[str, Any]:
    """The values of these dotted names."""
    values: dict[str, Any] = {}
    for key, value in document.items():
        name = prefix + key.lower()
        if name in names:
            values[name] = value
        elif isinstance(value, dict):
            values |= _named(value, names, f"{name}.")
    return values
