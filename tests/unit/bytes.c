// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Numbers, addresses and strings are written as printf, inet_ntop and jansson would, for all that bytes can be. */
#include <jansson.h>

#include "bytes.h"
#include "event.h"

static uint64_t seed;

static void check_number(uint64_t value)
{
	char found[32], expected[32];

	*put_u64(found, value) = '\0';
	snprintf(expected, sizeof(expected), "%" PRIu64, value);
	EQUAL_TEXT(found, expected);
}

/* Every number below 10^8, against digits that are counted up. */
static void test_all_small(void)
{
	char expected[] = "         0", found[8 + SLACK];
	size_t first = sizeof(expected) - 2, last = first;

	for (uint32_t value = 0; value < 100000000; value++) {
		char *end = put_u64(found, value);
		size_t at = last;
		if ((size_t)(end - found) != last - first + 1 || memcmp(found, expected + first, last - first + 1))
			TEST_FAIL("%u is written as %.*s", value, (int)(end - found), found);
		while (expected[at] == '9')
			expected[at--] = '0';
		expected[at] = expected[at] == ' ' ? '1' : (char)(expected[at] + 1);
		first = at < first ? at : first;
	}
}

static void test_numbers(void)
{
	uint64_t random = seed, power = 1;
	char found[8 + SLACK], expected[32];

	for (uint64_t value = 0; value < 200000; value++)
		check_number(value);
	for (int i = 0; i < 20; i++, power *= 10) {
		check_number(power - 1);
		check_number(power);
		check_number(UINT64_MAX - power + 1);
	}
	for (int i = 0; i < 200000; i++)
		check_number(random_u64(&random) >> random_below(&random, 64));
	for (uint32_t value = 0; value < 1000000; value++) {
		*put_digits6(found, value) = '\0';
		snprintf(expected, sizeof(expected), "%06u", value);
		EQUAL_TEXT(found, expected);
	}
}

static void check_address(int ip_version, const uint8_t *address)
{
	char found[64], expected[64];

	*put_address(found, ip_version, address) = '\0';
	EQUAL_TEXT(found, expected_address(ip_version, address, expected));
}

static void test_addresses(void)
{
	uint64_t random = seed;
	uint8_t address[16] = {};

	for (int pattern = 0; pattern < 6561; pattern++) { /* each group 0, 1 or ffff */
		for (int group = 0, rest = pattern; group < 8; group++, rest /= 3) {
			address[2 * group] = rest % 3 == 2 ? 0xff : 0;
			address[2 * group + 1] = rest % 3 == 2 ? 0xff : (uint8_t)(rest % 3);
		}
		check_address(6, address);
	}
	for (int i = 0; i < 1000000; i++) {
		WHERE("seed %" PRIu64 ", address %d", seed, i);
		random_address(&random, address);
		check_address(6, address);
		check_address(4, address + random_below(&random, 13));
	}
	for (int byte = 0; byte < 256; byte++) {
		memset(address, byte, 4);
		check_address(4, address);
	}
	test_where[0] = '\0';
}

/* ------------------------------------------------------------------ strings */

static void check_string(const char *bytes, size_t size)
{
	char line[512], *end;
	json_t *value, *plain;
	json_error_t error;

	memset(line, 0xee, sizeof(line));
	end = put_json_string(line, bytes, size);
	CHECK(end <= line + 6 * size + 2);
	for (char *c = end; c < line + sizeof(line); c++)
		EQUAL((uint8_t)*c, 0xee);
	for (char *c = line; c < end; c++)
		CHECK((uint8_t)*c >= 0x20 && *c != 0x7f);
	value = json_loadb(line, (size_t)(end - line), JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
	if (!value)
		TEST_FAIL("%s: %.*s", error.text, (int)(end - line), line);
	plain = json_stringn(bytes, size); /* NULL: jansson finds that it is not UTF-8 */
	if (plain)
		CHECK(json_equal(plain, value));
	else
		CHECK(strstr(json_string_value(value), "\xef\xbf\xbd") || memchr(bytes, 0, size));
	json_decref(plain);
	json_decref(value);
}

static void test_strings(void)
{
	static const uint8_t interesting[] = { 'a', '"', '\\', 0x1f, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1,
					       0xc2, 0xdf, 0xe0, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff };
	uint64_t random = seed;
	char bytes[64];

	check_string("", 0);
	for (int first = 0; first < 256; first++) {
		bytes[0] = (char)first;
		check_string(bytes, 1);
		for (int second = 0; second < 256; second++) {
			bytes[1] = (char)second;
			check_string(bytes, 2);
		}
	}
	for (int i = 0; i < 100000; i++) {
		size_t size = random_below(&random, sizeof(bytes) + 1);
		WHERE("seed %" PRIu64 ", string %d", seed, i);
		random_bytes(&random, bytes, size);
		if (i % 2) {
			size %= 8;
			for (size_t k = 0; k < size; k++)
				bytes[k] = (char)interesting[random_below(&random, sizeof(interesting))];
		}
		check_string(bytes, size);
	}
	test_where[0] = '\0';
}

/* Names for a terminal: printable ASCII, and as many characters as the name has bytes. */
static void test_text_names(void)
{
	uint64_t random = seed;
	char name[16], text[17];

	for (int i = 0; i < 100000; i++) {
		char *end;
		random_name(&random, name);
		end = put_text_name(text, name, sizeof(name));
		EQUAL(end - text, strnlen(name, sizeof(name)));
		for (char *c = text; c < end; c++)
			EQUAL((uint8_t)*c, name[c - text] > ' ' && name[c - text] <= '~' ? name[c - text] : '.');
	}
}

int main(void)
{
	seed = random_seed();
	test_all_small();
	test_numbers();
	test_addresses();
	test_strings();
	test_text_names();
	return 0;
}
