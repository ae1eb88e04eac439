#!/bin/bash
# The end-to-end tests with loader and reader under AddressSanitizer and UndefinedBehaviorSanitizer.
# timeout: 1200
cd "$(dirname "$0")/../.." || exit 1
[ "$(id -u)" = 0 ] || { echo "needs root"; exit 77; }
export RINGSIDE_LOADER=$PWD/.build-sanitize/loader/ringside-loader RINGSIDE_READER=$PWD/.build-sanitize/reader/ringside-reader
[ -x "$RINGSIDE_READER" ] || { echo "not built: make SANITIZE=1 all"; exit 1; }
# a report goes to a file as well: programs that nobody waits for have reports too
reports=$(mktemp -d)
chmod 1777 "$reports"
trap 'rm -rf "$reports"' EXIT
export ASAN_OPTIONS=log_path=$reports/asan:detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1:log_path=$reports/ubsan
# without those that trace the loader to stop it: LeakSanitizer and strace exclude each other;
# and without those of flows that count under load, which this slows down too much
tests=()
for test in tests/e2e/*.sh; do
	[ -x "$test" ] && ! grep -qE 'killed-lib.sh|flows-(load-)?lib.sh|strace' "$test" && tests+=("$test")
done
RINGSIDE_TEST_LOGS=.build-sanitize/logs RINGSIDE_TEST_SLOWER=5 tests/run "${tests[@]}"
status=$?
if compgen -G "$reports/*" >/dev/null; then
	cat "$reports"/*
	exit 1
fi
exit $status
