"""Policies, APIs, keys and OAuth clients on their way from one service to another, without secrets."""
