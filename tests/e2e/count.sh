#!/bin/bash
# Exactly N pings leave exactly 2N echo records in each of 1, 2, 16 and 64 readers that run as nobody.
# timeout: 180
. "$(dirname "$0")/lib.sh"

make_link rs0 0
"$loader" load -m 0666 rs0 >"$work/load"
for readers in 1 2 16 64; do
	pids=()
	for i in $(seq "$readers"); do
		launch_reader "$work/$readers.$i" --stats 3600 --type echo-request,echo-reply rs0
		pids+=("$reader_pid")
	done
	for i in $(seq "$readers"); do
		wait_for 20 grep -sq following "$work/$readers.$i.err"
	done
	pings 50 10.9.0.2
	pings 25 fd09:0::2
	for i in $(seq "$readers"); do
		wait_for 10 at_least "$work/$readers.$i" 150
		stop_reader "${pids[i - 1]}"
	done
	# one look at all: requests out, replies in, the same of IPv6, and each account
	jq -sr '[(map(select(.event == "icmp")) | length),
		(map(select(.icmp_type == 8 and .direction == "out" and .src_ip == "10.9.0.1")) | length),
		(map(select(.icmp_type == 0 and .direction == "in" and .dst_ip == "10.9.0.1")) | length),
		(map(select(.icmp_type == 128 and .direction == "out" and .dst_ip == "fd09::2")) | length),
		(map(select(.icmp_type == 129 and .direction == "in" and .src_ip == "fd09::2")) | length),
		(map(select(.event == "stats" and .final and .written == .delivered + .lost and .behind == 0 and
			.delivered == .printed + .filtered and .printed == 150)) | length)] | @text' \
		$(seq -f "$work/$readers.%g" "$readers") >"$work/found"
	equal "$readers readers: records, 8 out, 0 in, 128 out, 129 in, accounts" \
		"[$((150 * readers)),$((50 * readers)),$((50 * readers)),$((25 * readers)),$((25 * readers)),$readers]" "$(cat "$work/found")"
done
echo "1, 2, 16 and 64 readers: 150 records each"
