#!/bin/bash
# A hook that the kernel refuses costs its events only: it is named, another takes its place where there is one, the rest
# works. When all of flows is refused, ICMP is loaded all the same, and flows that were loaded before go on.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/killed-lib.sh"
. "$(dirname "$0")/flows-load-lib.sh"

make_link rs0 0
flows_program='BPF_PROG_LOAD.*prog_type=BPF_PROG_TYPE_(TRACING|KPROBE), insn_cnt=[0-9]{3}' # libbpf's probes are shorter

# numbers_of PATTERN COMMAND...: which of its calls of bpf() match
numbers_of() {
	local pattern=$1
	shift
	strace -f -qq -s 64 -o "$work/dry" -e trace=bpf "$@" >/dev/null 2>&1 || fail "$*"
	"$loader" unload --all >/dev/null
	grep -nE "$pattern" "$work/dry" | cut -d: -f1
}
# refuse WHEN COMMAND...: these of its calls get EPERM; what it says in $work/out, its status in $status
refuse() {
	local when=$1
	shift
	status=0
	strace -f -qq -o "$work/trace" -e trace=bpf -e "inject=bpf:error=EPERM:when=$when" "$@" >"$work/out" 2>&1 || status=$?
}
told() {
	[ "$(grep -c "^{\"event\":\"$1\".*\"netns\":$netns," "$work/all")" -ge "$2" ]
}

# each hook by itself: one link for each, but for a probe of libbpf's
load=("$loader" load --no-icmp -m 0666 lo)
n=0
for create in $(numbers_of 'BPF_(LINK_CREATE|RAW_TRACEPOINT_OPEN).* = [0-9]' "${load[@]}"); do
	n=$((n + 1))
	[ $slower = 1 ] || [ $((n % 5)) = 1 ] || continue
	refuse "$create" "${load[@]}"
	equal "status without hook $n" 0 $status
	named=$(sed -nE 's/^  without ((kprobe|kretprobe|tracepoint|iterator) [a-z0-9_]+|timer): Operation not permitted.*/\1/p' "$work/out")
	[ -n "$named" ] || fail "hook $n is not named: $(cat "$work/out")"
	"$loader" status flows | grep "^  without    $named: Operation not permitted" >/dev/null || fail "status does not name it: $("$loader" status flows)"
	start_reader "$work/all" flows
	start_traffic "$work/made" 1
	exec {traffic_end}>&-
	wait "$traffic_pid"
	rm "$work/made.end"
	bash -c 'exec 3>/dev/udp/10.9.0.2/4242; echo >&3'
	if ! grep -q '^  without .*connect, accept and close of TCP' "$work/out"; then
		wait_for 10 told close $((2 * ($(tail -n 1 "$work/made") + held)))
	fi
	if ! grep -q '^  without .*UDP that is sent' "$work/out"; then wait_for 10 told udp_send 1; fi
	stop_reader "$reader_pid"
	case $named in
	iterator*)
		[ ! -e "$pin_root/flows/${named#* }" ] || fail "there is a file without its $named"
		if nobody "$reader" --snapshot >"$work/shot" 2>"$work/err"; then fail "--snapshot is content without $named"; fi
		grep -q "^ringside-reader: open flows/${named#* }: No such file or directory$" "$work/err" || fail "$(cat "$work/err")"
		;;
	esac
	"$loader" unload --all >/dev/null
	echo "without $named"
done
[ $n -ge 6 ] || fail "only $n hooks"

# no program of flows is taken: libbpf asks twice, the second time for the verifier's log
load=("$loader" load -m 0666 rs0)
first=$(numbers_of "$flows_program" "${load[@]}" | sed -n 1p)
refuse "$first..$((first + 1))" "${load[@]}"
equal "status without flows" 0 $status
grep -q '^ringside-loader: load built-in into the kernel: Operation not permitted$' "$work/out" || fail "$(cat "$work/out")"
grep -q '^  ICMP is watched all the same; --no-flows leaves TCP and UDP out$' "$work/out" || fail "$(cat "$work/out")"
grep -q '^attached to interface: rs0' "$work/out" || fail "$(cat "$work/out")"
equal "sources without flows" rs0 "$(sources)"
start_reader "$work/icmp" --type 8 rs0
pings 1 10.9.0.2
wait_for 10 at_least "$work/icmp" 1
stop_reader "$reader_pid"
"$loader" unload --all >/dev/null

# flows alone: then it is an error, and nothing is left
load=("$loader" load --no-icmp lo)
first=$(numbers_of "$flows_program" "${load[@]}" | sed -n 1p)
refuse "$first..$((first + 1))" "${load[@]}"
equal "status of flows alone" 1 $status
[ ! -e "$pin_root" ] || fail "left: $(find "$pin_root")"

# over loaded ones: they go on
"$loader" load -m 0666 rs0 >/dev/null
start_reader "$work/all" flows
reader_of_all=$reader_pid
start_traffic "$work/made" 1
strace -f -qq -s 64 -o "$work/dry" -e trace=bpf "$loader" load -g 65534 rs0 >/dev/null 2>&1
first=$(grep -nE "$flows_program" "$work/dry" | sed -n 1p | cut -d: -f1)
before=$(flows_links)
refuse "$first..$((first + 1))" "$loader" load -m 0666 rs0
equal "status over loaded flows" 0 $status
grep -q '^  ICMP is watched all the same' "$work/out" || fail "$(cat "$work/out")"
equal "links of flows" "$before" "$(flows_links)"
equal "sources" "flows rs0" "$(sources)"
stop_traffic "$work/made" "$work/all"
whole "$work/all"
no_gap "$work/all"
stop_reader $reader_of_all

# ways that this kernel does not have
if [ ! -e /sys/bus/event_source/devices/kprobe/type ]; then
	"$loader" unload --all >/dev/null
	! "$loader" load --no-icmp --hooks kprobes lo >"$work/out" 2>&1 || fail "loaded with kprobes: $(cat "$work/out")"
	equal "what it says" "ringside-loader: attach flows: this kernel has none of the kprobes" "$(head -n 1 "$work/out")"
	[ ! -e "$pin_root" ] || fail "left: $(find "$pin_root")"
fi
