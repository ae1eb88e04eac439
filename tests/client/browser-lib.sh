# browser-lib.sh - for tests in Debian's chromium; sourced, not run.
e2e=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../client/dashboard/e2e" && pwd)
if [ -z "${RINGSIDE_TEST_INSIDE:-}" ]; then # in the namespaces there is no network
	"$(dirname "${BASH_SOURCE[0]}")/install" || exit
	[ -x "${CHROMIUM:=/usr/bin/chromium}" ] || { echo "chromium is not installed"; exit 77; }
	export CHROMIUM
fi
