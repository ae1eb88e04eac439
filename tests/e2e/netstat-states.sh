#!/bin/bash
# Sockets in every state that can be held, of IPv4, IPv6 and IPv4 by sockets of IPv6, TCP and UDP: what the lines say is what
# was done with them, and keys that have no meaning are absent.
. "$(dirname "$0")/flows-lib.sh"
. "$(dirname "$0")/netstat-lib.sh"

load_flows
hold states "$said/expected"
nobody cat "$tables/tcp" "$tables/udp" >"$work/lines"
is_json "$work/lines"
python3 "$e2e/flows_expect.py" "$work/lines" "$said/expected" $((2 * slower)) ||
	fail "lines differ from what was done"
[ "$(wc -l <"$said/expected")" -ge 27 ] || fail "only $(wc -l <"$said/expected") sockets"
nobody "$reader" --snapshot >"$work/shot"
python3 "$e2e/flows_expect.py" "$work/shot" "$said/expected" $((2 * slower)) ||
	fail "--snapshot differs from what was done"
# of those that ss knows the state of
for state in $(jq -r 'select(.protocol == 6) | .state' "$work/lines" | sort -u); do
	name=${state,,}
	equal "$state" "$(ss -tanH state "${name/%listen/listening}" | wc -l)" "$(grep -c "\"protocol\":6,.*\"state\":\"$state\"" "$work/lines")"
done
let_go
echo "$(wc -l <"$said/expected") sockets, $(jq -r .state "$work/lines" | sort -u | xargs)"
