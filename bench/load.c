/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The load client of `make bench` and `make check-crash`. It prepares and signs
 * all requests of the intents dialect ahead, every one different, then keeps a
 * fixed number of connections busy from one thread and checks each answer.
 *
 *	load put|get|deny --port 3000 --app ID --secret S --orders FILE
 *	    [--connections 64] [--seconds 5] [--requests 100000] [--acks FILE]
 *
 * FILE holds one intent id a line. Each PUT sets a quantity that no other
 * request of the run sets (--first says where counting starts), so that every
 * acknowledged change can be looked for afterwards: --acks adds a line
 * "intent_id quantity" for each right answer to its FILE when the run is over,
 * also when it broke; with --remarks it is the remarks that are set, for orders
 * of several lines. --pad N makes bodies N bytes long by spaces that JSON allows.
 * `get` reads orders instead, or what a line names that begins with a slash;
 * `deny` sends reads whose signature is wrong. --expect STATUS takes any answer
 * of that status as right: what another server answers to the same bytes.
 * With --rate N requests are due at N a second whatever the answers do (open
 * loop), and latency counts from when a request was due. With --warmup S the run
 * takes S seconds more, and requests due in its first S seconds are checked and
 * acknowledged as all are, but no figure counts them. The result is one line of
 * JSON on stdout. A connection that breaks ends the run early without an error
 * when --until-broken is given, which does not go with --warmup: a run that broke
 * before it was warm has no figures.
 */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/when.h"

#define CONNECTIONS_MAX 20000
#define RESPONSE_BYTES (64 * 1024) /* a page of orders */
#define PAD_MAX (1 << 20)
#define BODY_BYTES 64 /* without padding */

enum kind { LOAD_PUT, LOAD_GET, LOAD_DENY, LOAD__COUNT };

struct options {
	enum kind kind;
	bool is_put;
	bool sets_remarks;
	bool until_broken;
	int expect; /* 0: what this kind's answer has to be */
	int pad;
	int port;
	int connections;
	double seconds;
	double warmup;
	long request_count;
	long first;
	double rate;
	const char *app;
	const char *secret;
	const char *orders_path;
	const char *acks_path;
};

struct prepared {
	char *bytes;
	size_t n;
	size_t member_at; /* in the bytes: what the answer to a PUT shows too */
	int member_n;
	int order; /* index into order names */
	long quantity;
	bool is_acknowledged;
};

struct connection {
	int fd;
	long request; /* in flight; -1: none */
	int64_t due_us;
	char *begun; /* NULL, or the part of a response that came */
	size_t got;
};

struct load {
	struct options o;
	char **orders;
	int order_count;
	struct prepared *requests;
	struct connection *connections;
	char response[RESPONSE_BYTES]; /* just read; one stays in the cache */
	char status_line[32];	       /* that a right answer begins with */
	size_t status_n;
	int epoll_fd;
	long next;
	long in_flight;
	long answered; /* and counted */
	long wrong;
	int64_t *latencies_us;
	int64_t start_us;
	int64_t count_from_us;
	int64_t end_us;
	bool broken;
};

static void
die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void *
must_alloc(size_t count, size_t bytes)
{
	void *p = calloc(count, bytes);

	if (p == NULL)
		die("memory");
	return p;
}

/* --- preparing -------------------------------------------------------- */

static void
read_orders(struct load *l)
{
	FILE *f = fopen(l->o.orders_path, "r");
	char line[224];
	size_t room = 0;

	if (f == NULL)
		die(l->o.orders_path);
	while (fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\r\n")] = '\0';
		if ((size_t)l->order_count == room) {
			room = room ? room * 2 : 1024;
			l->orders = realloc(l->orders, room * sizeof(char *));
			if (l->orders == NULL)
				die("memory");
		}
		l->orders[l->order_count] = strdup(line);
		if (l->orders[l->order_count++] == NULL)
			die("memory");
	}
	fclose(f);
	if (l->order_count == 0) {
		fprintf(stderr, "load: %s holds no order\n", l->o.orders_path);
		exit(2);
	}
}

