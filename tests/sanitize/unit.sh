#!/bin/bash
# The unit tests under AddressSanitizer and UndefinedBehaviorSanitizer.
# timeout: 900
cd "$(dirname "$0")/../.." || exit 1
[ -d .build-sanitize/tests/unit ] || { echo "not built: make SANITIZE=1 tests-build"; exit 1; }
RINGSIDE_TEST_LOGS=.build-sanitize/logs RINGSIDE_TEST_SLOWER=5 exec tests/run .build-sanitize/tests/unit
