#!/bin/bash
# The tests of ringside-ntopng with it under AddressSanitizer and UndefinedBehaviorSanitizer.
# timeout: 900
. "$(dirname "$0")/sanitize-lib.sh"
export RINGSIDE_NTOPNG=$PWD/.build-sanitize/client/ntopng/ringside-ntopng
tests=()
for test in tests/client/ntopng-*.sh; do
	[ -x "$test" ] && tests+=("$test") # without what they source
done
run_sanitized "$RINGSIDE_NTOPNG" "${tests[@]}"
