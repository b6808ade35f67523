"""The settings of a run, on their way from a command to pytest."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract_tests.engine.run_options import RunOptions

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
