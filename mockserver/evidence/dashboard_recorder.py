"""A recorder that plays scenarios on a Dashboard which others use, and records its answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from mockserver.dashboard.object_ids import is_object_id
from mockserver.evidence.dashboard_run import STANDING, Run, variables_of, without_others
from mockserver.evidence.player import Player
from mockserver.evidence.recorder import RecorderError
from mockserver.evidence.recording import Scenario, Step
from mockserver.evidence.scenarios import NEEDS
from mockserver.evidence.stand_ins import StandIns
from mockserver.http.client import Answer, Client, ClientError, TimeOver
from mockserver.http.deadline import CLEANUP_SECONDS, Deadline

POLICIES = "/api/portal/policies"
_NAMED_BY = ("name", "email_address", "id")  # the members that tell whose a policy or a user is


@dataclass
class DashboardRecorder:
    """A recorder of one Dashboard. It writes things of its run alone, and removes them after each scenario.

    A recording has no key, no organisation, no id that the Dashboard chose and nothing of others: stand-ins
    replace what is told apart, and items of others are taken out of lists.

    Attributes:
        key: the access key of an admin of the organisation.
        run: the names that the recorder gives, and the check of all that it sends.
        admin_secret: the value of admin-auth; "" to skip the scenarios that need it.
        scheme: what the Dashboard takes before the key: "Bearer ", or nothing.
        limit: the deadline of the client's exchanges; the removal of what a scenario wrote has its own.
    """

    client: Client
    key: str
    run: Run
    admin_secret: str = ""
    limit: Deadline = field(default_factory=Deadline)
    scheme: str = ""
    _organisation: str = ""
    _has_others: bool = False

    def prepare(self) -> None:
        """Find out the organisation, with a policy that is removed again, and if it has policies of others.

        Raises:
            RecorderError: the Dashboard does not answer, or refuses the policy.
        """
        self.run.clean()
        name = f"{self.run.names['RUN']}organisation"
        try:
            created = self._send("POST", POLICIES, json.dumps({"name": name}).encode())
            object_id = _member(created, "Message")
            policy = self._send("GET", f"{POLICIES}/{quote(object_id, safe='')}")
            self._organisation = _member(policy, "org_id")
            if created.status != 200 or not self._organisation:
                raise RecorderError(
                    f"POST {POLICIES} answers {created.status}, or the policy cannot be read; use the key of "
                    "an admin"
                )
            if not is_object_id(self._organisation):
                raise RecorderError(f"{self._organisation!r} is not the id of an organisation, 24 hex digits")
            listed = self._send("GET", f"{POLICIES}?p=-1")
        finally:
            self.run.clean()
        self._has_others = bool(without_others(listed, name)[1])

    def skip_reason(self, scenario: Scenario, needs: tuple[str, ...]) -> str:
        """The reason why the scenario cannot be recorded on this Dashboard; "" if it can be."""
        met = {"alone": not self._has_others, "admin": bool(self.admin_secret)}
        return next((f"needs {NEEDS[need]}" for need in needs if not met.get(need)), "")

    def record(self, scenario: Scenario) -> Iterator[Step]:
        """Play a scenario; yield each step with its response.

        Raises:
            RecorderError: the Dashboard does not answer, or a step could change a thing that is not of this
                run; it is not sent.
        """
        names = {**self.run.names, "ORG": self._organisation}
        variables = variables_of(names, key=self.key, admin_secret=self.admin_secret)
        stand_ins = StandIns({text: STANDING[name] for name, text in names.items()})
        player = Player(self.client, variables, host=None, stand_ins=stand_ins, uncaptured=variables["NONE"])
        self.run.clean()
        try:
            for step in scenario.steps:
                yield self._play(player, step)
        except TimeOver as error:
            raise RecorderError(f"nothing is recorded: {error}") from error
        finally:
            if self.limit.is_over:
                self.limit.set(CLEANUP_SECONDS)
            self.run.clean()

    def _play(self, player: Player, step: Step) -> Step:
        step = self._with_scheme(step)
        target, body = player.sent(step)
        self.run.check(step["request"]["method"], target, body)
        answer = player.send(step)
        if answer is None:
            return {**step, "response": player.response(None)}
        for name in step.get("capture", {}):
            if (thing_id := player.variable(name)) != player.variable("NONE"):
                self._adopt(target, thing_id)
        own, marks = without_others(answer, self.run.names["RUN"])
        return {**step, "response": player.response(own), "volatile": [*step["volatile"], *marks]}

    def _with_scheme(self, step: Step) -> Step:
        """The step with the scheme before each key that stands alone."""
        headers = [[n, f"{self.scheme}{v}" if v == "${KEY}" else v] for n, v in step["request"]["headers"]]
        return {**step, "request": {**step["request"], "headers": headers}}

    def _adopt(self, target: str, thing_id: str) -> None:
        """Count a captured id as one of the run, if the Dashboard shows a thing of the run under it.

        A policy without a name is told by the id that the run gave it: one with neither may be another's.
        """
        path = target.partition("?")[0].rstrip("/")
        shown = self._send("GET", f"{path}/{quote(thing_id, safe='')}")
        if shown.status == 200:
            name = next(filter(None, (_member(shown, member) for member in _NAMED_BY)), "")
            self.run.adopt(path, thing_id, name)

    def _send(self, method: str, target: str, body: bytes | None = None) -> Answer:
        self.run.check(method, target, body)
        try:
            return self.client.send(method, target, [("Authorization", f"{self.scheme}{self.key}")], body)
        except ClientError as error:
            raise RecorderError(f"the Dashboard does not answer: {error}") from error


def _member(answer: Answer, name: str) -> str:
    """The text of a member of an answer; "" if it has none."""
    try:
        value: Any = json.loads(answer.body).get(name)
    except (ValueError, AttributeError, RecursionError):
        return ""
    return value if isinstance(value, str) else ""
