"""The gateway's own tyk.conf and TYK_GW_* variables, as far as the mock knows their keys."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

DEFAULT_SECRET = "mock-secret"


class ConfigError(ValueError):
    """A configuration that cannot be used; the message names the value and the next step."""


@dataclass(frozen=True)
class Config:
    """Each attribute is a key of tyk.conf; a double underscore stands for the dot of a nested one."""

    listen_port: int = 8080
    listen_address: str = "127.0.0.1"
    secret: str = DEFAULT_SECRET
    app_path: str = ""
    use_db_app_configs: bool = False
    policies__policy_source: str = "file"
    policies__policy_path: str = ""
    policies__policy_record_name: str = ""
    allow_unsafe_policy_ids: bool = False
    reload_interval: int = 1
    suppress_redis_signal_reload: bool = False
    hash_keys: bool = False
    hash_key_function: str = ""
    enable_hashed_keys_listing: bool = False
    allow_master_keys: bool = False
    global_session_lifetime: int = 0
    force_global_session_lifetime: bool = False
    min_token_length: int = 0
    oauth_token_expire: int = 0
    oauth_error_status_code: int = 0
    health_check_endpoint_name: str = "hello"
    readiness_check_endpoint_name: str = "ready"
    liveness_check__check_duration: int = 10_000_000_000
    http_server_options__skip_url_cleaning: bool = False
    http_server_options__max_request_body_size: int = 0

    @property
    def policies_from_dashboard(self) -> bool:
        """Whether policies come from the Dashboard, so that this gateway writes none."""
        return self.use_db_app_configs or self.policies__policy_source == "service"

    @property
    def reload_seconds(self) -> int:
        """Seconds between two ticks of the reload queue; at least one."""
        return max(1, self.reload_interval)

    @property
    def liveness_seconds(self) -> float:
        """Seconds between two checks of the gateway's parts."""
        return (self.liveness_check__check_duration or 10_000_000_000) / 1e9

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> tuple[Config, list[str]]:
        """Read keys as tyk.conf nests them, or dotted; return what is not known beside it.

        Raises:
            ConfigError: a value has another type than the gateway's.
        """
        flat = flatten(values)
        config, ignored = cls(), []
        for key, value in flat.items():
            if key.replace(".", "__") in _KINDS:
                config = config.having(key, value)
            else:
                ignored.append(key)
        return config, ignored

    def having(self, key: str, value: Any) -> Config:
        """This configuration with one dotted key set.

        Raises:
            ConfigError: the value has another type than the gateway's.
        """
        name = key.replace(".", "__")
        kind = _KINDS[name]
        if type(value) is not kind:
            raise ConfigError(f"{key} must be {_WORDS[kind]}, not {value!r}; mend the configuration")
        if name == "secret":
            value = _secret(str(value))
        return replace(self, **{name: value})

    def with_environment(self, environment: Mapping[str, str]) -> Config:
        """This configuration with the TYK_GW_* variables that name a known key.

        Raises:
            ConfigError: a variable cannot be read as its key's type.
        """
        config = self
        for name, kind in _KINDS.items():
            variable = variable_of(name)
            if variable in environment:
                value = _from_text(variable, environment[variable], kind)
                config = config.having(name.replace("__", "."), value)
        return config


_KINDS: dict[str, type] = {each.name: type(each.default) for each in fields(Config)}
_WORDS = {int: "a whole number", str: "a string", bool: "true or false"}


def variable_of(name: str) -> str:
    """The environment variable of a key: TYK_GW_ and the Go field names, joined by underscores."""
    return "TYK_GW_" + "_".join(part.replace("_", "") for part in name.split("__")).upper()


def load(path: Path | None, environment: Mapping[str, str]) -> tuple[Config, list[str]]:
    """Read tyk.conf and then the environment; return the keys that were passed over.

    Raises:
        ConfigError: the file cannot be read, is no JSON object, or holds a value of a wrong type.
    """
    if path is None or environment.get("TYK_GW_OMITCONFIGFILE") == "true":
        return Config().with_environment(environment), []
    config, ignored = Config.of(read_flat(path))
    return config.with_environment(environment), ignored


def read_flat(path: Path) -> dict[str, Any]:
    """All keys of a tyk.conf, nested ones by their dots.

    Raises:
        ConfigError: the file cannot be read, or is no JSON object.
    """
    try:
        values = json.loads(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; give the gateway's tyk.conf") from error
    except ValueError as error:
        raise ConfigError(f"{path}: no JSON: {error}; mend the file") from error
    if not isinstance(values, dict):
        raise ConfigError(f"{path}: a configuration is a JSON object; mend the file")
    return flatten(values)


def flatten(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """The keys of a configuration, nested ones joined by dots."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat


def _from_text(variable: str, text: str, kind: type) -> Any:
    if kind is bool and text.lower() in ("true", "1", "t", "false", "0", "f"):
        return text.lower() in ("true", "1", "t")
    if kind is int and text.lstrip("-").isdigit():
        return int(text)
    if kind is str:
        return text
    raise ConfigError(f"{variable} must be {_WORDS[kind]}, not {text!r}; mend the variable")


def _secret(value: str) -> str:
    """A secret may name where it is kept; only the environment can be asked here."""
    scheme, separator, rest = value.partition("://")
    if not separator or scheme not in ("env", "vault", "consul", "secrets", "file"):
        return value
    if scheme != "env":
        raise ConfigError(f"the secret is kept in {scheme}, which the mock cannot ask; pass --secret")
    if rest not in os.environ:
        raise ConfigError(f"the secret is kept in the variable {rest}, which is not set; set it")
    return os.environ[rest]
