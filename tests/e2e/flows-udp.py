"""UDP in several ways; what the records must say at last goes to FILE."""
import os
import socket
import sys
import time

from flows_known import Expected, ends, in_peer, me, sees_peers

out = Expected(sys.argv[1])
UDP_SEGMENT = 103
here = me()
BY = ["context", "socket"]


def server(address, port, family=socket.AF_INET):
    with in_peer():
        there = dict(me())
        sock = socket.socket(family, socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        sock.bind((address, port))
    return sock, there


def client(address, port, family=socket.AF_INET):
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.connect((address, port))
    return sock


def turned(e):
    swapped = {"local": "remote", "remote": "local"}
    return {swapped[k.split("_")[0]] + "_" + k.split("_")[1]: v for k, v in e.items()}


def expect_sent(e, packets, count, **more):
    out.add("udp_send", here, e, packets=packets, bytes=count, end=True, if_name="rs0", protocol=17, attribution=BY, **more)


def expect_received(there, e, packets, count, connected, **more):
    """The peer of sockets that are not connected is known with kprobes."""
    e = turned(e)
    if not sees_peers and not connected:
        e.update(remote_ip=None, remote_port=None)
        e.pop("local_ip")
    out.add("udp_recv", there, e, packets=packets, bytes=count, end=True, protocol=17, attribution=BY, **more)


def drain(sock, packets, flags=0):
    return sum(len(sock.recv(65536, flags)) for _ in range(packets))


def going_on():
    """For more than two seconds: the first at once, totals once a second, all at the end."""
    receiver, there = server("10.9.0.2", 7001)
    sock = client("10.9.0.2", 7001)
    e, packets, count, end = ends(sock), 0, 0, time.monotonic() + 2.6
    print("first", time.time_ns() // 1000, flush=True)
    while time.monotonic() < end:
        sock.send(b"x" * (packets % 700))
        count += packets % 700
        packets += 1
        drain(receiver, 1)
        time.sleep(0.01)
    sock.close()
    receiver.close()
    expect_sent(e, packets, count)
    expect_received(there, e, packets, count, False, if_name=["peer0", None])


def both_connected():
    receiver, there = server("fd09::2", 7002, socket.AF_INET6)
    sock = client("fd09::2", 7002, socket.AF_INET6)
    e = ends(sock)
    receiver.connect(sock.getsockname())
    for size in (1, 0, 1000, 5000):  # nothing, and more than a packet takes
        sock.send(b"x" * size)
    drain(receiver, 1, socket.MSG_PEEK)  # does not take it
    drain(receiver, 4)
    sock.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, 500)
    sock.send(b"x" * 1400)  # three datagrams by one call
    drain(receiver, 3)
    sock.close()
    receiver.close()
    expect_sent(e, 7, 7401, ip_version=6)
    expect_received(there, e, 7, 7401, True, ip_version=6)


def unconnected():
    """Bound to no address; many peers; an IPv6 socket that talks to IPv4."""
    receivers = [server("10.9.0.2", port) for port in (7003, 7004, 7005)]
    sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    for number, (receiver, there) in enumerate(receivers, 1):
        port = receiver.getsockname()[1]
        for _ in range(number):
            sock.sendto(b"12345", ("::ffff:10.9.0.2", port))
        e = {"local_ip": "10.9.0.1", "local_port": sock.getsockname()[1], "remote_ip": "10.9.0.2", "remote_port": port}
        drain(receiver, number)
        expect_sent(e, number, 5 * number, ip_version=4)
        expect_received(there, e, number, 5 * number, False)
        receiver.close()
    sock.close()


def multicast():
    with in_peer():
        there = dict(me())
        receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        receiver.bind(("", 7006))
        receiver.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                            socket.inet_aton("239.1.2.3") + socket.inet_aton("10.9.0.2"))
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.9.0.1"))
    for _ in range(3):
        sock.sendto(b"to all", ("239.1.2.3", 7006))
    drain(receiver, 3)
    e = {"local_ip": "10.9.0.1", "local_port": sock.getsockname()[1], "remote_ip": "239.1.2.3", "remote_port": 7006}
    expect_sent(e, 3, 18)
    sock.close()
    receiver.close()
    if sees_peers:  # to where it came
        out.add("udp_recv", there, local_ip="239.1.2.3", local_port=7006, remote_ip="10.9.0.1",
                remote_port=e["local_port"], packets=3, bytes=18, end=True)


def shared():
    """Two processes send from one socket: one sum, and whoever sent last."""
    receiver, _ = server("10.9.0.2", 7007)
    sock = client("10.9.0.2", 7007)
    e = ends(sock)
    sock.send(b"parent")
    out.add("udp_send", here, e, packets=1, bytes=6, end=None)
    time.sleep(1.1)
    pid = os.fork()
    if not pid:
        # more than a second later: told at once
        out.add("udp_send", dict(me()), e, packets=2, bytes=11, end=None)
        sock.send(b"child")
        os._exit(0)
    os.waitpid(pid, 0)
    sock.send(b"parent again")
    drain(receiver, 3)
    sock.close()
    out.add("udp_send", here, e, packets=3, bytes=23, end=True)
    receiver.close()


for case in (going_on, both_connected, unconnected, multicast, shared):
    case()
