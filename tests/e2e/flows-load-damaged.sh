#!/bin/bash
# What lies where flows should be, of another version, somebody else's or damaged, is named; load puts a whole source
# there, unload takes it away.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/faults-lib.sh"

make_link rs0 0
flows=$pin_root/flows
netns=$(stat -L -c %i /proc/self/ns/net)

# description BYTE VALUE: the description of flows with one byte changed, and everything else as it is
description() {
	local bytes
	bytes=$(bpftool -j map dump pinned "$flows/about" | jq -r --argjson at "$1" --arg value "$2" \
		'.[0].value | map(ltrimstr("0x")) | .[$at] = $value | join(" ")')
	rm "$flows/about"
	bpftool map create "$flows/about" type array key 4 value "$(wc -w <<<"$bytes")" entries 1 name about
	# shellcheck disable=SC2086 # a word each
	bpftool map update pinned "$flows/about" key hex 00 00 00 00 value hex $bytes
	chmod 0444 "$flows/about"
}
damage() {
	case $1 in
	version) description 8 63 ;;
	foreign) description 0 00 ;;
	"slot size") description 12 01 ;;
	detached) rm "$flows/root/"[krt]* ;;
	"no description") rm "$flows/about" ;;
	"no ring") rm "$flows/ring" ;;
	"no bell") rm "$flows/bell" ;;
	"no files") rm "$flows/tcp" "$flows/udp" ;;
	"no state") rm -r "$flows/root/state" ;;
	"no gate") rm "$flows/root/state/gate" ;;
	"another gate") rm "$flows/root/state/gate"; bpftool map create "$flows/root/state/gate" type hash key 4 value 4 entries 7 name gate ;;
	strange) rm -r "$flows"; mkdir -p "$flows/a/b" ;;
	esac
}
# what is wrong, and what status says of it, or nothing where it can be used as it is
while IFS='|' read -r what pattern; do
	for next in load unload; do
		"$loader" load --no-icmp -m 0666 lo >/dev/null
		damage "$what"
		if [ -n "$pattern" ]; then
			"$loader" status flows >"$work/status" 2>&1 || true
			grep -Eq "$pattern" "$work/status" || fail "$what: status said: $(cat "$work/status")"
		fi
		if [ $next = load ]; then
			"$loader" load --no-icmp -m 0666 lo >"$work/load" 2>&1 || fail "$what: load: $(cat "$work/load")"
			[ -r "$flows/tcp" ] && [ -r "$flows/udp" ] || fail "$what: without tcp and udp after load"
			equal "$what: attached after load" true "$("$loader" status --json flows | jq '.sources[0] | .hooks > 3 and .trouble == null')"
			"$loader" load --no-icmp --flow-interval 7 lo >"$work/load" 2>&1 || fail "$what: load: $(cat "$work/load")"
			"$loader" status --json flows | jq -e '.sources[0] | .trouble == null and .flow_interval_ms == 7000' >/dev/null ||
				fail "$what: after load: $("$loader" status flows 2>&1)"
			start_reader "$work/all" --udp flows
			bash -c 'exec 3>/dev/udp/10.9.0.2/4242; echo >&3'
			sees() { grep -q "\"udp_send\".*\"remote_port\":4242,.*\"netns\":$netns," "$work/all"; }
			wait_for 10 sees
			stop_reader "$reader_pid"
			equal "$what: told" "[1,1]" "$(jq -c "select(.event == \"udp_send\" and .remote_port == 4242 and .netns == $netns and .end == null) |
				[.packets, .bytes]" "$work/all")"
		else
			"$loader" unload flows >"$work/unload" 2>&1 || fail "$what: unload: $(cat "$work/unload")"
			[ ! -e "$flows" ] || fail "$what: left: $(find "$flows")"
		fi
		"$loader" unload --all >/dev/null
		untouched
	done
done <<'END'
version|^ringside-loader: status of flows: its pins are of version 99, this loader knows version 1$
foreign|^ringside-loader: status of flows: what is pinned there is not ringside's, or damaged$
slot size|^ringside-loader: status of flows: what is pinned there is not ringside's, or damaged$
detached|^  trouble    nothing is attached: load again$
no description|^ringside-loader: status of flows: 
no ring|^ringside-loader: status of flows: 
no bell|
no files|
no state|
no gate|
another gate|
strange|^ringside-loader: status of flows: 
END
# readers say it as well
"$loader" load --no-icmp -m 0666 lo >/dev/null
damage version
says 1 '^ringside-reader: open flows: its pins are of version 99, this reader knows version 1$' "${nobody[@]}" "$reader" flows
"$loader" unload --all >/dev/null
untouched
