#!/bin/bash
# 10 forwarders with 20,000 records/s in all and 50 watching connections: no error, none lost, memory level (a minute: npm run bench).
# timeout: 300
set -euo pipefail
"$(dirname "$0")/install"
exec node "$(dirname "$0")/../../client/dashboard/e2e/load.js" --seconds 12
