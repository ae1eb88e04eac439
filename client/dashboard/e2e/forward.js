// What one forwarder takes, on one core: records come at a rate, a server and one watcher take them.
// forward.js [--rate N] [--seconds N]
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startDashboard } from '../dashboard.js';

const TICK_MS = 10;
const MOST_US = 50; // a record: a forwarder that needs more is broken, whatever the machine
const { values } = parseArgs({ options: { rate: { type: 'string', default: '100000' }, seconds: { type: 'string', default: '10' } } });
const rate = Number(values.rate);
const seconds = Number(values.seconds);

const lines = readFileSync(new URL('../demo/records.jsonl', import.meta.url), 'utf8').trim().split('\n');
const PART = 100;
const parts = Array.from({ length: Math.floor(lines.length / PART) }, (_, i) => Buffer.from(`${lines.slice(i * PART, (i + 1) * PART).join('\n')}\n`));
const dashboard = await startDashboard({ host: '127.0.0.1', port: 0, password: '', recent: 10000 });
const monitor = fileURLToPath(new URL('../../monitor/monitor_client.js', import.meta.url));
const env = { ...process.env, CLIENTNAME: 'forward', URL: `http://127.0.0.1:${dashboard.port}`, PASSWORD: '' };
// all of its threads are on one core
const child = spawn('taskset', ['-c', '0', process.execPath, monitor], { env, stdio: ['pipe', 'ignore', 'pipe'] });
process.on('exit', () => child.kill('SIGKILL'));
let said = '';
child.stderr.on('data', (text) => (said += text));
child.stdin.on('error', () => {});
while (!said.includes('connected')) await once(child.stderr, 'data');

function cpuSeconds() {
	const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1].split(' ');
	return (Number(fields[11]) + Number(fields[12])) / 100;
}
const before = cpuSeconds();
const begin = Date.now();
let sent = 0;
while (Date.now() - begin < seconds * 1000) {
	const due = ((Date.now() - begin) / 1000) * rate;
	for (; sent < due; sent += PART) child.stdin.write(parts[(sent / PART) % parts.length]);
	if (child.stdin.writableNeedDrain) await once(child.stdin, 'drain');
	else await new Promise((resolve) => setTimeout(resolve, TICK_MS));
}
const took = (Date.now() - begin) / 1000;
const used = cpuSeconds() - before;
child.stdin.end();
const [status] = await once(child, 'exit');
assert.equal(status, 0, said);
const dropped = Number(/(\d+) records were dropped/.exec(said)?.[1] ?? 0);
const { records } = dashboard.rooms.list()[0];
console.log(`${Math.round(sent / took)} records/s for ${took.toFixed(1)} s, ${dropped} dropped; ${((used * 1e6) / sent).toFixed(1)} µs of CPU a record, ${((used / took) * 100).toFixed(0)} % of a core`);
const tellings = records - (sent - dropped); // records that say how many were dropped
assert.ok(tellings >= (dropped > 0 ? 1 : 0) && tellings <= dropped, `${sent} were sent, ${dropped} dropped, ${records} came`);
assert.ok((used * 1e6) / sent < MOST_US, 'it is not grossly slow');
await dashboard.close();
process.exit(0);
