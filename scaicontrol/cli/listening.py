"""Whether an address can be listened on, asked before anything else is opened."""

import errno
import socket
from contextlib import closing

from scaicontrol.core.errors import Conflict


def require_free(host: str, port: int) -> None:
    """Refuse in one sentence to listen where somebody else does, or where this machine is not."""
    elsewhere = f"{host} is no address of this machine; 127.0.0.1 and 0.0.0.0 are."
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise Conflict(elsewhere) from error
    with closing(socket.socket(family, kind, protocol)) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does: what rests is no hindrance
        try:
            trial.bind(address)
        except PermissionError as error:
            raise Conflict(
                f"Port {port} may not be listened on by this user: choose one above 1023 by --port."
            ) from error
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise Conflict(elsewhere) from error
            raise Conflict(
                f"Port {port} of {host} is taken, perhaps by another ScaiControl: stop that, or choose another port "
                f"by --port, such as {port + 1}."
            ) from error
