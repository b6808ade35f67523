"""HTTP/1 as Go's net/http speaks it, server and client."""
