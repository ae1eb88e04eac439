// 10 forwarders at 2,000 records/s each, 50 watching connections: no error, memory level, delays in figures.
// load.js [--seconds N] [--rooms N]: how long, and how many rooms each connection watches; exit 77: the machine is too busy
import assert from 'node:assert/strict';
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { io } from 'socket.io-client';

const FORWARDERS = 10;
const WATCHERS = 50;
const RATE = 2000;
const TICK_MS = 20;
const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' }, rooms: { type: 'string', default: '1' }, watch: { type: 'string' } } });
const seconds = Number(values.seconds);
const each = Number(values.rooms);
const name = (i) => `eth${i}`;

// In a process of its own: the watchers, which note how old each record is when it comes.
function watch(url) {
	const delays = [];
	let records = 0;
	let missed = 0;
	let errors = 0;
	const decoder = new TextDecoder();
	const sockets = Array.from({ length: WATCHERS }, (_, i) => {
		const socket = io(url, { auth: { role: 'watcher' }, transports: ['websocket'], forceNew: true });
		const next = new Map();
		socket.on('connect', () => {
			for (let j = 0; j < each; j++) socket.emit('join', name((i + j) % FORWARDERS), {});
		});
		socket.on('connect_error', () => errors++);
		socket.on('disconnect', () => errors++);
		socket.on('records', ({ room, from, count }, bytes, confirm) => {
			if (from > (next.get(room) ?? from)) missed += from - next.get(room);
			next.set(room, from + count);
			records += count;
			// the oldest of the batch has waited the longest; beginnings are enough
			const sent = /"timestamp":(\d+)/.exec(decoder.decode(bytes.subarray(0, 1024)));
			if (delays.length < 2e6) delays.push(Date.now() - Number(sent[1]));
			confirm();
		});
		return socket;
	});
	process.on('message', (message) => {
		if (message === 'warm') delays.length = 0;
		if (message === 'count') process.send(records + missed);
		if (message !== 'end') return;
		for (const socket of sockets) socket.off('disconnect').disconnect();
		delays.sort((a, b) => a - b);
		const at = (part) => delays[Math.floor(delays.length * part)];
		process.send({ records, missed, errors, delays: { median: at(0.5), '90th': at(0.9), '99th': at(0.99), most: delays.at(-1) } }, () => process.exit(0));
	});
	// what comes before all have joined may be trimmed from the past by then
	const ready = (rooms) => {
		if (rooms.reduce((sum, room) => sum + room.watchers, 0) < WATCHERS * each) return;
		sockets[0].off('rooms', ready);
		process.send('ready');
	};
	sockets[0].on('rooms', ready);
}

async function measure() {
	const path = (file) => fileURLToPath(new URL(file, import.meta.url));
	const children = [];
	const start = (file, env, args = []) => {
		const child = spawn(process.execPath, [path(file), ...args], { env: { ...process.env, PASSWORD: '', HOST: '', ...env }, stdio: ['pipe', 'ignore', 'pipe'] });
		child.said = '';
		child.stderr.on('data', (text) => (child.said += text));
		child.stdin.on('error', () => {});
		children.push(child);
		return child;
	};
	process.on('exit', () => children.forEach((child) => child.kill('SIGKILL')));
	const server = start('../server.js', { PORT: '0' });
	while (!server.said.includes('listening')) await once(server.stderr, 'data');
	const url = /http:\S+?(?=,|\s|$)/.exec(server.said)[0];

	const forwarders = Array.from({ length: FORWARDERS }, (_, i) => start('../../monitor/monitor_client.js', { CLIENTNAME: name(i), URL: url }));
	for (const forwarder of forwarders) while (!forwarder.said.includes('connected')) await once(forwarder.stderr, 'data');
	const watchers = fork(path('load.js'), ['--watch', url, '--rooms', values.rooms]);
	children.push(watchers);
	await once(watchers, 'message');

	const lines = readFileSync(new URL('../demo/records.jsonl', import.meta.url), 'utf8').trim().split('\n').filter((line) => line.includes('"ts_us"'));
	const begin = Date.now();
	let sent = 0;
	const memory = [];
	const status = () => Number(/VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))[1]) / 1024;
	let noted = 0;
	while (Date.now() - begin < seconds * 1000) {
		const now = Date.now();
		const due = ((now - begin) / 1000) * RATE;
		let text = '';
		for (; sent < due; sent++) text += `${lines[sent % lines.length].replace(/"timestamp":\d+/, `"timestamp":${now}`)}\n`;
		if (text) for (const forwarder of forwarders) forwarder.stdin.write(text);
		if (now - begin >= (noted * seconds * 1000) / 10) {
			noted++;
			// programs that have just begun are slower
			if (noted === 3) watchers.send('warm');
			memory.push(status());
		}
		await new Promise((resolve) => setTimeout(resolve, TICK_MS));
	}
	const took = (Date.now() - begin) / 1000;
	const used = readFileSync(`/proc/${server.pid}/stat`, 'utf8').split(' ');
	for (const forwarder of forwarders) forwarder.stdin.end();
	const statuses = await Promise.all(forwarders.map(async (forwarder) => forwarder.exitCode ?? (await once(forwarder, 'exit'))[0]));
	const expected = sent * WATCHERS * each;
	// what the forwarders have had acknowledged is on its way to those who watch
	for (const end = Date.now() + 30000; Date.now() < end; ) {
		watchers.send('count');
		if ((await once(watchers, 'message'))[0] === expected) break;
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
	watchers.send('end');
	const [seen] = await once(watchers, 'message');
	console.log(`${FORWARDERS} forwarders, ${Math.round((sent * FORWARDERS) / took)} records/s in all; ${WATCHERS} watchers of ${each}, ${Math.round(seen.records / took)} records/s in all, for ${Math.round(took)} s`);
	console.log(`delay from the line to the watcher in ms: median ${seen.delays.median}, 90th ${seen.delays['90th']}, 99th ${seen.delays['99th']}, most ${seen.delays.most}`);
	console.log(`the server: ${((Number(used[13]) + Number(used[14])) / 100 / took).toFixed(2)} cores, memory in MiB ${memory.map((n) => n.toFixed(0)).join(' ')}`);
	console.log(`missed by watchers: ${seen.missed} of ${expected}; errors: ${seen.errors}`);
	assert.deepEqual(statuses, Array(FORWARDERS).fill(0), forwarders.map(({ said }) => said).join(''));
	// who cannot even write them in time is kept from it by something else
	if (sent / took < RATE * 0.95) {
		console.log(`the machine is too busy to tell: only ${Math.round((sent * FORWARDERS) / took)} records/s were written`);
		process.exit(77);
	}
	assert.equal(seen.errors, 0);
	assert.ok(forwarders.every(({ said }) => !said.includes('dropped')), 'no forwarder drops');
	assert.equal(seen.records + seen.missed, expected, 'each record is seen, or known to be missed');
	assert.equal(seen.missed, 0);
	assert.ok(memory.at(-1) < memory[Math.floor(memory.length / 2)] * 1.3 + 20, 'memory is level');
	process.exit(0);
}

if (values.watch) watch(values.watch);
else await measure();
