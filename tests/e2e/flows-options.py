"""Some of each: TCP and UDP, IPv4 and IPv6, loopback, a refusal, two processes and two users. Its pid goes to stdout."""
import contextlib
import os
import socket

from flows_known import in_peer, me


def visit(address, port, namespace):
    with namespace:
        server = socket.create_server((address, port), family=socket.AF_INET6 if ":" in address else socket.AF_INET)
    client = socket.create_connection((address, port))
    other, _ = server.accept()
    client.sendall(b"x")
    other.recv(1)
    other.sendall(b"y")
    client.recv(1)
    client.close()
    other.close()


def ask():
    with in_peer():
        receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        receiver.bind(("10.9.0.2", 7053))
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.connect(("10.9.0.2", 7053))
    receiver.connect(sock.getsockname())
    sock.send(b"question")
    receiver.recv(16)
    receiver.send(b"answer")
    sock.recv(16)


visit("10.9.0.2", 7080, in_peer())
visit("fd09::2", 7081, in_peer())
visit("127.0.0.1", 7082, contextlib.nullcontext())
ask()
with contextlib.suppress(ConnectionRefusedError):
    socket.create_connection(("127.0.0.1", 1))
print(me()["pid"], flush=True)
if not os.fork():
    with open("/proc/self/comm", "w") as comm:
        comm.write("somebody")
    os.setgid(65534)
    os.setuid(12345)
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.connect(("10.9.0.2", 7054))
    sock.send(b"x")
    os._exit(0)
os.wait()
