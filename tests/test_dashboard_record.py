"""`tyk-contract record --service dashboard`: a recording shows nothing of others, and is replayed."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
from dashboards import add, ask, names
from serving import error_line, run_command

from contract_tests.dashboard.service import DASHBOARD
from mockserver import MockDashboard
from mockserver.cli.recorded_run import RecordedRun
from mockserver.dashboard import service
from mockserver.dashboard.handlers import registration
from mockserver.evidence.dashboard_recorder import DashboardRecorder
from mockserver.evidence.dashboard_run import STANDING
from mockserver.evidence.recorder import RecorderError
from mockserver.evidence.recording import Recording, Scenario, read_recording
from mockserver.evidence.replay import replay
from mockserver.evidence.scenarios import load_scenarios
from mockserver.evidence.stand_ins import StandIns
from mockserver.http.client import Answer, Client
from mockserver.http.messages import Request

KEY = "a-key-that-is-not-shown"
ORGANISATION = "5e9d9544a1dcd60001d0ed77"
SCENARIOS = load_scenarios(service="dashboard")


def recorded_on(
    dashboard: MockDashboard, scenarios: list[Scenario], admin_secret: str = ""
) -> list[Scenario]:
    """The scenarios as recorded on a Dashboard."""
    with Client(dashboard.url) as client:
        run = RecordedRun(client, DASHBOARD, dashboard.key)
        recorder = DashboardRecorder(client, dashboard.key, run, admin_secret)
        recorder.prepare()
        return [Scenario(s.name, s.about, s.config, list(recorder.record(s))) for s in scenarios]


@pytest.fixture(scope="module", name="recording")
def _recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of a mock that has no policies, by the command."""
    path = tmp_path_factory.mktemp("recordings") / "mock.jsonl"
    flags = ["--service", "dashboard", "--key", KEY, "--admin-secret", "mock-admin-secret", "--out", path]
    with MockDashboard(key=KEY, organisation=ORGANISATION, with_gateway=False) as dashboard:
        process = run_command("record", dashboard.url, *flags)
        assert names(dashboard) == []
        assert len(ask(dashboard, "GET", "/api/users")[1]["users"]) == 1
    assert process.returncode == 0, process.stderr
    assert f"{len(SCENARIOS)} scenarios of dashboard 5.13.1 in " in process.stdout
    return path


def test_a_recording_is_replayed(recording: Path) -> None:
    """`parity` finds that the mock answers as a recording of the mock says, in every scenario."""
    process = run_command("parity", recording)
    assert process.returncode == 0, process.stdout
    assert "dashboard 5.13.1" in process.stdout
    assert f"{len(SCENARIOS)} of {len(SCENARIOS)} scenarios identical" in process.stdout


def test_a_recording_has_no_secret_and_no_address(recording: Path) -> None:
    """A recording has no key, admin secret, organisation, access key of a user, or host."""
    text = recording.read_text()
    for hidden in (KEY, "mock-admin-secret", ORGANISATION, "127.0.0.1", "admin@example.com"):
        assert hidden not in text
    assert set(re.findall(r'\\"access_key\\":\\"(\w*)', text)) == {f"{2:032x}"}


def test_two_recordings_differ_in_times_alone(recording: Path) -> None:
    """A second recording of the same Dashboard is the first, but for dates: ids and names have stand-ins."""
    with MockDashboard(key=KEY, with_gateway=False) as dashboard:
        again = recorded_on(dashboard, [scenario for scenario, _ in SCENARIOS], "mock-admin-secret")
    first = [step for scenario in read_recording(recording).scenarios for step in scenario.steps]
    second = [step for scenario in again for step in scenario.steps]
    assert [_without_times(step) for step in first] == [_without_times(step) for step in second]


def _without_times(step: dict[str, Any]) -> str:
    text = json.dumps({**step, "response": {**step["response"], "headers": []}})
    return re.sub(r'(\\"(created_at|date_created|last_updated)\\":\\")[^"]*"', r'\1"', text)


def test_a_dashboard_of_others_is_recorded_without_them() -> None:
    """Policies of others are neither changed nor recorded, and scenarios that need their absence are skipped."""
    with MockDashboard(key=KEY, with_gateway=False) as dashboard:
        add(dashboard, name="a policy of others", _id="5fd203d01f1ad30001c0ffee")
        before = dict(dashboard.policies)
        flags = ["--service", "dashboard", "--key", KEY, "--out", "/dev/stdout"]
        process = run_command("record", dashboard.url, *flags)
        assert dict(dashboard.policies) == before
    assert process.returncode == 0, process.stderr
    assert "of others" not in process.stdout
    assert (
        "paging/numbers                   skipped: needs an organisation without other policies"
        in process.stdout
    )
    assert "import/list                      skipped: needs the admin secret" in process.stdout


