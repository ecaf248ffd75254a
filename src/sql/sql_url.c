/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A store's URL for people to see. Passwords stand before an '@', or in a
 * parameter; libpq decodes %xx in both, and is lenient about what is neither.
 * So this is the other way round: what may be shown is known, all else is
 * covered.
 */
#include <assert.h>
#include <stdio.h>

#include "base/buf.h"
#include "sql/sql.h"

#define COVER STR("***")

/* Parameters that tell nothing secret, of libpq's. */
static const char *const shown_parameters[] = {
    "application_name",
    "channel_binding",
    "connect_timeout",
    "dbname",
    "gssencmode",
    "host",
    "hostaddr",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "options",
    "passfile",
    "port",
    "requirepeer",
    "service",
    "sslcert",
    "sslcrl",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "ssl_min_protocol_version",
    "target_session_attrs",
    "tcp_user_timeout",
    "user",
};

#define SHOWN_COUNT (sizeof(shown_parameters) / sizeof(shown_parameters[0]))

static bool
is_shown(struct str key)
{
	for (size_t i = 0; i < SHOWN_COUNT; i++)
		if (str_eq(key, str_from(shown_parameters[i])))
			return true;
	return false;
}

static void
put_parameters(struct buf *out, struct str rest)
{
	char before = '?';

	while (!str_is_null(rest)) {
		struct str value = str_cut(&rest, '&');
		struct str key = str_cut(&value, '=');

		buf_char(out, before);
		before = '&';
		if (!is_shown(key)) {
			buf_str(out, COVER);
			continue;
		}
		buf_str(out, key);
		buf_char(out, '=');
		buf_str(out, value);
	}
}

/* Cuts off all before the last '@': a password may hold any other of them. */
static struct str
cut_user(struct str *rest)
{
	const char *at = rest->n ? memrchr(rest->p, '@', rest->n) : NULL;
	struct str user = {rest->p, at != NULL ? (size_t)(at - rest->p) : 0};

	if (at == NULL)
		return STR_NONE;
	*rest = str_sub(*rest, user.n + 1, rest->n);
	return user;
}

static void
put_server(struct buf *out, struct str rest)
{
	struct str user = cut_user(&rest);

	if (!str_is_null(user)) {
		struct str name = str_cut(&user, ':');

		/* An '@' of a parameter is no mark of a user. */
		buf_str(out, memchr(name.p, '?', name.n) ? COVER : name);
		if (!str_is_null(user)) {
			buf_char(out, ':');
			buf_str(out, COVER);
		}
		buf_char(out, '@');
	}
	buf_str(out, str_cut(&rest, '?'));
	put_parameters(out, rest);
}

/* A scheme, or a path where somebody forgot it. Anything else may be libpq's
 * other form, "user=… password=…". */
static bool
is_plain(struct str scheme)
{
	static const char others[] = "+-._/";

	for (size_t i = 0; i < scheme.n; i++) {
		char c = scheme.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= '0' && c <= '9') &&
		    memchr(others, c, sizeof(others) - 1) == NULL)
			return false;
	}
	return true;
}

void
sql_url_mask(struct str url, char *out, size_t out_bytes)
{
	struct str rest = url, scheme = str_cut(&rest, ':');
	struct buf b;

	assert(url.p != NULL);
	assert(out != NULL);
	assert(out_bytes > 1);
	buf_init_fixed(&b, out, out_bytes);
	buf_str(&b, is_plain(scheme) ? scheme : COVER);
	if (!str_is_null(rest)) {
		buf_char(&b, ':');
		if (str_eq(scheme, STR("sqlite")))
			buf_str(&b, rest);
		else if (str_starts(rest, STR("//"))) {
			buf_str(&b, STR("//"));
			put_server(&b, str_sub(rest, 2, rest.n));
		} else
			buf_str(&b, COVER);
	}
	out[buf_view(&b).n] = '\0';
}
