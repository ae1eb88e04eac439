#!/bin/bash
# The tests of ringside-ntopng with it under AddressSanitizer and UndefinedBehaviorSanitizer.
# timeout: 900
cd "$(dirname "$0")/../.." || exit 1
[ "$(id -u)" = 0 ] || { echo "needs root"; exit 77; }
export RINGSIDE_NTOPNG=$PWD/.build-sanitize/client/ntopng/ringside-ntopng
[ -x "$RINGSIDE_NTOPNG" ] || { echo "not built: make SANITIZE=1 all"; exit 1; }
reports=$(mktemp -d)
chmod 1777 "$reports"
trap 'rm -rf "$reports"' EXIT
export ASAN_OPTIONS=log_path=$reports/asan:detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1:log_path=$reports/ubsan
tests=()
for test in tests/client/ntopng-*.sh; do
	[ -x "$test" ] && tests+=("$test") # without what they source
done
RINGSIDE_TEST_LOGS=.build-sanitize/logs RINGSIDE_TEST_SLOWER=5 tests/run "${tests[@]}"
status=$?
if compgen -G "$reports/*" >/dev/null; then
	cat "$reports"/*
	exit 1
fi
exit $status