static void
sign(const struct hmac_key *key, const char *method, const char *path,
    const char *at, const char *body, char hex[65])
{
	uint8_t code[DIGEST_BYTES_MAX];
	struct hmac h;

	hmac_init(&h, key);
	hmac_add(&h, str_from(method));
	hmac_add(&h, str_from(path));
	hmac_add(&h, str_from(at));
	hmac_add(&h, str_from(body));
	digest_hex_lower(code, hmac_end(&h, code), hex);
}

/* What a PUT sets, "…":unique, as the answer shows it too. */
static int
print_member(const struct load *l, const struct prepared *p, char *out,
    size_t room)
{
	return l->o.sets_remarks
	    ? snprintf(out, room, "\"remarks\":\"%ld\"", p->quantity)
	    : snprintf(out, room, "\"quantity\":%ld", p->quantity);
}

static size_t
print_body(const struct load *l, struct prepared *p, char *body)
{
	int n;

	p->member_n = print_member(l, p, body + 1, BODY_BYTES - 2);
	n = 1 + p->member_n;
	body[0] = '{';
	while (n + 1 < l->o.pad)
		body[n++] = ' ';
	body[n++] = '}';
	body[n] = '\0';
	return (size_t)n;
}

/* Signed times advance by 1 ms every 8 requests, from now on: at the rates this
 * client reaches they stay close to the moment of sending. */
static void
prepare_one(struct load *l, const struct hmac_key *key, long i, int64_t now_ms,
    uint64_t *seed)
{
	struct prepared *p = &l->requests[i];
	const char *method = l->o.is_put ? "PUT" : "GET";
	char path[256], at[24], hex[65], head[1024];
	char *body = must_alloc(1, BODY_BYTES + (size_t)l->o.pad);
	size_t body_n = 0;
	int n;

	*seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
	p->order = (int)((*seed >> 33) % (uint64_t)l->order_count);
	p->quantity = l->o.first + i;
	snprintf(path, sizeof(path), "%s%s",
	    l->orders[p->order][0] == '/' ? "" : "/api/v1/intents/",
	    l->orders[p->order]);
	snprintf(at, sizeof(at), "%lld", (long long)(now_ms + i / 8));
	if (l->o.is_put)
		body_n = print_body(l, p, body);
	sign(key, method, path, at, body, hex);
	/* The last digit is another one: as wrong as a signature can be. */
	if (l->o.kind == LOAD_DENY)
		hex[63] = hex[63] == '0' ? '1' : '0';
	n = snprintf(head, sizeof(head),
	    "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nX-App-Id: %s\r\n"
	    "X-Timestamp: %s\r\nX-Signature: %s\r\n",
	    method, path, l->o.app, at, hex);
	if (l->o.is_put)
		n += snprintf(head + n, sizeof(head) - (size_t)n,
		    "Content-Type: application/json\r\nContent-Length: %zu\r\n",
		    body_n);
	n += snprintf(head + n, sizeof(head) - (size_t)n, "\r\n");
	assert(n < (int)sizeof(head));
	p->n = (size_t)n + body_n;
	p->member_at = (size_t)n + 1;
	p->bytes = must_alloc(1, p->n);
	memcpy(p->bytes, head, (size_t)n);
	memcpy(p->bytes + n, body, body_n);
	free(body);
}

static void
prepare(struct load *l)
{
	static const int usual_status[LOAD__COUNT] = {
	    [LOAD_PUT] = 200, [LOAD_GET] = 200, [LOAD_DENY] = 401};
	struct hmac_key key;
	int64_t now_ms = clock_now_ms(&clock_system);
	uint64_t seed = (uint64_t)now_ms;

	l->status_n = (size_t)snprintf(l->status_line, sizeof(l->status_line),
	    "HTTP/1.1 %d ",
	    l->o.expect != 0 ? l->o.expect : usual_status[l->o.kind]);
	/* Not more than the window of the signed time allows. */
	now_ms -= 60 * 1000;
	hmac_key_init(&key, DIGEST_SHA256, str_from(l->o.secret));
	l->requests = must_alloc((size_t)l->o.request_count,
	    sizeof(*l->requests));
	l->latencies_us = must_alloc((size_t)l->o.request_count,
	    sizeof(*l->latencies_us));
	for (long i = 0; i < l->o.request_count; i++)
		prepare_one(l, &key, i, now_ms, &seed);
}

