#!/bin/bash
# A connect that fails says why: refused, no route, no answer, given up by its process.
. "$(dirname "$0")/flows-lib.sh"

load_flows
pings 1 fd09::2
# frames that nobody takes
ip neigh replace 10.9.0.77 dev rs0 lladdr 02:00:00:00:00:99
start_reader "$work/records" --stats 3600 flows
python3 "$e2e/flows-failed.py" "$work/expected"
expect "$work/expected"
stop_flows
flows_add_up
echo "$(grep -c connect_failed "$work/expected") failures, each with its reason"
