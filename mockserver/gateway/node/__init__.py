"""A gateway as a node of a Dashboard, which feeds it with policies and APIs."""
