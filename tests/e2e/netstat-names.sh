#!/bin/bash
# Processes and interfaces with names that were made to break something: each line is JSON and UTF-8, and has the names as
# the reader writes them in its records.
. "$(dirname "$0")/flows-lib.sh"
. "$(dirname "$0")/netstat-lib.sh"

load_flows
make_link $'q"\\{\xff\x01' 1
start_reader "$work/records" flows
in_peer python3 -c 'import socket
server = socket.create_server(("", 7000), backlog=128)
held = []
while True: held.append(server.accept())' &
listening() { in_peer ss -tlnH sport 7000 | grep 7000 >/dev/null; }
wait_for 20 listening

mkfifo "$work/end"
python3 "$e2e/netstat-names.py" 10.9.0.2 10.9.1.2 <"$work/end" >"$work/visits" &
visitors=$!
exec {end}>"$work/end"
wait_for 30 test -s "$work/visits"
visits=$(cat "$work/visits")
all_told() { [ "$(grep -c '"event":"connect".*"netns":'"$here," "$work/records")" -ge "$visits" ]; }
wait_for 20 all_told
nobody cat "$tables/tcp" >"$work/lines"
is_json "$work/lines"
names() {
	jq -cS "select($2 and .netns == $here and .local_port >= 20000 and .local_port < 21000) |
		{local_port, comm, parent_comm, if_name, pid, tid, uid, gid, ppid}" "$1" | sort
}
names "$work/records" '.event == "connect"' >"$work/wanted"
names "$work/lines" '.remote_port' >"$work/found"
equal "names" "$visits" "$(wc -l <"$work/found")"
diff "$work/wanted" "$work/found" >"$work/diff" || fail "names in records (<), and of sockets (>): $(head -n 6 "$work/diff")"
[ "$(jq -r .comm "$work/found" | sort -u | wc -l)" -ge 20 ] || fail "the names are all the same"
[ "$(jq -r .if_name "$work/found" | sort -u | wc -l)" = 2 ] || fail "there is one interface only"
# and by such a name they are found
equal "--comm" 1 "$(nobody "$reader" --snapshot --comm '"' | wc -l)"
nobody "$reader" --snapshot >"$work/shot"
is_json "$work/shot"
exec {end}>&-
wait $visitors
stop_reader "$reader_pid"
echo "$visits names"
