// The history's SQLite file: adds, finds, and forgets the oldest when it is full.
import sqlite from 'node-sqlite3-wasm';
import { takeOwnership } from './history-owner.js';
import { summarize } from './summary.js';

const SCHEMA_VERSION = 1;
const SCHEMA = `
	CREATE TABLE IF NOT EXISTS record (
		id INTEGER PRIMARY KEY, room TEXT NOT NULL, time INTEGER NOT NULL, event TEXT NOT NULL,
		here TEXT, there TEXT, process TEXT, line TEXT NOT NULL);
	CREATE INDEX IF NOT EXISTS record_time ON record (time);
	CREATE INDEX IF NOT EXISTS record_here ON record (here, time) WHERE here IS NOT NULL;
	CREATE INDEX IF NOT EXISTS record_there ON record (there, time) WHERE there IS NOT NULL;
	CREATE INDEX IF NOT EXISTS record_process ON record (process, time) WHERE process IS NOT NULL;
`;
const MOST_FOUND = 1000;
const FORGET_AT_ONCE = 0.05; // of all records

function sqlText(value) {
	return typeof value === 'string' && value !== '' ? value.slice(0, 256) : undefined;
}

export class HistoryFile {
	#db;
	#insert;
	#release;
	#maxBytes;

	// Throws an Error whose message is for the user.
	constructor(path, maxBytes) {
		this.#release = takeOwnership(path);
		this.#maxBytes = maxBytes;
		try {
			this.#db = new sqlite.Database(path);
			this.#db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = NORMAL;');
			const { user_version: version } = this.#db.get('PRAGMA user_version');
			const { tables } = this.#db.get("SELECT count(*) AS tables FROM sqlite_schema");
			if (version !== SCHEMA_VERSION && (version !== 0 || tables !== 0)) throw new Error('it is not a history of this version');
			this.#db.exec(SCHEMA);
			this.#db.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
			this.#insert = this.#db.prepare('INSERT INTO record (room, time, event, here, there, process, line) VALUES (?, ?, ?, ?, ?, ?, ?)');
		} catch (error) {
			this.#db?.close();
			this.#release();
			throw new Error(`${path}: ${error.message}`);
		}
	}

	// batches: [{ room, bytes }], in one transaction
	add(batches) {
		this.#db.exec('BEGIN');
		try {
			for (const { room, bytes } of batches) {
				for (const line of Buffer.from(bytes).toString().split('\n')) {
					const { time, event, here, there, process } = summarize(line);
					this.#insert.run([room, time, event, here, there, process, line]);
				}
				this.#forget(); // after each batch: the file never shrinks
			}
			this.#db.exec('COMMIT');
		} catch (error) {
			if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
			throw error;
		}
	}

	#size() {
		const { size } = this.#db.get('SELECT (page_count - freelist_count) * page_size AS size FROM pragma_page_count, pragma_freelist_count, pragma_page_size');
		return Number(size);
	}

	#forget() {
		while (this.#size() > this.#maxBytes) {
			const { first, last } = this.#db.get('SELECT min(id) AS first, max(id) AS last FROM record');
			if (first === null) return;
			this.#db.run('DELETE FROM record WHERE id <= ?', [Number(first) + Math.floor((Number(last) - Number(first)) * FORGET_AT_ONCE)]);
		}
	}

	get state() {
		const { oldest, newest } = this.#db.get('SELECT (SELECT min(time) FROM record) AS oldest, (SELECT max(time) FROM record) AS newest');
		return { bytes: this.#size(), most: this.#maxBytes, oldest, newest };
	}

	// question: { room, from, to, address, process, event, text, before, limit }; the newest first
	search(question) {
		const where = [];
		const values = [];
		const add = (condition, ...given) => {
			where.push(condition);
			values.push(...given);
		};
		const time = (value) => (Number.isFinite(value) ? Math.trunc(value) : undefined);
		const from = time(question.from);
		const to = time(question.to);
		if (from !== undefined) add('time >= ?', from);
		if (to !== undefined) add('time <= ?', to);
		for (const column of ['room', 'event', 'process']) {
			const value = sqlText(question[column]);
			if (value) add(`${column} = ?`, value);
		}
		const words = sqlText(question.text);
		if (words) add('instr(lower(line), lower(?)) > 0', words);
		const before = question.before;
		if (Number.isFinite(before?.time) && Number.isSafeInteger(before?.id)) add('(time, id) < (?, ?)', Math.trunc(before.time), before.id);
		const limit = Number.isInteger(question.limit) ? Math.min(Math.max(question.limit, 1), MOST_FOUND) : 200;

		const address = sqlText(question.address);
		const rest = where.map((condition) => ` AND ${condition}`).join('');
		const columns = 'id, room, time, line';
		const last = 'ORDER BY time DESC, id DESC LIMIT ?';
		const found = address
			? this.#db.all(
					`SELECT * FROM (SELECT ${columns} FROM record WHERE here = ?${rest} ${last})
					UNION SELECT * FROM (SELECT ${columns} FROM record WHERE there = ?${rest} ${last}) ${last}`,
					[address, ...values, limit + 1, address, ...values, limit + 1, limit + 1])
			: this.#db.all(`SELECT ${columns} FROM record WHERE 1${rest} ${last}`, [...values, limit + 1]);
		return { records: found.slice(0, limit), more: found.length > limit };
	}

	close() {
		// the journal goes with the exclusive lock, at the next read
		this.#db.exec('PRAGMA locking_mode = NORMAL; SELECT count(*) FROM sqlite_schema');
		this.#db.close();
		this.#release();
	}
}
