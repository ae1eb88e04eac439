// Questions to the history.
import { EVENTS } from './events.js';
import { rowOf } from './row.js';
import { parse } from './record.js';
import { sentence } from './sentence.js';
import { bytes, count, day } from './units.js';

const MOST_LISTED = 2000;

export class Search {
	#dialog;
	#connection;
	#open;
	#question;
	#last;
	#asked = 0;

	constructor(dialog, connection, open) {
		this.#dialog = dialog;
		this.#connection = connection;
		this.#open = open;
		for (const { name } of EVENTS) if (name !== 'other') this.#part('event').append(new Option(name, name));
		this.#part('form').addEventListener('submit', (event) => {
			event.preventDefault();
			this.#ask();
		});
		this.#part('more').addEventListener('click', () => this.#ask(this.#last));
	}

	#part(name) {
		return this.#dialog.querySelector(`#history-${name}`);
	}

	// state: of the server's history, null when it keeps none
	setState(state) {
		this.#part('form').hidden = state === null;
		if (state === null) {
			this.#part('state').textContent = 'This server keeps no history. Start it with --history FILE, and what comes from then on can be asked for here.';
			return;
		}
		const parts = [`${bytes(state.bytes ?? 0)} of ${bytes(state.most ?? 0)}`];
		if (state.oldest) parts.push(`since ${day(state.oldest)}`);
		if (state.lost > 0) parts.push(`${count(state.lost)} records could not be kept`);
		if (state.error) parts.push(state.error);
		this.#part('state').textContent = parts.join(' · ');
	}

	show() {
		this.#dialog.showModal();
	}

	async #ask(before) {
		const text = (name) => this.#part(name).value.trim();
		const time = (name) => (text(name) ? new Date(text(name)).getTime() : undefined);
		if (!before) {
			this.#question = {
				from: time('from'), to: time('to'), address: text('address'), process: text('process'),
				event: text('event'), room: text('room'), text: text('text'), limit: 200,
			};
			this.#part('list').replaceChildren();
		}
		this.#part('count').textContent = 'searching …';
		const asked = ++this.#asked;
		const { records = [], more, error } = await this.#connection.search({ ...this.#question, before });
		if (asked !== this.#asked) return;
		for (const { room, line, time: at } of records) this.#part('list').append(this.#item(room, line, at));
		const listed = this.#part('list').children.length;
		this.#last = records.length > 0 ? { time: records.at(-1).time, id: records.at(-1).id } : undefined;
		this.#part('more').hidden = !more || listed >= MOST_LISTED;
		this.#part('count').textContent = error ?? (listed === 0 ? 'nothing was found' : `${count(listed)} records${more ? ', and there are more' : ''}`);
	}

	#item(room, line, at) {
		const { row } = rowOf(line, room, at);
		const button = document.createElement('button');
		button.type = 'button';
		button.textContent = [day(row.time), row.room, row.event, row.from && row.to ? `${row.from} → ${row.to}` : row.from, row.process, sentence(parse(line), line)].filter(Boolean).join('  ');
		button.addEventListener('click', () => this.#open(row));
		const item = document.createElement('li');
		item.append(button);
		return item;
	}
}
