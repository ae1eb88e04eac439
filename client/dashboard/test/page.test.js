// The page's own parts, which need no browser.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Echoes } from '../public/echoes.js';
import { makeFilter } from '../public/filter.js';
import { Losses } from '../public/losses.js';
import { inNetwork } from '../public/network.js';
import { advance } from '../public/position.js';
import { showable } from '../public/record.js';
import { Ring } from '../public/ring.js';
import { rowOf } from '../public/row.js';
import { sentence } from '../public/sentence.js';
import { Series } from '../public/series.js';
import { Stream } from '../public/stream.js';
import { bytes, duration } from '../public/units.js';
import { Volume } from '../public/volume.js';
import { Window } from '../public/window.js';

const rooms = { has: () => true };
const row = (record, room = 'a') => rowOf(JSON.stringify(record), room, 5).row;

test('a ring keeps the newest, up to a number and a weight', () => {
	const ring = new Ring(4, 100);
	for (let i = 0; i < 10; i++) ring.push(i, 1);
	assert.deepEqual([...ring], [6, 7, 8, 9]);
	assert.equal(ring.newest(0), 9);
	ring.push(10, 98);
	assert.deepEqual([...ring], [8, 9, 10]);
	ring.push(11, 1000);
	assert.deepEqual([...ring], [11]);
	for (let i = 0; i < 4; i++) ring.push(i, 1);
	assert.deepEqual([...ring], [0, 1, 2, 3]);
});

test('hostile records become harmless rows', () => {
	const million = `{${Array.from({ length: 60000 }, (_, i) => `"k${i}":1`).join(',')}}`;
	const lines = ['', 'text', 'null', '[1,2]', '42', '{"event":{"toString":1}}', '{"__proto__":{"event":"icmp","comm":"x"}}', '{"constructor":1,"event":"__proto__"}',
		`{"event":"icmp","a":${'['.repeat(30000)}${']'.repeat(30000)}}`, '['.repeat(65000), million, '{"event":"icmp","ts_us":1e400,"timestamp":-5,"icmp_type":"<b>","inner":null}',
		'{"event":"close","pid":{},"comm":["x"],"duration_us":"long"}', '{"hasOwnProperty":1,"event":"lost","count":"many"}'];
	for (const line of lines) {
		const { row: made, record } = rowOf(line, 'a', 5);
		for (const key of ['event', 'from', 'to', 'here', 'there', 'process', 'container', 'type']) assert.equal(typeof made[key], 'string', `${key} of ${line.slice(0, 50)}`);
		assert.ok(Number.isFinite(made.time));
		assert.equal(typeof sentence(record, line), 'string');
	}
	assert.equal(rowOf('{"__proto__":{"event":"icmp"}}', 'a').row.event, 'other');
	assert.equal({}.event, undefined);
	const stream = new Stream();
	stream.take(lines, 'a');
	stream.flush();
	assert.equal(stream.rows.length, lines.length);
	assert.equal(stream.losses.total, 0);
});

test('what comes from several rooms at once is put in order', () => {
	const stream = new Stream();
	stream.take(['{"timestamp":5}', '{"timestamp":7}'], 'a');
	stream.take(['{"timestamp":4}', '{"timestamp":6}', '{"timestamp":7,"second":1}'], 'b');
	assert.equal(stream.rows.length, 0);
	stream.flush();
	assert.deepEqual([...stream.rows].map(({ time, room }) => `${time}${room}`), ['4b', '5a', '6b', '7a', '7b']);
});

test('text that would hide or turn other text is shown as what it is', () => {
	assert.equal(showable('a\u202eb\u0000c\u200bd\ne'), 'a\ufffdb\ufffdc\ufffdd\ufffde');
	assert.equal(showable('x'.repeat(1000)).length, 301);
	assert.equal(showable('plain ö 漢 <b>'), 'plain ö 漢 <b>');
});

test('every record of the demo has a sentence, and nothing undefined in it', () => {
	const lines = readFileSync(new URL('../demo/records.jsonl', import.meta.url), 'utf8').trim().split('\n');
	assert.ok(lines.length > 300 && lines.length <= 2000);
	const events = new Set();
	for (const line of lines) {
		const { row: made, record } = rowOf(line, 'a');
		const text = sentence(record, line);
		events.add(made.event);
		assert.doesNotMatch(`${text} ${made.from} ${made.to} ${made.process}`, /undefined|NaN|null|object/, line);
		assert.notEqual(text, line, 'it is known');
	}
	for (const event of ['icmp', 'connect', 'connect_failed', 'accept', 'close', 'retransmit', 'udp_send']) assert.ok(events.has(event), event);
});

