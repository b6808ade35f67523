"""The pytest plugin: the fixtures `mock_gateway` and `mock_dashboard`, and the options of the contract suite.

Every pytest session imports this module, so it imports no heavy modules itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from mockserver.http import run_flags
from mockserver.http.connection_options import add_options

if TYPE_CHECKING:
    from mockserver.serving.mock_dashboard import MockDashboard
    from mockserver.serving.mock_gateway import MockGateway

M = TypeVar("M", "MockGateway", "MockDashboard")
_ROOT = Path(__file__).parents[2]  # the folder that contains our packages
_MARKERS = {  # by fixture: the marker, and the argument of a version
    "mock_gateway": ("tyk", "gateway"),
    "mock_dashboard": ("tyk_dashboard", "dashboard"),
}
_MARKER_VERSIONS = dict(_MARKERS.values())
MARKER_LINES = (
    "behaviour(id): the behaviour in spec/gateway/behaviours.yaml that the test checks",
    "tyk(gateway=, policies=, config=, ...): arguments of `MockGateway` and of its `seed`",
    "tyk_dashboard(dashboard=, policies=, config=, ...): the same for `MockDashboard`",
)
_SEEDED = {"policies", "apis", "keys", "oauth_clients", "organisations"}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("tyk-contract", "the contract suite of tyk-contract")
    group.addoption(
        "--gateway-url",
        help="URL of the gateway to test (default: a mock, which the suite starts). "
        "The secret is read from TYK_GW_SECRET, unless --gateway-secret-file is given.",
    )
    group.addoption(
        "--dashboard-url",
        help="URL of the Dashboard to test, with the key in TYK_DASHBOARD_KEY; short for --contract-service "
        "dashboard --gateway-url URL. The other options are those of a gateway.",
    )
    group.addoption("--gateway-secret-file", metavar="FILE", help="file whose only line is the secret")
    group.addoption(
        "--gateway-version", default="auto", help="version to expect (default: as /hello reports)"
    )
    run_flags.add_options(group.addoption)
    add_options(group.addoption, "gateway-")
    group.addoption(
        "--contract-service", choices=("gateway", "dashboard"), default="gateway", help="service to judge"
    )
    group.addoption("--contract-unattended", action="store_true", help="report no single tests to pytest")
    group.addoption("--contract-report", metavar="FILE", help="write the verdicts as JSON")
    group.addoption(
        "--contract-coverage",
        action="store_true",
        help="report what the run has seen of the OpenAPI file too",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> None:
    """Make `--pyargs contract_tests` select our suite, even if the user has a folder of that name."""
    options = early_config.known_args_namespace
    if not options.pyargs or not any(map(_suite_path, options.file_or_dir)):
        return
    for index, argument in enumerate(args):
        if path := _suite_path(argument) if args[index - 1] not in ("-k", "-m") else "":
            args[index] = path
    paths = [_suite_path(argument) or argument for argument in options.file_or_dir]
    options.file_or_dir = [*sorted(paths, key=_is_foreign), str(early_config.invocation_params.dir)]


def _suite_path(argument: str) -> str:
    """The path of a module of our suite, given by its dotted name; "" for any other argument."""
    match = re.fullmatch(r"(contract_tests(?:\.\w+)*)(::.*)?", argument, re.DOTALL)
    if match is None:
        return ""
    path = _ROOT.joinpath(*match[1].split("."))
    return f"{path if path.is_dir() else path.with_suffix('.py')}{match[2] or ''}"


def _is_foreign(path: str) -> bool:
    return not path.startswith(str(_ROOT / "contract_tests"))


@pytest.hookimpl(tryfirst=True)  # a conftest of the suite reads the options in the same hook
def pytest_configure(config: pytest.Config) -> None:
    option = config.option
    for name in ("gateway", "dashboard"):
        if getattr(option, f"{name}_url") == "":
            raise pytest.UsageError(f"--{name}-url is empty; give the URL of the {name}, or leave it out")
    if option.dashboard_url:
        if option.gateway_url:
            raise pytest.UsageError("give --gateway-url or --dashboard-url, for a run judges one service")
        option.contract_service, option.gateway_url = "dashboard", option.dashboard_url
        option.dashboard_url = None  # for workers of pytest-xdist, which are given these options
    for line in MARKER_LINES:
        config.addinivalue_line("markers", line)


def pytest_report_header() -> list[str]:
    """A line if another distribution has overwritten our package, so that tests cannot import from it."""
    from mockserver.console.overwritten import complaint, is_overwritten

    return [f"tyk-contract: {complaint('mockserver')}"] if is_overwritten() else []


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test once for each version, if a marker has a list of versions."""
    for fixture, (marker, argument) in _MARKERS.items():
        versions = _marked(metafunc.definition, marker).get(argument)
        if fixture in metafunc.fixturenames and isinstance(versions, (list, tuple)):
            metafunc.parametrize(fixture, versions, ids=list(map(str, versions)), indirect=True)


def _marked(node: pytest.Item | Any, marker: str) -> dict[str, Any]:
    """The arguments of all markers of this name at a test, of which the closest counts."""
    arguments: dict[str, Any] = {}
    for mark in node.iter_markers(marker):
        if mark.args:
            version = _MARKER_VERSIONS[marker]
            raise pytest.Collector.CollectError(
                f"{node.nodeid}: give the arguments of @pytest.mark.{marker} by name, as in "
                f"{version}={mark.args[0]!r}"
            )
        arguments = {**mark.kwargs, **arguments}
    return arguments


