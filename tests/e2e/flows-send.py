"""Sends COUNT times BYTES to ADDRESS, each over a connection of its own to a server in the namespace "peer"."""
import os
import socket
import sys
import threading

from flows_known import in_peer

count, size, address = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
with in_peer():
    server = socket.create_server((address, 0))


def serve():
    for _ in range(count):
        sock, _ = server.accept()
        while sock.recv(65536):
            pass
        sock.close()


thread = threading.Thread(target=serve)
thread.start()
for _ in range(count):
    client = socket.create_connection((address, server.getsockname()[1]))
    client.sendall(b"x" * size)
    client.shutdown(socket.SHUT_WR)
    client.recv(1)  # all of it was received
    client.close()
thread.join()
