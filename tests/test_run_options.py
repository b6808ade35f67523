"""The settings of a run, on their way from a command to pytest."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract_tests.engine.run_options import RunOptions
from mockserver.cli.main import parser_of
from mockserver.http import run_flags

PLUGINS = ("-pno:cacheprovider", "-pmockserver.serving.pytest_plugin")


@pytest.mark.parametrize(
    "options",
    [
        RunOptions(secret="s3cret"),
        RunOptions(url="http://host:3000", secret="s3cret", service="dashboard"),
        RunOptions(url="http://host:8080", secret="s3cret", read_only=True, version="5.8.15"),
        RunOptions(
            secret="s3cret", quick=True, allow_group_reload=True, upstream="http://up", unattended=True,
            report=Path("r.json"), only=("id-*", "keys"), skip=("core",), failed=Path("f.json"),
            exit_first=True, seed=7, timeout=2.5, max_response_time=1.5, repeat=3,
        ),
    ],
    ids=["defaults", "dashboard", "read-only", "all others"],
)  # fmt: skip
def test_settings_are_the_same_on_both_sides_of_pytest(
    options: RunOptions, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The settings that pytest reads are those that its arguments were written from."""
    monkeypatch.setenv(options.variable, options.secret)
    config = pytester.parseconfig(*options.to_arguments())
    assert RunOptions.from_config(config) == options


def test_the_secret_is_no_argument() -> None:
    """Other users of the machine see the arguments of a process, so that the secret never stands there."""
    assert "s3cret" not in " ".join(RunOptions(url="http://host", secret="s3cret").to_arguments())
    assert "s3cret" not in repr(RunOptions(secret="s3cret"))


def test_one_table_names_the_settings() -> None:
    """Each flag of the table is an attribute of the settings with the same default, and no two have one name."""
    for flag in run_flags.FLAGS:
        assert getattr(RunOptions(), flag.field) == flag.default
    assert len({flag.option for flag in run_flags.FLAGS}) == len(run_flags.FLAGS)


def test_verify_and_pytest_read_the_same_values(pytester: pytest.Pytester) -> None:
    """What `verify` takes of its flags is what pytest takes of the options beside them."""
    given = {
        "only": "id-*", "skip": "core", "failed": "r.json", "conf": "tyk.conf", "upstream": "http://up",
        "repeat": "2", "seed": "5", "timeout": "2.5", "max-response-time": "1", "max-time": "60",
    }  # fmt: skip
    flags = {flag.name: flag for flag in run_flags.FLAGS}
    bare = [name for name, flag in flags.items() if flag.type is bool]
    assert given.keys() | set(bare) == flags.keys()
    options = parser_of(["verify"]).parse_args(
        ["verify", *(f"--{name}" for name in bare), *(f"--{name}={text}" for name, text in given.items())]
    )
    config = pytester.parseconfig(
        *(flags[name].option for name in bare),
        *(f"{flags[name].option}={text}" for name, text in given.items()),
    )
    of_verify = run_flags.values_of(lambda flag: getattr(options, flag.field))
    assert of_verify == run_flags.values_of(lambda flag: config.getoption(flag.option))
    assert of_verify["only"] == ("id-*",)
    assert of_verify["max_time"] == 60


def test_pytest_refuses_what_verify_refuses(pytester: pytest.Pytester) -> None:
    """A time or a number of runs that cannot be is refused under pytest too."""
    for option in ("--gateway-max-time=0", "--contract-repeat=0", "--contract-timeout=-1"):
        with pytest.raises(pytest.UsageError):
            pytester.parseconfig(option)