/* --- sending ---------------------------------------------------------- */

static void
break_off(struct load *l, const char *why)
{
	l->broken = true;
	if (!l->o.until_broken) {
		fprintf(stderr, "load: connection lost: %s\n", why);
		exit(1);
	}
}

static void
open_connection(struct load *l, struct connection *c)
{
	struct sockaddr_in to = {
	    .sin_family = AF_INET,
	    .sin_port = htons((uint16_t)l->o.port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
	int on = 1;

	c->request = -1;
	c->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (c->fd < 0 ||
	    connect(c->fd, (struct sockaddr *)&to, sizeof(to)) != 0)
		die("connect");
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	fcntl(c->fd, F_SETFL, O_NONBLOCK);
	if (epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, c->fd, &event) != 0)
		die("epoll");
}

/* When request i is due, in an open loop; now, in a closed one. */
static int64_t
due_us(const struct load *l, long i, int64_t now_us)
{
	if (l->o.rate <= 0)
		return now_us;
	return l->start_us + (int64_t)((double)i * 1e6 / l->o.rate);
}

/* Most requests are far smaller than a socket's buffer: one write takes them. A
 * padded one waits until the server has read. */
static bool
write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		struct pollfd room = {.fd = fd, .events = POLLOUT};
		ssize_t done = write(fd, p, n);

		if (done < 0 && errno != EAGAIN)
			return false;
		if (done < 0 && poll(&room, 1, 10000) != 1)
			return false;
		if (done > 0) {
			p += done;
			n -= (size_t)done;
		}
	}
	return true;
}

static void
send_next(struct load *l, struct connection *c, int64_t now_us)
{
	const struct prepared *p;

	if (l->broken || l->next >= l->o.request_count || now_us >= l->end_us)
		return;
	if (due_us(l, l->next, now_us) > now_us)
		return;
	c->request = l->next++;
	c->due_us = due_us(l, c->request, now_us);
	l->in_flight++;
	p = &l->requests[c->request];
	if (!write_all(c->fd, p->bytes, p->n))
		break_off(l, "write");
}

/* The length of a whole response in the n bytes, 0 while it is incomplete. */
static size_t
response_length(const char *response, size_t n, const char **body)
{
	const char *end = memmem(response, n, "\r\n\r\n", 4);
	const char *length;

	if (end == NULL)
		return 0;
	length = memmem(response, (size_t)(end - response), "Content-Length: ",
	    16);
	if (length == NULL)
		return 0;
	*body = end + 4;
	return (size_t)(end + 4 - response) + strtoul(length + 16, NULL, 10);
}

static bool
is_right(const struct load *l, const struct prepared *p, const char *response,
    const char *body, size_t n)
{
	if (memcmp(response, l->status_line, l->status_n) != 0)
		return false;
	if (l->o.expect != 0)
		return true;
	if (l->o.kind == LOAD_DENY)
		return memmem(body, n, "\"code\":40101", 12) != NULL;
	if (n < 9 || memcmp(body, "{\"code\":0", 9) != 0)
		return false;
	return !l->o.is_put ||
	    memmem(body, n, p->bytes + p->member_at, (size_t)p->member_n) !=
	    NULL;
}

static void
finish(struct load *l, struct connection *c, const char *response,
    const char *body, size_t n, int64_t now_us)
{
	struct prepared *p = &l->requests[c->request];

	if (is_right(l, p, response, body, n))
		p->is_acknowledged = true;
	else if (l->wrong++ == 0)
		fprintf(stderr, "load: wrong answer: %.*s\n",
		    (int)(body - response + (ptrdiff_t)n), response);
	if (c->due_us >= l->count_from_us)
		l->latencies_us[l->answered++] = now_us - c->due_us;
	c->request = -1;
	l->in_flight--;
}

