/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line of a catalog's file becomes a record of texts, whichever format it is
 * in; a record becomes an entry.
 */
#include "app/catalog_file.h"

#include <assert.h>

#include "base/json.h"
#include "base/money.h"

enum column {
	COLUMN_TYPE,
	COLUMN_ID,
	COLUMN_NO,
	COLUMN_NAME,
	COLUMN_KIND,
	COLUMN_ENABLED,
	COLUMN_CODE,
	COLUMN_TITLE,
	COLUMN_PRICE,
	COLUMN_WAY,
	COLUMN_WAREHOUSE,
	COLUMN_ON_HAND,
	COLUMN__COUNT
};

static const char *const column_names[COLUMN__COUNT] = {
    [COLUMN_TYPE] = "type",
    [COLUMN_ID] = "id",
    [COLUMN_NO] = "no",
    [COLUMN_NAME] = "name",
    [COLUMN_KIND] = "kind",
    [COLUMN_ENABLED] = "enabled",
    [COLUMN_CODE] = "code",
    [COLUMN_TITLE] = "title",
    [COLUMN_PRICE] = "price",
    [COLUMN_WAY] = "way",
    [COLUMN_WAREHOUSE] = "warehouse",
    [COLUMN_ON_HAND] = "on_hand",
};

struct reading {
	struct arena *arena;
	enum language language;
	int line;
	bool is_csv;
	enum column order[COLUMN__COUNT]; /* of a CSV's columns */
	size_t columns;
	struct str values[COLUMN__COUNT]; /* the record; absent: not given */
	struct err *err;
};

static enum err_code
wrong(struct reading *r, const char *english, const char *chinese,
    struct str what)
{
	/* The sentence's one place is for `what`. */
	struct str text = arena_printf(r->arena, "%s%.*s",
	    TR(r->language, english, chinese), STR_ARG(what));

	return err_set(r->err, ERR_USAGE, "file",
	    TR(r->language, "line %d: %.*s", "第 %d 行:%.*s"), r->line,
	    STR_ARG(text));
}

static enum err_code
find_column(struct reading *r, struct str name, enum column *out)
{
	for (int i = 0; i < COLUMN__COUNT; i++) {
		if (str_eq(str_from(column_names[i]), name)) {
			*out = (enum column)i;
			return ERR_OK;
		}
	}
	return wrong(r, "there is no member ", "没有此字段:", name);
}

/* --- JSON ------------------------------------------------------------------ */

static struct str
value_text(struct arena *a, const json_t *json)
{
	char room[32];

	if (json_is_string(json))
		return json_text(json);
	if (json_is_boolean(json))
		return json_is_true(json) ? STR("true") : STR("false");
	return arena_dup(a, json_number_text(json, room));
}

static enum err_code
read_json(struct reading *r, struct str line)
{
	struct err why = {.code = ERR_OK};
	enum err_code rc = ERR_OK;
	json_t *object;

	if (json_read(r->arena, line, JSON_READ_EXACT, &object, &why) !=
		ERR_OK ||
	    !json_is_object(object))
		return wrong(r, "this is no JSON object", "不是 JSON 对象",
		    STR(""));
	for (void *at = json_object_iter(object); at != NULL && rc == ERR_OK;
	     at = json_object_iter_next(object, at)) {
		const json_t *json = json_object_iter_value(at);
		enum column column = COLUMN__COUNT;

		rc = find_column(r, str_from(json_object_iter_key(at)),
		    &column);
		if (rc != ERR_OK || json_is_null(json))
			continue;
		r->values[column] = value_text(r->arena, json);
		if (str_is_null(r->values[column]))
			rc = wrong(r, "not a text, number or truth: ",
			    "不是文本、数字或真假值:",
			    str_from(column_names[column]));
	}
	return rc;
}

/* --- CSV ------------------------------------------------------------------- */

/* A cell in quotes, in which "" stands for one; *rest begins behind it. */
static enum err_code
cut_quoted(struct reading *r, struct str *rest, struct str *cell)
{
	struct buf b;
	size_t i = 1;

	buf_init(&b, r->arena, rest->n + 1);
	for (; i < rest->n; i++) {
		if (rest->p[i] != '"')
			buf_char(&b, rest->p[i]);
		else if (i + 1 < rest->n && rest->p[i + 1] == '"')
			buf_char(&b, rest->p[i++]);
		else
			break;
	}
	if (i >= rest->n || (i + 1 < rest->n && rest->p[i + 1] != ','))
		return wrong(r, "a quote is not closed", "引号未闭合", STR(""));
	*cell = buf_view(&b);
	*rest = i + 1 < rest->n ? str_sub(*rest, i + 2, SIZE_MAX) : STR_NONE;
	return ERR_OK;
}

