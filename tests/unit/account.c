// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Losses are summed up to one line a second and source, nothing of them is forgotten, and the accounts add up. */
#include <jansson.h>
#include <sys/mman.h>
#include <unistd.h>

#include "account.h"
#include "test.h"

#define SECOND 1000000000LL

static uint64_t seed;
static struct ringside_counters counters;
static int captured = -1;
static struct output out;

/* What follow.c would say. */
void ringside_counters(const struct ringside *r, const struct ringside_source *source, struct ringside_counters *c)
{
	*c = counters;
}

static void capture(void)
{
	if (captured < 0)
		captured = memfd_create("stdout", 0);
	CHECK(captured >= 0);
	CHECK(!ftruncate(captured, 0) && !lseek(captured, 0, SEEK_SET));
	fflush(stdout);
	dup2(captured, STDOUT_FILENO);
}

/* What was printed since, to be freed. */
static char *printed(void)
{
	off_t size;
	char *text;

	CHECK(output_flush(&out) == 0);
	size = lseek(captured, 0, SEEK_END);
	text = calloc(1, (size_t)size + 1);
	CHECK(pread(captured, text, (size_t)size, 0) == size);
	capture();
	return text;
}

static json_t *parse(char *line)
{
	json_error_t error;
	json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, &error);

	if (!object)
		TEST_FAIL("%s: %s", error.text, line);
	return object;
}

static uint64_t number(const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	if (!json_is_integer(value))
		TEST_FAIL("%s is missing or no integer", key);
	return (uint64_t)json_integer_value(value);
}

static bool has(const json_t *object, const char *key)
{
	return json_object_get(object, key) != NULL;
}

static void lose(struct account *a, uint32_t cpu, uint64_t count)
{
	account_lost(a, &(struct ringside_event){ .kind = RINGSIDE_LOST, .cpu = cpu, .count = count });
}

/* ------------------------------------------------------------------ losses */

#define CPUS 4

struct story {
	struct ringside_source source;
	uint64_t lost[CPUS], said[CPUS];
	uint64_t lines;
	int64_t last_ns;
};

static struct story *story_of(struct story *stories, const json_t *line)
{
	const char *name = json_string_value(json_object_get(line, "if_name"));

	for (int i = 0; i < 2; i++)
		if (name && !strcmp(stories[i].source.if_name, name))
			return &stories[i];
	TEST_FAIL("if_name is wrong");
}

static void read_lost(struct story *stories, const json_t *line, int64_t now)
{
	struct story *s = story_of(stories, line);
	json_t *cpus = json_object_get(line, "cpus");
	uint64_t sum = 0;

	EQUAL_TEXT(json_string_value(json_object_get(line, "event")), "lost");
	CHECK(has(line, "timestamp"));
	EQUAL(json_object_size(line), 6);
	EQUAL_TEXT(json_string_value(json_object_get(line, "source")), s->source.name);
	CHECK(has(line, "cpu") != has(line, "cpus"));
	if (cpus) {
		CHECK(json_array_size(cpus) > 1);
		for (size_t i = 0; i < json_array_size(cpus); i++) {
			json_t *one = json_array_get(cpus, i);
			EQUAL(json_object_size(one), 2);
			CHECK(number(one, "cpu") < CPUS && number(one, "count") > 0);
			s->said[number(one, "cpu")] += number(one, "count");
			sum += number(one, "count");
		}
		EQUAL(number(line, "count"), sum);
	} else {
		CHECK(number(line, "cpu") < CPUS);
		s->said[number(line, "cpu")] += number(line, "count");
	}
	CHECK(number(line, "count") > 0);
	if (s->lines)
		CHECK(now < 0 || now - s->last_ns >= SECOND); /* now < 0: the last words, at once */
	s->last_ns = now;
	s->lines++;
}

static void read_all(struct story *stories, int64_t now)
{
	char *text = printed(), *rest = text, *line;

	while ((line = strsep(&rest, "\n")) && *line) {
		json_t *object = parse(line);
		const char *event = json_string_value(json_object_get(object, "event"));
		if (now >= 0 || (event && strcmp(event, "stats")))
			read_lost(stories, object, now);
		json_decref(object);
	}
	free(text);
}

