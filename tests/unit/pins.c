// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Every name that an interface can have becomes a directory of its own, and comes back as it was. */
#include "pins.h"
#include "test.h"

/* dev_valid_name() of net/core/dev.c: not empty, at most 15 bytes, no "." and
 * "..", no slash, no colon, no white space.
 */
static bool is_legal(const char *name)
{
	size_t length = strlen(name);

	if (length == 0 || length > 15 || !strcmp(name, ".") || !strcmp(name, ".."))
		return false;
	for (; *name; name++)
		if (strchr("/: \t\n\v\f\r\xa0", *name)) /* the kernel's isspace() knows Latin-1 */
			return false;
	return true;
}

static uint64_t names;

static void check_name(const char *name)
{
	struct { char dir[RS_SOURCE_NAME_MAX]; char guard; } to = { .guard = 'g' };
	struct { char name[RS_SOURCE_NAME_MAX]; char guard; } back = { .guard = 'g' };

	if (!is_legal(name))
		return;
	names++;
	memset(to.dir, 'x', sizeof(to.dir));
	memset(back.name, 'x', sizeof(back.name));
	rs_source_dir(name, to.dir);
	CHECK(memchr(to.dir, '\0', sizeof(to.dir)));
	CHECK(*to.dir);
	CHECK(!strchr(to.dir, '.')); /* bpffs refuses them */
	CHECK(!strchr(to.dir, '/'));
	CHECK(strcmp(to.dir, "flows"));
	CHECK(strcmp(to.dir, RS_DIR_STAGE));
	CHECK(rs_is_source_dir(to.dir));
	rs_source_name(to.dir, back.name);
	EQUAL_TEXT(back.name, name); /* so no two names share a directory */
	CHECK(to.guard == 'g' && back.guard == 'g');
	if (!strpbrk(name, ".%") && strcmp(name, "flows"))
		EQUAL_TEXT(to.dir, name);
}

static void check_known(const char *name, const char *dir)
{
	char found[RS_SOURCE_NAME_MAX];

	rs_source_dir(name, found);
	EQUAL_TEXT(found, dir);
	check_name(name);
}

static void test_all_short(void)
{
	char name[4] = "";

	for (int first = 1; first < 256; first++) {
		name[0] = (char)first;
		name[1] = name[2] = '\0';
		check_name(name);
		for (int second = 1; second < 256; second++) {
			name[1] = (char)second;
			name[2] = '\0';
			check_name(name);
			for (int third = 1; third < 256; third++) {
				name[2] = (char)third;
				check_name(name);
			}
		}
	}
}

static void test_random(void)
{
	static const char alphabet[] = ".%%..0123456789abcdefABCDEFflowstage\x80\xff";
	uint64_t random = random_seed();
	char name[16];

	for (int i = 0; i < 1000000; i++) {
		uint64_t length = 1 + random_below(&random, 15);
		WHERE("name %d", i);
		memset(name, 0, sizeof(name));
		for (uint64_t k = 0; k < length; k++)
			name[k] = i % 2 ? alphabet[random_below(&random, sizeof(alphabet) - 1)] :
					  (char)(1 + random_below(&random, 255));
		check_name(name);
	}
	test_where[0] = '\0';
}

int main(void)
{
	check_known("eth0", "eth0");
	check_known("eth0.100", "eth0%2e100");
	check_known("flows", "%66lows");
	check_known("%66lows", "%2566lows");
	check_known("flows2", "flows2");
	check_known("%stage", "%25stage");
	check_known("...............", "%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e%2e");
	check_known("%%%%%%%%%%%%%%%", "%25%25%25%25%25%25%25%25%25%25%25%25%25%25%25");
	CHECK(!rs_is_source_dir("maps.debug"));
	CHECK(!rs_is_source_dir(RS_DIR_STAGE));
	CHECK(rs_is_source_dir("flows"));
	test_all_short();
	test_random();
	printf("%" PRIu64 " names\n", names);
	return 0;
}