static enum err_code
cut_cell(struct reading *r, struct str *rest, struct str *cell)
{
	if (rest->n > 0 && rest->p[0] == '"')
		return cut_quoted(r, rest, cell);
	*cell = str_trim(str_cut(rest, ','));
	return ERR_OK;
}

static enum err_code
read_heads(struct reading *r, struct str line)
{
	enum err_code rc = ERR_OK;

	while (!str_is_null(line) && rc == ERR_OK) {
		struct str cell = STR("");
		enum column column = COLUMN__COUNT;

		rc = cut_cell(r, &line, &cell);
		if (rc == ERR_OK)
			rc = find_column(r, cell, &column);
		if (rc == ERR_OK && r->columns == COLUMN__COUNT)
			rc = wrong(r, "a column is there twice", "有重复的列",
			    STR(""));
		if (rc == ERR_OK)
			r->order[r->columns++] = column;
	}
	return rc;
}

static enum err_code
read_csv(struct reading *r, struct str line)
{
	enum err_code rc = ERR_OK;

	for (size_t i = 0; !str_is_null(line) && rc == ERR_OK; i++) {
		struct str cell = STR("");

		rc = cut_cell(r, &line, &cell);
		if (rc == ERR_OK && i >= r->columns)
			rc = wrong(r, "there are more cells than columns",
			    "单元格多于列数", STR(""));
		if (rc == ERR_OK && cell.n > 0)
			r->values[r->order[i]] = cell;
	}
	return rc;
}

/* --- records --------------------------------------------------------------- */

static enum err_code
read_enabled(struct reading *r, bool *out)
{
	struct str enabled = r->values[COLUMN_ENABLED];

	*out = !str_eq(enabled, STR("false"));
	if (!str_is_null(enabled) && *out && !str_eq(enabled, STR("true")))
		return wrong(r, "enabled is true or false, not ",
		    "enabled 应为 true 或 false,而不是 ", enabled);
	return ERR_OK;
}

static enum err_code
read_flag(struct reading *r, struct flag *out)
{
	struct str kind = r->values[COLUMN_KIND];

	*out = (struct flag){
	    .name = r->values[COLUMN_NAME], .kind = FLAG_PURCHASE};
	if (out->name.n == 0)
		return wrong(r, "a flag needs a name", "标记须有 name",
		    STR(""));
	if (!str_is_null(kind) && !flag_kind_parse(kind, &out->kind))
		return wrong(r, "kind is purchase or other, not ",
		    "kind 应为 purchase 或 other,而不是 ", kind);
	return read_enabled(r, &out->enabled);
}

static enum err_code
read_warehouse(struct reading *r, struct warehouse *out)
{
	struct str id = r->values[COLUMN_ID];

	*out = (struct warehouse){
	    .no = r->values[COLUMN_NO], .name = r->values[COLUMN_NAME]};
	if (!str_parse_int(id, &out->id) || out->id < 1)
		return wrong(r, "a warehouse needs an id above 0, not ",
		    "仓库须有大于 0 的 id,而不是 ", id);
	if (out->no.n == 0)
		out->no = id;
	return ERR_OK;
}

static enum err_code
read_provider(struct reading *r, struct provider *out)
{
	*out = (struct provider){r->values[COLUMN_NO], r->values[COLUMN_NAME]};
	if (out->no.n == 0)
		return wrong(r, "a provider needs a number (no)",
		    "供应商须有编号 no", STR(""));
	return ERR_OK;
}

static enum err_code
read_product(struct reading *r, struct product *out)
{
	struct str price = r->values[COLUMN_PRICE];

	*out = (struct product){
	    .code = r->values[COLUMN_CODE], .title = r->values[COLUMN_TITLE]};
	if (out->code.n == 0)
		return wrong(r, "a product needs a code", "产品须有编码 code",
		    STR(""));
	if (out->title.n == 0)
		return wrong(r, "a product needs a title", "产品须有名称 title",
		    STR(""));
	if (!money_parse(price, MONEY_E4_DECIMALS, &out->price_e4) ||
	    out->price_e4 < 0)
		return wrong(r,
		    "a product needs a price in yuan with four decimals at"
		    " most, not ",
		    "产品须有价格 price(元,最多四位小数),而不是 ", price);
	return read_enabled(r, &out->enabled);
}

