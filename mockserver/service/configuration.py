"""The configuration of a simulated product: keys of the vendor's file and variables of its environment."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, ClassVar, Self

from mockserver.console import suggestions
from mockserver.console.input_files import CONFIGURATION, content_within

_WORDS = {
    int: "a whole number", float: "a number", str: "a string", bool: "true or false",
    tuple: "an array of strings",
}  # fmt: skip


_WHOLE = re.compile("-?[0-9]{1,19}")
_HALVES = re.compile("[\ud800-\udfff]")
_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")


class ConfigError(ValueError):
    """An invalid configuration; the message names the value and the next step."""


@dataclass(frozen=True)
class Configuration:
    """The keys of one product that the mock supports; a subclass has an attribute with a default for each.

    A double underscore in an attribute stands for the dot of a nested key.

    Attributes:
        PREFIX: the prefix of the product's environment variables, such as "TYK_GW_".
        VARIABLES: the variables of the attributes whose names do not follow the rule.
        OMIT: the variable that makes the product ignore its file, if it is "true".
        SECRETS: the attributes whose values may be references of the form env://NAME.
    """

    PREFIX: ClassVar[str]
    VARIABLES: ClassVar[Mapping[str, str]] = {}
    OMIT: ClassVar[str] = ""
    SECRETS: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> tuple[Self, list[str]]:
        """The configuration from nested or dotted keys, and the keys that the mock ignores.

        The case of letters in keys does not matter, as for Go's decoder.

        Raises:
            ConfigError: a value has a wrong type.
        """
        return cls().merged(values)

    @classmethod
    def exactly(cls, values: Mapping[str, Any]) -> Self:
        """The configuration from nested or dotted keys, all of which the mock must support.

        Raises:
            ConfigError: a key is unknown, or a value has a wrong type.
        """
        return cls().with_keys(values)

    @classmethod
    def load(cls, path: Path | None, environment: Mapping[str, str]) -> tuple[Self, list[str]]:
        """The configuration from a file and the environment, and the keys of the file that the mock ignores.

        Raises:
            ConfigError: the file cannot be read, is not a JSON object, or holds a value of a wrong type.
        """
        if path is None or environment.get(cls.OMIT) == "true":
            return cls().with_environment(environment), []
        config, ignored = cls.of(read_flat(path))
        return config.with_environment(environment), ignored

    def having(self, key: str, value: Any) -> Self:
        """A copy with one dotted key set.

        Raises:
            ConfigError: the value has a wrong type.
        """
        name = key.replace(".", "__")
        kind = self.kinds()[name]
        if kind is tuple and isinstance(value, list) and all(isinstance(item, str) for item in value):
            value = tuple(value)
        if kind is float and type(value) is int:
            value = float(value)
        if type(value) is not kind:
            shown = "" if name in self.SECRETS else f", not {value!r}"
            raise ConfigError(f"{key} must be {_WORDS[kind]}{shown}; correct the configuration")
        if name in self.SECRETS:
            value = _secret(str(value))
        return replace(self, **{name: value})

    def with_keys(self, values: Mapping[str, Any]) -> Self:
        """A copy with nested or dotted keys set, all of which the mock must support.

        Raises:
            ConfigError: a key is unknown, or a value has a wrong type.
        """
        config, ignored = self.merged(values)
        if ignored:
            keys = [name.replace("__", ".") for name in self.kinds()]
            hint = suggestions.hint(ignored[0], [*keys, *sorted(self.groups())])
            raise ConfigError(f"the mock has no key {ignored[0]!r}{hint}; correct it or leave it out")
        return config

    def merged(self, values: Mapping[str, Any]) -> tuple[Self, list[str]]:
        """A copy with the keys that the mock supports, and the others; raises as `of`."""
        config, ignored, groups, kinds = self, [], self.groups(), self.kinds()
        for key, value in flatten(values).items():
            if key.lower().replace(".", "__") in kinds:
                config = config.having(key.lower(), value)
            elif value != {} or key.lower() not in groups:
                ignored.append(key)
        return config, ignored

    def overridden(self, values: Mapping[str, Any]) -> Self:
        """A copy with the dotted keys set that have a value other than None; raises as `having` does."""
        config = self
        for key, value in values.items():
            if value is not None:
                config = config.having(key, value)
        return config

    def with_environment(self, environment: Mapping[str, str]) -> Self:
        """A copy with the keys that the product's variables set.

        Raises:
            ConfigError: a variable cannot be converted to the type of its key.
        """
        config = self
        for name, kind in self.kinds().items():
            variable = self.variable_of(name)
            if variable in environment:
                value = _from_text(variable, environment[variable], kind)
                config = config.having(name.replace("__", "."), value)
        return config

    @classmethod
    def kinds(cls) -> dict[str, type]:
        """The type of each attribute."""
        return {key.name: type(key.default) for key in fields(cls)}

    @classmethod
    def groups(cls) -> set[str]:
        """The dotted keys whose values are objects of keys, such as "policies"."""
        parts = [name.split("__") for name in cls.kinds()]
        return {".".join(names[:depth]) for names in parts for depth in range(1, len(names))}

    @classmethod
    def variable_of(cls, name: str) -> str:
        """The name of a key's variable: the prefix and the Go field names, joined by underscores."""
        return cls.VARIABLES.get(name) or cls.regular_variable_of(name)

    @classmethod
    def regular_variable_of(cls, name: str) -> str:
        """The name of a key's variable if the Go fields have the names of the key's parts."""
        return cls.PREFIX + "_".join(part.replace("_", "") for part in name.split("__")).upper()


def read_flat(path: Path) -> dict[str, Any]:
    """All keys of a configuration file, with dotted names for the nested ones.

    Raises:
        ConfigError: the file cannot be read, or is not a JSON object.
    """
    try:
        values = json.loads(content_within(path, CONFIGURATION))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; give the path of a configuration file") from error
    except ValueError as error:
        raise ConfigError(f"{path}: not valid JSON: {error}; correct the file") from error
    if not isinstance(values, dict):
        raise ConfigError(f"{path}: a configuration must be a JSON object; correct the file")
    return {key: _replaced(value) for key, value in flatten(values).items()}


def _replaced(value: Any) -> Any:
    """A text with half characters replaced, as Go decodes it; any other value as it is."""
    return _HALVES.sub("\ufffd", value) if isinstance(value, str) else value


def flatten(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """The keys of a configuration, with dotted names for the nested ones; an empty object is a value."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, dict) and value:
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat


def _from_text(variable: str, text: str, kind: type) -> Any:
    if kind is bool and text.lower() in ("true", "1", "t", "false", "0", "f"):
        return text.lower() in ("true", "1", "t")
    if kind is int and _WHOLE.fullmatch(text):
        return int(text)
    if kind is float and _DECIMAL.fullmatch(text):
        return float(text)
    if kind is str:
        return text
    if kind is tuple:  # as envconfig splits it
        return text.split(",") if text.strip() else []
    raise ConfigError(f"{variable} must be {_WORDS[kind]}, not {text!r}; correct the variable")


def _secret(value: str) -> str:
    """The secret itself, read from the environment if the value is a reference of the form env://NAME."""
    scheme, separator, rest = value.partition("://")
    if not separator or scheme not in ("env", "vault", "consul", "secrets", "file"):
        return value
    if scheme != "env":
        raise ConfigError(f"the secret is stored in {scheme}, which the mock cannot read; pass --secret")
    if rest not in os.environ:
        raise ConfigError(f"the secret refers to the environment variable {rest}, which is not set; set it")
    return os.environ[rest]
