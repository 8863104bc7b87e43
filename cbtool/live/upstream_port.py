"""A loopback port that can be opened and closed again and again, like a service that dies and returns."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import struct
import sys
from typing import TYPE_CHECKING

from cbtool.errors import ConfigurationError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable

BACKLOG = 1024
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # linger for 0 s: close() sends RST and forgets the rest


def loopback(host: str) -> str:
    """Return the address that `host` stands for, if it is on loopback.

    Raises:
        ConfigurationError: it is not.
    """
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host.strip("[]"))
    except ValueError:
        address = None
    if address is None or not address.is_loopback:
        raise ConfigurationError(
            f"--host {host!r} is not on loopback; faults are served to this machine only (127.0.0.1 or ::1)"
        )
    return str(address)


class Port:
    """One port: listening, or refusing connections.

    Args:
        host: a loopback address.
        number: the port; 0 takes a free one.
        protocol: makes the protocol of each connection.

    Raises:
        UnreachableError: the port is taken.
    """

    def __init__(self, host: str, number: int, protocol: Callable[[], asyncio.BaseProtocol]) -> None:
        self.host = host
        self._protocol = protocol
        self._server: asyncio.AbstractServer | None = None
        # A bound socket that never listens. While the port refuses, it keeps other programs from taking
        # the port, and the kernel from giving it to a connection as its own end.
        self._holder = _bound(host, number)
        self.number: int = self._holder.getsockname()[1]

    async def listen(self) -> None:
        """Accept connections from now on.

        Raises:
            UnreachableError: another program listens here.
        """
        if self._server is not None:
            return
        if not sys.platform.startswith("linux"):
            self._holder.close()  # elsewhere two sockets cannot share a port
        listener = _bound(self.host, self.number)
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(self._protocol, sock=listener, backlog=BACKLOG)
        except OSError as error:
            listener.close()
            raise _taken(self.host, self.number, error) from None

    def refuse(self) -> None:
        """Accept no connections from now on. Open ones stay; closing them is the caller's part."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def close(self) -> None:
        """Give the port back."""
        self.refuse()
        self._holder.close()


def reset(transport: asyncio.Transport | None) -> None:
    """End a connection so that the peer sees ECONNRESET, not an orderly end."""
    if transport is not None and not transport.is_closing():
        connection = transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        transport.abort()


def _bound(host: str, number: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, number))
    except OSError as error:
        bound.close()
        raise _taken(host, number, error) from None
    return bound


def _taken(host: str, number: int, error: OSError) -> UnreachableError:
    reason = error.strerror or str(error)
    return UnreachableError(f"cannot listen on {host} port {number}: {reason}; choose another --port, or 0")
