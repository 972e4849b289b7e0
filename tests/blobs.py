"""A stand-in for Azure Blob Storage on this machine: what Microsoft's library asks of one container."""

import re
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, unquote, urlsplit

KEY = "c2VjcmV0IG9mIGEgc3RhbmQtaW4="


class BlobServer(ThreadingHTTPServer):
    """Blobs by name, and blocks that are uploaded and not committed."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self.blobs: dict[str, bytes] = {}
        self.blocks: dict[str, dict[str, bytes]] = {}
        #: Answers this status and code to all, where it is set.
        self.fault: tuple[int, str] | None = None
        self.seen: list[str] = []

    @property
    def connection(self) -> str:
        end = f"http://127.0.0.1:{self.server_address[1]}/devaccount"
        return f"DefaultEndpointsProtocol=http;AccountName=devaccount;AccountKey={KEY};BlobEndpoint={end};"


class _Request(BaseHTTPRequestHandler):
    server: BlobServer
    protocol_version = "HTTP/1.1"

    def _do(self) -> None:
        parts = urlsplit(self.path)
        self.query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        _, _, container, *names = unquote(parts.path).split("/")
        self.name, self.body = "/".join(names), self._body()
        self.server.seen.append(f"{self.command} {self.query.get('comp', '')}".strip())
        if not str(self.headers.get("Authorization", "")).startswith("SharedKey devaccount:"):
            self._fail(403, "AuthenticationFailed")
        elif self.server.fault:
            self._fail(*self.server.fault)
        elif container != "backups":
            self._fail(404, "ContainerNotFound")
        elif self.query.get("comp") == "list":
            self._list()
        else:
            {"PUT": self._put, "GET": self._get, "HEAD": self._get, "DELETE": self._delete}[self.command]()

    do_GET = do_PUT = do_HEAD = do_DELETE = _do  # noqa: N815

    def _put(self) -> None:
        blobs, blocks = self.server.blobs, self.server.blocks.setdefault(self.name, {})
        if self.query.get("comp") == "block":
            blocks[self.query["blockid"]] = self.body
        elif self.headers.get("If-None-Match") == "*" and self.name in blobs:
            return self._fail(409, "BlobAlreadyExists")
        elif self.query.get("comp") == "blocklist":
            wanted = re.findall(r"<Latest>(.*?)</Latest>", self.body.decode())
            assert all(b64decode(one) for one in wanted)
            blobs[self.name] = b"".join(blocks[one] for one in wanted)
        else:
            blobs[self.name] = self.body
        return self._answer(201)

    def _get(self) -> None:
        blob = self.server.blobs.get(self.name)
        if blob is None:
            return self._fail(404, "BlobNotFound")
        wanted = self.headers.get("x-ms-range") or self.headers.get("Range")
        if not wanted:
            return self._answer(200, blob)
        first, last = wanted.removeprefix("bytes=").split("-")
        if int(first) >= len(blob):
            return self._fail(416, "InvalidRange")
        part = blob[int(first) : int(last) + 1]
        range_ = f"bytes {first}-{int(first) + len(part) - 1}/{len(blob)}"
        return self._answer(206, part, {"Content-Range": range_})

    def _delete(self) -> None:
        if self.server.blobs.pop(self.name, None) is None:
            return self._fail(404, "BlobNotFound")
        return self._answer(202)

    def _list(self) -> None:
        found = [
            f"<Blob><Name>{name}</Name><Properties><Last-Modified>{formatdate(usegmt=True)}</Last-Modified>"
            f"<Content-Length>{len(blob)}</Content-Length><BlobType>BlockBlob</BlobType></Properties></Blob>"
            for name, blob in sorted(self.server.blobs.items())
            if name.startswith(self.query.get("prefix", ""))
        ]
        xml = f"<EnumerationResults><Blobs>{''.join(found)}</Blobs><NextMarker /></EnumerationResults>"
        self._answer(200, xml.encode(), {"Content-Type": "application/xml"})

    def _fail(self, status: int, code: str) -> None:
        # As Azure's own words do, these hold what nobody is to read.
        xml = f"<Error><Code>{code}</Code><Message>signature sv=2026 sig=SECRET</Message></Error>"
        self._answer(status, xml.encode(), {"x-ms-error-code": code, "Content-Type": "application/xml"})

    def _answer(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        given = {"Content-Length": str(len(body)), "ETag": '"1"', "Last-Modified": formatdate(usegmt=True)}
        for name, value in {**given, "x-ms-blob-type": "BlockBlob", **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@contextmanager
def blob_server() -> Iterator[BlobServer]:
    with BlobServer() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
