/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A dialect is a view of orders on the wire. It names the credential a request
 * needs, verifies the request, turns its bytes into a command and an outcome
 * into bytes, and holds nothing else: it knows neither engine nor store.
 *
 * A struct call is one request on its way through; http makes it, the hooks
 * below fill it. All memory is the call's arena.
 */
#ifndef DIALECT_DIALECT_H
#define DIALECT_DIALECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/str.h"
#include "order/access.h"
#include "order/command.h"

struct header {
	struct str name;
	struct str value;
};

/* What came in. Borrowed; valid for the call's life. */
struct request {
	struct str method;
	struct str target; /* as sent, query included */
	struct str path;   /* target up to '?', not decoded */
	struct str query;  /* behind '?'; absent without one */
	struct str body;   /* raw; empty without one */
	const struct header *headers;
	size_t header_count;
	struct str client_ip;
	struct str request_id; /* the client's if it is sane, else ours */
	struct str trace_id;   /* of traceparent; absent without one */
	int64_t received_ms;
	int64_t uptime_ms;
};

/* The header's value, names compared without case; absent when not there. */
struct str request_header_find(const struct request *r, struct str name);

static inline struct str
request_header(const struct request *r, const char *name)
{
	return request_header_find(r, str_from(name));
}

#define REPLY_HEADERS_MAX 12

/* What goes out. */
struct reply {
	int status; /* HTTP */
	const char *content_type;
	struct buf body;
	struct {
		const char *name;
		struct str value;
	} headers[REPLY_HEADERS_MAX];
	size_t header_count;
	int64_t code; /* the dialect's own code, for log and metrics */
};

void reply_header(struct reply *r, const char *name, struct str value);

struct call {
	struct arena *arena;
	const struct dialect *dialect;
	struct request request;

	/* open: which credential is needed; absent where none is (health). */
	struct str credential_key;
	/* What is known by that key; `known` is false for a stand-in, which
	 * costs the same to verify against and never verifies. */
	const struct credential *credential;
	bool known;

	/* verify: the rates this call counts against. It has not looked into
	 * the body; decode raises the tokens where the body is worth more. */
	struct rate_claim claims[RATE_CLAIMS_MAX];
	size_t claim_count;
	struct rate_state rate; /* set by http after the claims were taken */

	/* decode */
	const void *operation; /* the dialect's own row for this call */
	void *state;	       /* the dialect's own notes; arena */
	struct command command;

	/* the engine's answer, or a refusal on the way */
	struct outcome outcome;
	struct err err; /* details of a refusal, for the log */
	/* A demo's: the answer to a signature that fails shows what was signed
	 * here, without the secret; see dialect/signing.h. */
	bool shows_signing;
	struct str signed_text; /* by verify, for encode; mostly absent */

	struct reply reply;
};

struct call_words; /* dialect/client.h */
struct examined;   /* dialect/explain.h */

/* What `procured sign` and `send` give a dialect to sign. */
struct sign_input {
	struct str method; /* HTTP method, or the dialect's method name */
	struct str target; /* intents: path and query; absent elsewhere */
	struct str body;   /* raw body or business parameters */
	int64_t at_ms;
};

struct sign_output {
	struct str string_to_sign;
	struct str shown; /* the same with the secret masked */
	struct str signature;
	const struct header *headers; /* to send, complete */
	size_t header_count;
	struct str target; /* to send, complete */
	struct str body;   /* to send, complete */
	struct str http_method;
};

/* What the manual says of a dialect, in English and Chinese. */
struct dialect_about {
	const char *title_en, *title_zh; /* whose API it is */
	const char *route;
	const char *credential_en, *credential_zh;
	const char *signature_en, *signature_zh;
	const char *answer_en,
	    *answer_zh; /* what success and refusal look like */
	const char *change_en, *change_zh; /* the change it is known for */
};

struct dialect_spec;

struct dialect {
	const char *name; /* in logs, metrics, amendments, credentials */

	/* MUST. Whether requests with this path are this dialect's, its
	 * unknown calls included. */
	bool (*claims_path)(struct str path);

	/* MUST. Finds the operation and the credential's key; checks what can
	 * be checked without a secret, in the dialect's order. An error goes
	 * straight to encode. May be called before the body has arrived: it
	 * looks at method, target and headers only, unless `open_needs_body`. */
	enum err_code (*open)(struct call *call);
	bool open_needs_body;

	/* MUST. Whether the request was signed with call->credential; an
	 * unknown key (call->known) takes the same path, so that time tells
	 * nothing. On success sets the claims and the command's identity. Not
	 * called for operations without a credential. */
	enum err_code (*verify)(struct call *call);

	/* MUST. Bytes to call->command; kind, order, change. app, policy,
	 * dialect and request ids are set by http before; entropy, which only
	 * what changes orders has, behind it. */
	enum err_code (*decode)(struct call *call);

	/* MUST. call->outcome (done or refused at whatever step) to
	 * call->reply. Never fails: a reply too large becomes an error. */
	void (*encode)(struct call *call);

	/* MAY. What verify wants prepared per credential; see access.h. Also
	 * called once with a stand-in of empty strings. */
	credential_prepare_f *prepare;

	/* MUST. The operation's name for logs, metrics and amendments;
	 * "unknown" before open has found one. */
	const char *(*method)(const struct call *call);

	/* MUST. For the manual. */
	const struct dialect_about *about;

	/* MUST. Signs as a client would. `method` is the dialect's own word
	 * ("PUT", "purchase.PurchaseOrder.…"). */
	enum err_code (*sign)(struct arena *a, const struct credential *c,
	    const struct sign_input *in, struct sign_output *out,
	    struct err *err);

	/* MUST. Words that `procured send` takes behind the dialect's name. */
	const char *example;
	/* MUST. A person's words to sign's input, at_ms excepted; ERR_USAGE when
	 * they are no call of the dialect. */
	enum err_code (*compose)(struct arena *a, const struct call_words *w,
	    struct sign_input *in, struct err *err);
	/* MUST. Whether an answer to a client tells a success. */
	bool (*succeeded)(int status, struct str body);
	/* MUST. Takes a request apart as verify would with this credential,
	 * whose fields may be empty; judges nothing. ERR_BAD_REQUEST or
	 * ERR_BAD_BODY when it can't be read. */
	enum err_code (*examine)(struct arena *a, const struct request *r,
	    const struct credential *c, struct examined *out, struct err *err);
	/* MUST. What it takes and answers as data, see spec.h; from the tables
	 * that decode and encode. A full arena shows in its mark. */
	void (*describe)(struct arena *a, struct dialect_spec *out);
};

/* All dialects, NULL at the end. The one list. */
extern const struct dialect *const dialects[];

const struct dialect *dialect_find(struct str name);
/* The dialect that claims the path, or NULL. */
const struct dialect *dialect_route(struct str path);

#endif
