"""Connections that change hands, fork, end by somebody else: CASE... FILE of what the records must say.

The other side is in the network namespace "peer"; what runs there is this program as well.
"""
import contextlib
import os
import signal
import socket
import struct
import subprocess
import sys
import time

from flows_known import Expected, ends, in_peer, me, sees_accept

out = Expected(sys.argv[1])
BY = ["context", "socket"]


def listen(address="10.9.0.2", port=0):
    with in_peer():
        server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((address, port))
        server.listen(16)
    return server


def connect(server):
    client = socket.create_connection(server.getsockname())
    return client


def child(work):
    """Runs it in a process of its own; returns that one's pid."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        work()
        status = 0
    finally:
        os._exit(status)


def reap(*pids):
    for pid in pids:
        _, status = os.waitpid(pid, 0)
        if status:
            raise SystemExit(f"a child ended with status {status}")


def who(identity):
    return {k: identity[k] for k in ("pid", "tid", "uid", "comm") if k in identity}


def named(name):
    """me(), with a name of its own."""
    with open("/proc/self/comm", "w") as file:
        file.write(name)
    return dict(me(), comm=name)


# ------------------------------------------------------------------ cases

def handed_over():
    """SCM_RIGHTS: one process connects, another one uses and closes."""
    server = listen()
    left, right = socket.socketpair(socket.AF_UNIX)

    def receiver():
        own = named("receiver")
        _, fds, _, _ = socket.recv_fds(right, 16, 1)
        sock = socket.socket(fileno=fds[0])
        sock.sendall(b"from the receiver")
        sock.recv(16)
        out.add("close", ends(sock), who(own), attribution=BY, tx_bytes=17, rx_bytes=5)
        right.recv(1)  # the giver has closed its own: this is the last one
        sock.close()

    def giver():
        own = named("giver")
        sock = connect(server)
        out.add("connect", ends(sock), who(own), attribution=BY)
        socket.send_fds(left, [b"x"], [sock.fileno()])
        sock.close()
        left.send(b"y")

    pids = child(receiver), child(giver)
    peer, _ = server.accept()
    peer.recv(64)
    peer.sendall(b"reply")
    peer.recv(16)
    peer.close()
    reap(*pids)


def prefork():
    """Children wait in accept of one listener that their parent made."""
    server = listen()
    named("parent")

    def serve(number):
        own = named(f"child{number}")
        for _ in range(3):
            sock, _ = server.accept()
            out.add("accept", ends(sock), who(own), attribution=BY)
            out.add("close", ends(sock), who(own), attribution=BY)
            sock.sendall(b"%d" % number)
            sock.recv(16)  # the end
            sock.close()

    pids = [child(lambda n=n: serve(n)) for n in range(4)]
    clients = [connect(server) for _ in range(12)]
    own = me()
    for client in clients:
        client.recv(16)
        out.add("connect", ends(client), who(own))
        out.add("close", ends(client), who(own))
        client.close()
    reap(*pids)


def forked():
    """The parent accepts, a child serves and closes."""
    server = listen()
    client = connect(server)
    own = named("acceptor")
    sock, _ = server.accept()
    if sees_accept:
        out.add("accept", ends(sock), who(own), attribution="context")

    def serve():
        client.close()  # its copy
        mine = named("server")
        if not sees_accept:  # told by the first use
            out.add("accept", ends(sock), who(mine), attribution=BY)
        sock.sendall(b"hello")
        sock.recv(16)
        out.add("close", ends(sock), who(mine), attribution=BY)
        sock.close()

    pid = child(serve)
    sock.close()
    client.recv(16)
    client.close()
    reap(pid)


def reset_by_peer():
    """The process that owns it sleeps when the reset comes; another one of its machine runs."""
    server = listen()

    def owner():
        own = named("owner")
        sock = connect(server)
        out.add("close", ends(sock), who(own), attribution=BY)
        sock.sendall(b"x")
        time.sleep(0.2)
        with contextlib.suppress(ConnectionResetError):
            sock.recv(16)

    pid = child(owner)
    own = named("resetter")
    peer, _ = server.accept()
    peer.recv(1)
    out.add("close", ends(peer), who(own), attribution=BY)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()
    reap(pid)


def timed_out():
    """What is sent goes nowhere, and the kernel's timer ends the connection."""
    server = listen()

    def owner():
        own = named("waiter")
        sock = connect(server)
        sock.sendall(b"x")
        peer, _ = server.accept()
        peer.recv(1)
        subprocess.run(["ip", "neigh", "replace", "10.9.0.2", "dev", "rs0", "lladdr", "02:00:00:00:00:99"], check=True)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 500)
        out.add("close", ends(sock), who(own), attribution=BY, tx_bytes=14, retransmits={"min": 1})
        out.add("retransmit", ends(sock), who(own), attribution=BY, _count={"min": 1})
        sock.sendall(b"into the dark")
        try:
            sock.recv(16)
            raise SystemExit("no timeout")
        except TimeoutError:
            pass

    reap(child(owner))


def killed():
    """kill -9: its connections are closed for it."""
    server = listen()
    told, tell = os.pipe()

    def victim():
        own = named("victim")
        socks = [connect(server) for _ in range(3)]
        for sock in socks:
            sock.sendall(b"x")
            out.add("close", ends(sock), who(own), attribution=BY, tx_bytes=1)
        os.write(tell, b"x")
        signal.pause()

    pid = child(victim)
    os.read(told, 1)
    own = named("survivor")
    peers = [server.accept()[0] for _ in range(3)]
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    for peer in peers:
        out.add("close", ends(peer), who(own), attribution=BY, rx_bytes=1)
        while peer.recv(16):
            pass
        peer.close()


def never_accepted():
    """The listener is closed before anybody accepted: nobody's connection."""
    server = listen()
    client = connect(server)
    # where its first use tells of it, its end does as well
    out.add("accept", remote_port=client.getsockname()[1], attribution="unknown", _count=0 if sees_accept else 1)
    out.add("close", remote_port=client.getsockname()[1], local_port=server.getsockname()[1], attribution="unknown", pid=None, comm=None)
    out.add("close", ends(client), who(me()))
    server.close()
    client.close()


for case in (handed_over, prefork, forked, reset_by_peer, killed, never_accepted, timed_out):
    with open("/proc/self/comm", "w") as comm:
        comm.write("cases")
    case()
