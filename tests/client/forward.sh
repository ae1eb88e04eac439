#!/bin/bash
# One forwarder on one core: what came, or was said to be dropped, is what was read (100,000/s: npm run bench:forwarder).
# timeout: 300
set -euo pipefail
"$(dirname "$0")/install"
exec node "$(dirname "$0")/../../client/dashboard/e2e/forward.js" --rate 50000 --seconds 4
