"""Remote calls between a gateway and its control plane, as Go's library `gorpc` makes them, over TCP.

A server is given its functions, a client calls them by name::

    listener = socket.create_server(("127.0.0.1", 0))
    with RpcServer(listener, {"GetKey": lambda caller, name: f"the key {name}"}) as server:
        with RpcClient(server.address) as client:
            client.call("GetKey", "abc", timeout=5)  # "the key abc"

An argument or an answer is None, a bool, a text, a list of texts, or `Named(name, value)` where Go has
several types or a struct: `Named("int64", 5)`, `Named("*apidef.GroupLoginRequest", {"UserKey": "k"})`.
The side that sends structs is given their types: `types={"*apidef.GroupLoginRequest": Struct(…)}`.
What was received has no `Named` around it, and structs, as dicts, lack the members that are zero.

Modules: `server`, with `connection` and `memory`; `client`; `errors`; `gob_types`, `gob_writer` and
`gob_reader` for the encoding; `records` and `stream` for what is around it.
"""
