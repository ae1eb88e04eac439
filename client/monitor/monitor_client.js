#!/usr/bin/env node
// Forwards records from stdin to a dashboard.
import { fstatSync, readFileSync } from 'node:fs';
import { connect } from './connection.js';
import { Lines } from './lines.js';
import { readOptions, usage } from './options.js';
import { Queue } from './queue.js';
import { toRecord } from './record.js';
import { Sender } from './sender.js';

const LAST_WORDS_MS = 300; // Ctrl-C ends the reader too, and it says something before
const HELD_MS = 1000; // what takes longer than this is said
const GOODBYE_MS = 3000;

function say(text) {
	process.stderr.write(`monitor_client: ${text}\n`);
}

function options() {
	try {
		return readOptions(process.argv.slice(2), process.env);
	} catch (error) {
		say(error.message);
		process.exit(2);
	}
}

const chosen = options();
if (chosen.help) {
	process.stdout.write(usage);
	process.exit(0);
}
if (chosen.version) {
	const about = JSON.parse(readFileSync(new URL('package.json', import.meta.url)));
	process.stdout.write(`monitor_client ${about.version}\n`);
	process.exit(0);
}

if (fstatSync(0).isDirectory()) { // for Node it is an input that is over
	say('stdin: EISDIR');
	process.exit(1);
}

const queue = new Queue(chosen.name, chosen.queue);
const sender = new Sender(queue, (...batch) => connection.transmit(...batch));
const connection = connect(chosen, {
	say,
	connected: () => sender.connected(),
	disconnected: () => sender.disconnected(),
	refused: (message) => {
		say(message);
		process.exit(1);
	},
});

let linesCut = 0;
const lines = new Lines((line, cut) => {
	if (cut > 0) linesCut++;
	queue.push(toRecord(line, cut));
	sender.wake();
});

function account() {
	if (linesCut > 0) say(`${linesCut} lines were longer than 1 MiB and are cut`);
	if (queue.totalDropped > 0) say(`${queue.totalDropped} records were dropped, the dashboard was too slow or away`);
}

let stopping = false;
let ending = false;
let told = false; // that Ctrl-C gives up
async function end() {
	if (ending) return;
	ending = true;
	process.stdin.destroy();
	lines.end();
	const held = setTimeout(() => {
		told = true;
		say(`end of input, ${sender.waiting} records are being sent; Ctrl-C gives them up`);
	}, HELD_MS);
	if (stopping) setTimeout(giveUp, GOODBYE_MS).unref();
	await sender.done();
	clearTimeout(held);
	connection.close();
	account();
}

function giveUp() {
	account();
	if (sender.waiting > 0) say(`${sender.waiting} records were not sent`);
	process.exit(sender.waiting > 0 ? 1 : 0);
}

function stop() {
	if (stopping || told) giveUp();
	stopping = true;
	if (ending) setTimeout(giveUp, GOODBYE_MS).unref(); // in a pipe line both come together
	else setTimeout(end, LAST_WORDS_MS);
}
process.on('SIGINT', stop);
process.on('SIGTERM', stop);

process.stdin.on('data', (chunk) => lines.push(chunk));
process.stdin.on('end', end);
process.stdin.on('error', (error) => {
	say(`stdin: ${error.code ?? error.message}`);
	process.exitCode = 1;
	end();
});
