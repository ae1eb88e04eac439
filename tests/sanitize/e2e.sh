#!/bin/bash
# The end-to-end tests with loader and reader under AddressSanitizer and UndefinedBehaviorSanitizer.
# timeout: 1200
. "$(dirname "$0")/sanitize-lib.sh"
export RINGSIDE_LOADER=$PWD/.build-sanitize/loader/ringside-loader RINGSIDE_READER=$PWD/.build-sanitize/reader/ringside-reader
# without those that trace the loader to stop it: LeakSanitizer and strace exclude each other;
# and without those of flows that count under load, which this slows down too much
tests=()
for test in tests/e2e/*.sh; do
	[ -x "$test" ] && ! grep -qE 'killed-lib.sh|flows-(load-)?lib.sh|strace' "$test" && tests+=("$test")
done
run_sanitized "$RINGSIDE_READER" "${tests[@]}"
