"""Documents that the tests write: APIs, clients, tokens, sessions, policies."""
