// Where the page is in a room: { epoch, next, returned }, and what records that come are to it.

// missed: how many are gone before them; known: how many of them had come before
export function advance(position, { epoch, from, count }) {
	const same = position.epoch === epoch;
	// in another epoch all that came before them came after what we had
	const watched = position.epoch !== undefined && !position.returned;
	const missed = watched ? Math.max(0, from - (same ? position.next : 0)) : 0;
	const known = same ? Math.max(0, position.next - from) : 0;
	position.next = known > 0 ? Math.max(position.next, from + count) : from + count;
	position.epoch = epoch;
	position.returned = false; // from a time when the room was switched off, which is not missed
	return { missed, known };
}
