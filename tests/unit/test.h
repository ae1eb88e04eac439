/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* test.h - checks that say what was found, and random numbers that can be had again. */
#ifndef RINGSIDE_TEST_H
#define RINGSIDE_TEST_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What else to print when a check fails: where in its schedule a test is. */
static __thread char test_where[256];

#define WHERE(...) snprintf(test_where, sizeof(test_where), __VA_ARGS__)

#define TEST_FAIL(...)                                                     \
	do {                                                               \
		fflush(stdout);                                            \
		fprintf(stderr, "%s:%d: ", __FILE__, __LINE__);            \
		fprintf(stderr, __VA_ARGS__);                              \
		fprintf(stderr, "%s%s\n", *test_where ? "\n  at " : "", test_where); \
		exit(1);                                                   \
	} while (0)

#define CHECK(condition)                                        \
	do {                                                    \
		if (!(condition))                               \
			TEST_FAIL("does not hold: %s", #condition); \
	} while (0)

#define EQUAL(found, expected)                                                                 \
	do {                                                                                   \
		uint64_t found_ = (uint64_t)(found), expected_ = (uint64_t)(expected);         \
		if (found_ != expected_)                                                       \
			TEST_FAIL("%s: expected %" PRIu64 " (0x%" PRIx64 "), found %" PRIu64 " (0x%" PRIx64 ")", \
				  #found, expected_, expected_, found_, found_);               \
	} while (0)

#define EQUAL_TEXT(found, expected)                                                                 \
	do {                                                                                        \
		const char *found_ = (found), *expected_ = (expected);                              \
		if (!found_ || strcmp(found_, expected_))                                           \
			TEST_FAIL("%s:\n  expected %s\n  found    %s", #found, expected_, found_ ? found_ : "(nothing)"); \
	} while (0)

/* splitmix64: any seed will do. */
static inline uint64_t random_u64(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static inline uint64_t random_below(uint64_t *state, uint64_t limit)
{
	return random_u64(state) % limit;
}

static inline void random_bytes(uint64_t *state, void *to, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((uint8_t *)to)[i] = (uint8_t)random_u64(state);
}

/* The same in every run, so that a failure can be had again; RINGSIDE_SEED=N looks elsewhere. */
static inline uint64_t random_seed(void)
{
	const char *text = getenv("RINGSIDE_SEED");
	uint64_t seed = text && *text ? strtoull(text, NULL, 0) : 1;

	printf("seed %" PRIu64 "\n", seed);
	return seed;
}

#endif