def _asked(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The arguments that the markers and the parameters of a test give to its mock."""
    marker, argument = _MARKERS[request.fixturename or ""]
    given = getattr(request, "param", {})
    return {**_marked(request.node, marker), **({argument: given} if isinstance(given, str) else given)}


def _split(arguments: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The arguments of a mock, and those of its `seed`; a path of policies or APIs is one of the mock."""
    seeds = {
        name: value
        for name, value in arguments.items()
        if name in _SEEDED and not isinstance(value, (str, Path))
    }
    return {name: value for name, value in arguments.items() if name not in seeds}, seeds


def _of_test(
    request: pytest.FixtureRequest, shared: str, make: Callable[..., M], options: dict[str, Any]
) -> Iterator[M]:
    """The mock of one test: the shared one of a fixture, reset, or one with the arguments of its markers."""
    with ExitStack() as closing:
        asked = _asked(request)
        try:
            _check_names(asked, make, request)
            arguments, seeds = _split(asked)
            if arguments:
                mock: M = closing.enter_context(make(**{**options, **arguments}))
            else:
                mock = request.getfixturevalue(shared)
                mock.reset()
            mock.seed(**seeds)
        except (pytest.UsageError, TypeError, ValueError) as error:
            if not asked:
                raise
            marker, _ = _MARKERS[request.fixturename or ""]
            pytest.fail(
                f"the arguments that @pytest.mark.{marker} or parametrize gives: {error}", pytrace=False
            )
        yield mock


def _check_names(arguments: dict[str, Any], make: Callable[..., M], request: pytest.FixtureRequest) -> None:
    """Check that a mock has arguments of these names.

    Raises:
        UsageError: it has not, or the test has the marker of the other service alone.
    """
    from mockserver.console.suggestions import hint

    known = {*signature(make).parameters, *_SEEDED}
    for name in arguments:
        if name not in known:
            raise pytest.UsageError(f"{make.__name__} has no argument {name!r}{hint(name, known)}")
    for fixture, (marker, _) in _MARKERS.items():
        has_marker = any(mark.name == marker for mark in request.node.own_markers)
        if has_marker and fixture not in request.fixturenames:
            raise pytest.UsageError(f"the test has the marker {marker}, and does not use {fixture}")


@pytest.fixture(scope="session")
def mock_gateway_options() -> dict[str, Any]:
    """The arguments of `MockGateway` for the fixture `mock_gateway`; override this fixture to change them."""
    return {}


@pytest.fixture(scope="session")
def _mock_gateway(mock_gateway_options: dict[str, Any]) -> Iterator[MockGateway]:
    from mockserver.serving.mock_gateway import MockGateway

    with MockGateway(**mock_gateway_options) as gateway:
        yield gateway


@pytest.fixture(scope="session")
def mock_gateway_session(mock_gateway_options: dict[str, Any]) -> Iterator[MockGateway]:
    """A `MockGateway` of the whole session, never reset: for fixtures of a larger scope than a test."""
    from mockserver.serving.mock_gateway import MockGateway

    with MockGateway(**mock_gateway_options) as gateway:
        yield gateway


@pytest.fixture
def mock_gateway(
    request: pytest.FixtureRequest, mock_gateway_options: dict[str, Any]
) -> Iterator[MockGateway]:
    """A `MockGateway`, reset for each test: without policies, faults or journal entries.

    A test with the marker `tyk` has one of its own, with the arguments of the marker.
    """
    from mockserver.serving.mock_gateway import MockGateway

    yield from _of_test(request, "_mock_gateway", MockGateway, mock_gateway_options)


@pytest.fixture(scope="session")
def mock_dashboard_options() -> dict[str, Any]:
    """The arguments of `MockDashboard` for `mock_dashboard`; override this fixture to change them."""
    return {}


@pytest.fixture(scope="session")
def _mock_dashboard(mock_dashboard_options: dict[str, Any]) -> Iterator[MockDashboard]:
    from mockserver.serving.mock_dashboard import MockDashboard

    with MockDashboard(**mock_dashboard_options) as dashboard:
        yield dashboard


@pytest.fixture(scope="session")
def mock_dashboard_session(mock_dashboard_options: dict[str, Any]) -> Iterator[MockDashboard]:
    """A `MockDashboard` of the whole session, never reset: for fixtures of a larger scope than a test."""
    from mockserver.serving.mock_dashboard import MockDashboard

    with MockDashboard(**mock_dashboard_options) as dashboard:
        yield dashboard


@pytest.fixture
def mock_dashboard(
    request: pytest.FixtureRequest, mock_dashboard_options: dict[str, Any]
) -> Iterator[MockDashboard]:
    """A `MockDashboard`, reset for each test: one organisation and its admin, and nothing else.

    A test with the marker `tyk_dashboard` has one of its own, with the arguments of the marker.
    """
    from mockserver.serving.mock_dashboard import MockDashboard

    yield from _of_test(request, "_mock_dashboard", MockDashboard, mock_dashboard_options)
