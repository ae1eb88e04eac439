#!/bin/bash
# What anybody reads with cat from the pins tcp and udp, of 1,000 connections, is what ss says of them; --snapshot prints
# the same lines with what only user space knows, and its options leave the others out.
# timeout: 180
. "$(dirname "$0")/flows-lib.sh"
. "$(dirname "$0")/netstat-lib.sh"

load_flows
many=${RINGSIDE_TEST_CONNECTIONS:-1000}
hold connections "$many"

# compare LINES COMMAND...: those that nobody reads there, with those of ss
compare() {
	local lines=$1
	shift
	"$@" setpriv --reuid 65534 --regid 65534 --clear-groups cat "$tables/tcp" >"$lines"
	"$@" ss -tinaeHO >"$work/ss"
	grep -q bytes_acked "$work/ss" || skip "ss knows nothing of TCP here: no tcp_diag"
	is_json "$lines"
	python3 "$e2e/netstat_ss.py" "$lines" "$work/ss" "$holder"
	[ "$(grep -vc LISTEN "$lines")" -ge "$many" ] || fail "only $(wc -l <"$lines") lines"
}
compare "$work/near" env
# the other side is in another namespace, and so are its lines
compare "$work/far" in_peer
equal "namespaces" "[$here] [$there]" "$(jq -sc 'map(.netns) | unique' "$work/near") $(jq -sc 'map(.netns) | unique' "$work/far")"
equal "versions" "$(((many + 2) / 3 + many / 3)) $(((many + 1) / 3))" \
	"$(jq -s 'map(select(.remote_port) | .ip_version) | "\(map(select(. == 4)) | length) \(map(select(. == 6)) | length)"' -r "$work/near")"
for side in near:out far:in; do
	equal "directions" "[\"${side#*:}\"]" "$(jq -sc 'map(select(.remote_port) | .direction) | unique' "$work/${side%:*}")"
done

# ------------------------------------------------------------------ --snapshot
shot() {
	nobody "$reader" --snapshot "$@"
}
shot >"$work/shot"
is_json "$work/shot"
# the same keys and values, but for the time
strip() {
	jq -cS 'del(.timestamp, .ts_us, .user, .exe, .parent_exe, .cgroup_id, .container_id, .container_runtime, .pod_uid, .duration_us)' "$1" | sort
}
nobody cat "$tables/udp" >"$work/udp"
cat "$work/near" "$work/udp" >"$work/both"
diff <(strip "$work/both") <(strip "$work/shot") >"$work/diff" || fail "--snapshot (>) has other lines than the files (<): $(head -n 4 "$work/diff")"
jq -se --arg exe "$exe" --argjson now "$(date +%s)" 'all(.[] | select(.remote_port); .user == "root" and .exe == $exe and .parent_exe != null and
	.cgroup_id > 0 and (.ts_us / 1000 | floor) == .timestamp and (.timestamp / 1000 - $now | fabs) < 600)' "$work/shot" >/dev/null ||
	fail "what --snapshot adds: $(tail -n 1 "$work/shot")"
port=$(jq -r 'select(.ip_version == 6 and .remote_port) | .local_port' "$work/shot" | head -n 1)
count() {
	shot "$@" | wc -l
}
tcp=$(wc -l <"$work/near")
equal "--tcp" "$tcp" "$(count --tcp)"
equal "--udp" "$(wc -l <"$work/udp")" "$(count -u)"
equal "-t -u" "$(wc -l <"$work/shot")" "$(count -tu flows)"
equal "--out" "$(jq -c 'select(.direction == "out")' "$work/shot" | wc -l)" "$(count --out)"
equal "--in" 0 "$(count --in)"
equal "--pid" "$many" "$(count --pid "$holder")"
equal "--pid of others" 0 "$(count --pid $((holder + 1)))"
equal "--comm" "$many" "$(count --comm python3)"
equal "--uid" "$many 0" "$(count --uid root) $(count --uid 4711)"
equal "--port" 1 "$(count --port "$port" --net fd09::/64)"
equal "--net" "$(((many + 1) / 3))" "$(count --net fd09::2)"
equal "--count" 7 "$(count -n 7)"
equal "--container" 0 "$(count --container abcd)"
equal "--no-loopback" "$many" "$(count -t --no-loopback)"
equal "nothing at the end of a pipe" 1 "$(shot | head -n 1 | wc -l)"
let_go
