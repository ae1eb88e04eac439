"""Answers three questions with one address, and says what it received and sent: FILE"""
import socket
import sys

from flows_known import Expected, me, sees_peers, sees_udp_close

expected = Expected(sys.argv[1])
server = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
server.bind(("::", 53))
print("listening", flush=True)
peers = []
for _ in range(3):
    query, sender = server.recvfrom(4096)
    end = query.index(b"\0", 12) + 5  # of the question
    answer = query[:2] + b"\x85\x80" + query[4:6] + b"\0\1\0\0\0\0" + query[12:end]
    answer += b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + socket.inet_aton("192.0.2.7")
    server.sendto(answer, sender)
    six = not sender[0].startswith("::ffff:")
    peers.append({
        "local_ip": "fd09::2" if six else "10.9.0.2", "local_port": 53, "remote_port": sender[1],
        "remote_ip": sender[0] if six else sender[0][7:], "query": len(query), "answer": len(answer),
    })
for peer in peers:
    query, answer = peer.pop("query"), peer.pop("answer")
    ends = [{"end": None}] + ([{"end": True}] if sees_udp_close else [])
    own = dict(me(), protocol=17, packets=1)
    theirs = {"local_ip": peer["remote_ip"], "local_port": peer["remote_port"], "remote_ip": peer["local_ip"],
              "remote_port": 53, "comm": "dig", "protocol": 17, "packets": 1, "if_name": "rs0"}
    for end in ends:
        # the socket is not bound to an address, but the datagrams are
        expected.add("udp_send", own, peer, end, bytes=answer, if_name="peer0")
        if sees_peers:
            expected.add("udp_recv", own, peer, end, bytes=query, if_name="peer0")
        expected.add("udp_send", theirs, end, bytes=query)
        expected.add("udp_recv", theirs, end, bytes=answer)
if not sees_peers:
    expected.add("udp_recv", me(), protocol=17, local_port=53, remote_ip=None, remote_port=None, packets=1, end=None)
