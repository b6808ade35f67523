"""The configuration of a gateway: those keys of tyk.conf and TYK_GW_* variables that the mock supports."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

DEFAULT_SECRET = "mock-secret"


class ConfigError(ValueError):
    """An invalid configuration; the message names the value and the next step."""


@dataclass(frozen=True)
class Config:
    """The configuration of one gateway.

    Each attribute is a key of tyk.conf. A double underscore stands for the dot of a nested key.
    Times are in the units of tyk.conf: seconds, but nanoseconds in `liveness_check__check_duration`.
    """

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
    http_server_options__enable_path_prefix_matching: bool = False
    http_server_options__enable_path_suffix_matching: bool = False
    regexp_cache_expire: int = 0
    disable_regexp_cache: bool = False

    @property
    def policies_from_dashboard(self) -> bool:
        """True if policies come from the Dashboard, so that this gateway writes none."""
        return self.use_db_app_configs or self.policies__policy_source == "service"

    @property
    def reload_seconds(self) -> int:
        """The seconds between two ticks of the reload queue; at least one."""
        return max(1, self.reload_interval)

    @property
    def liveness_seconds(self) -> float:
        """The seconds between two liveness checks of the gateway's components."""
        return (self.liveness_check__check_duration or 10_000_000_000) / 1e9

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> tuple[Config, list[str]]:
        """The configuration from nested or dotted keys, and the keys that the mock ignores.

        Raises:
            ConfigError: a value has a wrong type.
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
        """A copy with one dotted key set.

        Raises:
            ConfigError: the value has a wrong type.
        """
        name = key.replace(".", "__")
        kind = _KINDS[name]
        if type(value) is not kind:
            raise ConfigError(f"{key} must be {_WORDS[kind]}, not {value!r}; correct the configuration")
        if name == "secret":
            value = _secret(str(value))
        return replace(self, **{name: value})

    def with_environment(self, environment: Mapping[str, str]) -> Config:
        """A copy with the keys that TYK_GW_* variables set.

        Raises:
            ConfigError: a variable cannot be converted to the type of its key.
        """
        config = self
        for name, kind in _KINDS.items():
            variable = variable_of(name)
            if variable in environment:
                value = _from_text(variable, environment[variable], kind)
                config = config.having(name.replace("__", "."), value)
        return config


_KINDS: dict[str, type] = {key.name: type(key.default) for key in fields(Config)}
_WORDS = {int: "a whole number", str: "a string", bool: "true or false"}


def variable_of(name: str) -> str:
    """The name of a key's environment variable: TYK_GW_ and the Go field names, joined by underscores."""
    return "TYK_GW_" + "_".join(part.replace("_", "") for part in name.split("__")).upper()


def load(path: Path | None, environment: Mapping[str, str]) -> tuple[Config, list[str]]:
    """The configuration from tyk.conf and the environment, and the keys of the file that the mock ignores.

    Raises:
        ConfigError: the file cannot be read, is not a JSON object, or holds a value of a wrong type.
    """
    if path is None or environment.get("TYK_GW_OMITCONFIGFILE") == "true":
        return Config().with_environment(environment), []
    config, ignored = Config.of(read_flat(path))
    return config.with_environment(environment), ignored


def read_flat(path: Path) -> dict[str, Any]:
    """All keys of a tyk.conf, with dotted names for the nested ones.

    Raises:
        ConfigError: the file cannot be read, or is not a JSON object.
    """
    try:
        values = json.loads(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; give the path of the gateway's tyk.conf") from error
    except ValueError as error:
        raise ConfigError(f"{path}: not valid JSON: {error}; correct the file") from error
    if not isinstance(values, dict):
        raise ConfigError(f"{path}: a configuration must be a JSON object; correct the file")
    return flatten(values)


def flatten(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """The keys of a configuration, with dotted names for the nested ones."""
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
