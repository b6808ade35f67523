"""The proxy for requests to APIs: the middleware chain and the upstream."""