/* The rest of a response comes later. */
static void
keep_begun(struct load *l, struct connection *c)
{
	if (c->begun != NULL || c->got == 0)
		return;
	c->begun = must_alloc(1, RESPONSE_BYTES);
	memcpy(c->begun, l->response, c->got);
}

static void
receive(struct load *l, struct connection *c)
{
	char *response = c->begun != NULL ? c->begun : l->response;
	ssize_t n = read(c->fd, response + c->got, RESPONSE_BYTES - c->got);
	const char *body = NULL;
	size_t whole;
	int64_t now_us;

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, c->fd, NULL);
		break_off(l, "read");
		return;
	}
	c->got += (size_t)n;
	whole = response_length(response, c->got, &body);
	if (whole == 0 || c->got < whole || c->request < 0) {
		keep_begun(l, c);
		return;
	}
	now_us = when_monotonic_us();
	finish(l, c, response, body, whole - (size_t)(body - response), now_us);
	free(c->begun);
	c->begun = NULL;
	c->got = 0;
	send_next(l, c, now_us);
}

static void
send_due(struct load *l)
{
	int64_t now_us = when_monotonic_us();

	for (int i = 0; i < l->o.connections; i++)
		if (l->connections[i].request < 0)
			send_next(l, &l->connections[i], now_us);
}

/* An open loop goes on between requests that are not due yet. */
static bool
is_open_loop_on(const struct load *l)
{
	return l->o.rate > 0 && l->next < l->o.request_count &&
	    when_monotonic_us() < l->end_us;
}

static void
run(struct load *l)
{
	struct epoll_event events[512];
	int64_t give_up_us;

	l->epoll_fd = epoll_create1(0);
	l->connections = must_alloc((size_t)l->o.connections,
	    sizeof(*l->connections));
	for (int i = 0; i < l->o.connections; i++)
		open_connection(l, &l->connections[i]);
	l->start_us = when_monotonic_us();
	l->count_from_us = l->start_us + (int64_t)(l->o.warmup * 1e6);
	l->end_us = l->count_from_us + (int64_t)(l->o.seconds * 1e6);
	give_up_us = l->end_us + 10 * 1000 * 1000;
	send_due(l);
	while (!l->broken && (l->in_flight > 0 || is_open_loop_on(l))) {
		int n = epoll_wait(l->epoll_fd, events, 512,
		    l->o.rate > 0 ? 1 : 1000);

		for (int i = 0; i < n && !l->broken; i++)
			receive(l, events[i].data.ptr);
		if (l->o.rate > 0)
			send_due(l);
		if (when_monotonic_us() > give_up_us)
			break_off(l, "no answer for 10 s");
	}
}

/* --- telling ---------------------------------------------------------- */

static void
tell_acknowledged(const struct load *l)
{
	FILE *f = fopen(l->o.acks_path, "a");

	if (f == NULL)
		die(l->o.acks_path);
	for (long i = 0; i < l->next; i++)
		if (l->requests[i].is_acknowledged)
			fprintf(f, "%s %ld\n", l->orders[l->requests[i].order],
			    l->requests[i].quantity);
	if (fclose(f) != 0)
		die(l->o.acks_path);
}

static int
compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int64_t
quantile(const struct load *l, double q)
{
	if (l->answered == 0)
		return 0;
	return l->latencies_us[(long)((double)(l->answered - 1) * q)];
}

