#!/bin/bash
# The end-to-end tests with Debian's kernel newest (trixie-backports).
# timeout: 3000
exec "$(dirname "$0")/suite" trixie-backports ""
