#!/bin/bash
# At 5,000 records/s the page draws its frames, loses nothing and its memory stays level (ten minutes: npm run bench:page).
# timeout: 300
. "$(dirname "$0")/browser-lib.sh"
exec node "$e2e/fast.js" --seconds 15
