"""GraphQL as a gateway judges it: requests, their validation, depth and fields, and their execution.

The modules import graphql-core, and are imported when a request reaches an API with GraphQL.
"""
