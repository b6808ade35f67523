"""The GraphQL schema of a Dashboard's version, with the functions that resolve its root fields."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLID,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
)

from mockserver.contract.openapi import Contract
from mockserver.dashboard.dashboard import Dashboard
from mockserver.dashboard.graphql.root_fields import METHODS, operation_id
from mockserver.dashboard.graphql.types import Types
from mockserver.dashboard.listing import SORTS, Criteria, Paging
from mockserver.dashboard.policies import Policies
from mockserver.dashboard.policy_forms import Form
from mockserver.dashboard.policy_states import STATES
from mockserver.dashboard.records import Document
from mockserver.dashboard.replies import Refusal
from mockserver.dashboard.users import User
from mockserver.golang import json_writer
from mockserver.service.fault import Fault

SECTION = "policies"  # of the permissions
OURS = (
    "The schema of the mock, made of the Policy of the Dashboard's REST API. The vendor publishes none: of a "
    "real Dashboard only the paths /graphql and /playground and the operation name `apis` are known. A query "
    "that works here may fail there."
)


@dataclass(frozen=True)
class Context:
    """The context of an execution: the Dashboard, and the user whose key the request bears.

    Attributes:
        faults: those that root fields have met.
    """

    dashboard: Dashboard
    user: User
    faults: list[Fault] = field(default_factory=list)

    @property
    def policies(self) -> Policies:
        """The policies of all organisations."""
        return self.dashboard.policies

    def page_length(self, page: int) -> int:
        """The number of policies that a page may have; with a negative number, that of all there are."""
        if page >= 0:
            return self.page_size
        return self.policies.count(self.user.org_id)

    @property
    def page_size(self) -> int:
        """The number of policies of a page."""
        return max(1, self.dashboard.config.page_size)

    @property
    def form(self) -> Form:
        """The form of policies, which is that of today in every style."""
        return Form(self.dashboard.form.codec)

    def read(self, policy_id: str) -> Document:
        """The policy that the user sees under an id, as REST writes it."""
        return self._document(self.policies.get(self.user, policy_id))

    def written(self, stored: Document) -> Document:
        """A policy that was just stored, as REST writes it."""
        return self._document(self.policies.whole(stored))

    def _document(self, policy: Document) -> Document:
        document: Document = self.form.document(policy)
        return document

    def decode(self, sent: Document) -> Document:
        """The policy that REST would decode from the same members."""
        return self.form.decode(json_writer.write(sent).encode())


Resolver = Callable[..., Any]  # its arguments are the context, and those of the field


def _policy(context: Context, id: str) -> Document:  # noqa: A002  the name of the argument in the schema
    return context.read(id)


def _policies(context: Context, p: int = 1, **criteria: Any) -> dict[str, Any]:
    page, pages = context.policies.page(context.user, criteria_of(criteria), Paging(p, context.page_size))
    return {"Data": list(map(context.form.document, page)), "Pages": pages}


def criteria_of(arguments: Mapping[str, Any]) -> Criteria:
    """The criteria that the arguments of `policies` set."""
    return Criteria(
        text=arguments.get("q") or "",
        policy_ids=tuple(arguments.get("policy_ids") or ()),
        active=bool(arguments.get("active")),
        state=arguments.get("state") or "",
        api_ids=tuple(arguments.get("api_id") or ()),
        auth_type=arguments.get("auth_type") or "",
        sort=arguments.get("sort") or "",
    )


def _create(context: Context, policy: Document) -> Document:
    return context.written(context.policies.create(context.user.org_id, context.decode(policy)))


def _update(context: Context, id: str, policy: Document) -> Document:  # noqa: A002  as above
    return context.written(context.policies.update(context.user, id, context.decode(policy)))


def _delete(context: Context, id: str) -> bool:  # noqa: A002  as above
    context.policies.delete(context.user, id)
    return True


def _field(name: str, kind: Any, resolve: Resolver, description: str, **arguments: Any) -> GraphQLField:
    """A root field: a fault that names it comes first, then the permissions of the user."""

    @functools.wraps(resolve)
    def checked(_: Any, info: Any, **values: Any) -> Any:
        context: Context = info.context
        context.dashboard.apply_fault(operation_id(name), context.faults)
        if not context.user.may(METHODS[name], SECTION):
            raise Refusal("access denied: You do not have permission to access  /graphql", 403)
        return resolve(context, **values)

    return GraphQLField(kind, arguments, checked, description=description)


def _argument(kind: Any, description: str, **more: Any) -> GraphQLArgument:
    return GraphQLArgument(kind, description=description, **more)


def _enum(name: str, values: tuple[str, ...], description: str) -> GraphQLEnumType:
    return GraphQLEnumType(name, {value: value for value in values}, description=description)


@functools.cache
def schema_of(contract: Contract) -> GraphQLSchema:
    """The schema of the contract of a version; it is made once."""
    schemas = contract.raw["components"]["schemas"]
    output, sent = Types(schemas), Types(schemas, is_input=True)
    policy, whole = output.of("Policy"), GraphQLNonNull(sent.of("Policy"))
    one = {"id": _argument(GraphQLNonNull(GraphQLID), "The id or the _id; before 5.12.0, the _id.")}
    ids = GraphQLList(GraphQLNonNull(GraphQLString))
    query = GraphQLObjectType(
        "Query",
        {
            "policy": _field("policy", policy, _policy, "A policy of the user's organisation.", **one),
            "policies": _field(
                "policies",
                output.of("PolicyList"),
                _policies,
                "A page of the policies of the user's organisation that fit all criteria.",
                p=_argument(
                    GraphQLNonNull(GraphQLInt),
                    "The page, from 1; a negative number asks for all.",
                    default_value=1,
                ),
                q=_argument(GraphQLString, "An id or an _id, else a part of names."),
                policy_ids=_argument(ids, "Database ids; they win over an id in q."),
                active=_argument(GraphQLBoolean, "True leaves only active policies."),
                state=_argument(_enum("PolicyState", STATES, "The state of a policy."), "A state."),
                api_id=_argument(ids, "Ids of APIs; a policy with a right to any of them fits."),
                auth_type=_argument(GraphQLString, "An auth_type."),
                sort=_argument(
                    _enum("PolicySort", SORTS, "A member to sort by, ascending."), "Else by creation."
                ),
            ),
        },
    )
    mutation = GraphQLObjectType(
        "Mutation",
        {
            "createPolicy": _field(
                "createPolicy",
                policy,
                _create,
                "Create a policy; returns it as it is read.",
                policy=_argument(whole, "The whole policy, as in a REST body."),
            ),
            "updatePolicy": _field(
                "updatePolicy",
                policy,
                _update,
                "Replace a whole policy, as PUT does in REST: a member that is not sent becomes zero. "
                "It is no patch. `_id`, `org_id` and `date_created` stay; an empty `id` stays too.",
                **one,
                policy=_argument(whole, "The whole policy, as in a REST body."),
            ),
            "deletePolicy": _field(
                "deletePolicy",
                GraphQLBoolean,
                _delete,
                "Remove a policy; true if it was removed. Keys that refer to it keep its id.",
                **one,
            ),
        },
    )
    return GraphQLSchema(query, mutation, description=OURS)
