#!/bin/bash
# Real traffic on two interfaces, forwarded to two rooms, is what the page shows; with filters, keys, history, night and phone.
# timeout: 300
. "$(dirname "$0")/browser-lib.sh"
. "$(dirname "$0")/../e2e/lib.sh"

make_link eth0 0
make_link eth1 1
"$loader" load -m 0666 eth0 eth1 >/dev/null
mkdir "$work/files"
head -c 3000000 /dev/zero >"$work/files/large"
nsenter --net=/run/netns/peer python3 -m http.server --directory "$work/files" 8080 >/dev/null 2>&1 &
listens() {
	(exec 3<>/dev/tcp/10.9.0.2/8080) 2>/dev/null
}
wait_for 20 listens
READER=$reader WORK=$work node "$e2e/shows.js"
