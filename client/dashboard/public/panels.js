// The small tables beside the stream.
import { bytes, count, duration } from './units.js';

const ROWS = 10;

// Fills a table's body with texts; nodes are made once.
export function fill(table, rows) {
	const body = table.tBodies[0];
	while (body.rows.length > rows.length) body.deleteRow(-1);
	rows.forEach((texts, i) => {
		const line = body.rows[i] ?? body.insertRow();
		texts.forEach((text, j) => {
			const cell = line.cells[j] ?? line.insertCell();
			if (cell.textContent === text) return;
			cell.textContent = text;
			cell.title = text;
		});
	});
}

export function drawTop(table, window) {
	window.expire();
	fill(table, window.top(ROWS).map(([key, sum]) => [key, count(sum.records), sum.bytes > 0 ? bytes(sum.bytes) : '']));
}

export function drawEchoes(table, echoes) {
	fill(table, echoes.latest(ROWS).map(({ name, last, median, most, asked, answered }) =>
		[name, duration(last), duration(median), answered > 0 ? duration(most) : '', `${count(answered)}/${count(asked)}`]));
}

function flowTexts({ row, lasted, sent, received, again }) {
	// in two lines, for a column has little room
	return [row.process.replace(/\[(\d+)\]$/, '\n$1'), `${row.from} →\n${row.to}`, duration(lasted), bytes(sent), bytes(received), again === undefined ? '' : count(again)];
}

export function drawFlows(table, flows) {
	const rows = [];
	for (let i = 0; i < Math.min(flows.length, 15); i++) rows.push(flowTexts(flows.newest(i)));
	fill(table, rows);
}
