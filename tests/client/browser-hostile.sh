#!/bin/bash
# Hostile records change nothing on the page but what it shows, and a loss is shown loudly.
# timeout: 300
. "$(dirname "$0")/browser-lib.sh"
exec node "$e2e/hostile.js"