static void
tell(struct load *l)
{
	int64_t now = when_monotonic_us();
	double took;

	took = (double)((now < l->end_us ? now : l->end_us) -
		   l->count_from_us) /
	    1e6;
	qsort(l->latencies_us, (size_t)l->answered, sizeof(int64_t), compare);
	printf("{\"answered\":%ld,\"wrong\":%ld,\"seconds\":%.3f,"
	       "\"per_second\":%.0f,\"p50_us\":%lld,\"p99_us\":%lld,"
	       "\"p999_us\":%lld,\"max_us\":%lld,\"broken\":%s}\n",
	    l->answered, l->wrong, took, (double)l->answered / took,
	    (long long)quantile(l, 0.5), (long long)quantile(l, 0.99),
	    (long long)quantile(l, 0.999), (long long)quantile(l, 1.0),
	    l->broken ? "true" : "false");
}

static void
usage(void)
{
	fprintf(stderr,
	    "usage: load put|get|deny --port N --app ID --secret S --orders FILE\n"
	    "    [--connections N] [--seconds S] [--requests N] [--first N]\n"
	    "    [--rate N] [--warmup S] [--pad BYTES] [--expect STATUS] [--acks FILE]\n"
	    "    [--remarks] [--until-broken]\n");
	exit(2);
}

static bool
take_option(struct options *o, const char *name, const char *value)
{
	if (strcmp(name, "--port") == 0)
		o->port = (int)strtol(value, NULL, 10);
	else if (strcmp(name, "--connections") == 0)
		o->connections = (int)strtol(value, NULL, 10);
	else if (strcmp(name, "--seconds") == 0)
		o->seconds = strtod(value, NULL);
	else if (strcmp(name, "--warmup") == 0)
		o->warmup = strtod(value, NULL);
	else if (strcmp(name, "--requests") == 0)
		o->request_count = strtol(value, NULL, 10);
	else if (strcmp(name, "--first") == 0)
		o->first = strtol(value, NULL, 10);
	else if (strcmp(name, "--rate") == 0)
		o->rate = strtod(value, NULL);
	else if (strcmp(name, "--pad") == 0)
		o->pad = (int)strtol(value, NULL, 10);
	else if (strcmp(name, "--expect") == 0)
		o->expect = (int)strtol(value, NULL, 10);
	else if (strcmp(name, "--app") == 0)
		o->app = value;
	else if (strcmp(name, "--secret") == 0)
		o->secret = value;
	else if (strcmp(name, "--orders") == 0)
		o->orders_path = value;
	else if (strcmp(name, "--acks") == 0)
		o->acks_path = value;
	else
		return false;
	return true;
}

static enum kind
kind_of(const char *word)
{
	static const char *const words[LOAD__COUNT] = {
	    [LOAD_PUT] = "put", [LOAD_GET] = "get", [LOAD_DENY] = "deny"};
	int i = 0;

	while (i < LOAD__COUNT && strcmp(word, words[i]) != 0)
		i++;
	return (enum kind)i;
}

static struct options
parse_options(int argc, char **argv)
{
	struct options o = {.connections = 64,
	    .seconds = 5,
	    .request_count = 100000,
	    .first = 1};

	if (argc < 2)
		usage();
	o.kind = kind_of(argv[1]);
	if (o.kind == LOAD__COUNT)
		usage();
	o.is_put = o.kind == LOAD_PUT;
	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], "--until-broken") == 0)
			o.until_broken = true;
		else if (strcmp(argv[i], "--remarks") == 0)
			o.sets_remarks = true;
		else if (i + 1 >= argc ||
		    !take_option(&o, argv[i], argv[i + 1]))
			usage();
		else
			i++;
	}
	if (o.port <= 0 || o.app == NULL || o.secret == NULL ||
	    o.orders_path == NULL || o.connections < 1 ||
	    o.connections > CONNECTIONS_MAX || o.request_count < 1 ||
	    o.warmup < 0 || o.pad < 0 || o.pad > PAD_MAX ||
	    (o.warmup > 0 && o.until_broken))
		usage();
	return o;
}

int
main(int argc, char **argv)
{
	struct load l = {.o = parse_options(argc, argv)};

	read_orders(&l);
	prepare(&l);
	run(&l);
	if (l.o.acks_path != NULL)
		tell_acknowledged(&l);
	tell(&l);
	return l.wrong > 0 ? 1 : 0;
}
