#!/bin/bash
# The end-to-end tests with Debian's kernel newest (trixie-backports).
# timeout: 3400
exec "$(dirname "$0")/suite" trixie-backports ""
