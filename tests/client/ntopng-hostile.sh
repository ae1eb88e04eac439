#!/bin/bash
# Names with any bytes, lines of a MiB, lines that are no JSON, keys of the wrong type: each is sent right, or counted, and
# what comes after it arrives. No payload is larger than 32768 bytes.
. "$(dirname "$0")/../e2e/lib.sh"
. "$root/tests/client/ntopng-lib.sh"

make_link rs0 0
python3 - "$work" <<'END'
import json, sys
work = sys.argv[1]
good = {"event": "connect", "local_ip": "10.9.0.1", "local_port": 1, "remote_ip": "10.9.0.2", "remote_port": 80, "protocol": 6,
	"timestamp": 1795258222666, "ts_us": 1795258222666129, "if_name": "eth0", "direction": "out", "ip_version": 4,
	"latency_us": 110, "pid": 1, "tid": 1, "uid": 0, "gid": 0, "user": "root", "comm": "c", "exe": "/c", "ppid": 1,
	"parent_comm": "p", "parent_exe": "/p"}
number = 0
sent = []
def line(**keys):
	"""A record that is sent, told from others by its port."""
	global number
	number += 1
	record = {**good, "local_port": number, **keys}
	sent.append(record)
	return record
names = ['"', '\\', '\n\r\t\b\f', '\x01\x1f\x7f', '\u009b2J\u202e', 'ü€𝄞', '$(touch /tmp/pwned)`;*', '%s%n', '</script>', "'", '\ufeff', ' ']
with open(work + '/in', 'wb') as f:
	def put(text):
		f.write((text if isinstance(text, bytes) else text.encode()) + b'\n')
	for name in names:
		put(json.dumps(line(comm=name, exe='/' + name, user=name, if_name=name, parent_comm=name, parent_exe=name,
			container_id=name, container_name=name, pod=name, namespace=name), ensure_ascii=False))
		put(json.dumps(line(comm=name, exe='/' + name), ensure_ascii=True))
		# without spaces, as ringside writes
		put(json.dumps(line(comm=name, exe='/' + name), ensure_ascii=True, separators=(',', ':')))
		put(json.dumps(line(comm=name, exe='/' + name), ensure_ascii=False, separators=(',', ':')))
	# read in place, and by jansson
	put(json.dumps(line(), separators=(',', ':')))
	put(json.dumps(line()))
	put(json.dumps(line(unknown=[1, {"a": None}], another=1.5, yes=True)))
	# as long as a name can be, all bytes to be escaped, and none
	for c in '\x01', 'x', '"', '€':
		long = c * 10000
		put(json.dumps(line(comm=long, exe=long, user=long, if_name=long, parent_comm=long, parent_exe=long, container_id=long,
			container_name=long, pod=long, namespace=long)))
	put(json.dumps(line(unknown='x' * (2**20 - 1000))))	# just below a MiB
	bad = 0
	whole = json.dumps(good, separators=(',', ':')).encode()
	for text in ['', 'no JSON', '{', '{}', '[]', '"event"', 'null', '{"event":1}', '{"event":"connect"', '{"event":"connect"}}',
		b'{"event":"connect","comm":"\xff\xfe"}', '{"event":"connect","comm":"\\u0000"}', '{"event":"connect",}',
		'{"event":"connect","uid":01}', '{"event":"lost"}', '{"event":"lost","count":"many"}', '[' * 10000,
		json.dumps({**good, "local_ip": "10.9.0"}), json.dumps({**good, "local_ip": "::1"}),
		json.dumps({**good, "local_ip": 7}), json.dumps({**good, "remote_port": 65536}),
		json.dumps({**good, "remote_port": "80"}), json.dumps({**good, "remote_port": -1}),
		json.dumps({**good, "protocol": 256}), json.dumps({**good, "protocol": 2**32 + 6}),
		json.dumps({**good, "ip_version": 5}), json.dumps({**good, "ip_version": 10**30}),
		json.dumps({**good, "remote_port": 1.5}), json.dumps({k: v for k, v in good.items() if k != "local_ip"}),
		json.dumps({"event": "icmp", "src_ip": "10.9.0.1", "ip_version": 4, "icmp_type": 8, "icmp_code": 0}),
		json.dumps({"event": "icmp", "src_ip": "10.9.0.1", "dst_ip": "10.9.0.2", "ip_version": 4, "icmp_type": 256, "icmp_code": 0}),
		# right but for one thing
		whole.replace(b'"comm":"c"', b'"comm":"\xff"'), whole.replace(b'"comm":"c"', b'"comm":"\xc3"'),
		whole.replace(b'"comm":"c"', b'"comm":"\xed\xa0\x80"'), whole.replace(b'"comm":"c"', b'"comm":"\x01"'),
		whole.replace(b'"comm":"c"', b'"comm":"\\x"'), whole + b'}', whole + b',', whole + b' x', whole[:-1],
		whole.replace(b'"uid":0', b'"uid":00'), whole.replace(b'"uid":0', b'"uid":'), whole.replace(b'"uid":0', b'"uid":-'),
		whole.replace(b'"uid":0', b'"uid":0x1'), whole.replace(b'"uid":0', b'"uid":' + b'9' * 25), whole.replace(b'"uid":0', b'"uid":tru'),
		whole.replace(b',"uid"', b',,"uid"'), whole.replace(b'"uid":', b'"uid"'), whole.replace(b'"uid":', b'uid:'),
		'x' * (2**20 + 1), 'x' * (3 * 2**20), json.dumps({**good, "comm": 'x' * 2**21})]:
		put(text)
		if text and isinstance(text, str) and ': ' in text:
			put(json.dumps(json.loads(text), separators=(',', ':')))
			bad += 1
		if text:
			bad += 1
		put(json.dumps(line(), separators=(',', ':')))
	# numbers that are odd, but no reason to lose the record
	put(json.dumps(line(ts_us=2**53, timestamp=2**53)))
	put(json.dumps(line(ts_us=10**18, timestamp=-5, duration_us=2**53, pid=-1, latency_us=2**60)))
	put(json.dumps(line(pid=0, ppid=0, tid=0)))
	f.write(json.dumps(line()).encode())	# without an end
	open(work + '/bad', 'w').write(str(bad))
	open(work + '/sent', 'w').write(json.dumps(sent))
