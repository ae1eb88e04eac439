// Server and forwarder together: the password on both sides, nothing lost over a restart, hostile publishers.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { Server } from 'socket.io';
import { io } from 'socket.io-client';
import { connect } from '../../monitor/connection.js';
import { startDashboard } from '../dashboard.js';

const MONITOR = fileURLToPath(new URL('../../monitor/monitor_client.js', import.meta.url));

async function until(condition, what, ms = 30000) {
	for (const end = Date.now() + ms; !(await condition());) {
		if (Date.now() > end) assert.fail(`waited ${ms} ms for: ${what}`);
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
}

async function start(t, options = {}) {
	const said = [];
	const dashboard = await startDashboard({ host: '127.0.0.1', port: 0, password: '', recent: 1000000, say: (text) => said.push(text), ...options });
	let closed;
	const close = () => (closed ??= dashboard.close());
	t.after(close);
	return { dashboard, said, close, url: `http://127.0.0.1:${dashboard.port}` };
}

function client(t, url, auth, more = {}) {
	const socket = io(url, { auth, transports: ['websocket'], forceNew: true, reconnection: false, ...more });
	t.after(() => socket.disconnect());
	return socket;
}

// 'connect', or the error
async function outcome(socket) {
	return Promise.race([once(socket, 'connect').then(() => 'connect'), once(socket, 'connect_error').then(([error]) => error)]);
}

function watch(t, url, password, room) {
	const lines = [];
	const socket = client(t, url, { role: 'watcher', password });
	const joined = new Set();
	socket.on('rooms', (list) => {
		for (const { name } of list) if ((!room || name === room) && !joined.has(name)) {
			joined.add(name);
			socket.emit('join', name, {});
		}
	});
	socket.on('records', (about, bytes, confirm) => {
		lines.push(...Buffer.from(bytes).toString().split('\n'));
		confirm();
	});
	return { socket, lines };
}

function monitor(t, url, env = {}, args = []) {
	const child = spawn(process.execPath, [MONITOR, ...args], { env: { ...process.env, CLIENTNAME: 'eth0', URL: url, PASSWORD: '', ...env } });
	t.after(() => child.kill('SIGKILL'));
	child.messages = '';
	child.stderr.on('data', (text) => (child.messages += text));
	child.stdin.on('error', () => {});
	setTimeout(() => child.kill('SIGKILL'), 60000).unref(); // one that does not end by itself ends the test
	child.exit = once(child, 'exit').then(([status]) => status);
	return child;
}

test('lines go from stdin to a watcher, whole and in order, and the forwarder ends with 0', async (t) => {
	const { url } = await start(t);
	const { lines } = watch(t, url);
	const child = monitor(t, url);
	const count = 20000;
	child.stdin.write('plain text\n');
	for (let i = 0; i < count; i++) child.stdin.write(`{"event":"icmp","i":${i}}\n`);
	child.stdin.end('x'.repeat(2 << 20));
	assert.equal(await child.exit, 0, child.messages);
	await until(() => lines.length === count + 2, 'all lines');
	assert.equal(JSON.parse(lines[0]).line, 'plain text');
	assert.deepEqual(lines.slice(1, -1).map((line) => JSON.parse(line).i), Array.from({ length: count }, (_, i) => i));
	const cut = JSON.parse(lines.at(-1));
	assert.equal(cut.line.length + cut.cut, 2 << 20);
	assert.match(child.messages, /1 lines were longer than 1 MiB/);
});

test('nobody forwards or watches without the password', async (t) => {
	const { url, said } = await start(t, { password: 'secret123' });
	for (const role of ['watcher', 'forwarder']) {
		for (const password of [undefined, '', 'secret', ['secret123']]) {
			const error = await outcome(client(t, url, { role, password, client: 'a', stream: 's' }));
			assert.notEqual(error, 'connect', `${role} with ${password}`);
			assert.ok(['password', 'attempts'].includes(error.data.code));
		}
	}
	assert.ok(!said.join('\n').includes('secret'), 'nothing of a password is in what it says');
});

test('attempts are limited, also for the right password, and the page is told how long', async (t) => {
	const { url } = await start(t, { password: 'secret123' });
	const codes = [];
	for (let i = 0; i < 7; i++) codes.push((await outcome(client(t, url, { role: 'watcher', password: 'wrong' }))).data.code);
	assert.deepEqual(codes.slice(0, 5), Array(5).fill('password'));
	assert.equal(codes[5], 'attempts');
	const error = await outcome(client(t, url, { role: 'watcher', password: 'secret123' }));
	assert.equal(error.data.code, 'attempts');
	await until(async () => (await outcome(client(t, url, { role: 'watcher', password: 'secret123' }))) === 'connect', 'the wait to end');
});

test('a wrong password is one clear line and exit 1', async (t) => {
	const { url } = await start(t, { password: 'secret123' });
	const child = monitor(t, url, { PASSWORD: 'wrong' });
	child.stdin.end('{"event":"icmp"}\n');
	assert.equal(await child.exit, 1);
	assert.equal(child.messages, `monitor_client: ${url}: wrong password\n`);
});

test('who has not said the password is not listened to for long', async (t) => {
	const { url } = await start(t, { password: 'secret123' });
	const silent = client(t, url, () => {}); // it opens the line and never says who it is
	await once(silent.io, 'open');
	const { engine } = silent.io;
	const closed = once(engine, 'close');
	const begin = Date.now();
	engine.send(`59-["x"${',{"_placeholder":true,"num":0}'.repeat(9)}]`);
	for (let i = 0; i < 8; i++) engine.send(Buffer.alloc(1 << 20));
	await closed;
	assert.ok(Date.now() - begin < 8000, 'it is not only that its time was over, which is after ten seconds');
});

test('pages of another site are refused at the door', async (t) => {
	const { url } = await start(t);
	const evil = client(t, url, { role: 'watcher' }, { extraHeaders: { origin: 'http://evil.example' } });
	assert.notEqual(await outcome(evil), 'connect');
	assert.equal(await outcome(client(t, url, { role: 'watcher' }, { extraHeaders: { origin: url } })), 'connect');
});

test('the server ends and starts again while records flow: none is lost, none comes twice', async (t) => {
	const first = await start(t);
	const port = first.dashboard.port;
	const before = watch(t, first.url);
	const child = monitor(t, first.url);
	let sent = 0;
	const more = (n) => {
		for (const end = sent + n; sent < end; sent++) child.stdin.write(`{"i":${sent}}\n`);
	};
	more(3000);
	await until(() => before.lines.length > 0, 'the first records');
	more(500);
	await first.close();
	more(20000);
	await until(() => child.messages.includes('lost'), 'the forwarder to notice');
	const second = await start(t, { port });
	const after = watch(t, second.url);
	more(500);
	child.stdin.end();
	assert.equal(await child.exit, 0, child.messages);
	const all = new Set([...before.lines, ...after.lines]);
	await until(() => [...before.lines, ...after.lines].length >= sent, 'all records');
	const numbers = [...before.lines, ...after.lines].map((line) => JSON.parse(line).i);
	const missing = Array.from({ length: sent }, (_, i) => i).filter((i) => !all.has(`{"i":${i}}`));
	// what was acknowledged is in the first server's room; a watcher may not have got it before that ended
	const kept = new Set(roomLines(first.dashboard).concat(roomLines(second.dashboard)));
	assert.deepEqual(missing.filter((i) => !kept.has(`{"i":${i}}`)), []);
	assert.ok(numbers.length >= sent - missing.length);
});

function roomLines(dashboard) {
	const room = dashboard.rooms.get('eth0');
	const lines = [];
	for (let block = room?.since(room.first); block; block = room.since(block.from + block.count)) lines.push(...block.bytes.toString().split('\n'));
	return lines;
}

test('while the server is away the queue is bounded, and a record says what was dropped', async (t) => {
	const first = await start(t);
	const port = first.dashboard.port;
	await first.close();
	const child = monitor(t, first.url, {}, ['--queue', '1000']);
	await until(() => child.messages.includes('ECONNREFUSED'), 'a refused connection');
	for (let i = 0; i < 5000; i++) child.stdin.write(`{"i":${i}}\n`);
	child.stdin.end();
	await until(() => child.messages.includes('end of input, 1000 records'), 'the end of input');
	const second = await start(t, { port });
	const { lines } = watch(t, second.url);
	assert.equal(await child.exit, 0, child.messages);
	await until(() => lines.length === 1001, 'all records');
	const dropped = JSON.parse(lines[0]);
	assert.deepEqual([dropped.event, dropped.count, dropped.client], ['dropped', 4000, 'eth0']);
	assert.deepEqual([lines[1], lines.at(-1)], ['{"i":4000}', '{"i":4999}']);
	assert.match(child.messages, /4000 records were dropped/);
});

test('watchers are told who forwards, and when it is killed', async (t) => {
	const { url } = await start(t);
	let rooms = [];
	const { socket } = watch(t, url);
	socket.on('rooms', (list) => (rooms = list));
	const child = monitor(t, url);
	await until(() => rooms[0]?.forwarders.length === 1 && rooms[0].watchers === 1, 'the forwarder');
	assert.equal(rooms[0].name, 'eth0');
	assert.equal(rooms[0].forwarders[0].address, '127.0.0.1');
	child.kill('SIGKILL');
	await until(() => rooms[0].forwarders.length === 0, 'the forwarder to be gone');
});

test('SIGTERM sends what is held and ends with 0; while the server is away it gives up with 1 and says how much', async (t) => {
	const { url, close } = await start(t);
	const { lines } = watch(t, url);
	const one = monitor(t, url);
	await until(() => one.messages.includes('connected'), 'the connection');
	one.stdin.write('{"i":1}\n');
	one.stdin.write('{"i":2}');
	await until(() => lines.length === 1, 'the first record');
	one.kill('SIGTERM');
	one.stdin.write('\n{"last":"words"}\n');
	assert.equal(await one.exit, 0, one.messages);
	await until(() => lines.length === 3, 'the second record, and what the reader says at its end');
	await close();
	const two = monitor(t, url);
	two.stdin.write('{"i":1}\n');
	await until(() => two.messages.includes('ECONNREFUSED'), 'a refused connection');
	two.kill('SIGTERM');
	assert.equal(await two.exit, 1);
	assert.match(two.messages, /1 records were not sent/);
});

test('Ctrl-C that comes with the end of input, as in a pipe line, still sends what is held', async (t) => {
	const { url } = await start(t);
	const { lines } = watch(t, url);
	const child = monitor(t, url);
	await until(() => child.messages.includes('connected'), 'the connection');
	child.kill('SIGSTOP');
	for (let i = 0; i < 100; i++) child.stdin.write(`{"i":${i}}\n`);
	child.stdin.end();
	await once(child.stdin, 'finish');
	child.kill('SIGINT');
	child.kill('SIGCONT');
	assert.equal(await child.exit, 0, child.messages);
	await until(() => lines.length === 100, 'all records');
});

test('batches come in their order after a sleep: a newer one would make the server think that it knows the older ones', async (t) => {
	const http = createServer().listen(0, '127.0.0.1');
	await once(http, 'listening');
	const server = new Server(http);
	t.after(() => server.close());
	const came = []; // by connection
	server.on('connection', (socket) => {
		const numbers = [];
		came.push(numbers);
		socket.on('batch', (number) => numbers.push(number));
	});
	const underWay = [];
	const send = (number) => connection.transmit(number, Buffer.from('x'), () => {});
	const connection = connect({ url: `http://127.0.0.1:${http.address().port}`, name: 'a', password: '' }, {
		say: () => {}, refused: () => {}, connected: () => underWay.forEach(send), disconnected: () => {},
	});
	t.after(() => connection.close());
	await until(() => came.length === 1, 'the connection');
	underWay.push(1);
	send(1);
	await until(() => came[0].length === 1, 'the first batch');
	const now = Date.now;
	t.mock.method(Date, 'now', () => now() + 3600000); // Socket.IO takes the next one and keeps it, for the line is dead by now
	underWay.push(2);
	send(2);
	await until(() => came[1]?.length >= 2, 'both batches again');
	assert.deepEqual(came[1].slice(0, 2), [1, 2]);
});

test('hostile messages do nothing to the server', async (t) => {
	const { url, dashboard } = await start(t);
	const { lines } = watch(t, url);
	const bad = client(t, url, { role: 'forwarder', client: '__proto__', stream: 's' });
	assert.equal(await outcome(bad), 'connect');
	for (const args of [[], [1], [1, 'text'], [{}, Buffer.from('x')], [1, { type: 'Buffer', data: [1] }], [1, Buffer.alloc(0)], [-1, Buffer.from('x')], [1, Buffer.from('a\n\nb')], [null, null, null]]) bad.emit('batch', ...args);
	bad.emit('join', 'x');
	bad.emit('search', {});
	assert.equal(await bad.emitWithAck('batch', 1, Buffer.from('{"a":1}')), 'taken');
	await until(() => lines.length === 1, 'the one good record');
	const odd = client(t, url, { role: 'watcher' });
	assert.equal(await outcome(odd), 'connect');
	for (const args of [[], [1], [{}], ['__proto__'], ['__proto__', null], ['__proto__', { epoch: {}, next: {} }], ['x'.repeat(1e5)]]) {
		odd.emit('join', ...args);
		odd.emit('leave', ...args);
	}
	odd.emit('search');
	assert.match((await odd.emitWithAck('search', null)).error, /no history/);
	odd.emit('batch', 1, Buffer.from('{"a":2}'));
	for (const auth of [{ role: 'forwarder' }, { role: 'forwarder', client: 'a\nb', stream: 's' }, { role: 'forwarder', client: 'a' }, { role: 'x' }, {}]) {
		assert.notEqual(await outcome(client(t, url, auth)), 'connect', JSON.stringify(auth));
	}
	const large = client(t, url, { role: 'forwarder', client: 'large', stream: 's' });
	assert.equal(await outcome(large), 'connect');
	large.emit('batch', 1, Buffer.alloc(5 << 20, 'x'));
	await once(large, 'disconnect');
	assert.equal(dashboard.rooms.list().reduce((sum, { records }) => sum + records, 0), 1);
});

test('the page is served with a strict policy, and nothing else is', async (t) => {
	const { url } = await start(t);
	const page = await fetch(url);
	assert.equal(page.status, 200);
	const policy = page.headers.get('content-security-policy');
	assert.match(policy, /default-src 'self'/);
	assert.doesNotMatch(policy, /unsafe|\*|data:/);
	assert.doesNotMatch(await page.text(), /<script>|style=|onclick|<style/);
	for (const path of ['/main.js', '/style.css', '/vendor/socket.io.js', '/vendor/uPlot.js', '/vendor/uPlot.css', '/icon.svg']) assert.equal((await fetch(url + path)).status, 200, path);
	for (const path of ['/server.js', '/package.json', '/../package.json', '/..%2fserver.js', '/vendor/../../server.js', '/__proto__', '//']) assert.equal((await fetch(url + path)).status, 404, path);
	assert.equal((await fetch(url, { method: 'POST' })).status, 405);
	const again = await fetch(url, { headers: { 'if-none-match': page.headers.get('etag') } });
	assert.equal(again.status, 304);
});

test('the demo plays real records as if they happened now', async (t) => {
	const child = spawn(process.execPath, [fileURLToPath(new URL('../demo/demo.js', import.meta.url))], { env: { ...process.env, PORT: '0' } });
	t.after(() => child.kill('SIGKILL'));
	let said = '';
	child.stderr.on('data', (text) => (said += text));
	await until(() => said.includes('watch http'), 'the demo');
	const { lines } = watch(t, /http:\S+/.exec(said)[0]);
	await until(() => lines.length > 300, 'the recent past');
	const before = lines.length;
	await until(() => lines.length > before + 20, 'new records');
	const times = lines.map((line) => JSON.parse(line)).map(({ timestamp, ts_us }) => [timestamp, ts_us / 1000]);
	for (const [ms, us] of times) assert.ok(Math.abs(ms - us) < 2 && ms <= Date.now() && ms > Date.now() - 120000);
});

test('a watcher that confirms what it does not read is disconnected', async (t) => {
	const { url, said } = await start(t);
	const forwarder = monitor(t, url);
	const line = `{"event":"icmp","pad":"${'x'.repeat(4000)}"}\n`;
	const liar = client(t, url, { role: 'watcher' });
	assert.equal(await outcome(liar), 'connect');
	const { ws } = liar.io.engine.transport;
	forwarder.stdin.write(line);
	await until(() => said.some((text) => text.includes('forwarder connected')), 'the forwarder');
	ws.send('42["join","eth0",{}]');
	ws.pause();
	// it does not know which there are
	const confirm = setInterval(() => {
		for (let id = 0; id < 2000; id++) ws.send(`43${id}[]`);
	}, 20);
	t.after(() => clearInterval(confirm));
	const more = setInterval(() => forwarder.stdin.writableLength < 1 << 20 && forwarder.stdin.write(line.repeat(100)), 1);
	t.after(() => clearInterval(more));
	await until(() => said.some((text) => text.includes('confirms what it has not read')), 'it to be disconnected');
	await once(liar, 'disconnect');
	assert.equal(said.filter((text) => text.includes('confirms')).length, 1);
});
