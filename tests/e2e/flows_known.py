"""What the programs of tests/e2e/flows-*.py know of themselves, as the records name it."""
import contextlib
import ctypes
import json
import os

proc = os.environ["RINGSIDE_TEST_PROC"]
lacking = os.environ["RINGSIDE_TEST_MISSING"]
sees_failures = "connects that fail before a packet is sent" not in lacking
sees_accept = "accept before the connection is first used" not in lacking
sees_peers = "the peer of UDP received" not in lacking
sees_udp_close = "the end of UDP at once" not in lacking


def me():
    """The running thread, in the initial pid namespace."""
    pid, _, tid = os.readlink(proc + "/thread-self").split("/")
    netns = int(os.readlink("/proc/thread-self/ns/net").strip("net:[]"))
    return {"pid": int(pid), "tid": int(tid), "uid": os.getuid(), "gid": os.getgid(), "netns": netns}


def ends(sock):
    """getsockname() and getpeername(), with v4-mapped addresses as IPv4."""
    local, remote = sock.getsockname(), sock.getpeername()
    plain = [a[0][7:] if a[0].startswith("::ffff:") else a[0] for a in (local, remote)]
    return {"local_ip": plain[0], "local_port": local[1], "remote_ip": plain[1], "remote_port": remote[1]}


def setns(file):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(file.fileno(), 0x40000000):  # CLONE_NEWNET
        raise OSError(ctypes.get_errno(), "setns")


@contextlib.contextmanager
def in_peer():
    """Sockets made here are of the other network namespace."""
    with open("/proc/self/ns/net", "rb") as here, open("/run/netns/peer", "rb") as there:
        setns(there)
        try:
            yield
        finally:
            setns(here)


class Expected:
    def __init__(self, path):
        self.file = open(path, "a", encoding="utf-8")

    def add(self, event, *parts, **more):
        line = {"event": event}
        for part in parts:
            line.update(part)
        line.update(more)
        self.file.write(json.dumps(line) + "\n")
        self.file.flush()
