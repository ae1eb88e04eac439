#!/bin/bash
# 23 connects are 23 connect, 23 accept and 46 close; of thousands by 8 threads at once none is lost or mixed up.
. "$(dirname "$0")/flows-lib.sh"
many=$root/.build/tests/e2e/flows-many
total=10000
[ "$slower" = 1 ] || total=2000

load_flows --ring-size 64M
pings 1 fd09::2
start_reader "$work/records" --stats 3600 flows

# connections FILE PORT THREADS COUNT
connections() {
	local server
	: >"$work/listening"
	in_peer "$many" server "$said/there" "$2" "$3" "$4" >"$work/listening" &
	server=$!
	wait_for 10 grep -q listening "$work/listening"
	"$many" client "$said/here" "$2" "$3" "$4" 10.9.0.2 fd09::2
	wait "$server"
	jq -c ". + {netns: $here, if_name: \"rs0\", direction: \"out\"}" "$said/here" >>"$1"
	jq -c ". + {netns: $there, if_name: \"peer0\", direction: \"in\"}" "$said/there" >>"$1"
	rm "$said/here" "$said/there"
	cat >>"$1" <<-END
		{"event":"connect","remote_port":$2,"_count":$4}
		{"event":"accept","local_port":$2,"_count":$4}
		{"event":"close","remote_port":$2,"_count":$4}
		{"event":"close","local_port":$2,"_count":$4}
		{"event":["connect","connect_failed","accept","close","flow"],"local_port":$2,"_count":$((2 * $4))}
		{"event":["connect","connect_failed","accept","close","flow"],"remote_port":$2,"_count":$((2 * $4))}
	END
}

connections "$work/expected" 7001 1 23
connections "$work/expected" 7002 8 $total
# what comes after them all says that nothing more comes of them
connections "$work/expected" 7003 1 1
expect "$work/expected" 20
stop_flows
flows_add_up
echo "23 and $total connections: each with its connect, accept and two closes, of the right thread"