END
for format in json tlv; do
	start_receiver "$work/out" 'tcp://*:1234c' -t flow
	start_exporter -z tcp://127.0.0.1:1234c --format $format
	cat "$work/in" >&"$lines"
	exec {lines}>&-
	count=$(jq length "$work/sent")
	wait_for 20 flows "$work/out" "$count"
	lines=
	wait "$exporter_pid" || fail "the exporter ended with status $?: $(cat "$said")"
	stop_receiver "$work/out"
	equal "bad lines" "$(cat "$work/bad")" "$(account bad)"
	equal "flows" "$count" "$(account flows)"
	[ "$(jq .largest "$work/out.account")" -le 32768 ] || fail "too large: $(cat "$work/out.account")"
	safe=$(LC_ALL=C grep -c '[[:cntrl:]]' "$said" || true)
	equal "lines that are not for a terminal" 0 "$safe"
	[ $format = json ] && cp "$work/out" "$work/json"
done
[ "$(wc -l <"$said")" -lt 40 ] || fail "it says too much: $(wc -l <"$said") lines"
python3 - "$work" <<'END'
import json, sys
work = sys.argv[1]
sent = json.load(open(work + '/sent'))
found = [json.loads(line)['payload'] for line in open(work + '/json', encoding='utf-8')]
assert len(sent) == len(found), (len(sent), len(found))
def cut(text, most):
	return text.encode()[:most].decode(errors='ignore')
for record, flow in zip(sent, found):
	where = record['local_port'], flow
	assert flow['L4_LOCAL_PORT'] == record['local_port'], where
	assert flow.get('IF_NAME') == cut(record['if_name'], 255), where
	if record['pid'] > 0:
		process = flow['LOCAL_PROCESS']
		assert process['PROCESS_PATH'] == cut(record['exe'], 512), where
		assert process['UID_NAME'] == cut(record['user'], 255), where
		assert flow['LOCAL_FATHER_PROCESS']['PROCESS_PATH'] == cut(record['parent_exe'], 512), where
	else:
		assert 'LOCAL_PROCESS' not in flow, where
	if 'pod' in record:
		assert flow['LOCAL_CONTAINER']['K8S']['POD'] == cut(record['pod'], 255), where
		assert flow['LOCAL_CONTAINER']['ID'] == cut(record['container_id'], 255), where
# the two ways of reading a line come to the same
plain = [{k: v for k, v in flow.items() if k != 'L4_LOCAL_PORT'} for record, flow in zip(sent, found) if record['comm'] == 'c'][:3]
assert plain[0] == plain[1] == plain[2], plain
END
