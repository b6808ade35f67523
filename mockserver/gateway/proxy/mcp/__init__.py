"""Requests to MCP proxies: messages of JSON-RPC, the rights to their methods and primitives, and lists."""
