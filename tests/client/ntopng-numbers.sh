#!/bin/bash
# Message numbers have no gap, also where 32 bits end; header 3 and source ids.
. "$(dirname "$0")/../e2e/lib.sh"
. "$root/tests/client/ntopng-lib.sh"

# records COUNT
records() {
	seq -f '{"event":"close","local_ip":"10.9.0.1","local_port":%.0f,"remote_ip":"10.9.0.2","remote_port":80,"protocol":6,"timestamp":1795258222667,"ip_version":4}' "$1"
}
# send ARGUMENTS...: 2000 flows, from 2^32 - 1000 on
send() {
	start_receiver "$work/out" 'tcp://*:1234c' -t flow
	start_exporter -z tcp://127.0.0.1:1234c --first-id 4294966296 "$@"
	records 2000 >&"$lines"
	wait_for 20 flows "$work/out" 2000
	end_exporter
	stop_receiver "$work/out"
	equal "the account of $*" '{"received":2000,"missing":0,"flows":2000,"first":4294966296,"last":999}' \
		"$(jq -c 'del(.largest)' "$work/out.account")"
	equal "order of $*" 2000 "$(jq -r .payload.L4_LOCAL_PORT "$work/out" | sort -nuc && wc -l <"$work/out")"
}
send
equal "version and source" "[2,0]" "$(jq -c '[.version, .source]' "$work/out" | sort -u)"
send --source-id 255
equal "version and source" "[2,255]" "$(jq -c '[.version, .source]' "$work/out" | sort -u)"
send --header 3 --source-id 305419896
equal "version and source" "[4,305419896]" "$(jq -c '[.version, .source]' "$work/out" | sort -u)"
