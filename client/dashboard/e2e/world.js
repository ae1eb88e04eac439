// What the tests in a browser share: a server, forwarders, a page; all end with the test.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const SLOWER = Number(process.env.RINGSIDE_TEST_SLOWER ?? 1);
const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const children = new Set();
let browser;

export async function until(condition, what, seconds = 30) {
	for (const end = Date.now() + seconds * SLOWER * 1000; ;) {
		const result = await condition();
		if (result) return result;
		if (Date.now() > end) assert.fail(`waited ${seconds} s for: ${what}`);
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}

// A command that is ended when the test ends; what it says on stderr is in .said
export function launch(command, args, env = {}) {
	const child = spawn(command, args, { env: { ...process.env, ...env }, detached: true, stdio: ['pipe', 'ignore', 'pipe'] });
	child.said = '';
	child.stderr.on('data', (text) => (child.said += text));
	child.stdin.on('error', () => {});
	child.ended = once(child, 'exit');
	child.killAll = (signal) => {
		try {
			process.kill(-child.pid, signal);
		} catch {
			// it has ended
		}
	};
	children.add(child);
	return child;
}

export async function run(command, ...args) {
	const child = launch(command, args);
	child.stdin.end();
	const [status] = await child.ended;
	assert.equal(status, 0, `${command} ${args.join(' ')}: ${child.said}`);
}

export async function serve({ port = 0, password = '', args = [] } = {}) {
	const server = launch(process.execPath, [path('../server.js'), ...args], { PORT: String(port), PASSWORD: password, HOST: '' });
	await until(() => server.said.includes('listening on') || server.exitCode !== null, 'the server to listen');
	assert.equal(server.exitCode, null, server.said);
	server.url = /listening on (\S+?),?(\s|$)/.exec(server.said)[1];
	return server;
}

// The test writes to its .stdin.
export function forward(url, name, { password = '' } = {}) {
	return launch(process.execPath, [path('../../monitor/monitor_client.js')], { CLIENTNAME: name, URL: url, PASSWORD: password });
}

// The original's pipe line, with the reader ($READER) as nobody; returns when nothing that happens now is missed.
export async function forwardReader(url, name, { password, args }) {
	const pipe = `setpriv --reuid 65534 --regid 65534 --clear-groups "$READER" -v ${args} | exec "$NODE" "$MONITOR"`;
	const forwarder = launch('sh', ['-c', pipe], { CLIENTNAME: name, URL: url, PASSWORD: password, NODE: process.execPath, MONITOR: path('../../monitor/monitor_client.js') });
	await until(() => forwarder.said.includes('following') && forwarder.said.includes('connected'), `the reader and the forwarder of ${name}`);
	return forwarder;
}

export async function openPage(url, options = {}) {
	browser ??= await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--enable-precise-memory-info'] });
	const page = await browser.newPage({ viewport: { width: 1400, height: 900 }, reducedMotion: 'reduce', ...options });
	page.complaints = [];
	page.on('pageerror', (error) => page.complaints.push(error.stack));
	page.on('console', (message) => {
		// that the server is away is said in its own way
		if (message.type() === 'error' && !/WebSocket connection to .* failed/.test(message.text())) page.complaints.push(message.text());
	});
	page.on('dialog', (dialog) => {
		page.complaints.push(`a dialog: ${dialog.message()}`);
		dialog.dismiss();
	});
	await page.goto(url);
	return page;
}

export const text = (page, selector) => page.locator(selector).textContent();

export function rows(page) {
	return page.$$eval('#table-body .row:not([hidden])', (nodes) => nodes.map((node) => [...node.children].map((cell) => cell.textContent)));
}

// How many records the filters let through.
export async function shown(page) {
	return Number((await text(page, '#count')).split(' ')[0].replaceAll(',', ''));
}

// A picture for a person's eye, where RINGSIDE_PICTURES says so.
export async function picture(page, name) {
	const dir = process.env.RINGSIDE_PICTURES;
	if (!dir) return;
	mkdirSync(dir, { recursive: true });
	await page.screenshot({ path: `${dir}/${name}.png` });
}

// Runs a test and ends what it started, however it ends.
export async function scene(play) {
	try {
		await play();
	} catch (error) {
		console.error(error);
		for (const page of browser?.contexts().flatMap((context) => context.pages()) ?? []) await picture(page, 'failed');
		for (const child of children) if (child.said) console.error(`--- ${child.spawnargs.slice(0, 3).join(' ')}:\n${child.said}`);
		process.exitCode = 1;
	} finally {
		await browser?.close();
		for (const child of children) child.killAll('SIGKILL');
	}
	process.exit();
}
