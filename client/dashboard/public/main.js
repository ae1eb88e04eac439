// Puts the page together: what comes in goes to the stream, and is drawn as often as somebody can read it.
import { Chart } from './chart.js';
import { Connection } from './connection.js';
import { showDetails } from './details.js';
import { EVENTS } from './events.js';
import { makeFilter } from './filter.js';
import { icmpNames } from './icmp-names.js';
import { drawLosses } from './loss-bar.js';
import { drawNotice, notice } from './notices.js';
import { drawEchoes, drawFlows, drawTop } from './panels.js';
import { countConnections, drawRoomButtons } from './room-buttons.js';
import { Search } from './search.js';
import { Stream } from './stream.js';
import { countText, Table } from './table.js';
import { count, duration } from './units.js';

const TABLE_MS = 100;
const PANELS_MS = 1000;
const SORT_MS = 150; // what comes in this time, from several rooms, is put in order
const FILTERS = { text: 'search', event: 'filter-event', address: 'filter-address', process: 'filter-process', container: 'filter-container', type: 'filter-type' };

const $ = (id) => document.getElementById(id);
const stream = new Stream();
const left = new Set(); // rooms that somebody switched off
let rooms = [];
let state = 'connecting';
let message = '';
let paused; // the rows as they were, while paused
let arrivedAtPause = 0;
let keptAtPause = 0;
let flushing;

const connection = new Connection({
	state(name, text = '') {
		state = name;
		message = text;
		$('state').dataset.state = name;
		$('state').textContent = name === 'password' ? 'password needed' : name;
		drawRooms();
		drawState();
	},
	rooms(list) {
		rooms = list;
		for (const { name } of rooms) if (!left.has(name)) connection.join(name);
		drawRooms();
		drawState();
	},
	lines(room, lines) {
		stream.take(lines, room);
		flushing ??= setTimeout(flush, SORT_MS);
	},
	missed(room, n) {
		stream.losses.add(`${room}: this page was too slow or away for too long`, n, Date.now());
	},
	history: (historyState) => search.setState(historyState),
});

const table = new Table({
	box: $('table'), body: $('table-body'), empty: $('table-empty'), open, pause: () => setPaused(true),
});
const search = new Search($('history'), connection, open);
const rateChart = new Chart($('rate-chart'), (n) => count(Math.round(n)));
const echoChart = new Chart($('echo-chart'), duration);

function flush() {
	flushing = undefined;
	stream.flush();
	drawLoss(); // here, as in a tab behind others no frame comes, and the title tells
	if (!$('notice').hidden) drawState();
}

function open(row) {
	showDetails($('record'), row);
}

function drawState() {
	const said = notice({ state, message, rooms, chosen: rooms.filter(({ name }) => !left.has(name)).length, records: stream.arrived });
	drawNotice($('notice'), said, stream.arrived > 0);
	$('live').hidden = stream.arrived === 0;
}

function drawRooms() {
	drawRoomButtons($('rooms'), rooms, { isLeft: (name) => left.has(name), toggle: toggleRoom });
	$('watchers').textContent = state === 'connected' ? countConnections(rooms) : '';
}

function toggleRoom(name) {
	if (left.delete(name)) connection.join(name);
	else {
		left.add(name);
		connection.leave(name);
	}
	drawRooms();
	applyFilter();
	drawState();
}

function applyFilter() {
	const chosen = Object.fromEntries(Object.entries(FILTERS).map(([key, id]) => [key, $(id).value]));
	const shown = { has: (room) => !left.has(room) };
	stream.setFilter(makeFilter({ ...chosen, rooms: shown }));
	if (paused) hold();
	table.toTop();
	drawTable();
}

// The rows as they are now, for as long as somebody looks at them.
function hold() {
	const rows = [...stream.matching].reverse();
	paused = { length: rows.length, newest: (i) => rows[i] };
	arrivedAtPause = stream.arrived;
	keptAtPause = stream.rows.length;
}

