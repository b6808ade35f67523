"""Publish policies to a Tyk gateway."""

import json
import time
import urllib.error
import urllib.request


class Publisher:
    """A client of one gateway that repeats requests which were lost, or refused with a 5xx status."""

    def __init__(self, url, secret, attempts=3, pause=0.05):
        self.url = url
        self.secret = secret
        self.attempts = attempts
        self.pause = pause  # seconds before the second attempt, doubled for each further one

    def publish(self, policy):
        """Write a policy; the gateway uses it after its next reload."""
        return self._send("POST", "/tyk/policies", policy)

    def reload(self):
        """Load all written policies, and wait until they are loaded."""
        return self._send("GET", "/tyk/reload?block=true")

    def _send(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"X-Tyk-Authorization": self.secret, "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        for attempt in range(self.attempts):
            if attempt:
                time.sleep(self.pause * 2 ** (attempt - 1))
            try:
                with urllib.request.urlopen(request, timeout=10) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                if error.code < 500:
                    raise
                failure = error
            except OSError as error:  # the connection failed, or was closed without an answer
                failure = error
        raise failure
