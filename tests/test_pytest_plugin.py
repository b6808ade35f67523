"""The pytest plugin, in projects of its users."""

from __future__ import annotations

import subprocess
import sys

import pytest
from serving import LEAN

from mockserver import MockDashboard, MockGateway

pytestmark = pytest.mark.slow  # whole commands and servers


def test_each_test_has_a_fresh_gateway(pytester: pytest.Pytester) -> None:
    """Policies, faults and the journal of one test are gone in the next."""
    pytester.makepyfile(
        """
        import json, urllib.request

        def write(gateway, policy):
            request = urllib.request.Request(
                gateway.url + "/tyk/policies", json.dumps(policy).encode(),
                {"X-Tyk-Authorization": gateway.secret})
            urllib.request.urlopen(request).close()

        def test_first(mock_gateway):
            write(mock_gateway, {"id": "gold", "rate": 5})
            mock_gateway.reload()
            assert mock_gateway.policies["gold"]["rate"] == 5
            assert mock_gateway.journal[0].operation == "addPolicy"

        def test_second(mock_gateway):
            assert not mock_gateway.policies and not mock_gateway.policies.written
            assert not list(mock_gateway.journal)
        """
    )
    pytester.runpytest_subprocess(*LEAN).assert_outcomes(passed=2)


def test_the_gateway_can_be_configured(pytester: pytest.Pytester) -> None:
    """A project configures the gateway by a fixture that it overrides."""
    pytester.makepyfile(
        """
        import pytest

        @pytest.fixture(scope="session")
        def mock_gateway_options():
            return {"gateway": "5.8", "secret": "ours"}

        def test_it(mock_gateway):
            assert (mock_gateway.secret, str(mock_gateway.gateway.version)) == ("ours", "5.8.15")
        """
    )
    pytester.runpytest_subprocess(*LEAN).assert_outcomes(passed=1)


def test_each_test_has_a_fresh_dashboard(pytester: pytest.Pytester) -> None:
    """Policies of one test are gone in the next, and a project configures the Dashboard by a fixture."""
    pytester.makepyfile(
        """
        import json, urllib.request
        import pytest

        @pytest.fixture(scope="session")
        def mock_dashboard_options():
            return {"dashboard": "5.8", "key": "ours", "with_gateway": False}

        def test_first(mock_dashboard):
            request = urllib.request.Request(
                mock_dashboard.url + "/api/portal/policies", b'{"name": "Gold"}', {"Authorization": "ours"})
            object_id = json.load(urllib.request.urlopen(request))["Message"]
            assert mock_dashboard.policies[object_id]["name"] == "Gold"
            assert str(mock_dashboard.state.version) == "5.8.15"

        def test_second(mock_dashboard):
            assert mock_dashboard.key == "ours"
            assert not mock_dashboard.policies and not list(mock_dashboard.journal)
        """
    )
    pytester.runpytest_subprocess(*LEAN).assert_outcomes(passed=2)


def test_workers_have_gateways_of_their_own(pytester: pytest.Pytester) -> None:
    """Under pytest-xdist no test sees another's policies."""
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.parametrize("number", range(8))
        def test_it(mock_gateway, number):
            assert not mock_gateway.policies
            mock_gateway.policies.seed({"id": f"p{number}"})
            assert list(mock_gateway.policies) == [f"p{number}"]
        """
    )
    pytester.runpytest_subprocess(*LEAN, "-n", "2").assert_outcomes(passed=8)


def test_the_suite_runs_under_xdist(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of two workers judges the gateway, and both report its verdicts."""
    monkeypatch.setenv("TYK_GW_SECRET", "s3cret")
    with MockGateway(secret="s3cret") as gateway:
        result = pytester.runpytest_subprocess(
            *LEAN, "-n", "2", "--pyargs", "contract_tests", f"--gateway-url={gateway.url}",
            "-k", "reload or list",
        )  # fmt: skip
        assert result.ret == 0
        assert result.parseoutcomes()["passed"] > 20
        agents = {entry.target.partition("tyk-contract-")[2][:8] for entry in gateway.journal}
        assert len(agents - {""}) == 1  # runs


