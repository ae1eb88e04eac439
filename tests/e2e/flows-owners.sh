#!/bin/bash
# A socket that is handed over, forked servers, connections ended by a reset, by a timeout, by kill -9: the right process.
. "$(dirname "$0")/flows-lib.sh"

load_flows
start_reader "$work/records" --stats 3600 flows
python3 "$e2e/flows-owners.py" "$work/expected"
expect "$work/expected"
# whoever ran when something else happened was never taken for its process
equal "a process beside unknown" 0 "$(lines "$work/records" '.attribution == "unknown" and (has("pid") or has("comm") or has("uid"))')"
stop_flows
flows_add_up
echo "$(wc -l <"$work/expected") records of the right process"
