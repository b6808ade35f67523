"""A model of the policy API, and random walks through it."""
