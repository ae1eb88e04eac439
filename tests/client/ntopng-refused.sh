#!/bin/bash
# Endpoints and keys that are none, a port in use, wrong usage: one line that says why, and the exit status.
. "$(dirname "$0")/../e2e/lib.sh"
. "$root/tests/client/ntopng-lib.sh"

# refuses STATUS MESSAGE ARGUMENTS...: one line (after wrong usage a second one may follow), nothing on standard output
refuses() {
	local expected=$1 message=$2 status=0
	shift 2
	timeout 10 "$exporter" "$@" </dev/null >"$work/out" 2>"$work/err" || status=$?
	equal "status of $*" "$expected" $status
	grep -q "^ringside-ntopng: .*$message" "$work/err" || fail "$*: $(cat "$work/err")"
	[ "$expected" = 2 ] || equal "lines of $*" 1 "$(wc -l <"$work/err")"
	[ ! -s "$work/out" ] || fail "$*: on standard output: $(cat "$work/out")"
}
key=$(printf 'x%.0s' {1..40})
refuses 1 "bind tcp://nonsense: Invalid argument" -z tcp://nonsense
refuses 1 "connect to tcp://127.0.0.1:99999: it must end in a port" -z tcp://127.0.0.1:99999c
refuses 1 "connect to tcp://127.0.0.1: it must end in a port" -z tcp://127.0.0.1c
refuses 1 "connect to tcp://:1234: it has no host" -z tcp://:1234c
refuses 1 "connect to tcp://there.invalid:1234: " -z tcp://there.invalid:1234c
refuses 1 "bind http://127.0.0.1:1: Protocol not supported" -z http://127.0.0.1:1
refuses 1 "bind : " -z ""
refuses 1 "connect to : " -z c
refuses 1 'connect to tcp://\*:1234: \* is no host' -z 'tcp://*:1234c'
refuses 1 "bind tcp://10.99.99.99:1234: " -z tcp://10.99.99.99:1234
refuses 1 "server key: must be 40 characters, and has 39" --server-key "${key#x}"
refuses 1 "server key: must be 40 characters, and has 41" --server-key "x$key"
refuses 1 "server key: must be 40 characters, and has 0" --server-key ""
refuses 1 "server key: not Z85" --server-key "${key/xx/\"\\}"
start_receiver "$work/received" 'tcp://127.0.0.1:1234c'
refuses 1 "bind tcp://127.0.0.1:1234: Address already in use" -z tcp://127.0.0.1:1234
stop_receiver "$work/received"

refuses 2 "unrecognized option" --nonsense
refuses 2 "standard input" file
refuses 2 "must be json or tlv" --format xml
refuses 2 "must be IF_NAME" --if-name-key NAME
refuses 2 "must be 1 or 3" --header 2
refuses 2 "must be 1 or 3" --header 11
refuses 2 "0 to 255" --source-id 256
refuses 2 "from 0 to 4294967295" --source-id 4294967296 --header 3
refuses 2 "from 0 to 4294967295" --first-id -1
refuses 2 "seconds from 0.1" --netstat 0
refuses 2 "seconds from 0.1" --counters often
refuses 2 "from 1 to" --queue 0
refuses 2 "absolute path" --pin-root relative
equal "--help" "0" "$(status_of "$exporter" --help)"
[[ $("$exporter" --version) == "ringside-ntopng "[0-9]* ]] || fail "--version"
