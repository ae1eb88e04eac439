"""Compares the sockets that ringside prints with those that ss does: LINES SS PID

Every socket that is not a listener is in both, with the same state, queues, bytes, segments, retransmissions, round
trip and inode; those that are established are all of the process PID.
"""
import ipaddress
import json
import re
import sys

STATES = {"ESTAB": "ESTABLISHED", "UNCONN": "UNCONNECTED"}


def end(text):
    address, port = text.rsplit(":", 1)
    ip = ipaddress.ip_address(address.strip("[]").split("%")[0])
    return str(getattr(ip, "ipv4_mapped", None) or ip), int(port)


def of_ss(line):
    state, receive, send, local, remote, *info = line.split()
    words = dict(w.split(":", 1) for w in info if ":" in w)

    def number(key):
        return int(words.get(key, 0))

    found = {
        "state": STATES.get(state, state), "rx_queue": int(receive), "tx_queue": int(send),
        "inode": number("ino"), "socket_uid": number("uid"),
        "tx_bytes": number("bytes_sent") - number("bytes_retrans"), "rx_bytes": number("bytes_received"),
        "tx_acked": number("bytes_acked"), "tx_packets": number("segs_out"), "rx_packets": number("segs_in"),
        "retransmits": int(words.get("retrans", "0/0").split("/")[1]), "unacked": number("unacked"), "lost": number("lost"),
    }
    if "rtt" in words:
        found["rtt_us"], found["rtt_var_us"] = (round(float(ms) * 1000) for ms in words["rtt"].split("/"))
    return end(local) + end(remote), found


def main():
    lines, ss, pid = sys.argv[1:4]
    wanted = dict(of_ss(line) for line in open(ss, encoding="utf-8") if not line.startswith("LISTEN"))
    found = {}
    for text in open(lines, encoding="utf-8"):
        line = json.loads(text)
        if line["state"] != "LISTEN":
            key = line["local_ip"], line["local_port"], line["remote_ip"], line["remote_port"]
            if key in found:
                raise SystemExit(f"twice: {text}")
            found[key] = line
    if wanted.keys() != found.keys():
        raise SystemExit(f"only in one of the two: {sorted(wanted.keys() ^ found.keys())[:5]}")
    for key, values in wanted.items():
        line = found[key]
        wrong = {k: (v, line.get(k)) for k, v in values.items() if line.get(k) != v}
        if wrong or (line["state"] == "ESTABLISHED" and str(line.get("pid")) != pid):
            raise SystemExit(f"{key}: of ss and of ringside: {wrong}, pid {line.get('pid')}, expected {pid}")
    again = sum(line["retransmits"] for line in found.values())
    print(f"{len(found)} sockets as ss has them, {sum(v['tx_bytes'] for v in found.values())} bytes sent, {again} segments again")
    if re.search(r"\D", pid) or not found:
        raise SystemExit("nothing was compared")


main()
