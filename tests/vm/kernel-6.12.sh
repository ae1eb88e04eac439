#!/bin/bash
# The end-to-end tests with Debian's kernel 6.12.
# timeout: 3400
exec "$(dirname "$0")/suite" bookworm-backports "6.12."
