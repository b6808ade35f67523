"""HTTP/1 server and client that follow Go's net/http."""
