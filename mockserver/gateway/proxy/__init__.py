"""Requests to APIs: the middleware chain, and the upstream."""
