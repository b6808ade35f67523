"""A chain of real certificates, and a front that speaks TLS before a plain server."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)


class Signed(NamedTuple):
    """A certificate and its private key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        return self.key_pem_with(serialization.NoEncryption())

    def key_pem_with(self, encryption: serialization.KeySerializationEncryption) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
        )


def signed(
    name: str, by: Signed | None = None, *, is_ca: bool = False, host: str = "", days: int = 2
) -> Signed:
    """A certificate that another one has signed, or itself; with less than 0 days it has expired."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer, issuer_key = (by.certificate, by.key) if by else (None, key)
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 10 * DAY)
        .not_valid_after(now + days * DAY)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
        )
    )
    if is_ca:
        usage = x509.KeyUsage(
            digital_signature=False, content_commitment=False, key_encipherment=False, key_agreement=False,
            data_encipherment=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
        )  # fmt: skip
        builder = builder.add_extension(usage, critical=True)
    if host:
        is_address = host.replace(".", "").isdigit()
        names = x509.IPAddress(ip_address(host)) if is_address else x509.DNSName(host)
        builder = builder.add_extension(x509.SubjectAlternativeName([names]), critical=False)
    return Signed(builder.sign(issuer_key, hashes.SHA256()), key)


class Chain:
    """The files of a root, an intermediate CA, a server's certificates and a client's, below a directory.

    Attributes:
        root: the file of the root, which alone a client must know.
        client, client_key: the client's certificate with its intermediate one, and its key.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        root = signed("root", is_ca=True)
        self._intermediate = signed("intermediate", root, is_ca=True)
        self.root = self.write("root.pem", root.pem)
        client = signed("client", self._intermediate)
        self.client = self.write("client.pem", client.pem + self._intermediate.pem)
        self.client_key = self.write("client.key", client.key_pem)
        self.locked_key = self.write(
            "locked.key", client.key_pem_with(serialization.BestAvailableEncryption(b"locked"))
        )
        self.other_key = self.write("other.key", signed("other").key_pem)

    def write(self, name: str, data: bytes) -> str:
        path = self._folder / name
        path.write_bytes(data)
        return str(path)

    def server(
        self,
        host: str = "127.0.0.1",
        *,
        days: int = 2,
        with_intermediate: bool = True,
        asks: bool = False,
    ) -> ssl.SSLContext:
        """The context of a server for a host name or address; `asks` makes it demand a client certificate."""
        leaf = signed("leaf", self._intermediate, host=host, days=days)
        rest = self._intermediate.pem if with_intermediate else b""
        path = self.write("leaf.pem", leaf.pem + rest + leaf.key_pem)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        if asks:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.root)
        return context


@contextmanager
def front(url: str, context: ssl.SSLContext) -> Iterator[str]:
    """The https URL of a front that passes all bytes on to the plain server at a URL."""
    place = urlsplit(url)
    assert place.hostname
    assert place.port
    address = (place.hostname, place.port)
    with listening(lambda connection: _serve(connection, context, address)) as port:
        yield f"https://127.0.0.1:{port}"


@contextmanager
def listening(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """A port whose connections a function is given, each in a thread of its own."""
    server = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = server.accept()
                connection.settimeout(20)
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield server.getsockname()[1]
    finally:
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
        server.close()


def _serve(connection: socket.socket, context: ssl.SSLContext, address: tuple[str, int]) -> None:
    with suppress(OSError), connection, context.wrap_socket(connection, server_side=True) as client:
        join(client, address)


def join(
    client: socket.socket,
    address: tuple[str, int],
    change: Callable[[bytes], bytes] = lambda data: data,
) -> None:
    """Pass bytes both ways between a connection and a new one to an address, until one of them ends.

    `change` is made to what the client sends, piece by piece.
    """
    with suppress(OSError), socket.create_connection(address, 20) as upstream:
        back = threading.Thread(target=_pump, args=(upstream, client, bytes), daemon=True)
        back.start()
        _pump(client, upstream, change)
        back.join(5)


def _pump(source: socket.socket, sink: socket.socket, change: Callable[[bytes], bytes]) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            sink.sendall(change(data))
    with suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)