static void test_once_a_second(void)
{
	struct story stories[2] = { { .source = { .name = "eth0", .if_name = "eth0", .about.cpus = CPUS } },
				    { .source = { .name = "was\"w", .if_name = "w\"1", .about.cpus = CPUS } } };
	struct accounts all = {};
	uint64_t random = seed, lines = 0;
	int64_t now = 5 * SECOND, due;

	capture();
	for (int round = 0; round < 20000; round++) {
		WHERE("seed %" PRIu64 ", round %d", seed, round);
		for (uint64_t i = random_below(&random, 4); i > 0; i--) {
			struct story *s = &stories[random_below(&random, 2)];
			uint32_t cpu = (uint32_t)random_below(&random, CPUS);
			uint64_t count = 1 + random_below(&random, 1000);
			lose(account_of(&all, &s->source), cpu, count);
			s->lost[cpu] += count;
		}
		now += (int64_t)random_below(&random, 400000000);
		due = account_due_in(&all, now);
		EQUAL(account_say_lost(&all, &out, now), 0);
		read_all(stories, now);
		CHECK(due != 0 || account_due_in(&all, now) != 0); /* what was due was said */
		if (random_below(&random, 100) == 0) {
			/* whoever sleeps as long as it says finds something to say, and then nothing more */
			due = account_due_in(&all, now);
			lines = stories[0].lines + stories[1].lines;
			CHECK(due <= SECOND);
			if (due > 0) {
				EQUAL(account_say_lost(&all, &out, now + due - 1), 0);
				read_all(stories, now + due - 1);
				EQUAL(stories[0].lines + stories[1].lines, lines);
			}
			if (due >= 0) {
				now += due;
				EQUAL(account_say_lost(&all, &out, now), 0);
				read_all(stories, now);
				CHECK(stories[0].lines + stories[1].lines > lines);
			}
		}
		if (random_below(&random, 50) == 0)
			now += 2 * SECOND;
	}
	account_close_all(&all, &out, NULL, false);
	read_all(stories, -1);
	for (int i = 0; i < 2; i++)
		for (int cpu = 0; cpu < CPUS; cpu++)
			EQUAL(stories[i].said[cpu], stories[i].lost[cpu]);
	CHECK(!all.first);
	CHECK(stories[0].lines > 100);
	test_where[0] = '\0';
}

/* The first loss is said at once, the next after a second, and none is none. */
static void test_first_at_once(void)
{
	struct ringside_source source = { .if_name = "eth0", .about.cpus = 2 };
	struct accounts all = {};
	struct account *a = account_of(&all, &source);
	char *text;

	CHECK(a && account_of(&all, &source) == a);
	EQUAL(account_due_in(&all, 10 * SECOND), -1);
	EQUAL(account_say_lost(&all, &out, 10 * SECOND), 0);
	lose(a, 1, 7);
	EQUAL(account_due_in(&all, 10 * SECOND), 0);
	EQUAL(account_say_lost(&all, &out, 10 * SECOND), 0);
	EQUAL(account_due_in(&all, 10 * SECOND), -1);
	text = printed();
	CHECK(strstr(text, "\"count\":7,\"cpu\":1}\n") && strchr(text, '\n') == text + strlen(text) - 1);
	free(text);
	lose(a, 0, 1);
	EQUAL(account_due_in(&all, 10 * SECOND + 1), SECOND - 1);
	EQUAL(account_say_lost(&all, &out, 11 * SECOND - 1), 0);
	text = printed();
	EQUAL_TEXT(text, "");
	free(text);
	lose(a, 1, 2);
	EQUAL(account_say_lost(&all, &out, 11 * SECOND), 0);
	text = printed();
	CHECK(strstr(text, "\"count\":3,\"cpus\":[{\"cpu\":0,\"count\":1},{\"cpu\":1,\"count\":2}]}\n"));
	free(text);
	account_close(&all, a, &out, NULL, false);
	CHECK(!all.first && !all.last_used);
	free(printed());
}

/* As many CPUs as a kernel can have, all of them losing: the lines fit, and add up. */
static void test_many_cpus(void)
{
	struct ringside_source source = { .if_name = "eth0", .about.cpus = 8192 };
	struct accounts all = {};
	struct account *a = account_of(&all, &source);
	uint64_t sum = 0, lines = 0;
	char *text, *rest, *line;

	for (uint32_t cpu = 0; cpu < 8192; cpu++)
		lose(a, cpu, (1ULL << 40) + cpu);
	EQUAL(account_say_lost(&all, &out, SECOND), 0);
	EQUAL(account_due_in(&all, SECOND), -1);
	rest = text = printed();
	for (; (line = strsep(&rest, "\n")) && *line; lines++) {
		json_t *object = parse(line), *cpus = json_object_get(object, "cpus");
		uint64_t of_line = 0;
		for (size_t i = 0; i < json_array_size(cpus); i++) {
			json_t *one = json_array_get(cpus, i);
			EQUAL(number(one, "count"), (1ULL << 40) + number(one, "cpu"));
			of_line += number(one, "count");
		}
		EQUAL(number(object, "count"), of_line);
		sum += of_line;
		json_decref(object);
	}
	EQUAL(sum, 8192 * (1ULL << 40) + 8191 * 8192 / 2);
	CHECK(lines >= 1 && lines <= 8);
	free(text);
	account_close_all(&all, &out, NULL, false);
	free(printed());
}

/* ------------------------------------------------------------------ stats */

