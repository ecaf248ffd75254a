/* SPDX-License-Identifier: Apache-2.0 */
/* The access log's fields, and what of a target may be shown. */
#include "http/access_log.h"

#include <assert.h>

#include "base/limits.h"
#include "base/log.h"

/* A value longer than this is no flag, page or name, and may be anything. */
#define PLAIN_VALUE_BYTES_MAX 40
/* The log line is 4 KiB; of longer targets the beginning tells enough. */
#define TARGET_BYTES_MAX 1024

/* Parts of names whose values open doors, in whatever dialect. */
static const struct str secret_words[] = {
    STR_INIT("sign"),
    STR_INIT("session"),
    STR_INIT("secret"),
    STR_INIT("token"),
    STR_INIT("salt"),
    STR_INIT("pass"),
    STR_INIT("auth"),
};

#define SECRET_WORD_COUNT (sizeof(secret_words) / sizeof(secret_words[0]))

static bool
holds_nocase(struct str s, struct str word)
{
	for (size_t i = 0; i + word.n <= s.n; i++)
		if (str_eq_nocase(str_sub(s, i, word.n), word))
			return true;
	return false;
}

static bool
may_be_shown(struct str name, struct str value)
{
	if (value.n > PLAIN_VALUE_BYTES_MAX)
		return false;
	for (size_t i = 0; i < SECRET_WORD_COUNT; i++)
		if (holds_nocase(name, secret_words[i]))
			return false;
	/* Names and addresses of people are not ASCII, or are encoded. */
	for (size_t i = 0; i < value.n; i++) {
		char c = value.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= '0' && c <= '9') && c != '.' && c != '_' &&
		    c != '-' && c != ':')
			return false;
	}
	return true;
}

void
access_log_mask(struct str target, struct buf *out)
{
	struct str query = str_sub(target, 0, TARGET_BYTES_MAX);
	char separator = '?';

	assert(out != NULL);
	buf_str(out, str_cut(&query, '?'));
	while (!str_is_null(query)) {
		struct str value = str_cut(&query, '&');
		struct str name = str_cut(&value, '=');

		buf_char(out, separator);
		separator = '&';
		buf_str(out, name);
		if (str_is_null(value))
			continue;
		buf_char(out, '=');
		buf_str(out, may_be_shown(name, value) ? value : STR("***"));
	}
	if (target.n > TARGET_BYTES_MAX)
		buf_str(out, STR("..."));
}

/* What went wrong inside is the operator's; what a client did wrong stays out,
 * for its words may be in the detail. Broken heads are told in our own. */
static bool
shows_detail(enum err_code code)
{
	return code >= ERR_BUSY || code == ERR_BAD_REQUEST;
}

static void
log_outcome(struct log_line *l, const struct exchange *x)
{
	const struct outcome *o = &x->call.outcome;

	if (o->replayed)
		log_int(l, "replayed", 1);
	if (shows_detail(o->code) && o->err.detail[0] != '\0')
		log_masked(l, "detail", str_from(o->err.detail));
}

static enum log_level
level_of(enum err_code code)
{
	return code >= ERR_BUSY && code != ERR_STOPPING ? LOG_WARN : LOG_INFO;
}

void
access_log_request(const struct exchange *x, const char *method,
    const char *outcome, int64_t took_us, bool sent)
{
	const struct call *call = &x->call;
	const struct request *r = &call->request;
	char room[TARGET_BYTES_MAX * 4 + 8]; /* a value of one byte becomes 3 */
	struct log_line l;
	struct buf target;

	assert(method != NULL);
	assert(outcome != NULL);
	buf_init_fixed(&target, room, sizeof(room));
	access_log_mask(r->target, &target);
	log_begin(&l, level_of(call->outcome.code), "request");
	log_word(&l, "dialect",
	    x->unrouted ? DIALECT_NONE : call->dialect->name);
	log_word(&l, "method", method);
	log_str(&l, "http", r->method);
	log_masked(&l, "target", buf_view(&target));
	log_int(&l, "status", call->reply.status);
	log_int(&l, "code", call->reply.code);
	log_word(&l, "outcome", outcome);
	log_outcome(&l, x);
	if (call->credential != NULL && call->known && call->command.app != 0)
		log_str(&l, "app", call->credential->app_id);
	log_int(&l, "ms", took_us / 1000);
	log_int(&l, "us", took_us);
	log_int(&l, "in", (int64_t)r->body.n);
	log_int(&l, "out", sent ? (int64_t)call->reply.body.n : 0);
	/* A client's own may be a phone number. */
	log_masked(&l, "request_id", r->request_id);
	if (!str_is_null(r->trace_id))
		log_str(&l, "trace_id", r->trace_id);
	log_str(&l, "client", r->client_ip);
	log_end(&l);
}
