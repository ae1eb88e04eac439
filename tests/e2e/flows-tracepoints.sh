#!/bin/bash
# load --hooks tracepoints: what is promised without kprobes, here as well; load and status say what that way is without.
# timeout: 300
cd "$(dirname "$0")/../.." || exit 1
[ -e /sys/bus/event_source/devices/kprobe/type ] || { echo "there are no kprobes here: all other tests show this"; exit 77; }
# since 6.3; without it no UDP is seen this way, and no accept
grep -q btf_trace_sock_send_length /sys/kernel/btf/vmlinux || { echo "this kernel has no tracepoint sock_send_length"; exit 77; }
export RINGSIDE_TEST_HOOKS=tracepoints
tests="owners failed"
# from 7.0 on the kernel skips the program of a tracepoint while a thread that runs it is preempted: nothing there is exact
[ "$(uname -r | cut -d . -f 1)" -ge 7 ] || tests+=" count udp programs"
for test in $tests; do
	echo "flows-$test.sh"
	"tests/e2e/flows-$test.sh" || exit 1
done
