"""The answers of each service that are mutated, and the changes that its suite cannot or need not notice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AnswerRules:
    """The rules for the mutants of a service's answers.

    Attributes:
        paths: the beginning of the paths whose operations the suite judges.
        unseen_statuses: statuses that no operation answers in a run: the guard or a special setting does.
        without_operation: statuses of the answers to requests that reach no operation.
        lists: operations that answer an array.
        invisible: answers, by operation and status, that need a special configuration, or that the suite
            avoids because they affect others.
        equivalent: changes, by operation, that leave an answer as it is or that anyone may make.
        unjudged: changes of any answer that no evidence forbids.
    """

    paths: str = "/"
    unseen_statuses: frozenset[int] = frozenset()
    without_operation: tuple[int, ...] = ()
    lists: frozenset[str] = frozenset()
    invisible: frozenset[tuple[str, int]] = frozenset()
    equivalent: frozenset[tuple[str, str]] = frozenset()
    unjudged: frozenset[str] = frozenset()


RULES = {
    "gateway": AnswerRules(
        unseen_statuses=frozenset({403, 405, 503}),
        without_operation=(301, 403, 404, 405),
        lists=frozenset({"listPolicies", "listApis", "listOAuthClients"}),
        invisible=frozenset({("listKeys", 404), ("updateApi", 500), ("purgeOAuthTokens", 200)}),
        equivalent=frozenset({  # a probe may list no components yet; one member has one order
            ("getHello", "the last member dropped"),
            ("getReady", "the last member dropped"),
            ("listKeys", "members in another order"),
            ("listOrganisationKeys", "members in another order"),
            ("getApi", "a member added"),  # the members of a definition depend on the gateway
        }),
    ),
    "dashboard": AnswerRules(
        paths="/api/portal/policies",
        unseen_statuses=frozenset({401}),
        without_operation=(401,),
        invisible=frozenset({  # users with fewer permissions, a database that fails, versions before 5.12.0
            ("listPolicies", 403), ("searchPolicies", 403), ("getPolicy", 403), ("deletePolicy", 403),
            ("addPolicy", 500), ("getPolicy", 400), ("deletePolicy", 400),
        }),
        unjudged=frozenset({  # no Dashboard was recorded, so that only values are known and no bytes
            "the newline dropped", "another content type", "a header added", "the connection closed",
            "members in another order", "spaces added",
        }),
    ),
}  # fmt: skip