/* A whole number from `least` on. */
static enum err_code
read_number(struct reading *r, enum column column, int64_t least, int64_t *out)
{
	struct str text = r->values[column];
	struct str what = arena_printf(r->arena, "%s: %.*s",
	    column_names[column], STR_ARG(text));

	if (str_parse_int(text, out) && *out >= least)
		return ERR_OK;
	return wrong(r, "this must be a whole number, and not too small: ",
	    "应为整数,且不能过小:", what);
}

static enum err_code
read_stock(struct reading *r, struct stock_row *out)
{
	enum err_code rc;

	*out = (struct stock_row){.product = r->values[COLUMN_CODE]};
	if (out->product.n == 0)
		return wrong(r, "stock needs a product's code",
		    "库存须有产品编码 code", STR(""));
	rc = read_number(r, COLUMN_WAREHOUSE, 1, &out->warehouse);
	return rc == ERR_OK ? read_number(r, COLUMN_ON_HAND, 0, &out->on_hand)
			    : rc;
}

static enum err_code
read_carrier(struct reading *r, struct carrier *out)
{
	enum err_code rc;

	*out = (struct carrier){.name = r->values[COLUMN_NAME]};
	rc = read_number(r, COLUMN_WAY, 1, &out->way);
	return rc == ERR_OK ? read_number(r, COLUMN_ID, 1, &out->id) : rc;
}

static enum err_code
read_record(struct reading *r, struct catalog_entry *out)
{
	struct str type = r->values[COLUMN_TYPE];

	out->line = r->line;
	if (str_eq(type, STR("flag"))) {
		out->type = ENTRY_FLAG;
		return read_flag(r, &out->flag);
	}
	if (str_eq(type, STR("warehouse"))) {
		out->type = ENTRY_WAREHOUSE;
		return read_warehouse(r, &out->warehouse);
	}
	if (str_eq(type, STR("provider"))) {
		out->type = ENTRY_PROVIDER;
		return read_provider(r, &out->provider);
	}
	if (str_eq(type, STR("product"))) {
		out->type = ENTRY_PRODUCT;
		return read_product(r, &out->product);
	}
	if (str_eq(type, STR("stock"))) {
		out->type = ENTRY_STOCK;
		return read_stock(r, &out->stock);
	}
	if (str_eq(type, STR("carrier"))) {
		out->type = ENTRY_CARRIER;
		return read_carrier(r, &out->carrier);
	}
	return wrong(r,
	    "type is flag, warehouse, provider, product, stock or carrier, not"
	    " ",
	    "type 应为 flag、warehouse、provider、product、stock 或 carrier,"
	    "而不是 ",
	    type);
}

static size_t
count_lines(struct str text)
{
	size_t count = 0;

	for (; !str_is_null(text); count++)
		(void)str_cut(&text, '\n');
	return count;
}

static enum err_code
read_line(struct reading *r, struct str line, struct catalog_entry *out)
{
	enum err_code rc;

	memset(r->values, 0, sizeof(r->values));
	rc = r->is_csv ? read_csv(r, line) : read_json(r, line);
	return rc == ERR_OK ? read_record(r, out) : rc;
}

enum err_code
catalog_file_read(struct arena *a, struct str text, enum language language,
    struct catalog_entry **entries, size_t *count, struct err *err)
{
	struct reading r = {.arena = a, .language = language, .err = err};
	enum err_code rc = ERR_OK;

	assert(a != NULL);
	*count = 0;
	*entries = ARENA_ARRAY(a, count_lines(text), struct catalog_entry);
	while (!str_is_null(text) && rc == ERR_OK && !arena_failed(a)) {
		struct str line = str_trim(str_cut(&text, '\n'));

		r.line++;
		if (line.n == 0)
			continue;
		if (r.columns == 0 && line.p[0] != '{' && !r.is_csv) {
			r.is_csv = true;
			rc = read_heads(&r, line);
			continue;
		}
		rc = read_line(&r, line, &(*entries)[*count]);
		(*count)++;
	}
	if (arena_failed(a))
		return err_set(err, ERR_NO_MEMORY, "file",
		    "the file is too large");
	return rc;
}
