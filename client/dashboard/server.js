#!/usr/bin/env node
// Starts the dashboard as the options say.
import { readFileSync } from 'node:fs';
import { startDashboard } from './dashboard.js';
import { readOptions, usage } from './options.js';

function say(text) {
	process.stderr.write(`dashboard: ${text}\n`);
}

function options() {
	try {
		return readOptions(process.argv.slice(2), process.env);
	} catch (error) {
		say(error.message);
		process.exit(2);
	}
}

async function start(chosen) {
	try {
		return await startDashboard({ ...chosen, say });
	} catch (error) {
		const what = error.syscall === 'listen' ? `listen on ${chosen.host} port ${chosen.port}: ${error.code}` : error.message;
		say(what);
		process.exit(1);
	}
}

const chosen = options();
if (chosen.help) {
	process.stdout.write(usage);
	process.exit(0);
}
if (chosen.version) {
	process.stdout.write(`dashboard ${JSON.parse(readFileSync(new URL('package.json', import.meta.url))).version}\n`);
	process.exit(0);
}

const dashboard = await start(chosen);
const host = chosen.host.includes(':') ? `[${chosen.host}]` : chosen.host;
say(`listening on http://${host}:${dashboard.port}${chosen.password ? '' : ', without a password'}`);
if (chosen.history) say(`history is kept in ${chosen.history}`);

let stopping = false;
async function stop() {
	if (stopping) process.exit(1);
	stopping = true;
	await dashboard.close();
	process.exit(0);
}
process.on('SIGINT', stop);
process.on('SIGTERM', stop);
