// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Users in /etc/passwd have their name in the first record; others when NSS has answered, however long it takes. */
#include <errno.h>
#include <pwd.h>

#include "stand_in.h"

/* NSS, as this test wants it to be: it knows uids from 5000 to 5999. */
static atomic_bool held;
static atomic_int asked;

int getpwuid_r(uid_t uid, struct passwd *entry, char *buffer, size_t size, struct passwd **found)
{
	asked++;
	while (held)
		nap();
	*found = NULL;
	if (uid < 5000 || uid >= 6000)
		return 0;
	if (size < 20000) /* a group of many members, say */
		return ERANGE;
	snprintf(buffer, size, "ldap-%u", uid);
	*entry = (struct passwd){ .pw_name = buffer, .pw_uid = uid };
	*found = entry;
	return 0;
}

static const char file[] = "root:x:0:0:root:/root:/bin/bash\n"
			   "# a comment:x:7:\n"
			   "+nis:x:8:8::/:\n"
			   "no colons\n"
			   "\n"
			   "::9:9::/:\n"
			   "negative:x:-1:0::/:\n"
			   "letters:x:12ab:0::/:\n"
			   "beyond:x:4294968298:0::/:\n"
			   "highest:x:4294967294:0::/:\n"
			   "second-root:x:0:0::/:\n"
			   "j\xc3\xbcrgen:x:1000:1000:,,,:/home/j:/bin/sh\n"
			   "no-newline:x:1001:1001";

static char path[128];

static void write_file(const char *text)
{
	char temporary[160];
	FILE *f;

	snprintf(temporary, sizeof(temporary), "%s.new", path);
	f = fopen(temporary, "w");
	CHECK(f && fputs(text, f) >= 0 && !fclose(f));
	CHECK(!rename(temporary, path));
}

static struct names *start(void)
{
	struct names *names = names_start(&(struct names_options){
		.containers = true, .now_ns = test_now, .passwd = path, .timeout_ms = 60000 });

	CHECK(names);
	return names;
}

static const char *user_of(struct names *names, uint32_t uid)
{
	static struct sender s;

	sender_fill(&s, "/system.slice/%.0sssh.service", 0);
	s.process.uid = uid;
	return names_now(names, &s)->user;
}

static void names_those_of_the_file_at_once(void)
{
	struct names *names;

	names = start();
	EQUAL_TEXT(user_of(names, 1000), "j\xc3\xbcrgen");
	EQUAL_TEXT(user_of(names, 0), "root");
	EQUAL_TEXT(user_of(names, 4294967294), "highest");
	EQUAL_TEXT(user_of(names, 1001), "no-newline");
	EQUAL(asked, 0);
	for (uint32_t uid = 7; uid <= 12; uid++)
		CHECK(!user_of(names, uid));
	CHECK(!user_of(names, 1002));
	CHECK(!user_of(names, UINT32_MAX));
	names_stop(names);
}

static void notices_a_change(void)
{
	struct names *names = start();

	EQUAL_TEXT(user_of(names, 0), "root");
	write_file("toor:x:0:0::/:\n");
	EQUAL_TEXT(user_of(names, 0), "root"); /* it does not look for every record */
	for (int64_t end = the_time + 2 * SECOND; the_time < end; the_time += SECOND / 2000)
		user_of(names, 0); /* nor is it kept from looking by many */
	EQUAL_TEXT(user_of(names, 0), "toor");
	CHECK(!unlink(path));
	the_time += 2 * SECOND;
	CHECK(!user_of(names, 0));
	write_file(file);
	the_time += 2 * SECOND;
	EQUAL_TEXT(user_of(names, 0), "root");
	names_stop(names);
}

static void asks_nss_for_the_others(void)
{
	struct names *names = start();
	const char *name;

	asked = 0;
	held = true;
	for (int i = 0; i < 10000; i++)
		CHECK(!user_of(names, 5001));
	EQUAL_TEXT(user_of(names, 0), "root");
	held = false;
	while (!(name = user_of(names, 5001)))
		nap();
	EQUAL_TEXT(name, "ldap-5001");
	EQUAL(asked, 3); /* with a larger buffer each time */
	names_stop(names);
}

static void a_directory_that_hangs_keeps_no_container_back(void)
{
	static struct stand_in docker = { .serve = serve_text, .answer = "HTTP/1.0 200 OK\r\n\r\n{\"Name\":\"/web\"}" };
	struct names *names = start();
	static struct sender s;

	stand_in_start(&docker, "DOCKER_HOST");
	held = true;
	asked = 0;
	sender_fill(&s, DOCKER_CGROUP, 1);
	s.process.uid = 5002;
	EQUAL_TEXT(container_of(names, &s), "web");
	while (!asked)
		nap();
	CHECK(!names_now(names, &s)->user);
	names_stop(names); /* which does not wait for it either; its thread is left */
}

int main(void)
{
	stand_in_paths();
	snprintf(path, sizeof(path), "%s/passwd", stand_in_directory);
	write_file(file);
	names_those_of_the_file_at_once();
	notices_a_change();
	asks_nss_for_the_others();
	a_directory_that_hangs_keeps_no_container_back();
	return 0;
}
