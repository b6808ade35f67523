"""From a request to its reply: guard, route, handler, journal."""