test('who began is on the left', () => {
	const ends = { local_ip: '10.9.0.1', local_port: 80, remote_ip: 'fd09::2', remote_port: 4000 };
	assert.deepEqual([row({ event: 'accept', ...ends }).from, row({ event: 'accept', ...ends }).to], ['[fd09::2]:4000', '10.9.0.1:80']);
	assert.equal(row({ event: 'connect', direction: 'out', ...ends }).from, '10.9.0.1:80');
	assert.equal(row({ event: 'icmp', direction: 'in', src_ip: '10.0.0.1', dst_ip: '10.0.0.2' }).from, '10.0.0.1');
});

test('networks', () => {
	for (const [net, address, expected] of [['10.9.0.0/24', '10.9.0.77', true], ['10.9.0.0/24', '10.9.1.77', false], ['10.9.0.1', '10.9.0.1', true], ['10.9.0.1', '10.9.0.10', false],
		['10.9', '10.9.3.3', true], ['fd09::/64', 'fd09::1', true], ['fd09::/64', 'fd09:1::1', false], ['fd09::/64', '10.9.0.1', false], ['0.0.0.0/0', '1.2.3.4', true],
		['0.0.0.0/0', '::1', false], ['10.9.0.0/33', '10.9.0.1', false], ['::/0', 'fe80::1', true], ['10.9.0.7/24', '10.9.0.1', true], ['a/b/c', '10.9.0.1', false]]) {
		assert.equal(inNetwork(net)(address), expected, `${address} in ${net}`);
	}
});

test('filters', () => {
	const records = [
		row({ event: 'icmp', src_ip: '10.9.0.1', dst_ip: '10.9.0.2', icmp_type: 5, ip_version: 4 }),
		row({ event: 'close', local_ip: '10.9.0.3', remote_ip: '10.9.0.1', protocol: 6, comm: 'curl', pid: 77, container_id: 'abcdef0123456789' }),
		row({ event: 'connect', local_ip: '10.8.0.3', remote_ip: '10.9.5.1', protocol: 6, comm: 'Curl', pod: 'web-1', namespace: 'shop' }, 'b'),
	];
	const which = (filter) => records.map((one, i) => (makeFilter({ rooms, ...filter })(one) ? i : -1)).filter((i) => i >= 0);
	assert.deepEqual(which({}), [0, 1, 2]);
	assert.deepEqual(which({ event: 'close' }), [1]);
	assert.deepEqual(which({ address: '10.9.0.1' }), [0, 1]);
	assert.deepEqual(which({ address: '10.9.5.0/24' }), [2]);
	assert.deepEqual(which({ process: 'curl' }), [1, 2]);
	assert.deepEqual(which({ process: '[77]' }), [1]);
	assert.deepEqual(which({ container: 'shop/web' }), [2]);
	assert.deepEqual(which({ container: 'abcdef' }), [1]);
	assert.deepEqual(which({ type: 'redirect' }), [0]);
	assert.deepEqual(which({ type: 'tcp', event: 'connect' }), [2]);
	assert.deepEqual(which({ text: 'REDIRECT' }), [0]);
	assert.deepEqual(which({ rooms: new Set(['b']) }), [2]);
});

test('sums of the last minute fade, and are bounded', () => {
	const window = new Window();
	for (let i = 0; i < 10; i++) window.add('a', 10, i * 5000);
	window.add('b', 5, 50000);
	assert.deepEqual(window.top(5), [['a', { records: 10, bytes: 100 }], ['b', { records: 1, bytes: 5 }]]);
	window.expire(85000);
	assert.equal(window.top(5)[0][1].records, 4);
	window.expire(500000);
	assert.deepEqual(window.top(5), []);
	for (let i = 0; i < 100000; i++) window.add(`${i}`, 1, 600000);
	assert.equal(window.keys, 2000);
	assert.equal(window.left, 98000);
	assert.equal(window.top(10).length, 10);
});

test('running totals of flows count each byte once', () => {
	const volume = new Volume();
	const flow = { local_ip: 'a', local_port: 1, remote_ip: 'b', remote_port: 2 };
	const of = (record) => volume.of({ ...flow, ...record }, 'room');
	assert.deepEqual([of({ event: 'flow', tx_bytes: 100, rx_bytes: 0 }), of({ event: 'flow', tx_bytes: 100, rx_bytes: 50 }), of({ event: 'close', tx_bytes: 110, rx_bytes: 50 })], [100, 50, 10]);
	assert.equal(of({ event: 'close', tx_bytes: 7, rx_bytes: 0 }), 7, 'a new flow with the same ends');
	assert.deepEqual([of({ event: 'udp_send', bytes: 5 }), of({ event: 'udp_recv', bytes: 9 }), of({ event: 'udp_send', bytes: 8, end: true })], [5, 9, 3]);
	assert.equal(volume.of({ event: 'icmp', length: 84 }, 'room'), 84);
	assert.equal(of({ event: 'connect' }), 0);
});

