"""Zoho's own addresses, played on this machine: a proxy that opens TLS for every host, and one simulator behind it."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import trustme


@contextmanager
def played(port: int, folder: Path) -> Iterator[dict[str, str]]:
    """All hosts are at this port of 127.0.0.1; yields the environment of a process that shall believe it."""
    authority, ca_file = trustme.CA(), folder / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_serve, args=(server, authority, port), daemon=True).start()
        proxy = f"http://127.0.0.1:{server.getsockname()[1]}"
        names = {"https_proxy": proxy, "HTTPS_PROXY": proxy, "no_proxy": "localhost,127.0.0.1"}
        yield names | {"REQUESTS_CA_BUNDLE": str(ca_file), "SSL_CERT_FILE": str(ca_file)}
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)


def _serve(server: socket.socket, authority: trustme.CA, port: int) -> None:
    with suppress(OSError):
        while True:
            client, _ = server.accept()
            threading.Thread(target=_tunnel, args=(client, authority, port), daemon=True).start()


def _tunnel(client: socket.socket, authority: trustme.CA, port: int) -> None:
    with ExitStack() as ends, suppress(OSError):
        ends.enter_context(client)
        host = client.recv(65_536).split()[1].decode().partition(":")[0]
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(host).configure_cert(context)
        inside = ends.enter_context(context.wrap_socket(client, server_side=True))
        behind = ends.enter_context(socket.create_connection(("127.0.0.1", port)))
        threading.Thread(target=_carry, args=(behind, inside), daemon=True).start()
        _carry(inside, behind)


def _carry(giver: socket.socket, taker: socket.socket) -> None:
    with suppress(OSError):
        while read := giver.recv(65_536):
            taker.sendall(read)
        taker.shutdown(socket.SHUT_WR)
