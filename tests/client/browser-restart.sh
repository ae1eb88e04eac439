#!/bin/bash
# The server is killed and started again while records flow: the page comes back by itself, each record comes, once.
# timeout: 300
. "$(dirname "$0")/browser-lib.sh"
. "$(dirname "$0")/../e2e/lib.sh"

make_link eth0 0
"$loader" load -m 0666 eth0 >/dev/null
READER=$reader node "$e2e/restart.js"
