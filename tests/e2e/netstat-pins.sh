#!/bin/bash
# The pins tcp and udp are for those who may read the source, and for reading only; they stay when flows are loaded again,
# and go with them; --snapshot says in one line why it has nothing.
. "$(dirname "$0")/flows-lib.sh"
. "$(dirname "$0")/faults-lib.sh"
. "$(dirname "$0")/netstat-lib.sh"

says 1 '^ringside-reader: snapshot: flows is not loaded$' "${nobody[@]}" "$reader" --snapshot
make_link rs0 0
"$loader" load --no-flows -m 0666 rs0 >/dev/null
says 1 '^ringside-reader: snapshot: flows is not loaded$' "${nobody[@]}" "$reader" --snapshot
"$loader" unload --all >/dev/null

# modes NAME: as stat has them
modes() {
	stat -c '%a %u %g' "$tables/$1"
}
can_read() {
	setpriv --reuid 65534 --regid "$1" --clear-groups cat "$tables/tcp" "$tables/udp" >/dev/null 2>&1
}
adm=$(getent group adm | cut -d: -f3)
"$loader" load --no-icmp -m 0600 lo >/dev/null
equal "modes for root" "400 0 0, 400 0 0" "$(modes tcp), $(modes udp)"
says 1 '^ringside-reader: open flows: Permission denied$' "${nobody[@]}" "$reader" --snapshot
! can_read "$adm" || fail "anybody can read what is root's"
"$loader" load --no-icmp -g adm lo >/dev/null
equal "modes for a group" "440 0 $adm, 440 0 $adm" "$(modes tcp), $(modes udp)"
can_read "$adm" || fail "the group cannot read"
! can_read 65534 || fail "others than the group can read"
"$loader" load --no-icmp -m 0666 lo >/dev/null
equal "modes for all" "444 0" "$(modes tcp | cut -d' ' -f1-2)"
can_read 65534 || fail "nobody cannot read"

# who reads it cannot have the link, nor take the pin away
! nobody bpftool link show pinned "$tables/tcp" 2>/dev/null || fail "nobody can open the link"
! nobody bpftool link detach pinned "$tables/tcp" 2>/dev/null || fail "nobody can detach it"
! nobody rm -f "$tables/tcp" 2>/dev/null || fail "nobody can remove it"
! nobody bash -c "echo x >$tables/tcp" 2>/dev/null || fail "nobody can write to it"

# many at once, and while it is loaded again: each reads whole lines, and all of them
python3 -c 'import socket, sys
server = socket.create_server(("127.0.0.1", 7000), backlog=512)
held = [socket.create_connection(("127.0.0.1", 7000)) for _ in range(300)]
held += [server.accept() for _ in range(300)]
print("held", flush=True)
sys.stdin.read()' < <(exec tail -f /dev/null --pid $$) >"$work/held" &
wait_for 20 grep -sq held "$work/held"
readers=()
rounds=$((slower == 1 ? 10 : 2))
for i in 1 2 3 4 5 6; do
	(
		for ((k = 0; k < rounds; k++)); do
			nobody cat "$tables/tcp" >"$work/many$i" || exit 1
			[ "$(grep -c '^{"event":"socket","protocol":6,.*}$' "$work/many$i")" = "$(wc -l <"$work/many$i")" ] || exit 2
			[ "$(grep -c '"local_port":7000,"remote_ip":"127.0.0.1".*"ESTABLISHED"' "$work/many$i")" = 300 ] || exit 3
		done
	) &
	readers+=($!)
done
for interval in $(seq 7 $((slower == 1 ? 11 : 8))); do
	"$loader" load --no-icmp --flow-interval $interval lo >/dev/null
done
for pid in "${readers[@]}"; do
	wait "$pid" || fail "a reader ended with status $?: $(tail -n 2 "$work"/many*)"
done
# known on by the new programs
[ "$(grep -c '"remote_port":7000.*"direction":"out".*"duration_us":.*"comm":"python3"' "$work/many1")" = 300 ] ||
	fail "owners are forgotten: $(grep -m 1 '"remote_port":7000' "$work/many1")"

# one that was taken away is there again
rm "$tables/udp"
says 1 '^ringside-reader: open flows/udp: No such file or directory$' "${nobody[@]}" "$reader" --snapshot
grep -q '"protocol":6' "$work/stdout" || fail "what is there is not printed"
"$loader" load --no-icmp lo >/dev/null
can_read 65534 || fail "load does not make it again"

# lines that are nobody's
mkdir -p "$work/root/flows"
printf '%s\n' '{"event":"socket","protocol":6,"local_ip":"127.0.0.1","local_port":1,"state":"LISTEN"}' 'x' '{}' >"$work/root/flows/tcp"
: >"$work/root/flows/udp"
says 1 "^ringside-reader: read flows: 2 lines are not ringside's\$" "${nobody[@]}" "$reader" --snapshot --pin-root "$work/root"
equal "the one that is one" 1 "$(grep -c '"local_port":1,"state":"LISTEN","timestamp":' "$work/stdout")"
says 2 '^ringside-reader: snapshot: --close is not for sockets that there are$' "$reader" --snapshot -c
says 2 '^ringside-reader: snapshot: rs0 has no sockets, only flows has$' "$reader" --snapshot rs0

# a file that is open when all is unloaded is read to its end
exec {open}<"$tables/tcp"
"$loader" unload --all >/dev/null
equal "read after unload" 300 "$(grep -c '"local_port":7000,"remote_ip":"127.0.0.1".*"ESTABLISHED"' <&"$open")"
exec {open}<&-
no_programs() { [ "$(bpftool -j prog list | jq '[.[] | select(.name == "i_tcp" or .name == "i_udp")] | length')" = 0 ]; }
wait_for 10 no_programs
untouched