function setPaused(on) {
	if (on === Boolean(paused)) return;
	if (on) hold();
	else {
		paused = undefined;
		table.toTop();
	}
	$('pause').setAttribute('aria-pressed', on);
	$('pause').textContent = on ? 'Go on' : 'Pause';
	drawTable();
}

function drawTable() {
	const rows = paused ?? stream.matching;
	table.show(rows);
	table.draw();
	$('count').textContent = countText(rows.length, paused ? keptAtPause : stream.rows.length, paused, stream.arrived - arrivedAtPause);
	if (rows.length === 0) $('table-empty').textContent = stream.rows.length > 0 ? 'No record is like that. Clear the filters (Esc in one of them) to see all.' : '';
}

function drawLoss() {
	drawLosses($('loss'), stream.losses);
	document.title = stream.losses.total > 0 ? `⚠ ${count(stream.losses.total)} lost · ringside` : 'ringside';
}

function drawPanels() {
	const shown = EVENTS.map((event, i) => ({ ...event, label: event.name, i })).filter(({ i }) => !stream.rates.isEmpty(i));
	rateChart.set(shown, stream.rates.data(shown.map(({ i }) => i)));
	$('rate-now').textContent = `· ${count(shown.reduce((sum, { i }) => sum + stream.rates.last(i), 0))} now`;
	for (const { time, us } of stream.echoes.points.splice(0)) stream.roundTrips.add(0, time, us);
	$('echo-chart').hidden = stream.roundTrips.isEmpty(0);
	if (!stream.roundTrips.isEmpty(0)) {
		const [times, values] = stream.roundTrips.data([0]);
		echoChart.set([{ label: 'longest in a second', light: '#1a5fb4', dark: '#62a0ea', points: true }], [times, values.map((us) => us || null)]);
	}
	drawEchoes($('echo'), stream.echoes);
	drawTop($('talkers'), stream.talkers);
	drawTop($('processes'), stream.processes);
	drawFlows($('flows'), stream.flows);
}

let tableAt = 0;
let panelsAt = 0;
let drawn = 0;
function frame(now) {
	if (!$('live').hidden) {
		if (!paused && now - tableAt >= TABLE_MS && drawn !== stream.arrived) {
			tableAt = now;
			drawn = stream.arrived;
			drawTable();
		} else if (now - panelsAt >= PANELS_MS) {
			panelsAt = now;
			drawPanels();
			if (paused) drawTable();
		}
	}
	requestAnimationFrame(frame);
}

const KEYS = {
	'/': () => $('search').focus(),
	p: () => setPaused(!paused),
	h: () => search.show(),
	'?': () => $('help').showModal(),
	j: () => chooseRow(1), ArrowDown: () => chooseRow(1),
	k: () => chooseRow(-1), ArrowUp: () => chooseRow(-1),
};

function chooseRow(by) {
	$('table').focus({ preventScroll: true });
	table.move(by);
}

document.addEventListener('keydown', (event) => {
	if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
	const typing = event.target.matches('input, select, textarea');
	if (typing && event.key === 'Escape' && event.target.closest('#filter')) {
		event.target.value = '';
		applyFilter();
		$('table').focus();
		return;
	}
	if (typing || !Object.hasOwn(KEYS, event.key)) return;
	event.preventDefault();
	KEYS[event.key]();
});

for (const { name } of EVENTS) if (name !== 'other') $('filter-event').append(new Option(name, name));
for (const name of [...icmpNames, 'TCP', 'UDP']) $('types').append(new Option(name, name));
$('filter').addEventListener('input', applyFilter);
$('filter').addEventListener('submit', (event) => event.preventDefault());
$('filter').addEventListener('reset', () => setTimeout(applyFilter));
$('pause').addEventListener('click', () => setPaused(!paused));
$('open-history').addEventListener('click', () => search.show());
$('open-help').addEventListener('click', () => $('help').showModal());
$('loss-seen').addEventListener('click', () => {
	stream.losses.clear();
	drawLoss();
});
$('login').addEventListener('submit', (event) => {
	event.preventDefault();
	connection.start($('password').value);
	$('password').value = '';
});

search.setState(null);
applyFilter();
drawState();
connection.start();
requestAnimationFrame(frame);
