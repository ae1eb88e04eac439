// Addresses and networks as people write them: is this address in that network?
function v4(text) {
	const parts = text.split('.');
	if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return undefined;
	return parts.reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
}

function v6(text) {
	const halves = text.split('::');
	if (halves.length > 2 || !/^[0-9a-f:]+$/i.test(text)) return undefined;
	const [left, right] = halves.map((half) => (half ? half.split(':') : []));
	const groups = right === undefined ? left : [...left, ...Array(Math.max(0, 8 - left.length - right.length)).fill('0'), ...right];
	if (groups.length !== 8 || !groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
	return groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}

// { bits, value } or undefined
function address(text) {
	if (text.includes(':')) {
		const value = v6(text);
		return value === undefined ? undefined : { bits: 128, value };
	}
	const value = v4(text);
	return value === undefined ? undefined : { bits: 32, value };
}

// A function of an address. What is no network is a part of the address's text.
export function inNetwork(text) {
	const [base, length, more] = text.split('/');
	const network = more === undefined && /^\d{1,3}$/.test(length ?? '') ? address(base) : undefined;
	if (!network || Number(length) > network.bits) {
		// a whole address is that one and no other: 10.9.0.1 is not 10.9.0.10
		return address(text) ? (other) => other === text : (other) => other.includes(text);
	}
	const shift = BigInt(network.bits - Number(length));
	const wanted = network.value >> shift;
	return (other) => {
		const found = address(other);
		return found !== undefined && found.bits === network.bits && found.value >> shift === wanted;
	};
}
