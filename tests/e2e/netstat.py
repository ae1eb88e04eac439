"""Sockets of all kinds, held until standard input ends: connections COUNT SLOWER | states FILE SLOWER

Says "ready", its pid and executable when nothing moves any more. Both sides of each connection are this process's; the other side
is in the network namespace "peer". FILE is of what the lines must say, as flows_expect.py has it.
"""
import ipaddress
import json
import os
import resource
import socket
import struct
import subprocess
import sys
import time

from flows_known import in_peer, me

MAPPED = "::ffff:"
SLOWER = int(sys.argv[-1])


def tcp_info(sock):
    """retransmits and unacknowledged segments, struct tcp_info."""
    info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
    words = struct.unpack("24I", info[8:104])
    return {"unacked": words[4], "retransmits": words[23]}


def wait_until(what, condition):
    end = time.monotonic() + 20 * SLOWER
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"waited for {what}")
        time.sleep(0.02)


def listen(address, port=0, backlog=128, dual=False):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if dual else 1)
    sock.bind((address, port))
    sock.listen(backlog)
    return sock


def client(address, port, blocking=True):
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    sock.setblocking(blocking)
    try:
        sock.connect((address, port))
    except BlockingIOError:
        pass
    return sock


def neighbour(address, mac):
    subprocess.run(["ip", "neigh", "replace", address, "dev", "rs0", "lladdr", mac], check=True)


NOWHERE = "02:00:00:00:00:99"


def link_address(dev):
    shown = subprocess.run(["ip", "-j", "-n", "peer", "link", "show", dev], check=True, capture_output=True)
    return json.loads(shown.stdout)[0]["address"]


def ready():
    print("ready", me()["pid"], os.readlink("/proc/self/exe"), flush=True)
    sys.stdin.read()


# ------------------------------------------------------------------ many

def connections(count):
    """A third each of IPv4, IPv6, and IPv4 by sockets of IPv6; all of other sizes, some left unread."""
    with in_peer():
        servers = {a: listen(a) for a in ("10.9.0.2", "fd09::2")}
    ways = ("10.9.0.2", "fd09::2", MAPPED + "10.9.0.2")
    pairs = []
    resource.setrlimit(resource.RLIMIT_NOFILE, (2 * count + 100,) * 2)
    for i in range(count):
        to = ways[i % 3]
        server = servers[to.removeprefix(MAPPED)]
        near = client(to, server.getsockname()[1])
        far, _ = server.accept()
        near.sendall(b"n" * (i * 13 % 4000 + 1))
        far.sendall(b"f" * (i * 7 % 3000 + 1))
        if i % 5:
            near.recv(4096)
            far.recv(8192)
        pairs.append((near, far))
    # what is sent into the dark is sent again
    lost = [near for near, _ in pairs[::3]][:50]
    neighbour("10.9.0.2", NOWHERE)
    for sock in lost:
        sock.sendall(b"again")
    wait_until("retransmissions", lambda: all(tcp_info(s)["retransmits"] for s in lost))
    neighbour("10.9.0.2", link_address("peer0"))
    wait_until("acknowledgements", lambda: not any(tcp_info(s)["unacked"] for pair in pairs for s in pair))
    ready()


# ------------------------------------------------------------------ of each kind