def test_a_dashboard_that_takes_the_key_after_bearer_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Dashboard that takes the key only after Bearer is recorded with requests in that form."""
    for module in (registration, service):
        monkeypatch.setattr(module, "key_of", _key_after_bearer)
    path = tmp_path / "mine.jsonl"
    flags = ["--service", "dashboard", "--key", KEY, "--out", path, "--scenarios", "policies/life"]
    with MockDashboard(key=KEY, with_gateway=False) as dashboard:
        process = run_command("record", dashboard.url, *flags)
        assert not dashboard.policies
    assert process.returncode == 0, process.stderr
    (scenario,) = read_recording(path).scenarios
    assert {tuple(step["request"]["headers"][0]) for step in scenario.steps} == {
        ("Authorization", "Bearer ${KEY}")
    }
    assert scenario.steps[0]["response"]["status"] == 200


def _key_after_bearer(request: Request) -> str:
    value = request.header("authorization")
    return value.removeprefix("Bearer ") if value.startswith("Bearer ") else ""


def test_a_difference_names_its_step(recording: Path) -> None:
    """The replay of a recording that was changed names the step and both values."""
    real = read_recording(recording)
    scenario = copy.deepcopy(next(s for s in real.scenarios if s.name == "policies/names"))
    scenario.steps[2]["response"]["status"] = 400
    outcome = next(replay(Recording(real.version, real.secret, [scenario], real.service)))
    assert outcome.difference == "step 2: status 200, recorded 400"


def test_a_step_that_names_anything_of_others_is_not_sent() -> None:
    """The recorder sends no write that could change a thing that is not of its run, whatever a scenario says."""
    writes = [
        ("PUT", "/api/portal/policies/5fd203d01f1ad30001c0ffee", '{"name": "${RUN}x"}'),
        ("DELETE", "/api/portal/policies/5fd203d01f1ad30001c0ffee", None),
        ("POST", "/api/portal/policies", '{"name": "mine"}'),
        (
            "POST",
            "/admin/policies/import",
            '{"data": [{"_id": "5fd203d01f1ad30001c0ffee", "name": "${RUN}x"}]}',
        ),
        ("PUT", "/api/users/5e9d9544a1dcd60001d0ed21", "{}"),
        ("POST", "/api/users", '{"email_address": "mine@example.com"}'),
    ]
    with MockDashboard(key=KEY, with_gateway=False) as dashboard:
        for method, target, body in writes:
            request = {"method": method, "target": target, "headers": [], **({"body": body} if body else {})}
            scenario = Scenario("x/y", "", {}, [{"step": 0, "request": request, "volatile": []}])
            with pytest.raises(RecorderError, match="not sent: "):
                recorded_on(dashboard, [scenario])
        assert not [
            entry
            for entry in dashboard.journal
            if entry.method in ("PUT", "DELETE") and "c0ffee" in entry.target
        ]
        assert dict(dashboard.policies) == {}


def test_an_answer_that_names_anything_of_others_ends_the_recording() -> None:
    """An answer to a POST that has the id of a policy of others is not taken for one of the run."""
    with MockDashboard(key=KEY, with_gateway=False) as dashboard:
        other = add(dashboard, name="mine")
        with Client(dashboard.url) as client:
            run = RecordedRun(client, DASHBOARD, KEY)
            with pytest.raises(RecorderError, match="names another's"):
                run.adopt("/api/portal/policies", other, "mine")
            with pytest.raises(RecorderError, match="not sent"):
                run.check("DELETE", f"/api/portal/policies/{other}", None)


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/api/portal/policies", {}),
        ("/api/portal/policies", {"name": "", "id": ""}),
        ("/api/portal/policies", {"name": "", "id": "gold"}),
        ("/api/portal/policies", {"name": "gold", "id": "${RUN}mine"}),
        ("/api/users", {"email_address": ""}),
    ],
    ids=["nothing", "no-name", "another-id", "another-name", "no-address"],
)
def test_a_thing_without_a_name_of_the_run_is_not_changed(path: str, shown: dict[str, str]) -> None:
    """What an answer names, and the Dashboard shows without a name of the run, is neither changed nor removed."""
    other = "5fd203d01f1ad30001c0ffee"
    sent: list[str] = []

    class Naming:
        """A client of a Dashboard that answers each create with the id of another's thing."""

        def send(self, method: str, target: str, *_: Any, **__: Any) -> Answer:
            sent.append(f"{method} {target}")
            lists = {"Data": [], "users": [], "Pages": 1}
            created = {"Status": "OK", "Message": other, "Meta": other}
            thing = {name: text.replace("${RUN}", run.names["RUN"]) for name, text in shown.items()}
            document = created if method == "POST" else thing if other in target else lists
            return Answer.of(200, [], json.dumps(document).encode())

        def close(self) -> None:
            """Close nothing."""

    client: Any = Naming()
    run = RecordedRun(client, DASHBOARD, KEY)
    recorder = DashboardRecorder(client, KEY, run)
    create = {
        "method": "POST", "target": path, "headers": [],
        "body": '{"name": "${RUN}mine", "email_address": "${RUN}mine"}',
    }  # fmt: skip
    delete = {"method": "DELETE", "target": f"{path}/${{MINE}}", "headers": []}
    steps = [
        {"step": 0, "request": create, "capture": {"MINE": "Meta"}, "volatile": []},
        {"step": 1, "request": delete, "volatile": []},
    ]
    with pytest.raises(RecorderError, match="names another's"):
        list(recorder.record(Scenario("x/y", "", {}, steps)))
    assert not [line for line in sent if line.startswith(("PUT", "DELETE"))]


