"""A TCP relay in front of an API server: the place where a member's network fails.

`python -m multicasskop.world.relay LISTEN_PORT TARGET_PORT`. It understands nothing of what it carries. A stopped
relay (SIGSTOP) is a black hole: the kernel still accepts connections and takes bytes, nothing ever answers. One that
is killed refuses connections, and what it had swallowed is lost.
"""

import contextlib
import socket
import sys
import threading

CHUNK = 1 << 16


def serve(listen: int, target: int) -> None:
    """Relay every connection to the port `listen` to the port `target`, both on loopback, until killed."""
    with socket.create_server(("127.0.0.1", listen), backlog=512) as server:
        while True:
            client, _ = server.accept()
            threading.Thread(target=join, args=(client, target), name="relay", daemon=True).start()


def join(client: socket.socket, target: int) -> None:
    """Carry bytes both ways; a target that refuses closes the client's connection."""
    try:
        upstream = socket.create_connection(("127.0.0.1", target))
    except OSError:
        client.close()
        return
    for end in (client, upstream):
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    threading.Thread(target=carry, args=(client, upstream), name="relay", daemon=True).start()
    carry(upstream, client)


def carry(source: socket.socket, sink: socket.socket) -> None:
    """Copy until the source ends, then end both: HTTP over TLS has no use for half a connection."""
    with contextlib.suppress(OSError):
        while chunk := source.recv(CHUNK):
            sink.sendall(chunk)
    for end in (source, sink):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]))
