#!/bin/bash
# The end-to-end tests with Debian's kernel 6.1.
# timeout: 3400
exec "$(dirname "$0")/suite" bookworm "6.1." everything
