"""The machinery of the suite: runs tests, sends requests, judges answers."""
