"""A connection that lives for some seconds, busy for three and then idle; its port goes to stdout, until a line is read."""
import socket
import sys
import time

from flows_known import in_peer

with in_peer():
    server = socket.create_server(("10.9.0.2", 0))
client = socket.create_connection(server.getsockname())
peer, _ = server.accept()
end = time.monotonic() + 3.3
while time.monotonic() < end:
    client.sendall(b"x" * 1000)
    peer.recv(1000)
    peer.sendall(b"y" * 100)
    client.recv(100)
    time.sleep(0.05)
print(client.getsockname()[1], flush=True)
sys.stdin.readline()
client.close()
peer.recv(1)
peer.close()
