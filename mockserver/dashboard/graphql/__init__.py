"""GraphQL of a Dashboard: a schema of ours, made of the contract's Policy, its limits, and its execution.

The library `graphql` is loaded by the first request, not with the mock.
"""