def states(expected):
    own = {k: v for k, v in me().items() if k in ("pid", "uid", "gid", "netns")}
    lines = []

    def says(sock, state, *more, port=None, **keys):
        line = {"event": "socket", "protocol": 6, "state": state, "local_port": port or sock.getsockname()[1]}
        for part in more:
            line.update(part)
        line.update(keys)
        lines.append(line)

    none = dict.fromkeys(("remote_ip", "remote_port", "tx_bytes", "rtt_us", "duration_us"))
    part = dict.fromkeys(("inode", "tx_queue", "rx_queue", "tx_bytes", "retransmits", "rtt_us", "duration_us", "pid",
                          "comm", "uid"))
    held = []
    # listeners
    for address, version, dual in (("10.9.0.1", 4, False), ("0.0.0.0", 4, False), ("::", 6, False), ("::", 6, True),
                                   ("fd09::1", 6, False), (MAPPED + "127.0.0.1", 4, True)):
        sock = listen(address, backlog=77, dual=dual)
        held.append(sock)
        says(sock, "LISTEN", own, none, ip_version=version, local_ip=address.removeprefix(MAPPED), tx_queue=77, rx_queue=0,
             direction=None, socket_uid=0)
    # every way to leave zeros out (RFC 5952)
    for address in ("2001:db8:1:2:3:4:5:6", "2001:db8:0:1:0:1:0:1", "2001:db8::1:0:0:1", "2001:0:0:1::1", "1::", "::2:0:0:1",
                    "2001:db8:a:b:c:d::", "0:1:2:3:4:5:6:7", "2001:db8::f:0", "1:2:3:4:5:6:7:0"):
        subprocess.run(["ip", "addr", "add", address + "/128", "dev", "lo", "nodad"], check=True)
        sock = listen(address)
        held.append(sock)
        says(sock, "LISTEN", ip_version=6, local_ip=str(ipaddress.ip_address(address)))
    # a backlog that is not taken
    full = listen("127.0.0.2", backlog=77)
    held += [full] + [client(*full.getsockname()) for _ in range(3)]
    says(full, "LISTEN", own, rx_queue=3, tx_queue=77)

    with in_peer():
        server = listen("10.9.0.2")
    port = server.getsockname()[1]

    def pair():
        near = client("10.9.0.2", port)
        far, _ = server.accept()
        held.extend((near, far))
        return near, far

    near, far = pair()
    near.sendall(b"x" * 100)
    far.sendall(b"y" * 50)
    near.recv(20)
    wait_until("bytes", lambda: not tcp_info(near)["unacked"] and not tcp_info(far)["unacked"])
    says(near, "ESTABLISHED", own, remote_ip="10.9.0.2", remote_port=port, local_ip="10.9.0.1", ip_version=4,
         direction="out", if_name="rs0", tx_bytes=100, rx_bytes=50, tx_acked=101, tx_queue=0, rx_queue=30, unacked=0,
         retransmits=0, lost=0, rtt_us={"min": 1}, duration_us={"min": 1}, comm="python3")
    near, far = pair()
    far.close()
    wait_until("the end", lambda: near.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1) == b"\x08")
    says(near, "CLOSE-WAIT", own, direction="out")
    near, far = pair()
    says(near, "FIN-WAIT-2", own, direction="out")
    near.shutdown(socket.SHUT_WR)
    wait_until("an answer", lambda: near.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1) == b"\x05")
    near, far = pair()
    says(near, "TIME-WAIT", part, remote_ip="10.9.0.2", remote_port=port, ip_version=4, socket_uid=None)
    near.close()
    wait_until("the end", lambda: far.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1) == b"\x08")
    far.close()

    # from here on nothing is answered
    neighbour("10.9.0.2", NOWHERE)
    asked = client("10.9.0.2", port, blocking=False)
    says(asked, "SYN-SENT", own, remote_ip="10.9.0.2", remote_port=port, direction="out", rtt_us=None, duration_us=None)
    half = listen("10.9.0.1")
    held += [asked, half]
    with in_peer():
        held.append(client("10.9.0.1", half.getsockname()[1], blocking=False))
    says(half, "SYN-RECV", part, local_ip="10.9.0.1", remote_ip="10.9.0.2", socket_uid=0)

    # UDP
    def udp(family, address, port=0):
        sock = socket.socket(family, socket.SOCK_DGRAM)
        sock.bind((address, port))
        held.append(sock)
        return sock

    for family, address, version in ((socket.AF_INET, "127.0.0.1", 4), (socket.AF_INET6, "::", 6),
                                     (socket.AF_INET6, MAPPED + "127.0.0.1", 4)):
        sock = udp(family, address)
        says(sock, "UNCONNECTED", none, protocol=17, ip_version=version, local_ip=address.removeprefix(MAPPED), tx_queue=0,
             rx_queue=0, socket_uid=0, pid=None)
    taker = udp(socket.AF_INET, "127.0.0.1")
    for family, to in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, MAPPED + "127.0.0.1")):
        sock = socket.socket(family, socket.SOCK_DGRAM)
        sock.connect((to, taker.getsockname()[1]))
        held.append(sock)
        for _ in range(3):
            sock.send(b"datagram")
        says(sock, "ESTABLISHED", own, protocol=17, ip_version=4, local_ip="127.0.0.1", remote_ip="127.0.0.1",
             remote_port=taker.getsockname()[1], if_name="lo", tx_bytes=24, rx_bytes=0, tx_packets=3, rx_packets=0,
             comm="python3", rtt_us=None)
    says(taker, "UNCONNECTED", none, protocol=17, rx_queue={"min": 48})
    with open(expected, "w", encoding="utf-8") as file:
        for line in lines:
            file.write(json.dumps(line) + "\n")
    ready()


if sys.argv[1] == "connections":
    connections(int(sys.argv[2]))
else:
    states(sys.argv[2])