static void check_stats(const json_t *line, const struct account *a, bool final)
{
	EQUAL_TEXT(json_string_value(json_object_get(line, "event")), "stats");
	EQUAL_TEXT(json_string_value(json_object_get(line, "if_name")), "eth0");
	EQUAL_TEXT(json_string_value(json_object_get(line, "source")), "eth1");
	EQUAL(number(line, "written"), counters.written);
	EQUAL(number(line, "delivered"), counters.delivered);
	EQUAL(number(line, "lost"), counters.lost);
	EQUAL(number(line, "torn"), counters.torn);
	EQUAL(number(line, "written"), number(line, "delivered") + number(line, "lost") + number(line, "behind"));
	if (a) {
		EQUAL(number(line, "filtered"), a->filtered);
		EQUAL(number(line, "printed"), a->printed);
	}
	EQUAL(json_is_true(json_object_get(line, "final")), final);
	EQUAL(json_object_size(line), final ? 12 : 11);
}

static void test_stats(void)
{
	struct ringside_source source = { .name = "eth1", .if_name = "eth0", .about.cpus = 1 };
	struct accounts all = {};
	struct account *a = account_of(&all, &source);
	char *text;
	json_t *line;

	counters = (struct ringside_counters){ .written = 1000, .delivered = 700, .lost = 250, .torn = 3 };
	a->printed = 600;
	a->filtered = 100;
	EQUAL(account_say_stats(&all, &out, NULL), 0);
	line = parse(text = printed());
	check_stats(line, a, false);
	EQUAL(number(line, "behind"), 50);
	json_decref(line);
	free(text);

	/* the last words: what is still to be said of losses, then the accounts */
	lose(a, 0, 250);
	EQUAL(account_close_all(&all, &out, NULL, true), 0);
	text = printed();
	CHECK(strstr(text, "\"event\":\"lost\"") < strstr(text, "\"event\":\"stats\""));
	line = parse(strchr(text, '\n') + 1);
	check_stats(line, NULL, true);
	EQUAL(number(line, "printed"), 600);
	json_decref(line);
	free(text);
}

/* Without --stats the final line is there when something was lost, and else not. */
static void test_final(void)
{
	struct ringside_source source = { .if_name = "eth0", .about.cpus = 1 };
	struct accounts all = {};
	char *text;

	for (int lost = 0; lost < 2; lost++) {
		for (int stats = 0; stats < 2; stats++) {
			counters = (struct ringside_counters){ .written = 5, .delivered = 5 - (unsigned)lost, .lost = (unsigned)lost };
			account_of(&all, &source);
			EQUAL(account_close_all(&all, &out, NULL, stats), 0);
			text = printed();
			EQUAL(strstr(text, "\"final\":true}\n") != NULL, lost || stats);
			EQUAL(*text == '\0', !lost && !stats);
			free(text);
		}
	}
}

static void test_text(void)
{
	struct ringside_source source = { .if_name = "e\x1b[0m", .about.cpus = 2 };
	struct accounts all = { .text = true };
	struct account *a = account_of(&all, &source);
	char *text;

	counters = (struct ringside_counters){ .written = 9, .delivered = 5, .lost = 3, .torn = 1 };
	lose(a, 0, 1);
	lose(a, 1, 2);
	EQUAL(account_say_lost(&all, &out, SECOND), 0);
	text = printed();
	EQUAL_TEXT(strchr(text, ' '), " [e.[0m] lost count: 3\n");
	free(text);
	EQUAL(account_close_all(&all, &out, NULL, true), 0);
	text = printed();
	EQUAL_TEXT(strchr(text, ' '), " [e.[0m] stats written: 9 delivered: 5 lost: 3 torn: 1 behind: 1 filtered: 0"
				      " printed: 0 final\n");
	free(text);
}

/* The sockets have a name, and no interface. */
static void test_flows(void)
{
	struct ringside_source source = { .name = "flows", .about.cpus = 1 };
	struct accounts all = {};
	char *text, *rest, *line;
	int lines = 0;

	counters = (struct ringside_counters){ .written = 2, .lost = 2 };
	for (int i = 0; i < 2; i++) {
		all.text = i;
		lose(account_of(&all, &source), 0, 2);
		EQUAL(account_close_all(&all, &out, NULL, true), 0);
		rest = text = printed();
		while ((line = strsep(&rest, "\n")) && *line) {
			lines++;
			if (all.text) {
				CHECK(strstr(line, " [flows] ") == strchr(line, ' '));
				continue;
			}
			json_t *object = parse(line);
			EQUAL_TEXT(json_string_value(json_object_get(object, "source")), "flows");
			CHECK(!has(object, "if_name"));
			CHECK(has(object, "timestamp"));
			json_decref(object);
		}
		free(text);
	}
	EQUAL(lines, 4);
}

int main(void)
{
	int terminal = dup(STDOUT_FILENO);

	seed = random_seed();
	capture();
	test_first_at_once();
	test_once_a_second();
	test_many_cpus();
	test_stats();
	test_final();
	test_text();
	test_flows();
	dup2(terminal, STDOUT_FILENO);
	return 0;
}
