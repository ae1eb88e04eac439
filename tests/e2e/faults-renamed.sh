#!/bin/bash
# An interface that is renamed: records go on under the new name, in readers old and new; unload knows it by the name it was loaded with.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/faults-lib.sh"

make_link rs0 0
"$loader" load --no-flows -m 0666 rs0 >/dev/null
start_reader "$work/all" --type 8 rs0
sees_ping "$work/all" 0
ip link set rs0 down
ip link set rs0 name eth0.7
wait_for 10 grep -q '^ringside-reader: rs0: the interface is called eth0.7 now$' "$work/all.err"
ip link set eth0.7 up
ip addr replace 10.9.0.1/24 dev eth0.7
ip neigh replace 10.9.0.2 dev eth0.7 lladdr "$(ip netns exec peer cat /sys/class/net/peer0/address)"
sees_ping "$work/all" 0
equal "names" "eth0.7 rs0" "$(jq -r .if_name "$work/all" | sort -u | xargs)"
equal "the last name" eth0.7 "$(tail -n 1 "$work/all" | jq -r .if_name)"
start_reader "$work/new" --type 8 rs0
sees_ping "$work/new" 0
equal "the only name" eth0.7 "$(jq -r .if_name "$work/new" | sort -u)"
says 1 '^ringside-loader: interface rs0: No such device$' "$loader" load --no-flows rs0
"$loader" unload rs0 >/dev/null
untouched eth0.7
