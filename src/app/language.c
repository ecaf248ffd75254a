/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which language to speak, and guessing what a mistyped word was meant to be.
 */
#include <assert.h>
#include <stdlib.h>

#include "app/language.h"

/* Words longer than this are not looked at for a likeness. */
#define NEAREST_BYTES_MAX 40

enum language
language_of(const char *locale)
{
	assert(locale != NULL);
	return strncmp(locale, "zh", 2) == 0 ? LANGUAGE_ZH : LANGUAGE_EN;
}

enum language
language_of_environment(void)
{
	static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);

		if (value != NULL && value[0] != '\0')
			return language_of(value);
	}
	return LANGUAGE_EN;
}

const char *
language_name(enum language language)
{
	assert(language < LANGUAGE__COUNT);
	return language == LANGUAGE_ZH ? "zh" : "en";
}

static size_t
least(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* How many letters must be put in, left out or changed; both are short. */
static size_t
distance(const char *a, size_t an, const char *b, size_t bn)
{
	size_t row[NEAREST_BYTES_MAX + 1];

	for (size_t j = 0; j <= bn; j++)
		row[j] = j;
	for (size_t i = 1; i <= an; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= bn; j++) {
			size_t change = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			row[j] = least(row[j] + 1, row[j - 1] + 1, change);
		}
	}
	return row[bn];
}

const char *
nearest(const char *word, nearest_next_f *next, const void *arg)
{
	const char *best = NULL;
	const char *candidate;
	size_t n = strlen(word);
	size_t best_distance = n / 3 + 2;

	assert(next != NULL);
	if (n > NEAREST_BYTES_MAX)
		return NULL;
	for (size_t i = 0; (candidate = next(arg, i)) != NULL; i++) {
		size_t cn = strlen(candidate);
		size_t d;

		if (cn > NEAREST_BYTES_MAX)
			continue;
		d = distance(word, n, candidate, cn);
		if (d < best_distance && d < cn) {
			best_distance = d;
			best = candidate;
		}
	}
	return best;
}
