/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a setting's value may be, by its type. A refusal names the place the
 * value came from, the value, and what is allowed.
 */
#include <arpa/inet.h>
#include <assert.h>

#include "app/settings.h"
#include "store/store.h"

#define PORT_MAX 65535
#define HOST_BYTES_MAX 255

bool
address_split(struct str address, struct str *host, int64_t *port)
{
	size_t colon = address.n;

	while (colon > 0 && address.p[colon - 1] != ':')
		colon--;
	if (colon < 2)
		return false;
	*host = str_sub(address, 0, colon - 1);
	if (!str_parse_int(str_sub(address, colon, address.n), port) ||
	    *port < 0 || *port > PORT_MAX || address.p[colon] == '-')
		return false;
	if (host->p[0] == '[') {
		if (host->p[host->n - 1] != ']')
			return false;
		*host = str_sub(*host, 1, host->n - 2);
		return host->n > 0;
	}
	/* Two colons without brackets: where the port begins is a guess. */
	return memchr(host->p, ':', host->n) == NULL;
}

bool
address_is_loopback(struct str address)
{
	struct str host;
	int64_t port;

	if (!address_split(address, &host, &port))
		return false;
	return str_starts(host, STR("127.")) || str_eq(host, STR("::1")) ||
	    str_eq_nocase(host, STR("localhost"));
}

/* An address, or an address/bits. */
static bool
is_network(struct str text)
{
	struct str bits = text;
	struct str address = str_cut(&bits, '/');
	char copy[HOST_BYTES_MAX + 1];
	uint8_t raw[16];
	int64_t n;
	int64_t most;

	if (address.n == 0 || address.n > HOST_BYTES_MAX)
		return false;
	memcpy(copy, address.p, address.n);
	copy[address.n] = '\0';
	if (inet_pton(AF_INET, copy, raw) == 1)
		most = 32;
	else if (inet_pton(AF_INET6, copy, raw) == 1)
		most = 128;
	else
		return false;
	return str_is_null(bits) ||
	    (str_parse_int(bits, &n) && n >= 0 && n <= most);
}

static bool
are_networks(struct str text)
{
	struct str rest = text;

	if (text.n == 0)
		return true;
	while (!str_is_null(rest)) {
		if (!is_network(str_trim(str_cut(&rest, ','))))
			return false;
	}
	return true;
}

static bool
parse_choice(struct str text, const char *words, int64_t *out)
{
	struct str rest = str_from(words);

	for (int64_t i = 0; !str_is_null(rest); i++) {
		if (str_eq(str_cut(&rest, '|'), text)) {
			*out = i;
			return true;
		}
	}
	return false;
}

static bool
parse_number(struct str text, const char *bounds, int64_t *out)
{
	struct str most = str_from(bounds);
	struct str least = str_cut(&most, '|');
	int64_t low = 0;
	int64_t high = 0;
	bool known = str_parse_int(least, &low) && str_parse_int(most, &high);

	assert(known);
	return str_parse_int(text, out) && *out >= low && *out <= high;
}

static bool
is_address(struct str text)
{
	struct str host;
	int64_t port;

	return text.n <= HOST_BYTES_MAX && address_split(text, &host, &port);
}

/* What stands behind the scheme is for the store to read. */
static bool
is_store(struct str text)
{
	static const char *const schemes[] = {
	    "sqlite:", "postgresql://", "postgres://"};

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		struct str scheme = str_from(schemes[i]);

		if (text.n > scheme.n && str_starts(text, scheme))
			return true;
	}
	return false;
}

static bool
is_good(enum setting_type type, const char *allowed, struct setting_value *v)
{
	switch (type) {
	case SETTING_IS_ADDRESS:
		return is_address(v->text);
	case SETTING_IS_NO_ADDRESS:
		return str_eq(v->text, STR("none")) || is_address(v->text);
	case SETTING_IS_PATH:
		return true;
	case SETTING_IS_STORE:
		return is_store(v->text);
	case SETTING_IS_CHOICE:
	case SETTING_IS_SWITCH:
		return parse_choice(v->text, allowed, &v->number);
	case SETTING_IS_NUMBER:
		return parse_number(v->text, allowed, &v->number);
	case SETTING_IS_NETWORKS:
		return are_networks(v->text);
	}
	return false;
}

/* What would be taken, in words. */
static const char *
wanted(enum setting_type type, enum language language)
{
	switch (type) {
	case SETTING_IS_ADDRESS:
		return TR(language,
		    "host:port, like 127.0.0.1:3000 or [::1]:3000",
		    "主机:端口,例如 127.0.0.1:3000 或 [::1]:3000");
	case SETTING_IS_NO_ADDRESS:
		return TR(language, "host:port or none", "主机:端口 或 none");
	case SETTING_IS_PATH:
		return TR(language, "a path", "路径");
	case SETTING_IS_STORE:
		return TR(language, "sqlite:PATH or postgresql://HOST/DATABASE",
		    "sqlite:路径 或 postgresql://主机/数据库");
	case SETTING_IS_CHOICE:
	case SETTING_IS_SWITCH:
		return TR(language, "one of", "以下之一");
	case SETTING_IS_NUMBER:
		return TR(language, "a number within", "数字,范围");
	case SETTING_IS_NETWORKS:
		return TR(language,
		    "addresses or ranges like 10.0.0.0/8, with "
		    "commas",
		    "地址或网段(例如 10.0.0.0/8),以逗号分隔");
	}
	return "";
}

enum err_code
setting_check(const struct settings *s, enum setting i,
    struct setting_value *value, struct err *err)
{
	const struct setting_row *row = &setting_rows[i];
	bool has_bounds = row->type == SETTING_IS_CHOICE ||
	    row->type == SETTING_IS_SWITCH || row->type == SETTING_IS_NUMBER;
	struct str where = value->where;
	struct str shown = value->text;
	char masked[128];

	assert(i < SETTING__COUNT);
	if (str_is_null(value->text))
		return err_set(err, ERR_NO_MEMORY, row->name,
		    "the settings do not fit their memory");
	if (is_good(row->type, row->allowed, value))
		return ERR_OK;
	if (row->type == SETTING_IS_STORE) {
		store_url_show(value->text, masked, sizeof(masked));
		shown = str_from(masked);
	}
	return err_set(err, ERR_USAGE, row->name,
	    TR(s->language, "%.*s: \"%.*s\" does not fit %s; it takes %s%s%s",
		"%.*s:\"%.*s\" 不能用于 %s;应为%s%s%s"),
	    STR_ARG(where), STR_ARG(str_sub(shown, 0, 60)), row->name,
	    wanted(row->type, s->language), has_bounds ? " " : "",
	    has_bounds ? row->allowed : "");
}

struct str
setting_store_shown(const struct settings *s, struct arena *a)
{
	char shown[1024];

	store_url_show(setting_text(s, SETTING_STORE), shown, sizeof(shown));
	return arena_dup(a, str_from(shown));
}

static bool
is_embedded(const struct settings *s)
{
	return str_starts(setting_text(s, SETTING_STORE), STR("sqlite:"));
}

int
setting_committers(const struct settings *s)
{
	int64_t wanted = setting_number(s, SETTING_COMMITTERS);

	if (wanted > 0)
		return (int)wanted;
	return is_embedded(s) ? 1 : LIMIT_COMMITTERS_SHARED;
}

int
setting_readers(const struct settings *s)
{
	int64_t wanted = setting_number(s, SETTING_READERS);

	if (wanted > 0)
		return (int)wanted;
	return is_embedded(s) ? LIMIT_READERS : LIMIT_READERS_SHARED;
}
