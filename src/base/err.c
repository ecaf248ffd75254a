/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Views of the error table, and filling in a struct err. No allocation here:
 * this runs when memory has ended.
 */
#include "base/err.h"

#include "base/str.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define ERR_NAME_BYTES 32

#define X(name, text, text_zh) \
	static_assert(sizeof(#name) <= ERR_NAME_BYTES, "the name fits");
ERR_TABLE(X)
#undef X

/* Lowered from the table at the first use, so that a code is written once. */
static char names[ERR__COUNT][ERR_NAME_BYTES] = {
#define X(name, text, text_zh) [ERR_##name] = #name,
    ERR_TABLE(X)
#undef X
};

static const char *const texts[ERR__COUNT] = {
#define X(name, text, text_zh) [ERR_##name] = (text),
    ERR_TABLE(X)
#undef X
};

static const char *const texts_zh[ERR__COUNT] = {
#define X(name, text, text_zh) [ERR_##name] = (text_zh),
    ERR_TABLE(X)
#undef X
};

static pthread_once_t names_once = PTHREAD_ONCE_INIT;

static void
lower_names(void)
{
	for (int i = 0; i < ERR__COUNT; i++)
		for (char *p = names[i]; *p != '\0'; p++)
			if (*p >= 'A' && *p <= 'Z')
				*p = (char)(*p + ('a' - 'A'));
}

/* snprintf cuts at a byte; a character that lost its end goes as a whole. */
static void
drop_half_character(char *text)
{
	size_t n = strlen(text);
	size_t start = n;

	while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
		start--;
	if (start == 0 || (unsigned char)text[start - 1] < 0xC0)
		return;
	start--;
	if (str_utf8_length((struct str){text + start, n - start}) == 0)
		text[start] = '\0';
}

enum err_code
err_set(struct err *e, enum err_code code, const char *field, const char *fmt,
    ...)
{
	va_list ap;

	assert(code > ERR_OK);
	assert(code < ERR__COUNT);
	assert(fmt != NULL);
	if (e == NULL)
		return code;
	e->code = code;
	e->place = (struct err_place){0};
	(void)snprintf(e->field, sizeof(e->field), "%s", field ? field : "");
	va_start(ap, fmt);
	(void)vsnprintf(e->detail, sizeof(e->detail), fmt, ap);
	va_end(ap);
	drop_half_character(e->field);
	drop_half_character(e->detail);
	return code;
}

const char *
err_name(enum err_code code)
{
	assert(code >= ERR_OK);
	assert(code < ERR__COUNT);
	(void)pthread_once(&names_once, lower_names);
	return names[code];
}

const char *
err_text(enum err_code code)
{
	assert(code >= ERR_OK);
	assert(code < ERR__COUNT);
	return texts[code];
}

const char *
err_text_zh(enum err_code code)
{
	assert(code >= ERR_OK);
	assert(code < ERR__COUNT);
	return texts_zh[code];
}

/* NO_MEMORY is a cap that the same request would meet again. */
bool
err_is_transient(enum err_code code)
{
	assert(code >= ERR_OK);
	assert(code < ERR__COUNT);
	switch (code) {
	case ERR_RATE_LIMITED:
	case ERR_BUSY:
	case ERR_STORE_BUSY:
	case ERR_STORE_AWAY:
	case ERR_STORE_CONFLICT:
	case ERR_STORE_FULL:
	case ERR_STORE_FAILED:
	case ERR_STORE_UNSURE:
	case ERR_STOPPING:
		return true;
	default:
		return false;
	}
}