def test_a_key_that_may_not_write_is_an_error(tmp_path: Path) -> None:
    """`record` ends with one line if the key's user may not create policies."""
    with MockDashboard(key=KEY, with_gateway=False) as dashboard:
        user = {
            "email_address": "reader@example.com",
            "user_permissions": {"policies": "read", "users": "read"},
        }
        user_id = ask(dashboard, "POST", "/api/users", user)[1]["Meta"]
        key = ask(dashboard, "GET", f"/api/users/{user_id}")[1]["access_key"]
        flags = ["--service", "dashboard", "--key", key, "--out", tmp_path / "x.jsonl"]
        line = error_line(run_command("record", dashboard.url, *flags))
    assert "POST /api/portal/policies answers 403" in line
    assert "use the key of an admin" in line


@pytest.mark.parametrize(
    "scenario", [scenario for scenario, _ in SCENARIOS], ids=lambda scenario: scenario.name
)
def test_a_scenario_has_no_configuration_and_no_files(scenario: Scenario) -> None:
    """A scenario of a Dashboard has requests alone, for neither files nor configuration can be set over HTTP."""
    assert scenario.config == {}
    assert all("request" in step for step in scenario.steps)
    assert scenario.about


def test_stand_ins_keep_lengths() -> None:
    """A text has one stand-in of its length, longer texts are replaced first, and short ones stay."""
    stand_ins = StandIns({"tyk-contract-89abcdef-": STANDING["RUN"]})
    for text in (
        "5fd203d01f1ad30001c0ffee",
        "5fd203d01f1ad30001c0ffee-x",
        "gold",
        "5fd203d01f1ad30001c0ffee",
    ):
        stand_ins.add(text)
    stand_ins.add_secrets('{"users": [{"access_key": "0123456789abcdef"}]}')
    body = "5fd203d01f1ad30001c0ffee 5fd203d01f1ad30001c0ffee-x gold tyk-contract-89abcdef-1 0123456789abcdef"
    put = stand_ins.put(body)
    assert put == f"{1:024x} {2:026x} gold tyk-contract-00000000-1 {3:016x}"
    assert len(put) == len(body)


@pytest.mark.parametrize("name", ["acme", "run/../victim", ORGANISATION + "/x"])
def test_an_organisation_that_is_none_ends_the_recording(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An organisation that is no database id is sent to no Dashboard, and what the recorder wrote is removed."""
    send = Client.send

    def elsewhere(self: Client, *request: Any, **rest: Any) -> Answer:
        answer = send(self, *request, **rest)
        body = answer.body.replace(ORGANISATION.encode(), name.encode())
        return Answer.of(answer.status, answer.headers, body)

    with MockDashboard(organisation=ORGANISATION, with_gateway=False) as dashboard:
        with monkeypatch.context() as patch:
            patch.setattr(Client, "send", elsewhere)
            with pytest.raises(RecorderError, match="24 hex digits"):
                recorded_on(dashboard, [])
        assert names(dashboard) == []
