"""Nodes: the gateways that take their policies and APIs from a Dashboard."""
