#!/bin/bash
# More peers than the table of UDP sums takes: that is counted, and no datagram is lost by it.
. "$(dirname "$0")/flows-lib.sh"

load_flows --ring-size 64M
start_reader "$work/records" --stats 3600 flows
# to 16,800 ports, with their number as the size; 16,384 is what there is room for
cat >"$work/send.py" <<'END'
import socket
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for port in [*range(20000, 36800), *range(36200, 36800), *range(20000, 20600)]:
    sock.sendto(b"x" * (port % 1000), ("127.0.0.1", port))
sock.close()
END
python3 "$work/send.py"
mine=".event == \"udp_send\" and .netns == $here"
ended() {
	# the last record of each: either a sum or a datagram alone
	jq -nc "[inputs | select($mine and .end)] | map([.remote_port, .packets, .bytes])" "$work/records" |
		jq -r 'group_by(.[0]) | map([.[0][0], (map(.[1]) | add), (map(.[2]) | add)])[] | join(" ")' >"$work/found"
	[ "$(wc -l <"$work/found")" = 16800 ]
}
enough() { at_least "$work/records" 33600; }
wait_for 30 enough
wait_for 10 ended
for port in $(seq 20000 36799); do
	times=1
	if [ "$port" -lt 20600 ] || [ "$port" -ge 36200 ]; then times=2; fi
	echo "$port $times $((port % 1000 * times))"
done >"$work/expected"
cmp "$work/found" "$work/expected" || fail "datagrams are missing or too many: $(diff "$work/found" "$work/expected" | head)"
stop_flows
flows_status >"$work/status"
full=$(jq .noted.udp_full "$work/status")
# those behind the 16,384th, and again the second time
if [ "$full" -lt 832 ] || [ "$full" -gt 1300 ]; then fail "$full datagrams without a sum"; fi
equal "failed" 0 "$(jq '[.failed[]] | add' "$work/status")"
echo "$full of 18000 datagrams without a sum, none lost"