@pytest.mark.slow
def test_the_whole_suite_conforms_under_a_pytest_with_plugins(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sound gateway fails no test, however deep the calls of pytest and its plugins are."""
    monkeypatch.setenv("TYK_GW_SECRET", "s3cret")
    with MockGateway(secret="s3cret") as gateway:
        result = pytester.runpytest_subprocess(
            "-p", "no:randomly", "--pyargs", "contract_tests", f"--gateway-url={gateway.url}"
        )
    outcomes = result.parseoutcomes()
    assert result.ret == 0
    assert outcomes["passed"] > 900
    assert "failed" not in outcomes


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "with workers"])
def test_findings_are_told_under_pytest(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, workers: tuple[str, ...]
) -> None:
    """The failures by their causes are a section of pytest's summary, once, also with workers."""
    monkeypatch.setenv("TYK_GW_SECRET", "s3cret")
    with MockGateway(secret="s3cret", without=frozenset({"id-required"})) as gateway:
        result = pytester.runpytest_subprocess(
            *LEAN, *workers, "--pyargs", "contract_tests", f"--gateway-url={gateway.url}", "-k", "without_an_id",
            "--contract-only", "id-required",
        )  # fmt: skip
    assert result.ret == 1
    text = result.stdout.str()
    assert text.count("= findings =") == 1
    findings = text.partition("= findings =")[2]
    assert findings.count("id-required (addPolicy): expected 400") == 1
    assert "  touches      1 behaviour of 1 operation: id-required" in findings
    assert "s3cret" not in text


@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["alone", "xdist"])
def test_a_dashboard_is_judged_by_its_url(
    workers: tuple[str, ...], pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--dashboard-url selects the tests of a Dashboard, whose key is that of a variable of its own."""
    with MockDashboard() as dashboard:
        monkeypatch.setenv("TYK_GW_SECRET", "of-a-gateway")
        monkeypatch.setenv("TYK_DASHBOARD_KEY", dashboard.key)
        result = pytester.runpytest_subprocess(
            *LEAN,
            *workers,
            "--pyargs",
            "contract_tests",
            f"--dashboard-url={dashboard.url}",
            "-k",
            "test_read",
        )
        assert result.ret == 0
        assert result.parseoutcomes()["passed"] > 5
        assert dashboard.journal


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--gateway-url="], "--gateway-url is empty"),
        (["--dashboard-url="], "--dashboard-url is empty"),
        (["--dashboard-url=http://d", "--gateway-url=http://g"], "a run judges one service"),
    ],
)
def test_urls_that_say_nothing_are_refused(
    arguments: list[str], message: str, pytester: pytest.Pytester
) -> None:
    """An empty URL, which an unset variable gives, and two URLs end pytest with one line."""
    result = pytester.runpytest_subprocess(*LEAN, "--pyargs", "contract_tests", *arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert message in result.stderr.str()


def test_a_session_that_does_not_use_it_loads_nothing_heavy() -> None:
    """Neither Flask nor the judges are imported with the plugin."""
    code = (
        "import sys, mockserver.serving.pytest_plugin;"
        "heavy = {'flask', 'werkzeug', 'yaml', 'openapi_core', 'schemathesis', 'hypothesis', 'jsonschema_rs'};"
        "print(*heavy & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("\n", "")


def test_markers_give_arguments_to_the_mock(pytester: pytest.Pytester) -> None:
    """The closest marker counts, a path is one of the mock, and each test has what its own markers say."""
    pytester.mkdir("plans").joinpath("old.json").write_text('{"id": "old"}')
    pytester.makepyfile(
        """
        import pytest

        pytestmark = pytest.mark.tyk(secret="ours", gateway="5.8", policies=[{"id": "gold"}])

        @pytest.mark.tyk(gateway="5.14")
        def test_closest(mock_gateway):
            assert (mock_gateway.secret, str(mock_gateway.gateway.version)[:4]) == ("ours", "5.14")
            assert list(mock_gateway.policies) == ["gold"]

        @pytest.mark.tyk(policies="plans")
        def test_path(mock_gateway):
            assert list(mock_gateway.policies) == ["old"]

        class TestClass:
            @pytest.mark.tyk(gateway=["5.8", "5.12"])
            def test_versions(self, mock_gateway):
                mock_gateway.policies["gold"]

        def test_session(mock_gateway_session, mock_dashboard_session):
            assert mock_gateway_session.secret != "ours"
            assert mock_dashboard_session.gateway is not None
        """
    )
    result = pytester.runpytest_subprocess(*LEAN, "-v", "--strict-markers")
    result.assert_outcomes(passed=5)
    result.stdout.fnmatch_lines(["*test_versions?5.8? PASSED*", "*test_versions?5.12? PASSED*"])


WRONG = {
    '"5.8"': "test_it: give the arguments of @pytest.mark.tyk by name, as in gateway='5.8'",
    'gatway="5.8"': "MockGateway has no argument 'gatway', the nearest is 'gateway'",
    'policies={"gold": {}}': "policies must be a list of objects, each with its id, not an object by id",
    'config={"hash_key": True}': "the mock has no key 'hash_key', the nearest is 'hash_keys'",
    'policies=[{"name": "x"}]': "policy 0 'x': it has no id",
}


def test_a_failed_expectation_shows_the_line_of_the_test(pytester: pytest.Pytester) -> None:
    """The report of a failed `assert_requested` or `check` has the test's own line, and none of the product."""
    pytester.makepyfile(
        """
        def test_requested(mock_gateway):
            mock_gateway.assert_requested("addPolicy", times=2)

        def test_checked(mock_gateway):
            mock_gateway.client.get("/tyk/nothing")
            mock_gateway.check()
        """
    )
    result = pytester.runpytest_subprocess(*LEAN)
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        [
            '>*mock_gateway.assert_requested("addPolicy", times=2)',
            "E*addPolicy: expected twice, but requested never",
            ">*mock_gateway.check()",
            "E*GET /tyk/nothing reached no operation of the spec",
        ]
    )
    assert "raise AssertionError" not in result.stdout.str()


def test_the_marker_of_the_other_service_is_an_error(pytester: pytest.Pytester) -> None:
    """A test that has the marker `tyk` and uses `mock_dashboard` alone is told so."""
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.tyk(gateway="5.8")
        def test_it(mock_dashboard):
            pass
        """
    )
    result = pytester.runpytest_subprocess(*LEAN)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*the test has the marker tyk, and does not use mock_gateway"])


@pytest.mark.parametrize(("arguments", "message"), WRONG.items(), ids=WRONG)
def test_a_wrong_marker_is_an_error(pytester: pytest.Pytester, arguments: str, message: str) -> None:
    """An argument without a name, an unknown one, or one that the mock refuses ends with the reason alone."""
    pytester.makepyfile(
        f"""
        import pytest

        @pytest.mark.tyk({arguments})
        def test_it(mock_gateway):
            pass
        """
    )
    result = pytester.runpytest_subprocess(*LEAN)
    assert result.ret != 0
    output = result.stdout.str() + result.stderr.str()
    assert message in output
    assert "mockserver/" not in output.replace("\\", "/")
