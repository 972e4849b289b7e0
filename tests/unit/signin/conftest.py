"""Somebody who signs in: a folder with an `.env`, and a person's browser that agrees by itself."""

import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cody2zoho import configuration
from cody2zoho.cli import main
from cody2zoho.processes.ports import LOOPBACK
from cody2zoho.simulators.zoho import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET

#: Follows every redirect, as a browser does; what it ends at is written down.
_BROWSER = """
import sys, urllib.request
page = urllib.request.urlopen(sys.argv[1], timeout=20).read().decode()
open({seen!r}, "w").write(page)
"""


@pytest.fixture
def env(server, redis_address) -> Path:
    """As it is before the first sign-in: everything but the token, with comments that are somebody's own."""
    lines = {
        "CODY_API_URL": f"{server.url}/api/v1",
        "CODY_API_KEY": "simulated-cody-key",
        "CODY_BOT_ID": "support",
        "ZOHO_ACCOUNTS_URL": server.url,
        "ZOHO_API_URL": server.url,
        "ZOHO_CLIENT_ID": DEMO_CLIENT_ID,
        "ZOHO_CLIENT_SECRET": DEMO_CLIENT_SECRET,
        "REDIS_URL": redis_address,
    }
    file = Path(".env")
    file.write_text("# mine\n" + "".join(f"{name}={value}\n" for name, value in lines.items()) + "# the end\n")
    return file


@pytest.fixture
def browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What it showed last stands in this file."""
    program, seen = tmp_path / "browser.py", tmp_path / "seen.html"
    program.write_text(_BROWSER.format(seen=str(seen)))
    monkeypatch.setenv("BROWSER", f"{sys.executable} {program} %s")
    return seen


@pytest.fixture
def call(store) -> Callable[..., Result]:
    """Calls a command in the present folder."""

    def call(*words: str, given: str = "", env: Mapping[str, str | None] | None = None) -> Result:
        configuration.settings.cache_clear()
        return CliRunner().invoke(main, words, input=given, env=env)

    return call


@pytest.fixture
def answering(env) -> Iterator[Callable[[int, str], None]]:
    """Puts a server into the place of Zoho's accounts, which answers everything in one way."""
    with ExitStack() as stack:

        def answering(status: int, body: str) -> None:
            address = stack.enter_context(_answering(status, body.encode()))
            env.write_text(env.read_text() + f"ZOHO_ACCOUNTS_URL={address}\n")

        yield answering


@contextmanager
def _answering(status: int, body: bytes) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer((LOOPBACK, 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://{LOOPBACK}:{server.server_port}"
        server.shutdown()
        thread.join()
