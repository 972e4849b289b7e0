"""Free ports on this machine."""

import random
import socket

LOOPBACK = "127.0.0.1"

#: Below the ports that Linux and macOS give to outgoing connections, so that none of those takes it meanwhile.
_RANGE = range(20_000, 32_000)


def free_port() -> int:
    """A port nobody listens on now; at random, so that two who ask at once do not get the same one."""
    return next(port for port in random.sample(_RANGE, len(_RANGE)) if is_free(port))


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Whether a server could listen there."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as attempt:
        # As servers do: a connection of a server that ended a minute ago is no obstacle.
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((host, port))
        except OSError:
            return False
    return True
