// The live table: draws only the rows that can be seen, in nodes that are reused.
import { parse, showable } from './record.js';
import { sentence } from './sentence.js';
import { clock, count } from './units.js';

const CELLS = 7;
const LOUD = new Set(['lost', 'dropped', 'connect_failed', 'retransmit']);
const SPARE = 6; // rows beyond the edge

export class Table {
	#box;
	#body;
	#empty;
	#nodes = []; // { node, cells, row }
	#rows; // newest(i), length
	#selected = -1;
	#open;
	#pause;
	#rowHeight = 26;
	#height = 400;
	#headHeight = 26;

	// open(row): show it whole; pause(): hold the rows, as somebody wants to look at one
	constructor({ box, body, empty, open, pause }) {
		this.#box = box;
		this.#body = body;
		this.#empty = empty;
		this.#open = open;
		this.#pause = pause;
		box.addEventListener('scroll', () => {
			if (box.scrollTop > this.#rowHeight) pause();
			this.draw();
		}, { passive: true });
		body.addEventListener('click', (event) => {
			const entry = this.#nodes.find(({ node }) => node.contains(event.target));
			if (!entry?.row) return;
			this.#pause();
			this.#select(entry.at);
			open(entry.row);
		});
		box.addEventListener('keydown', (event) => this.#key(event));
		new ResizeObserver(() => this.#measure()).observe(box);
		this.#measure();
	}

	#measure() {
		this.#rowHeight = parseFloat(getComputedStyle(document.documentElement).getPropertyValue('--row'));
		this.#headHeight = this.#body.offsetTop;
		this.#height = this.#box.clientHeight;
		for (const entry of this.#nodes) entry.at = -1; // rows may have another height now
		this.draw();
	}

	show(rows) {
		this.#rows = rows;
	}

	toTop() {
		this.#select(-1);
		this.#box.scrollTop = 0;
	}

	get focused() {
		return document.activeElement === this.#box;
	}

	move(by) {
		if (!this.#rows || this.#rows.length === 0) return;
		this.#pause();
		this.#select(Math.min(Math.max(this.#selected + by, 0), this.#rows.length - 1));
		const top = this.#selected * this.#rowHeight;
		const space = this.#height - this.#headHeight - this.#rowHeight;
		if (top < this.#box.scrollTop) this.#box.scrollTop = top;
		else if (top > this.#box.scrollTop + space) this.#box.scrollTop = top - space;
		this.draw();
	}

	#key(event) {
		if (event.key === 'Enter' && this.#selected >= 0) this.#open(this.#rows.newest(this.#selected));
		else if (event.key === 'PageDown') this.move(Math.floor(this.#height / this.#rowHeight) - 2);
		else if (event.key === 'PageUp') this.move(2 - Math.floor(this.#height / this.#rowHeight));
		else if (event.key === 'Home') this.move(-this.#rows.length);
		else if (event.key === 'End') this.move(this.#rows.length);
		else return;
		event.preventDefault();
	}

	#select(at) {
		this.#selected = at;
		this.draw();
	}

	draw() {
		if (!this.#rows) return;
		const total = this.#rows.length;
		const height = `${total * this.#rowHeight}px`;
		if (this.#body.style.height !== height) this.#body.style.height = height;
		this.#empty.hidden = total > 0;
		const first = Math.max(0, Math.floor(this.#box.scrollTop / this.#rowHeight) - SPARE);
		const wanted = Math.min(total - first, Math.ceil(this.#height / this.#rowHeight) + 2 * SPARE);
		while (this.#nodes.length < wanted) this.#nodes.push(this.#makeNode());
		let active = '';
		this.#nodes.forEach((entry, i) => {
			const shown = i < wanted;
			if (entry.node.hidden === shown) entry.node.hidden = !shown;
			if (!shown) {
				entry.row = undefined;
				return;
			}
			this.#fill(entry, first + i);
			if (first + i === this.#selected) active = entry.node.id;
		});
		if (active) this.#box.setAttribute('aria-activedescendant', active);
		else this.#box.removeAttribute('aria-activedescendant');
	}

	#makeNode() {
		const node = document.createElement('div');
		node.className = 'row';
		node.id = `row-${this.#nodes.length}`;
		node.setAttribute('role', 'row');
		const cells = Array.from({ length: CELLS }, () => {
			const cell = document.createElement('span');
			cell.setAttribute('role', 'gridcell');
			node.append(cell);
			return cell.appendChild(document.createTextNode(''));
		});
		this.#body.append(node);
		return { node, cells, row: undefined, at: -1, texts: Array(CELLS).fill('') };
	}

	#fill(entry, at) {
		const row = this.#rows.newest(at);
		if (entry.at !== at) {
			entry.at = at;
			entry.node.style.top = `${at * this.#rowHeight}px`;
			entry.node.setAttribute('aria-rowindex', at + 1);
		}
		const selected = at === this.#selected;
		if (entry.selected !== selected) {
			entry.selected = selected;
			entry.node.setAttribute('aria-selected', selected);
		}
		if (entry.row === row) return;
		entry.row = row;
		row.sentence ??= sentence(parse(row.line), row.line);
		const texts = [clock(row.time), row.room, row.event, row.from, row.to, row.process, row.sentence];
		texts.forEach((text, i) => {
			if (entry.texts[i] !== text) {
				entry.texts[i] = text;
				entry.cells[i].data = i === 1 || i === 2 ? showable(text, 64) : text;
			}
		});
		const loud = LOUD.has(row.event);
		if (entry.loud !== loud) {
			entry.loud = loud;
			entry.node.classList.toggle('bad', loud);
		}
	}
}

export function countText(shown, kept, paused, since) {
	const parts = [shown === kept ? `${count(kept)} records` : `${count(shown)} of ${count(kept)} records`];
	if (paused) parts.push(since > 0 ? `paused, ${count(since)} came since` : 'paused');
	return parts.join(' · ');
}
