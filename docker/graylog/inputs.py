"""Makes the GELF inputs of Graylog that are missing, and ends: nobody has to click them together.

By UDP and by TCP on port 12201, by HTTP on 12202, each for all nodes. An input of the same kind on the same port is
left as it is, whoever made it, so this may run at every start. It needs nothing but Python.
"""

import base64
import json
import os
import sys
import time
import urllib.request
from collections.abc import Callable, Iterable
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError

#: Kind and port, as Graylog's API names the kinds, and what a kind needs beside them.
INPUTS: list[tuple[str, str, int, dict[str, Any]]] = [
    ("GELF UDP", "org.graylog2.inputs.gelf.udp.GELFUDPInput", 12201, {}),
    (
        "GELF TCP",
        "org.graylog2.inputs.gelf.tcp.GELFTCPInput",
        12201,
        {"use_null_delimiter": True, "max_message_size": 2_097_152, "tcp_keepalive": True, "tls_enable": False},
    ),
    (
        "GELF HTTP",
        "org.graylog2.inputs.gelf.http.GELFHttpInput",
        12202,
        {"max_chunk_size": 65_536, "idle_writer_timeout": 60, "enable_cors": False, "tls_enable": False},
    ),
]

_SAME_FOR_ALL = {
    "bind_address": "0.0.0.0",
    "recv_buffer_size": 1_048_576,
    "number_worker_threads": 2,
    "decompress_size_limit": 8_388_608,
    "override_source": None,
}

#: The first start makes the indices, which takes minutes on a slow disk.
PATIENCE_SECONDS = 600
_LOOK_SECONDS = 3.0
_TIMEOUT_SECONDS = 20

#: Graylog is a neighbour; a proxy that Docker gives to every container does not know it.
_past_proxies = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Hopeless(Exception):
    """Waiting longer cannot help; the text says why."""


class Graylog:
    """Its API, as the user admin."""

    def __init__(self, address: str, password: str) -> None:
        self._address = address.rstrip("/")
        self._login = base64.b64encode(f"admin:{password}".encode()).decode()

    def is_ready(self) -> bool:
        """Whether it has begun to work; not whether it is well."""
        try:
            with self._open("/api/system/lbstatus") as answer:
                return bool(answer.read().strip() == b"ALIVE")
        except (OSError, HTTPException):
            return False

    def inputs(self) -> set[tuple[str, str]]:
        """Kind and port of each there is. Raises Hopeless where the password is not the one it knows."""
        found = self._ask("/api/system/inputs")["inputs"]
        # Somebody's own may be of a kind that has no port, or no attributes at all.
        return {(one["type"], str((one["attributes"] or {}).get("port"))) for one in found}

    def make(self, title: str, kind: str, port: int, more: dict[str, Any]) -> None:
        """For all nodes. Raises Hopeless where Graylog will not have it."""
        configuration = {**_SAME_FOR_ALL, "port": port, **more}
        told = {"title": f"cody2zoho {title}", "type": kind, "global": True, "configuration": configuration}
        self._ask("/api/system/inputs", json.dumps(told).encode())

    def _ask(self, path: str, told: bytes | None = None) -> Any:
        try:
            with self._open(path, told) as answer:
                return json.loads(answer.read())
        except HTTPError as error:
            if error.code in (401, 403):
                raise Hopeless("GRAYLOG_PASSWORD is not the password of Graylog's user admin") from None
            if 400 <= error.code < 500:
                raise Hopeless(
                    f"Graylog refuses {path} with {error.code}; is it another release than docs/graylog.md names"
                ) from None
            raise

    def _open(self, path: str, told: bytes | None = None) -> Any:
        request = urllib.request.Request(f"{self._address}{path}", told)
        request.add_header("Accept", "application/json, text/plain")
        if told is not None:
            request.add_header("Content-Type", "application/json")
            # Graylog takes no change without it.
            request.add_header("X-Requested-By", "cody2zoho")
        if path != "/api/system/lbstatus":
            request.add_header("Authorization", f"Basic {self._login}")
        return _past_proxies.open(request, timeout=_TIMEOUT_SECONDS)


def complete(graylog: Graylog) -> Iterable[str]:
    """Make what is missing, and say each thing that was done."""
    there = graylog.inputs()
    for title, kind, port, more in INPUTS:
        if (kind, str(port)) in there:
            yield f"{title} on {port} is there."
        else:
            graylog.make(title, kind, port, more)
            yield f"{title} on {port} is made."


def run(
    graylog: Graylog,
    say: Callable[[str], None],
    patience_seconds: float = PATIENCE_SECONDS,
    look_seconds: float = _LOOK_SECONDS,
) -> int:
    """Until all inputs are there, as long as there is hope; the exit code."""
    ends_at = time.monotonic() + patience_seconds
    last = "it does not answer"
    while time.monotonic() < ends_at:
        try:
            if graylog.is_ready():
                for done in complete(graylog):
                    say(done)
                return 0
        except Hopeless as error:
            say(f"{error}.")
            return 2
        except (OSError, HTTPException, ValueError, LookupError, TypeError, AttributeError) as error:
            last = type(error).__name__
        time.sleep(look_seconds)
    say(f"Graylog was not ready in {patience_seconds:.0f} seconds ({last}): docker compose logs graylog opensearch")
    return 1


def main() -> int:
    password = os.environ.get("GRAYLOG_PASSWORD", "")
    if not password:
        print("GRAYLOG_PASSWORD is not set; write it into .env.", file=sys.stderr, flush=True)  # noqa: T201
        return 2
    graylog = Graylog(os.environ.get("GRAYLOG_ADDRESS", "http://graylog:9000"), password)
    return run(graylog, lambda text: print(text, flush=True))  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
