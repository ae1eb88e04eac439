"""Connects that fail, each in its way; what the records must say goes to FILE."""
import contextlib
import socket
import sys
import time

from flows_known import Expected, me, sees_failures

out = Expected(sys.argv[1])
own = me()
BY = ["context", "socket"]


def failed(address, port, error, most_seconds, least_seconds=0.0, **more):
    out.add("connect_failed", own, remote_ip=address.removeprefix("::ffff:"), remote_port=port, error=error, protocol=6, attribution=BY,
            latency_us={"min": least_seconds * 1e6, "max": most_seconds * 1e6}, direction="out", **more)
    out.add("connect", remote_port=port, _count=0)
    out.add("close", remote_port=port, _count=0)


def attempt(family, address, port, error, **more):
    sock = socket.socket(family, socket.SOCK_STREAM)
    began = time.monotonic()
    try:
        sock.connect((address, port))
        raise SystemExit(f"{address}:{port} answers")
    except OSError as e:
        if e.errno is None or errno_name(e.errno) != error:
            raise
    failed(address, port, error, time.monotonic() - began, **more)
    sock.close()


def errno_name(number):
    import errno
    return errno.errorcode[number]


# nobody listens
attempt(socket.AF_INET, "10.9.0.2", 81, "ECONNREFUSED", if_name="rs0", ip_version=4, local_ip="10.9.0.1")
attempt(socket.AF_INET6, "fd09::2", 82, "ECONNREFUSED", if_name="rs0", ip_version=6, local_ip="fd09::1")
attempt(socket.AF_INET6, "::ffff:10.9.0.2", 83, "ECONNREFUSED", if_name="rs0", ip_version=4, local_ip="10.9.0.1")
attempt(socket.AF_INET, "127.0.0.1", 84, "ECONNREFUSED", if_name="lo", ip_version=4)

# no packet is sent
if sees_failures:
    attempt(socket.AF_INET, "192.0.2.1", 85, "ENETUNREACH", if_name=None, ip_version=4)
    attempt(socket.AF_INET6, "2001:db8::1", 86, "ENETUNREACH", if_name=None, ip_version=6)
    attempt(socket.AF_INET6, "::ffff:192.0.2.1", 87, "ENETUNREACH", if_name=None, ip_version=4)

# nobody answers: the neighbour is there, and takes it for somebody else's (see flows-failed.sh)
sock = socket.socket()
sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 1500)
began = time.monotonic()
with contextlib.suppress(TimeoutError):
    sock.connect(("10.9.0.77", 88))
    raise SystemExit("10.9.0.77 answers")
failed("10.9.0.77", 88, "ETIMEDOUT", time.monotonic() - began, 1.0, if_name="rs0")
out.add("retransmit", own, remote_ip="10.9.0.77", remote_port=88, attribution=BY, _count={"min": 1})
sock.close()

# its process does not wait any longer
sock = socket.socket()
sock.setblocking(False)
began = time.monotonic()
with contextlib.suppress(BlockingIOError):
    sock.connect(("10.9.0.77", 89))
time.sleep(0.05)
sock.close()
failed("10.9.0.77", 89, "closed", time.monotonic() - began, 0.05, if_name="rs0")

# the second attempt of the same socket succeeds
server = socket.create_server(("127.0.0.1", 0))
sock = socket.socket()
with contextlib.suppress(ConnectionRefusedError):
    sock.connect(("127.0.0.1", 90))
failed("127.0.0.1", 90, "ECONNREFUSED", 5)
sock.connect(server.getsockname())
out.add("connect", own, local_port=sock.getsockname()[1], remote_port=server.getsockname()[1])
