"""The relay in front of an API server, and how a network fails there."""

import contextlib
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from multicasskop.world import processes
from multicasskop.world.ports import free_ports, is_served
from multicasskop.world.processes import Process

TIMEOUT = 10.0


@pytest.fixture
def echo() -> Iterator[int]:
    """The port of a server that sends back what it gets."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threads = [threading.Thread(target=serve_echo, args=(server,))]
        threads[0].start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        threads[0].join()


def serve_echo(server: socket.socket) -> None:
    """Serve one connection after the other."""
    with contextlib.suppress(OSError):
        while True:
            client, _ = server.accept()
            with client, contextlib.suppress(OSError):
                while data := client.recv(1 << 16):
                    client.sendall(data)


@pytest.fixture
def relay(echo: int, tmp_path: Path) -> Iterator[tuple[Process, int]]:
    """A relay process before the server, and its port."""
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "multicasskop.world.relay", str(port), str(echo)]
    process = processes.start("relay", command, tmp_path / "log")
    processes.wait_ready(process, lambda: is_served(port), TIMEOUT)
    yield process, port
    processes.stop(process)


def connect(port: int) -> socket.socket:
    """A connection."""
    return socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT)


def ask(connection: socket.socket, text: bytes) -> bytes:
    """Send, and return as much as was sent."""
    connection.sendall(text)
    found = b""
    while len(found) < len(text):
        found += connection.recv(1 << 16)
    return found


def test_bytes_go_both_ways(relay: tuple[Process, int]) -> None:
    """What is sent arrives and the answer comes back, large pieces too."""
    with connect(relay[1]) as connection:
        for text in (b"hello", b"x" * 500_000):
            assert ask(connection, text) == text


def test_stopped_relay_accepts_and_never_answers(relay: tuple[Process, int]) -> None:
    """A stopped relay is a black hole: connections open, bytes are taken, nothing comes."""
    process, port = relay
    with connect(port) as before:
        ask(before, b"hello")
        processes.pause(process)
        with connect(port) as during:
            for connection in (before, during):
                connection.sendall(b"anybody?")
                connection.settimeout(0.1)
                with pytest.raises(TimeoutError):
                    connection.recv(1)


def test_killed_relay_refuses(relay: tuple[Process, int]) -> None:
    """A killed relay refuses connections."""
    process, port = relay
    processes.stop(process)
    with pytest.raises(ConnectionRefusedError):
        connect(port)


def test_target_that_refuses_ends_the_connection(tmp_path: Path) -> None:
    """With nobody behind the relay a connection ends at once, without an answer."""
    port, nobody = free_ports(2)
    command = [sys.executable, "-m", "multicasskop.world.relay", str(port), str(nobody)]
    process = processes.start("relay", command, tmp_path / "log")
    try:
        processes.wait_ready(process, lambda: is_served(port), TIMEOUT)
        with connect(port) as connection:
            assert connection.recv(1) == b""
    finally:
        processes.stop(process)
