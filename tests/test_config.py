"""The configuration of the gateway: tyk.conf and its environment variables."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from mockserver.gateway.config import Config
from mockserver.service.configuration import ConfigError


def _conf(tmp_path: Path, values: object) -> Path:
    path = tmp_path / "tyk.conf"
    path.write_text(values if isinstance(values, str) else json.dumps(values))
    return path


def test_lists_and_numbers_are_read_from_file_and_environment() -> None:
    """A list of strings is an array in tyk.conf and separated by commas in a variable; a number may be whole."""
    values = {"db_app_conf_options": {"tags": ["a", "b"]}, "slave_options": {"key_space_sync_interval": 5}}
    config = Config.of(values)[0]
    assert config.db_app_conf_options__tags == ("a", "b")
    assert config.slave_options__key_space_sync_interval == 5.0
    variables = {"TYK_GW_DBAPPCONFOPTIONS_TAGS": "c,d", "TYK_GW_SLAVEOPTIONS_KEYSPACESYNCINTERVAL": "2.5"}
    config = config.with_environment(variables)
    assert config.db_app_conf_options__tags == ("c", "d")
    assert config.slave_options__key_space_sync_interval == 2.5
    with pytest.raises(ConfigError, match="tags must be an array of strings, not"):
        Config.of({"db_app_conf_options": {"tags": "a"}})


def test_known_keys_are_read_and_others_are_named(tmp_path: Path) -> None:
    """Known keys of tyk.conf are read, and the names of all others are returned, nested ones with dots."""
    values = {
        "listen_port": 9000,
        "secret": "s",
        "policies": {"policy_source": "file", "policy_path": "/p"},
        "storage": {"host": "h"},
        "pid_file_location": "c",
    }
    config, ignored = Config.load(_conf(tmp_path, values), {})
    assert (config.listen_port, config.secret, config.policies__policy_path) == (9000, "s", "/p")
    assert ignored == ["storage.host", "pid_file_location"]


@pytest.mark.parametrize(
    ("key", "variable"),
    [
        ("listen_port", "TYK_GW_LISTENPORT"),
        ("policies__policy_path", "TYK_GW_POLICIES_POLICYPATH"),
        ("hash_keys", "TYK_GW_HASHKEYS"),
        ("liveness_check__check_duration", "TYK_GW_LIVENESSCHECK_CHECKDURATION"),
        ("oauth_refresh_token_expire", "TYK_GW_OAUTHREFRESHEXPIRE"),
        ("suppress_default_org_store", "TYK_GW_SUPRESSDEFAULTORGSTORE"),
    ],
)
def test_variables_bear_the_names_of_go_fields(key: str, variable: str) -> None:
    """Each key has the environment variable that the gateway's documentation names."""
    assert Config.variable_of(key) == variable


def test_variables_win_over_the_file(tmp_path: Path) -> None:
    """An environment variable overrides the value in tyk.conf."""
    path = _conf(tmp_path, {"secret": "file", "listen_port": 1, "hash_keys": False})
    environment = {"TYK_GW_SECRET": "variable", "TYK_GW_LISTENPORT": "2", "TYK_GW_HASHKEYS": "true"}
    config, _ = Config.load(path, environment)
    assert (config.secret, config.listen_port, config.hash_keys) == ("variable", 2, True)


def test_the_file_can_be_left_out(tmp_path: Path) -> None:
    """TYK_GW_OMITCONFIGFILE ignores tyk.conf, even one that is not JSON."""
    config, _ = Config.load(_conf(tmp_path, "{"), {"TYK_GW_OMITCONFIGFILE": "true"})
    assert config == Config()


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ("{", "not valid JSON"),
        ("[]", "JSON object"),
        ({"listen_port": "8080"}, "listen_port must be a whole number, not '8080'"),
        ({"listen_port": True}, "listen_port must be a whole number"),
        ({"policies": {"policy_path": 1}}, "policies.policy_path must be a string"),
        ({"hash_keys": 1}, "hash_keys must be true or false"),
        ({"secret": "vault://x"}, "pass --secret"),
        ({"secret": "env://NO_SUCH_VARIABLE"}, "NO_SUCH_VARIABLE"),
    ],
)
def test_a_broken_file_is_an_error(tmp_path: Path, values: object, complaint: str) -> None:
    """A value of a wrong type in tyk.conf raises ConfigError, which names the key and the value."""
    with pytest.raises(ConfigError, match=re.escape(complaint)):
        Config.load(_conf(tmp_path, values), {})


@pytest.mark.parametrize("text", ["x", "--5", "\xb2", "9" * 5000, ""])
def test_a_broken_variable_is_an_error(text: str) -> None:
    """A variable of a wrong type raises ConfigError, which names the variable and the value."""
    with pytest.raises(ConfigError, match=f"TYK_GW_LISTENPORT must be a whole number, not '{text}'"):
        Config.load(None, {"TYK_GW_LISTENPORT": text})


def test_half_a_character_is_replaced(tmp_path: Path) -> None:
    """Half a character in a file is U+FFFD, as Go reads it; a secret with one is compared like any other."""
    assert Config.load(_conf(tmp_path, {"secret": "a\ud800b"}), {})[0].secret == "a\ufffdb"


def test_a_secret_may_stand_in_a_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret that begins with env:// is read from the environment variable that it names."""
    monkeypatch.setenv("MY_SECRET", "kept elsewhere")
    config, _ = Config.load(_conf(tmp_path, {"secret": "env://MY_SECRET"}), {})
    assert config.secret == "kept elsewhere"


def test_dashboard_configurations_make_the_source_a_service() -> None:
    """The key use_db_app_configs, or the policy source "service", takes policies from a Dashboard."""
    assert Config.of({"use_db_app_configs": True})[0].policies_from_dashboard
    assert Config.of({"policies": {"policy_source": "service"}})[0].policies_from_dashboard
    assert not Config().policies_from_dashboard