test('round trips are matched by addresses, id and sequence', () => {
	const echoes = new Echoes();
	const echo = (icmp_type, src_ip, dst_ip, ts_us, more = {}) => echoes.add({ event: 'icmp', ip_version: 4, icmp_type, src_ip, dst_ip, ts_us, icmp_id: 7, icmp_seq: 1, ...more }, 'room');
	echo(8, 'a', 'b', 1000);
	echo(8, 'a', 'c', 1100);
	echo(0, 'b', 'a', 1500, { icmp_seq: 2 });
	echo(0, 'b', 'a', 1600, { icmp_id: 8 });
	echo(0, 'b', 'a', 1250);
	echo(0, 'b', 'a', 1800);
	echo(128, 'x', 'y', 2000, { ip_version: 6 });
	echo(129, 'y', 'x', 2100, { ip_version: 6 });
	const known = Object.fromEntries(echoes.latest(10).map(({ name, asked, answered, last, median }) => [name, [asked, answered, last, median]]));
	assert.deepEqual(known, { 'x → y': [1, 1, 100, 100], 'a → b': [1, 1, 250, 250], 'a → c': [1, 0, undefined, undefined] });
	for (let i = 0; i < 50000; i++) echo(8, `${i}`, 'b', 1e6 + i);
	assert.ok(echoes.latest(1e6).length <= 200);
});

test('a series is of its last minutes, whatever the clock of others says', () => {
	const series = new Series(2, 60);
	const now = 1e9;
	series.add(0, now - 3000, 1, now);
	series.add(0, now - 3000, 1, now);
	series.add(1, now + 1e9, 5, now);
	series.add(1, now - 1e8, 5, now);
	const [times, a, b] = series.data([0, 1], now + 2000);
	assert.equal(times.length, 59);
	assert.equal(a[times.indexOf((now - 3000) / 1000)], 2);
	assert.equal(b[times.indexOf(now / 1000)], 10, 'at the time it came');
	assert.deepEqual(series.data([0], now + 100000)[1].filter(Boolean), []);
});

test('losses are summed by where they were', () => {
	const losses = new Losses();
	losses.hear({ event: 'lost', source: 'eth0', count: 5 }, 'a', 1);
	losses.hear({ event: 'lost', source: 'eth0', count: 6 }, 'a', 2);
	losses.hear({ event: 'dropped', count: 7 }, 'a', 3);
	losses.hear({ event: 'icmp', count: 7 }, 'a', 3);
	losses.hear({ event: 'lost', count: -7 }, 'a', 3);
	assert.equal(losses.total, 18);
	assert.deepEqual(losses.list().map(({ count }) => count), [11, 7]);
	for (let i = 0; i < 1000; i++) losses.add(`${i}`, 1, 1);
	assert.equal(losses.list().length, 50);
});

test('a page knows what it has had of a room, and what it missed', () => {
	const at = { returned: true };
	const came = (epoch, from, count) => {
		const { missed, known } = advance(at, { epoch, from, count });
		return [missed, known];
	};
	assert.deepEqual(came('a', 50, 10), [0, 0], 'what was before it came is not missed');
	assert.deepEqual(came('a', 60, 5), [0, 0]);
	assert.deepEqual(came('a', 62, 5), [0, 3], 'those that come twice are known');
	assert.deepEqual(came('a', 60, 2), [0, 7], 'all of them too');
	assert.deepEqual(came('a', 70, 1), [3, 0]);
	at.returned = true;
	assert.deepEqual(came('a', 90, 1), [0, 0], 'while the room was switched off');
	assert.deepEqual(came('b', 0, 5), [0, 0], 'a server that was started again');
	assert.deepEqual(came('c', 40, 5), [40, 0], 'one whose first records are gone before the page is back');
	at.returned = true;
	assert.deepEqual(came('d', 40, 5), [0, 0]);
});

test('units', () => {
	assert.deepEqual([0, 999, 1000, 12345, 999999, 3e9].map(bytes), ['0 B', '999 B', '1.0 kB', '12 kB', '1.0 MB', '3.0 GB']);
	assert.deepEqual([0, 999, 1500, 2.5e6, 61e6, 7.3e9].map(duration), ['0 µs', '999 µs', '1.50 ms', '2.50 s', '1 min 1 s', '2 h 1 min']);
});

test('the page writes text and nothing else', () => {
	const files = ['index.html', 'main.js', 'table.js', 'panels.js', 'details.js', 'search.js', 'notices.js', 'chart.js', 'connection.js'];
	for (const name of files) {
		const text = readFileSync(new URL(`../public/${name}`, import.meta.url), 'utf8');
		assert.doesNotMatch(text, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|eval\(|new Function|style="|\son[a-z]+=|<style|https?:\/\//, name);
	}
});
