#!/bin/bash
# client/dashboard by its parts, and with the forwarder: rooms, passwords, history, restarts, what the page makes of records.
# timeout: 400
set -euo pipefail
cd "$(dirname "$0")"
./install
cd ../../client/dashboard
exec node --test test/
