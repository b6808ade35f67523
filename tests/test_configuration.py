"""The configuration of the service under test, as verify is told it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from serving import error_line, run_command

from contract_tests.dashboard.service import DASHBOARD
from contract_tests.engine.configuration import Configuration, ConfigurationError, hint_of, why_not
from contract_tests.gateway.service import GATEWAY
from mockserver.serving.mock_gateway import MockGateway

HASHED = GATEWAY.behaviours["keys-are-hashed-as-configured"]
UNNAMED = GATEWAY.behaviours["hashed-keys-tell-their-hash"]
LIMITED = GATEWAY.behaviours["throttled-requests-wait"]
TOKENS = GATEWAY.behaviours["passwords-give-tokens"]
PLAIN = GATEWAY.behaviours["id-required"]


def read(tmp_path: Path, document: object) -> Configuration:
    """The configuration of a gateway with this document."""
    path = tmp_path / "tyk.conf"
    path.write_text(json.dumps(document))
    return Configuration.read(path, GATEWAY)


def test_only_keys_that_decide_something_are_kept(tmp_path: Path) -> None:
    """A configuration holds the keys that behaviours name, whatever their case, and never a secret."""
    configuration = read(tmp_path, {"Hash_Keys": True, "secret": "s", "storage": {"password": "p"}})
    assert configuration.values == {"hash_keys": True}


def test_a_behaviour_shows_under_its_settings_alone(tmp_path: Path) -> None:
    """A behaviour with settings is judged if the configuration is known to have them, and others always."""
    assert why_not(PLAIN, None) == ""
    settings = 'hash_keys: true, hash_key_function: ""'
    assert why_not(UNNAMED, None) == f"it shows with {settings}; --conf FILE says that the gateway has it"
    assert why_not(UNNAMED, read(tmp_path, {"hash_keys": True})) == ""
    for document, actual in (({}, "false"), ({"hash_keys": False}, "false"), ({"hash_keys": "yes"}, '"yes"')):
        reason = f"it shows with hash_keys: true, and the configuration has {actual}"
        assert why_not(UNNAMED, read(tmp_path, document)) == reason


def test_a_text_of_a_setting_is_an_example(tmp_path: Path) -> None:
    """A behaviour whose setting has a text shows with any other too, but "" stands for itself."""
    for function, shows in (("sha256", True), ("murmur64", True), ("", False), (5, False)):
        configuration = read(tmp_path, {"hash_keys": True, "hash_key_function": function})
        reason = f'it shows with a value, as in hash_key_function: "sha256", and the configuration has {json.dumps(function)}'
        assert why_not(HASHED, configuration) == ("" if shows else reason)
        assert bool(why_not(UNNAMED, configuration)) == (function != "")


def test_a_setting_may_hide_a_behaviour(tmp_path: Path) -> None:
    """A behaviour is not judged where the configuration has a setting that hides it; without one it is."""
    name = "enable_redis_rolling_limiter"
    assert why_not(LIMITED, read(tmp_path, {name: True})) == f"it does not show with {name}: true"
    for document in ({}, {name: False}, {"enable_sentinel_rate_limiter": True}):
        assert why_not(LIMITED, read(tmp_path, document)) == ""
    assert why_not(LIMITED, None) == ""
    refused = {"oauth_error_status_code": 400}  # the row has 401 as an example
    assert why_not(TOKENS, read(tmp_path, refused)) == "it does not show with oauth_error_status_code: 400"


def test_a_failure_names_the_settings_that_may_hide_it(tmp_path: Path) -> None:
    """A failure hints at the settings that would hide the behaviour, unless the configuration is known."""
    assert hint_of(TOKENS, None) == (
        "a gateway with oauth_error_status_code: 401 or disable_key_actions_by_username: true answers"
        " otherwise; give its file with --conf"
    )
    assert hint_of(TOKENS, read(tmp_path, {})) == TOKENS.hint == ""


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("{", "not valid JSON"),
        ("[]", "must be a JSON object"),
        ("\xff", "not valid JSON"),
        (None, "give the file"),
    ],
)
def test_a_file_that_cannot_be_used_is_an_error(tmp_path: Path, content: str | None, complaint: str) -> None:
    """A file that is missing, no JSON or no object raises ConfigurationError, with its path."""
    path = tmp_path / "tyk.conf"
    if content is not None:
        path.write_bytes(content.encode("latin-1"))
    with pytest.raises(ConfigurationError, match=complaint) as caught:
        Configuration.read(path, GATEWAY)
    assert str(path) in str(caught.value)


def test_a_whole_number_stands_for_a_number(tmp_path: Path) -> None:
    """A setting that takes any number may be written without a decimal point; a text is none."""
    row = GATEWAY.behaviours["quotas-may-be-told"]
    monitor = {
        "enable_trigger_monitors": True,
        "monitor_user_keys": True,
        "configuration": {"target_path": "u"},
    }
    for limit, is_judged in ((50, True), (50.5, True), (0, False), ("50", False)):
        configuration = read(tmp_path, {"monitor": {**monitor, "global_trigger_limit": limit}})
        assert (why_not(row, configuration) == "") is is_judged


def test_a_dashboard_has_no_such_behaviours(tmp_path: Path) -> None:
    """A configuration for a service of which it decides no behaviour raises ConfigurationError."""
    with pytest.raises(ConfigurationError, match="no behaviour of the dashboard depends"):
        Configuration.read(tmp_path / "tyk_analytics.conf", DASHBOARD)


def test_verify_needs_a_url_with_a_configuration(tmp_path: Path) -> None:
    """`verify --conf` without a URL is refused."""
    assert "give the URL too" in error_line(run_command("verify", "--conf", str(tmp_path / "tyk.conf")))


@pytest.mark.slow
def test_verify_judges_what_a_configuration_shows(tmp_path: Path) -> None:
    """`verify --conf` judges the behaviours of hashed keys on a gateway that hashes keys."""
    path = tmp_path / "tyk.conf"
    path.write_text('{"hash_keys": true}')
    report = tmp_path / "report.json"
    with MockGateway(secret="s", config={"hash_keys": True}) as gateway:
        arguments = (
            "verify",
            gateway.url,
            "--secret",
            "s",
            "--only",
            "hashed-keys-*",
            "--report",
            str(report),
        )
        for more, status in (("--conf", str(path)), "passed"), ((), "not applicable"):
            process = run_command(*arguments, *more)
            assert process.returncode == 0, process.stdout
            verdicts = json.loads(report.read_text())["verdicts"]
            assert {v["status"] for v in verdicts if v["behaviour"].startswith("hashed-keys-")} == {status}


def test_a_file_without_end_is_an_error() -> None:
    """A device that never ends raises ConfigurationError, as a file that is too long does."""
    with pytest.raises(ConfigurationError, match="it has over 16 MiB"):
        Configuration.read(Path("/dev/zero"), GATEWAY)
