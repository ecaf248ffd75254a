/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fields of an order, read in the order of their table so that of several
 * faults the first is told. A field that is null is as good as not there. What
 * two fields have to say to each other is in functions of their own: the three
 * names of an address here, carrier and way in the core's rules (they need the
 * stored order), lines in items.c.
 */
#include "dialect/franchiser/franchiser_impl.h"

#include "base/when.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#define FAULT_BYTES 512

static const char *const regions[] = {
    "provincename", "cityname", "distrctname"};

void
franchiser_fault(struct franchiser_decoding *d, enum franchiser_what what,
    const char *fmt, ...)
{
	char text[FAULT_BYTES];
	va_list args;

	if (!str_is_null(d->fault.message))
		return;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	d->fault.what = what;
	d->fault.message = arena_dup(d->call->arena, str_from(text));
	d->fault_row = d->row;
}

void
franchiser_bad_field(struct franchiser_decoding *d, const char *name)
{
	franchiser_fault(d, WHAT_FIELD, "%s格式错误", name);
}

bool
franchiser_int(const json_t *json, int64_t *out)
{
	if (json_is_string(json))
		return str_parse_int(json_text(json), out);
	*out = json_is_integer(json) ? json_integer_value(json) : 0;
	return json_is_integer(json);
}

struct str
franchiser_text(const json_t *json, int64_t min, int64_t max)
{
	struct str text = json_text(json);
	int64_t length = str_code_points(text);

	if (str_is_null(text) || length < min || length > max)
		return STR_NONE;
	return text;
}

static void
put_text(struct franchiser_decoding *d, enum order_field f, struct str text)
{
	change_set_str(d->change, f, text.n > 0 ? text : STR_NONE);
}

/* --- the readers ----------------------------------------------------------- */

static void
read_text(struct franchiser_decoding *d, const struct franchiser_field *row,
    const json_t *json)
{
	struct str text;

	if (json == NULL)
		return;
	text = franchiser_text(json, row->min, row->max);
	if (str_is_null(text))
		franchiser_bad_field(d, row->name);
	else
		put_text(d, row->field, text);
}

static void
read_mobile(struct franchiser_decoding *d, const struct franchiser_field *row,
    const json_t *json)
{
	struct str text = json_text(json);

	if (json == NULL)
		return;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			text.n = 0;
	}
	if ((int64_t)text.n < row->min || (int64_t)text.n > row->max)
		franchiser_bad_field(d, row->name);
	else
		put_text(d, row->field, text);
}

static void
read_date(struct franchiser_decoding *d, const struct franchiser_field *row,
    const json_t *json)
{
	struct str text = json_text(json);

	if (json == NULL)
		return;
	if (!when_is_date(text))
		franchiser_bad_field(d, row->name);
	else
		put_text(d, row->field, text);
}

static bool
read_int(struct franchiser_decoding *d, const struct franchiser_field *row,
    const json_t *json, int64_t *out)
{
	if (json == NULL)
		return false;
	if (franchiser_int(json, out))
		return true;
	franchiser_bad_field(d, row->name);
	return false;
}

static void
read_warehouse(struct franchiser_decoding *d,
    const struct franchiser_field *row, const json_t *json)
{
	int64_t id;

	if (!read_int(d, row, json, &id))
		return;
	if (catalog_warehouse(d->catalog, id) == NULL)
		franchiser_fault(d, WHAT_WAREHOUSE, "仓库[%lld]不存在",
		    (long long)id);
	else
		change_set_int(d->change, row->field, id);
}

static bool
is_given(const struct franchiser_decoding *d, const char *name)
{
	const json_t *json = json_object_get(d->object, name);

	return json != NULL && !json_is_null(json);
}

/* A way by which nobody carries leaves no company behind. */
static void
read_way(struct franchiser_decoding *d, const struct franchiser_field *row,
    const json_t *json)
{
	int64_t way;

	if (!read_int(d, row, json, &way))
		return;
	if (way < 1 || way > FRANCHISER_WAY_LAST) {
		franchiser_fault(d, WHAT_TRANSPORT, "运输方式[%lld]无效",
		    (long long)way);
		return;
	}
	change_set_int(d->change, row->field, way);
	if (!is_given(d, "logisticscompanyid") &&
	    !catalog_way_has_carriers(d->catalog, way))
		change_set_int(d->change, F_LOGISTICS_COMPANY, 0);
}

static void
read_company(struct franchiser_decoding *d, const struct franchiser_field *row,
    const json_t *json)
{
	int64_t id;

	if (read_int(d, row, json, &id))
		change_set_int(d->change, row->field, id);
}

/* Whether the three names come together, and none of them empty. */
static bool
regions_are_whole(const struct franchiser_decoding *d)
{
	size_t count = sizeof(regions) / sizeof(regions[0]);
	size_t given = 0, filled = 0;

	for (size_t i = 0; i < count; i++) {
		const json_t *json = json_object_get(d->object, regions[i]);

		given += is_given(d, regions[i]);
		filled += is_given(d, regions[i]) &&
		    !(json_is_string(json) && json_text(json).n == 0);
	}
	return given == 0 || filled == count;
}

static void
read_region(struct franchiser_decoding *d, const struct franchiser_field *row,
    const json_t *json)
{
	if (!regions_are_whole(d))
		franchiser_fault(d, WHAT_ADDRESS, "%s",
		    "修改三级地址时,省市区名称均不能为空");
	else
		read_text(d, row, json);
}

/* --- the table ------------------------------------------------------------- */

#define read_items franchiser_read_items

const struct franchiser_field franchiser_fields[] = {
#define X(wire, reader, member, least, most, needed) \
	{ \
	    .name = (wire), \
	    .read = read_##reader, \
	    .field = (member), \
	    .min = (least), \
	    .max = (most), \
	    .required = (needed), \
	},
    FRANCHISER_FIELD_TABLE(X)
#undef X
};

const size_t franchiser_field_count = sizeof(franchiser_fields) /
    sizeof(franchiser_fields[0]);

bool
franchiser_is_field(const char *name)
{
	for (size_t i = 0; i < franchiser_field_count; i++) {
		if (strcmp(franchiser_fields[i].name, name) == 0)
			return true;
	}
	return false;
}

static void
read_row(struct franchiser_decoding *d, const struct franchiser_field *row)
{
	const json_t *json = json_object_get(d->object, row->name);

	if (json_is_null(json))
		json = NULL;
	row->read(d, row, json);
	if (json == NULL && d->creates && row->required)
		franchiser_fault(d, WHAT_MISSING, "缺少参数:%s", row->name);
}

/* The core looks at carriers where no earlier field is at fault. */
static void
object(struct franchiser_decoding *d)
{
	struct franchiser_state *state = d->call->state;
	struct command *c = &d->call->command;
	bool faulty = !str_is_null(d->fault.message);

	if (!faulty ||
	    franchiser_fields[d->fault_row].field > F_LOGISTICS_COMPANY ||
	    franchiser_fields[d->fault_row].field < F_WAREHOUSE)
		c->catalog = d->catalog;
	if (!faulty)
		return;
	state->objection = d->fault;
	c->objection = (struct fault){
	    .rule = RULE_FORMAT,
	    .wire = str_from(franchiser_fields[d->fault_row].name),
	    .text = d->fault.message.p,
	};
}

void
franchiser_read_fields(struct franchiser_decoding *d)
{
	assert(d->catalog != NULL);
	for (d->row = 0; d->row < franchiser_field_count; d->row++)
		read_row(d, &franchiser_fields[d->row]);
	object(d);
}
