"""Documents that tests write: APIs, clients, tokens, sessions and policies."""
