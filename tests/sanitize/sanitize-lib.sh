# shellcheck shell=bash
# sanitize-lib.sh - tests with programs under AddressSanitizer and UndefinedBehaviorSanitizer; sourced, not run.
cd "$(dirname "$0")/../.." || exit 1
[ "$(id -u)" = 0 ] || { echo "needs root"; exit 77; }

# run_sanitized PROGRAM TEST...: the tests, and then whatever was reported
run_sanitized() {
	local reports status
	[ -x "$1" ] || { echo "not built: make SANITIZE=1 all"; exit 1; }
	shift
	# a report goes to a file as well: programs that nobody waits for have reports too
	reports=$(mktemp -d)
	chmod 1777 "$reports"
	# shellcheck disable=SC2064 # now
	trap "rm -rf '$reports'" EXIT
	export ASAN_OPTIONS=log_path=$reports/asan:detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1:log_path=$reports/ubsan
	RINGSIDE_TEST_LOGS=.build-sanitize/logs RINGSIDE_TEST_SLOWER=5 tests/run "$@"
	status=$?
	if compgen -G "$reports/*" >/dev/null; then
		cat "$reports"/*
		exit 1
	fi
	exit $status
}
