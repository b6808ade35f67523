"""Requests that move sessions from one policy to another, as commands to paste; nothing is sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from contract_tests.engine.resources import quoted
from contract_tests.engine.service import Service
from mockserver.gateway.impact import moved
from mockserver.gateway.impact_report import Move
from mockserver.gateway.session_impact import SessionImpact
from mockserver.http.auth import Auth
from mockserver.http.connection_settings import ConnectionSettings
from mockserver.http.curl import command

UNNAMED = "$"  # stands for a secret that is not known, and is a variable in the command


@dataclass(frozen=True)
class Mover:
    """Writes the requests of one service.

    Attributes:
        service: the gateway, or the Dashboard.
        url: its URL.
        secret: its secret, or "" if it is not known.
        moves: the new ids of policies by their old ones.
        shows_keys: True if the requests may have ids of keys and sessions.
        settings: how the service is reached.
    """

    service: Service
    url: str
    secret: str
    moves: Mapping[str, str]
    shows_keys: bool
    settings: ConnectionSettings = field(default_factory=ConnectionSettings)

    def move(self, impact: SessionImpact) -> Move:
        """The move of one session.

        Raises:
            ValueError: the request would show a secret, or the key has no id.
        """
        if not impact.key.name.id:
            name = impact.key.name.masked()
            raise ValueError(f"{name} has no id to move it by; give --keys as an object of sessions by key")
        is_dashboard = self.service.name == "dashboard"
        if not self.shows_keys and (is_dashboard or not impact.key.name.is_hash):
            what = "whole sessions" if is_dashboard else "keys"
            raise ValueError(f"the requests of --migrate show {what}; allow that with --show-keys")
        policies = moved(impact.policies, self.moves)
        return Move(
            impact,
            self._of_dashboard(impact, policies) if is_dashboard else self._of_gateway(impact, policies),
        )

    def _of_gateway(self, impact: SessionImpact, policies: list[str]) -> str:
        """The request that sets the policies of a key, by the name it is stored under."""
        return self._command(
            "POST", f"/tyk/keys/policy/{quoted(impact.key.name.id)}", {"apply_policies": policies}
        )

    def _of_dashboard(self, impact: SessionImpact, policies: list[str]) -> str:
        """The request that replaces a session; a Dashboard has none for its policies alone."""
        query = "?hashed=true&suppress_reset=1" if impact.key.name.is_hash else "?suppress_reset=1"
        session = {**impact.key.document, "apply_policies": policies}
        session.pop("apply_policy_id", None)
        return self._command("PUT", f"/api/keys/{quoted(impact.key.name.id)}{query}", session)

    def _command(self, method: str, target: str, document: Mapping[str, object]) -> str:
        body = json.dumps(document, separators=(",", ":")).encode()
        auth = Auth(self.service.auth_header, self.secret or UNNAMED, self.service.variable)
        chain = Auth.chain(auth, *Auth.of_connection(self.settings))
        headers = [(auth.header, auth.secret)]
        return command(chain, self.url, method, target, headers, body, len(body), self.settings)
