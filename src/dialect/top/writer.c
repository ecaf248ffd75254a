/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One way to write an answer, in three forms:
 *
 *   XML     <root><a>1</a><x_list><item_type>…</item_type></x_list></root>
 *   JSON    {"root":{"a":1,"x_list":{"item_type":[{…}]}}}
 *   simple  {"a":1,"x_list":[{…}]}; an error keeps its root
 *
 * without white space. XML is libxml2's to write, straight into the reply.
 */
#include "dialect/top/top_impl.h"

#include <libxml/xmlwriter.h>

#include <assert.h>

#define XML_PROLOG "<?xml version=\"1.0\" encoding=\"utf-8\" ?>"

struct top_writer {
	struct arena *arena;
	struct buf *out;
	struct json_out json;
	xmlTextWriterPtr xml; /* NULL: JSON */
	bool is_simple;
	bool has_root; /* of JSON */
};

/* --- XML ----------------------------------------------------------------- */

static int
write_xml(void *arg, const char *bytes, int n)
{
	buf_add(arg, bytes, (size_t)n);
	return n;
}

/* libxml2 returns what it has written, or -1 without memory. */
static void
look_at(struct top_writer *w, int written)
{
	if (written < 0)
		w->out->failed = true;
}

static xmlTextWriterPtr
xml_new(struct buf *out)
{
	xmlOutputBufferPtr to = xmlOutputBufferCreateIO(write_xml, NULL, out,
	    NULL);
	xmlTextWriterPtr xml;

	if (to == NULL)
		return NULL;
	xml = xmlNewTextWriter(to);
	if (xml == NULL)
		xmlOutputBufferClose(to);
	return xml;
}

static void
xml_start(struct top_writer *w, const char *name)
{
	look_at(w, xmlTextWriterStartElement(w->xml, (const xmlChar *)name));
}

static void
xml_end(struct top_writer *w)
{
	look_at(w, xmlTextWriterEndElement(w->xml));
}

/* Whether XML 1.0 has this character, of n bytes. */
static bool
is_xml_char(const char *p, size_t n)
{
	unsigned char c = (unsigned char)p[0];

	if (n == 0)
		return false;
	if (n == 1)
		return c >= ' ' || c == '\t' || c == '\n' || c == '\r';
	return memcmp(p, "\xef\xbf\xbe", n) != 0 &&
	    memcmp(p, "\xef\xbf\xbf", n) != 0;
}

/* With a NUL behind it, and U+FFFD for what XML does not have. */
static struct str
xml_text(struct top_writer *w, struct str s)
{
	struct buf b;

	buf_init(&b, w->arena, 4 * s.n + 1);
	while (s.n > 0) {
		size_t n = str_utf8_length(s);

		if (is_xml_char(s.p, n))
			buf_add(&b, s.p, n);
		else
			buf_str(&b, STR("\xef\xbf\xbd"));
		s = str_sub(s, n > 0 ? n : 1, SIZE_MAX);
	}
	buf_char(&b, '\0');
	if (buf_failed(&b)) {
		w->out->failed = true;
		return STR("");
	}
	return buf_view(&b);
}

static void
xml_put(struct top_writer *w, const char *name, struct str value)
{
	struct str text = xml_text(w, value);

	xml_start(w, name);
	look_at(w, xmlTextWriterWriteString(w->xml, (const xmlChar *)text.p));
	xml_end(w);
}

/* --- both ---------------------------------------------------------------- */

struct top_writer *
top_writer_new(struct arena *a, struct buf *out, enum top_form form)
{
	struct top_writer *w = ARENA_NEW(a, struct top_writer);

	if (w == NULL)
		return NULL;
	w->arena = a;
	w->out = out;
	w->is_simple = form == TOP_JSON_SIMPLE;
	json_out_init(&w->json, out);
	if (form != TOP_XML)
		return w;
	w->xml = xml_new(out);
	return w->xml == NULL ? NULL : w;
}

void
top_write_begin(struct top_writer *w, const char *root, bool is_error)
{
	if (w->xml != NULL) {
		look_at(w,
		    xmlTextWriterWriteRaw(w->xml, (const xmlChar *)XML_PROLOG));
		xml_start(w, root);
		return;
	}
	json_open(&w->json, '{');
	w->has_root = is_error || !w->is_simple;
	if (!w->has_root)
		return;
	json_key(&w->json, root);
	json_open(&w->json, '{');
}

void
top_write_end(struct top_writer *w)
{
	if (w->xml != NULL) {
		xml_end(w);
		look_at(w, xmlTextWriterFlush(w->xml));
		xmlFreeTextWriter(w->xml);
		w->xml = NULL;
		return;
	}
	if (w->has_root)
		json_close(&w->json, '}');
	json_close(&w->json, '}');
}

void
top_write_open(struct top_writer *w, const char *name)
{
	if (w->xml != NULL) {
		xml_start(w, name);
		return;
	}
	json_key(&w->json, name);
	json_open(&w->json, '{');
}

void
top_write_close(struct top_writer *w)
{
	if (w->xml != NULL)
		xml_end(w);
	else
		json_close(&w->json, '}');
}

void
top_write_open_list(struct top_writer *w, const char *name, const char *item)
{
	if (w->xml != NULL) {
		xml_start(w, name);
		return;
	}
	json_key(&w->json, name);
	if (!w->is_simple) {
		json_open(&w->json, '{');
		json_key(&w->json, item);
	}
	json_open(&w->json, '[');
}

void
top_write_close_list(struct top_writer *w)
{
	if (w->xml != NULL) {
		xml_end(w);
		return;
	}
	json_close(&w->json, ']');
	if (!w->is_simple)
		json_close(&w->json, '}');
}

void
top_write_open_item(struct top_writer *w, const char *item)
{
	if (w->xml != NULL)
		xml_start(w, item);
	else
		json_open(&w->json, '{');
}

void
top_write_close_item(struct top_writer *w)
{
	top_write_close(w);
}

void
top_write_text(struct top_writer *w, const char *name, struct str value)
{
	assert(!str_is_null(value));
	if (w->xml != NULL) {
		xml_put(w, name, value);
		return;
	}
	json_key(&w->json, name);
	json_put_str(&w->json, value);
}

void
top_write_int(struct top_writer *w, const char *name, int64_t value)
{
	char digits[24];
	struct buf b;

	if (w->xml != NULL) {
		buf_init_fixed(&b, digits, sizeof(digits));
		buf_int(&b, value);
		xml_put(w, name, buf_view(&b));
		return;
	}
	json_key(&w->json, name);
	json_put_int(&w->json, value);
}

void
top_write_bool(struct top_writer *w, const char *name, bool value)
{
	if (w->xml != NULL) {
		xml_put(w, name, value ? STR("true") : STR("false"));
		return;
	}
	json_key(&w->json, name);
	json_put_bool(&w->json, value);
}
