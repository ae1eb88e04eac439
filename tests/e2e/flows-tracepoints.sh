#!/bin/bash
# load --hooks tracepoints: what is promised without kprobes, here as well; load and status say what that way is without.
# timeout: 180
cd "$(dirname "$0")/../.." || exit 1
[ -e /sys/bus/event_source/devices/kprobe/type ] || { echo "there are no kprobes here: all other tests show this"; exit 77; }
export RINGSIDE_TEST_HOOKS=tracepoints
for test in programs count owners udp failed; do
	echo "flows-$test.sh"
	"tests/e2e/flows-$test.sh" || exit 1
done
