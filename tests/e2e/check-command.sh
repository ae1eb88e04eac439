#!/bin/bash
# check tells what the machine can do, as root and without, and for each shortage what it costs and what to do;
# what it says of the kernel is true: load does what it announces.
. "$(dirname "$0")/lib.sh"

make_link rs0 0
"$loader" check rs0 >"$work/root" || fail "check as root: $(cat "$work/root")"
grep -q "^ok *rs0 *driver veth: native XDP" "$work/root" || fail "$(cat "$work/root")"
grep -q "^load should work$" "$work/root" || fail "no verdict"
if nobody "$loader" check rs0 nosuch >"$work/nobody" 2>"$work/err"; then fail "check without privilege says all is well"; fi
[ ! -s "$work/err" ] || fail "$(cat "$work/err")"
grep -q "^MISSING *capabilities .*CAP_BPF" "$work/nobody" || fail "$(cat "$work/nobody")"
grep -q "^MISSING *nosuch *No such device" "$work/nobody" || fail "$(cat "$work/nobody")"
for file in "$work/root" "$work/nobody"; do
	short=$(grep -cE '^(weaker|MISSING)' "$file" || true)
	costs=$(grep -c '^ *costs: ' "$file" || true)
	remedies=$(grep -c '^ *to do: ' "$file" || true)
	without=$(grep -c '^ *without: ' "$file" || true) # of TCP and UDP, what is not seen
	equal "costs and remedies" "$((short - without)) $((short - without))" "$costs $remedies"
done

# the kind of egress hook it announced is the one that load uses
kind=$(sed -n 's/^ok *egress *\(TCX\|clsact\).*/\1/p' "$work/root" | tr '[:upper:]' '[:lower:]')
"$loader" load -m 0666 rs0 >/dev/null
equal "egress" "$kind" "$("$loader" status --json rs0 | jq -r '.sources[0].egress')"
# so are the ways to TCP and UDP, and what is missing
"$loader" status --json flows | jq '.sources[0]' >"$work/flows"
equal "kprobes" "$(grep -cE '^ok .* (kprobe|kretprobe) [a-z]' "$work/root" | sed 's/^[1-9].*/kprobes/')" \
	"$(jq -r .ways "$work/flows" | grep -o kprobes || echo 0)"
equal "without" "$(sed -n 's/^ *without: //p' "$work/root")" "$(jq -r '.missing | split("; ")[]' "$work/flows")"
# and an interface that has a program is told
"$loader" check rs0 | grep "^weaker *rs0 .*an XDP program is attached already" >/dev/null || fail "the attached program is not told"
