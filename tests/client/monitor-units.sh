#!/bin/bash
# client/monitor by its parts: lines, records, queue, batches, options.
# timeout: 300
set -euo pipefail
cd "$(dirname "$0")"
./install
cd ../../client/monitor
exec node --test test/
