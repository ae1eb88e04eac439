#!/bin/bash
# Each option of the reader selects, of real traffic, exactly what it says; text is in ebpflowexport's layout.
# timeout: 60
. "$(dirname "$0")/flows-lib.sh"

load_flows
pings 1 fd09::2
cat >"$work/traffic.py" <<'END'
import os, socket, sys
sys.path.insert(0, sys.argv[1])
from flows_known import in_peer, me

def visit(address, port=0, namespace=in_peer):
    with namespace():
        server = socket.create_server((address, port), family=socket.AF_INET6 if ":" in address else socket.AF_INET)
    client = socket.create_connection(server.getsockname()[:2])
    other, _ = server.accept()
    client.sendall(b"x")
    other.recv(1)
    other.sendall(b"y")
    client.recv(1)
    client.close()
    other.close()

class here:
    __enter__ = __exit__ = lambda *_: None

def udp(address):
    with in_peer():
        receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        receiver.bind((address, 7053))
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.connect((address, 7053))
    receiver.connect(sock.getsockname())
    sock.send(b"question")
    receiver.recv(16)
    receiver.send(b"answer")
    sock.recv(16)

def refused():
    try:
        socket.create_connection(("127.0.0.1", 1))
    except ConnectionRefusedError:
        pass

visit("10.9.0.2", 7080)
visit("fd09::2", 7081)
visit("127.0.0.1", 7082, here)
udp("10.9.0.2")
refused()
print(me()["pid"], flush=True)
if not os.fork():
    with open("/proc/self/comm", "w") as comm:
        comm.write("somebody")
    os.setgid(65534)
    os.setuid(12345)
    visit("10.9.0.2", 7083, here if False else here_peer) if False else None
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.connect(("10.9.0.2", 7054))
    sock.send(b"x")
    os._exit(0)
os.wait()
END
sed -i '/here_peer/d' "$work/traffic.py"
python3 "$work/traffic.py" "$e2e" >"$work/pid"
pid=$(<"$work/pid")
# a segment that is sent again: nobody answers
ip neigh replace 10.9.0.77 dev rs0 lladdr 02:00:00:00:00:99
timeout 1.5 nc 10.9.0.77 7085 </dev/null || true

# What is there, once; of this test's namespaces and of others'. Nothing new is written to the ring that would matter.
all() { "$reader" --once --from-start "$@" flows; }
ready() {
	all >"$work/all"
	[ "$(lines "$work/all" '(.event == "connect_failed" and .remote_port == 7085) or (.event == "retransmit" and .remote_port == 7085) or
		(.event == "udp_send" and .end and .remote_port == 7054)')" -ge 3 ]
}
wait_for 10 ready
last=$(jq -s 'map({key: "cpu\(.cpu)", value: .seq}) | group_by(.key) | map(max_by(.value)) | from_entries' "$work/all")

# selects FILTER OPTIONS...: the options give what the filter gives, some records and not all
selects() {
	local filter=$1
	shift
	# those that came since do not count
	all "$@" | jq -c --argjson last "$last" 'select(.seq <= $last["cpu\(.cpu)"])' >"$work/some"
	jq -c "select($filter)" "$work/all" >"$work/wanted"
	[ -s "$work/wanted" ] || fail "there is nothing for $*"
	[ "$(wc -l <"$work/wanted")" -lt "$(wc -l <"$work/all")" ] || fail "all is for $*"
	cmp -s <(sort "$work/some") <(sort "$work/wanted") ||
		fail "$* does not give what $filter gives: $(diff <(sort "$work/some") <(sort "$work/wanted") | cut -c1-300 | head -n 4)"
}
selects '.protocol == 6' -t
selects '.protocol == 17' --udp
selects '.event == "accept" or .event == "udp_recv"' -i
selects '.event == "connect" or .event == "connect_failed" or .event == "udp_send"' --out
selects '.event == "retransmit"' -r
selects '.event == "close"' -c
selects '.event == "close" or .event == "accept" or .event == "retransmit"' -t -i -c -r
selects '.event == "udp_send"' -uo
selects ".pid == $pid" --pid "$pid"
selects '.uid == 12345' --uid 12345
selects '.comm == "somebody"' --comm somebody
selects '.comm == "somebody" or .comm == "nc"' --comm somebody --comm nc
selects '.local_port == 7080 or .remote_port == 7080' --port 7080
selects '[.local_ip, .remote_ip] | any(. == "fd09::2" or . == "fd09::1")' --net fd09::/16
selects '[.local_ip, .remote_ip] | any(. == "127.0.0.1")' --net 127.0.0.0/8
selects '([.local_ip, .remote_ip] | all((. // "" | startswith("127.") | not) and . != "::1")) and .if_name != "lo"' --no-loopback
selects '.event == "close" and (.local_port == 7081 or .remote_port == 7081) and .pid == '"$pid" -tc --port 7081 --pid "$pid" --no-loopback
equal "of a container that is not there" "" "$(all --container 0123456789ab)"

# the layout of the original, here with the process and without a container
all -f text -to --port 7080 >"$work/text"
python="$(readlink -f "$(command -v python3)")"
real=$(jq -r "select(.event == \"connect\" and .remote_port == 7080) | .exe" "$work/all")
[ -n "$python" ] && [ -n "$real" ]
grep -qxE '[0-9]{10}\.[0-9]{6} \[rs0\]\[Sent\]\[IPv4/TCP\]\[pid/tid: '"$pid/$pid \\[$real"'\], uid/gid: 0/0\]\[father pid/tid: ([0-9]+)/\1 \[/usr/bin/bash\], uid/gid: 0/0\]\[addr: 10\.9\.0\.1:[0-9]+ <-> 10\.9\.0\.2:7080\](\[containerID: [0-9a-f]{12}\]\[runtime: [a-z]+\])?\[latency: [0-9]+\.[0-9]{2} msec\]' "$work/text" ||
	fail "another layout: $(cat "$work/text")"
equal "its lines" 1 "$(wc -l <"$work/text")"
all -f text -u --comm somebody | head -n 1 >"$work/text"
grep -qE '^[0-9.]+ \[rs0\]\[Sent\]\[IPv4/UDP\]\[pid/tid: .* <-> 10\.9\.0\.2:7054\].*\[packets: 1\]\[bytes: 1\]' "$work/text" || fail "another layout: $(cat "$work/text")"

# seen = written + filtered + failed
flows_add_up
echo "17 selections of $(wc -l <"$work/all") records"
