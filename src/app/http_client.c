/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcurl for one request whose bytes are all decided: nothing is followed,
 * decoded or added but Host, Accept and Content-Length.
 */
#include "app/http_client.h"

#include <assert.h>
#include <strings.h>

#include <curl/curl.h>

#include "base/limits.h"

struct exchange_work {
	const struct http_question *question;
	struct buf body;
	char why[CURL_ERROR_SIZE];
};

static size_t
take_body(char *bytes, size_t size, size_t count, void *arg)
{
	struct exchange_work *w = arg;

	buf_add(&w->body, bytes, size * count);
	return buf_failed(&w->body) ? 0 : size * count;
}

/* Each line behind its arrow, as people know it from curl. */
static void
put_lines(struct buf *raw, const char *arrow, struct str text)
{
	while (text.n > 0) {
		struct str rest = text;
		struct str line = str_cut(&rest, '\n');

		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		buf_str(raw, str_from(arrow));
		buf_str(raw, line);
		buf_char(raw, '\n');
		text = str_is_null(rest) ? STR("") : rest;
	}
}

static int
take_raw(CURL *curl, curl_infotype type, char *bytes, size_t n, void *arg)
{
	const struct exchange_work *w = arg;
	struct buf *raw = w->question->raw;
	struct str text = {bytes, n};

	(void)curl;
	if (raw == NULL)
		return 0;
	if (type == CURLINFO_HEADER_OUT || type == CURLINFO_DATA_OUT)
		put_lines(raw, "> ", text);
	else if (type == CURLINFO_HEADER_IN || type == CURLINFO_DATA_IN)
		put_lines(raw, "< ", text);
	return 0;
}

static bool
has_type(const struct http_question *q)
{
	for (size_t i = 0; i < q->header_count; i++) {
		if (str_eq_nocase(q->headers[i].name, STR("Content-Type")))
			return true;
	}
	return false;
}

/* NULL when there is no memory. */
static struct curl_slist *
make_headers(struct arena *a, const struct http_question *q)
{
	/* Nobody is asked whether he wants the body, and none is of a type by
	 * itself. */
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");

	if (list != NULL && !has_type(q))
		list = curl_slist_append(list, "Content-Type:");
	for (size_t i = 0; list != NULL && i < q->header_count; i++) {
		const struct header *h = &q->headers[i];
		struct str line = arena_printf(a,
		    h->value.n > 0 ? "%.*s: %.*s" : "%.*s;%.*s",
		    STR_ARG(h->name), STR_ARG(h->value));
		struct curl_slist *longer = str_is_null(line)
		    ? NULL
		    : curl_slist_append(list, line.p);

		if (longer == NULL)
			curl_slist_free_all(list);
		list = longer;
	}
	return list;
}

static bool
is_loopback(struct str url)
{
	struct str rest = url;
	struct str host;

	(void)str_cut(&rest, '/');
	(void)str_cut(&rest, '/');
	host = str_cut(&rest, '/');
	return str_starts(host, STR("127.")) ||
	    str_starts(host, STR("localhost")) ||
	    str_starts(host, STR("[::1]"));
}

static void
set_up(CURL *curl, struct exchange_work *w, struct curl_slist *headers,
    const char *method, const char *url)
{
	const struct http_question *q = w->question;

	(void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, w->why);
	(void)curl_easy_setopt(curl, CURLOPT_URL, url);
	(void)curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
	(void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	(void)curl_easy_setopt(curl, CURLOPT_USERAGENT, "procured");
	(void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)q->timeout_ms);
	(void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
	    (long)LIMIT_SEND_CONNECT_MS);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, w);
	(void)curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, take_raw);
	(void)curl_easy_setopt(curl, CURLOPT_DEBUGDATA, w);
	(void)curl_easy_setopt(curl, CURLOPT_VERBOSE, 1L);
	if (is_loopback(q->url))
		(void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
	/* Without a body a POST still says so: Content-Length: 0. */
	if (q->body.n > 0 || str_eq(q->method, STR("POST")) ||
	    str_eq(q->method, STR("PUT"))) {
		(void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
		    (curl_off_t)q->body.n);
		(void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS,
		    q->body.n > 0 ? q->body.p : "");
	}
	(void)curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
	if (str_eq(q->method, STR("HEAD")))
		(void)curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
}

static enum err_code
perform(CURL *curl, struct exchange_work *w, struct http_reply *reply,
    struct err *err)
{
	CURLcode rc = curl_easy_perform(curl);
	long status = 0;
	curl_off_t took = 0;

	(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	(void)curl_easy_getinfo(curl, CURLINFO_CONNECT_TIME_T, &took);
	reply->tls_failed = rc == CURLE_SSL_CONNECT_ERROR;
	reply->connected = took > 0 && !reply->tls_failed;
	reply->status = (int)status;
	reply->body = buf_view(&w->body);
	if (rc == CURLE_OK)
		return ERR_OK;
	if (buf_failed(&w->body))
		return err_set(err, ERR_NO_MEMORY, NULL,
		    "the answer is too large");
	return err_set(err, ERR_BUSY, NULL, "%s",
	    w->why[0] != '\0' ? w->why : curl_easy_strerror(rc));
}

static bool
has_part(CURLU *u, CURLUPart part)
{
	char *text = NULL;
	bool has = curl_url_get(u, part, &text, 0) == CURLUE_OK &&
	    text[0] != '\0';

	curl_free(text);
	return has;
}

bool
http_url_is_good(const char *url)
{
	CURLU *u = curl_url();
	bool good = u != NULL &&
	    (strncasecmp(url, "http://", 7) == 0 ||
		strncasecmp(url, "https://", 8) == 0) &&
	    curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    !has_part(u, CURLUPART_USER) && !has_part(u, CURLUPART_QUERY) &&
	    !has_part(u, CURLUPART_FRAGMENT);

	curl_url_cleanup(u);
	return good;
}

enum err_code
http_ask(struct arena *a, const struct http_question *question,
    struct http_reply *reply, struct err *err)
{
	struct exchange_work w = {.question = question};
	struct str url = arena_printf(a, "%.*s%.*s", STR_ARG(question->url),
	    STR_ARG(question->target));
	struct str method = arena_dup(a, question->method);
	struct curl_slist *headers = make_headers(a, question);
	CURL *curl = curl_easy_init();
	enum err_code rc = ERR_NO_MEMORY;

	assert(reply != NULL);
	*reply = (struct http_reply){.status = 0};
	buf_init(&w.body, a, LIMIT_REPLY_BYTES + LIMIT_BODY_BYTES);
	if (curl != NULL && headers != NULL && !arena_failed(a)) {
		set_up(curl, &w, headers, method.p, url.p);
		rc = perform(curl, &w, reply, err);
	} else {
		(void)err_set(err, ERR_NO_MEMORY, NULL, "no memory");
	}
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	return rc;
}
