/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every limit of the program, with its reason. [contract] marks the ones that
 * clients can see, from the dialects' documents. Nothing else in the program
 * holds a number of this kind.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#include <assert.h>
#include <stdint.h>

/* --- a request ------------------------------------------------------ */
#define LIMIT_BODY_BYTES (1024 * 1024) /* [contract] 1 MiB */
/* Bodies held at once, of anybody: memory is taken before a signature can be
 * checked, and a growing buffer has up to twice its content. */
#define LIMIT_BODIES_BYTES (256LL * 1024 * 1024)
/* After a flood of bodies the allocator is asked to give memory back, if there
 * was as much as this, and not again within this time: it takes the loop's. */
#define LIMIT_TRIM_BYTES (16 * 1024 * 1024)
#define LIMIT_TRIM_MS 1000
#define LIMIT_URL_BYTES 8192   /* [contract] */
#define LIMIT_REQUEST_MS 30000 /* [contract] since the last answer */
/* An over-long body is read and dropped this far, so that a client that is
 * still sending sees the 413 and not a reset connection. [contract] */
#define LIMIT_DRAIN_BYTES (8 * 1024 * 1024)
#define LIMIT_DRAIN_MS 5000
/* Past that the answer is sent and the rest is still read for a moment: closing
 * on unread bytes resets the connection and may take the answer with it. */
#define LIMIT_LINGER_MS 2000
#define LIMIT_SEND_MS 120000 /* the largest answer at 1 Mbit/s */
/* The body, its parsed tree (about 60 bytes per JSON byte at the very worst is
 * cut by the cap) and the reply of 1,000 amendments. */
#define LIMIT_REQUEST_ARENA_BYTES (24 * 1024 * 1024)
/* Kept aside for saying that the arena is full. */
#define LIMIT_LAST_WORDS_BYTES (64 * 1024)
#define LIMIT_REPLY_BYTES (16 * 1024 * 1024)
#define LIMIT_JSON_DEPTH 16 /* no call of any dialect nests deeper than 5 */
/* Values of one JSON text, each about 200 bytes of arena at worst: a batch of
 * 500 items has 8,000. */
#define LIMIT_JSON_VALUES 50000
#define LIMIT_FORM_FIELDS 128 /* the widest call has 30 */
#define LIMIT_HEADERS 100     /* browsers send 20, proxies add 10 */
#define LIMIT_REQUEST_ID_BYTES 64
#define LIMIT_IDEMPOTENCY_KEY_BYTES 255 /* [contract] */
/* Failing fields told at once: no message but lists of lines has more. */
#define LIMIT_FAULTS 24
/* What a demo tells of a text that was signed otherwise: enough to see where two
 * texts part, and no echo of a whole body. */
#define LIMIT_SIGNED_TEXT_BYTES 4096

/* --- the server ------------------------------------------------------ */
/* An idle connection costs one pool; this is the least that holds a target of
 * LIMIT_URL_BYTES with its headers. */
#define LIMIT_CONNECTION_POOL_BYTES (12 * 1024)
#define LIMIT_CONNECTIONS 12000	   /* 10,000 idle ones and room to work */
#define LIMIT_ADMIN_CONNECTIONS 64 /* scrapers, probes and one console */
#define LIMIT_BACKLOG 1024	   /* connections the kernel holds for us */
/* Requests' memory kept for reuse, about 12 KiB each: more than are being
 * answered at once but in a flood. */
#define LIMIT_VISITS_KEPT 256
/* While the engine works on a request, libmicrohttpd asks about it in this many
 * turns of the loop and is then told to wait; an answer takes 2 to 10. To ask
 * costs 0.1 us, to wait 4 us; of more than so many at once the others wait. */
#define LIMIT_ASKED 64
#define LIMIT_ASKED_AT_ONCE 1024
#define LIMIT_ASK_MS 1 /* between two such turns when nothing else happens */
#define LIMIT_METRICS_BYTES (4 * 1024 * 1024)	    /* one page of /metrics */
#define LIMIT_OPENAPI_BYTES (4 * 1024 * 1024)	    /* it has some 300 KB */
#define LIMIT_OPENAPI_ARENA_BYTES (8 * 1024 * 1024) /* what it is made of */
#define LIMIT_QUEUE 4096 /* commands waiting: 0.1 s at 40,000/s */
#define LIMIT_GROUP 512	 /* commands in a commit: a flush < 20 ms */
/* So many that wait are one group, of more it is half: the loop gives the answers
 * of one half while the other is flushed. Smaller groups are flushed too often. */
#define LIMIT_GROUP_WHOLE 32
#define LIMIT_READ_QUEUE 1024 /* list reads waiting */
#define LIMIT_READERS 2	      /* threads: lists must not take all */
#define LIMIT_READ_MS 1000    /* a read is cut: it holds the WAL back */
/* Past it: one RESTART checkpoint. Reading it all after a crash takes some
 * 0.1 s, if the disk is quick. */
#define LIMIT_WAL_BYTES (256 * 1024 * 1024)
#define LIMIT_DRAIN_STOP_MS 10000 /* SIGTERM: all accepted work is answered */
#define LIMIT_GROUP_ARENA_BYTES (64 * 1024 * 1024)
/* Past it the log is moved into the file, beside the changes that go on: the log
 * is then as long again when it is moved as slowly as it grows. Pages that change
 * again before they are moved are moved once. */
#define LIMIT_CHECKPOINT_BYTES (LIMIT_WAL_BYTES / 16 * 3)
/* Where the disk is the narrow place the log could grow faster than it is moved.
 * From half its limit on the committer waits a little after each group while a
 * pass or the flush behind it is under way, and at the limit this long. */
#define LIMIT_CHECKPOINT_WAIT_US 10000
/* Until a pass finds no more than this, which changes can wait for: 1 to 2 ms. */
#define LIMIT_CHECKPOINT_LEFT_BYTES (512 * 1024)
#define LIMIT_CHECKPOINT_PASSES 16
/* Old answers deleted in one go, inside a group's own transaction: about a
 * millisecond. Half as many new ones lie between two such, so it catches up. */
#define LIMIT_PRUNE_ROWS 512
#define LIMIT_PRUNE_MS 60000 /* and on a quiet server with the next change */
#define LIMIT_APPS_ARENA_BYTES (512 * 1024 * 1024) /* 100,000 apps */
#define LIMIT_APPS_RETRY_MS 1000 /* until changed apps are read again */
#define LIMIT_LOG_AGAIN_MS 1000	 /* between lines on one lasting fault */
#define LIMIT_RATE_ARENA_BYTES (64 * 1024 * 1024) /* 500,000 buckets */
#define LIMIT_RATE_NAME_BYTES 96 /* the longest method of any dialect has 60 */

/* --- the store -------------------------------------------------------- */
#define LIMIT_STORE_BUSY_MS 100 /* waiting for a tool that holds the lock */
/* Pages kept in memory per connection, in KiB: the writer's hold the orders
 * that are changed again and again, a reader only passes through. */
#define LIMIT_WRITER_CACHE_KIB (64 * 1024)
#define LIMIT_READER_CACHE_KIB (16 * 1024)
/* One column of a row: 500 lines of a 1 MiB body, every character escaped. */
#define LIMIT_COLUMN_BYTES (16 * 1024 * 1024)
#define LIMIT_APPS 100000 /* all of them are read at once */

/* --- a PostgreSQL store; an address may say otherwise of most ---------- */
#define LIMIT_POSTGRES_CONNECT_MS 3000 /* one server, its name and greeting */
/* Waiting for an app's line: ten times what a large group holds it for. */
#define LIMIT_POSTGRES_LOCK_MS 5000
#define LIMIT_POSTGRES_STATEMENT_MS 10000 /* the lock, and as much again */
/* A node that is stopped while it holds lines gives them back. */
#define LIMIT_POSTGRES_IDLE_MS 10000
/* How soon the server sees that a read was given up. */
#define LIMIT_POSTGRES_GONE_MS 500
/* An answer to a writer, which is a COMMIT's too, that waits for a standby
 * outside the server's own limits. */
#define LIMIT_POSTGRES_ANSWER_MS 15000
/* A server that died without a word is noticed within about 11 s. */
#define LIMIT_POSTGRES_KEEPALIVE_S "5"
#define LIMIT_POSTGRES_KEEPALIVE_AGAIN_S "2"
#define LIMIT_POSTGRES_KEEPALIVE_COUNT "3"
#define LIMIT_POSTGRES_UNACKNOWLEDGED_MS "10000"
/* Sending the word that ends a transaction: it holds what others wait for. */
#define LIMIT_POSTGRES_END_MS 1000
/* One array of a set: far more than a group's memory holds. */
#define LIMIT_POSTGRES_ARRAY_BYTES (256 * 1024 * 1024)

/* A group on a shared store, all its tries included: a commit that was not
 * answered within the second time (its standby may be gone) is inquired after
 * for the rest of the first, in which a standby may take over. What waits for a
 * thread longer than the third is refused untried: clients are told within the
 * first and the third together, in any case. */
#define LIMIT_GROUP_MS 8000
#define LIMIT_COMMIT_MS 4000
#define LIMIT_QUEUED_MS 4000
#define LIMIT_CONFLICT_TRIES 6 /* of a group that meets another node's */
/* Finding a server before a group: then it is refused, and so is the next one
 * until a while later, which doubles up to the second number. */
#define LIMIT_AWAY_MS 3000
#define LIMIT_AWAY_AGAIN_MS 1000
/* A health check says that the store is away when nothing was heard of it for
 * this long. */
#define LIMIT_HEALTH_MS 2000
#define LIMIT_COMMITTERS 64 /* threads of a node that write */
#define LIMIT_COMMITTERS_SHARED 4
#define LIMIT_READERS_SHARED 8 /* every read waits for a journey */

/* Amendments that replays of one group take back: about 20 ms of the committer.
 * What lies further back is for a reader. */
#define LIMIT_REWIND 1000
/* The highest version, and number in the log: JSON readers hold these exactly;
 * what is beyond was not counted but damaged. */
#define LIMIT_COUNTED (INT64_C(1) << 53)

/* --- several nodes on one store ------------------------------------------ */
/* How long a node's number stays its own when it falls silent, and how much time
 * it may put into ids at once; three renewals may fail. */
#define LIMIT_NODE_LEASE_MS 10000
#define LIMIT_NODE_RENEW_MS 2500
#define LIMIT_NODE_RETRY_MS 500
#define LIMIT_NODE_SKEW_MS 5000 /* a clock that differs by more is told of */
#define LIMIT_PEER_APPS_MS 250	/* between looks for changed apps */
#define LIMIT_PEER_FEED_MS 50	/* between looks for news, while one waits */
/* A token is used this long after it was asked for at the latest, then it goes
 * back: with a limit per second, a fifth of it more in any window. */
#define LIMIT_RATE_HOLD_MS 200
/* A request waits no longer for tokens, nor a statement for its answer. */
#define LIMIT_RATE_WAIT_MS 1000

/* --- the program ------------------------------------------------------- */
#define LIMIT_CONFIG_BYTES (64 * 1024) /* the whole table with comments is 4 */
#define LIMIT_CONTROL_REQUEST_BYTES (256 * 1024) /* a body to sign, escaped */
#define LIMIT_CONTROL_REPLY_BYTES (32 * 1024 * 1024) /* 1,000 orders as JSON */
/* How long a subcommand waits for a server that starts or ends, and a server
 * for a subcommand that falls silent. */
#define LIMIT_CONTROL_MS 5000
#define LIMIT_INPUT_BYTES \
	(4 * LIMIT_BODY_BYTES) /* a request in a file, escaped */
/* How long `send` waits for an answer, where the person says nothing; the second
 * one for the connection alone. */
#define LIMIT_SEND_ANSWER_MS 30000
#define LIMIT_SEND_CONNECT_MS 5000
/* Log lines kept for a reader of stderr that has stopped reading, about a
 * second of a busy server's; the next ones are counted and dropped. */
#define LIMIT_LOG_BYTES (256 * 1024)
#define LIMIT_LOG_DRAIN_MS 1000 /* what that reader is given at the end */
/* One subcommand: every app, or a page of orders, and the answer. */
#define LIMIT_COMMAND_ARENA_BYTES (256 * 1024 * 1024)

/* One of two chunks of an import: 32,768 orders of some 4 KB each, or fewer
 * where they have many lines; and room for the order that goes past it. */
#define LIMIT_IMPORT_CHUNK_BYTES (192 * 1024 * 1024)
#define LIMIT_IMPORT_ARENA_BYTES (256 * 1024 * 1024)

/* --- time ------------------------------------------------------------ */
#define LIMIT_INTENTS_WINDOW_MS (5 * 60 * 1000) /* [contract] ±, inclusive */
#define LIMIT_WANGDIAN_WINDOW_S 120		/* [contract] ±, inclusive */
#define LIMIT_WANGDIAN_SPAN_MS (30LL * 24 * 3600 * 1000) /* [contract] */
#define LIMIT_TOP_WINDOW_MS (10 * 60 * 1000) /* [contract] ±, inclusive */
#define LIMIT_FRANCHISER_WINDOW_S 600 /* [contract] ±, where the app has none */
/* A signature must not be good for longer than its answer is kept. */
#define LIMIT_FRANCHISER_WINDOW_MAX_S 1200
#define LIMIT_KEY_KEPT_MS (24 * 3600 * 1000) /* [contract] Idempotency-Key */
/* Longer than any dialect's window twice over (±10 min): a stored answer is
 * there for as long as its request's signature is good. */
#define LIMIT_ANSWER_KEPT_MS (25 * 60 * 1000)

/* --- rates, per app and second, where the app has no own [contract] --- */
#define LIMIT_RATE_APP 100
#define LIMIT_RATE_MAX 1000000		/* more than one server answers */
#define LIMIT_RATE_PER_MS (3600 * 1000) /* what a limit may be counted over */
#define LIMIT_RATE_PUT 20
#define LIMIT_RATE_WANGDIAN 60 /* per method and minute */
#define LIMIT_RATE_FRANCHISER 20

/* --- a catalog, per app ------------------------------------------------- */
#define LIMIT_FLAGS 1000      /* looked through name by name */
#define LIMIT_WAREHOUSES 1000 /* likewise */
#define LIMIT_PROVIDERS 100000
#define LIMIT_PRODUCTS 100000
#define LIMIT_CARRIERS 1000    /* looked through way by way */
#define LIMIT_PRODUCT_BYTES 64 /* a product's code, as orders' lines have it */
#define LIMIT_STOCK 999999999999LL /* far more than all orders can hold */
/* What check adds up at once, of all apps: about 100 bytes a row. */
#define LIMIT_STOCK_ARENA_BYTES (256 * 1024 * 1024)
#define LIMIT_CATALOG_FILE_BYTES (16 * 1024 * 1024) /* all of one app's */
#define LIMIT_CATALOG_TEXT_BYTES 256 /* a name or number of an entry */

/* --- an order --------------------------------------------------------- */
#define LIMIT_LINES 500		      /* [contract] */
#define LIMIT_ATTRIBUTES 64	      /* named strings of an order */
#define LIMIT_TEXT_BYTES 8192	      /* any one text of an order */
#define LIMIT_NAME_BYTES 160	      /* purchase_no: 40 characters at most */
#define LIMIT_PRICE_E4 999999999900LL /* [contract] 99,999,999.99 yuan */
#define LIMIT_QUANTITY 99999999LL     /* [contract] */
/* 9,999,999,999,999.99 yuan: the 15 digits a JSON number surely keeps. */
#define LIMIT_TOTAL_FEN 999999999999999LL
#define LIMIT_PAGE 1000	       /* [contract] amendments at once */
#define LIMIT_PAGE_DEFAULT 100 /* [contract] */
#define LIMIT_ORDER_PAGE 200   /* [contract] orders in one answer */
#define LIMIT_BATCH 200	       /* [contract] orders one call may speak of */
#define LIMIT_APP_ID_BYTES 64
#define LIMIT_SECRET_BYTES 256

/* --- lists ------------------------------------------------------------ */
/* page × page size: what lies before a page has to be passed. [contract] */
#define LIMIT_LIST_DEPTH 10000
#define LIMIT_LIST_COUNT 10000 /* a total is counted this far. [contract] */
/* Entries looked at for one page by number, or to count: where an index has
 * all that is asked, about 30 ms of a reader. */
#define LIMIT_LIST_SCAN 50000
/* The same for a page by cursor, which then says where to go on: 2 ms. */
#define LIMIT_LIST_SCAN_CURSOR 2000
/* Orders that were found by one key and are sorted by another: 5 ms. */
#define LIMIT_LIST_SORTED 1000
/* How far a clock may step back before a window of time misses changes. */
#define LIMIT_CLOCK_STEP_MS 60000

/* --- batches and waiting ------------------------------------------------ */
#define LIMIT_BATCH_ITEMS 500 /* [contract] the longest batch of a dialect */
#define LIMIT_WAIT_S 30	      /* [contract] of a long poll */
#define LIMIT_WAITING 10000   /* long polls at once; the next don't wait */

static_assert(LIMIT_POSTGRES_LOCK_MS < LIMIT_POSTGRES_STATEMENT_MS &&
	LIMIT_POSTGRES_STATEMENT_MS < LIMIT_POSTGRES_ANSWER_MS,
    "who gives up first can say why");
static_assert(LIMIT_POSTGRES_LOCK_MS < LIMIT_GROUP_MS &&
	2 * LIMIT_AWAY_MS < LIMIT_GROUP_MS && LIMIT_COMMIT_MS < LIMIT_GROUP_MS,
    "there is time for another try");
static_assert(LIMIT_GROUP_ARENA_BYTES < LIMIT_POSTGRES_ARRAY_BYTES,
    "what a group holds can be sent");
static_assert(LIMIT_FRANCHISER_WINDOW_MAX_S * 1000 < LIMIT_ANSWER_KEPT_MS,
    "an answer is there for as long as its signature is good");
static_assert(LIMIT_CONTROL_REPLY_BYTES < LIMIT_COMMAND_ARENA_BYTES,
    "an answer fits");
static_assert(LIMIT_GROUP <= LIMIT_QUEUE, "a full group fits the queue");
static_assert(LIMIT_BODY_BYTES < LIMIT_REQUEST_ARENA_BYTES, "a body fits");
static_assert(LIMIT_BODY_BYTES < LIMIT_DRAIN_BYTES, "draining goes further");
/* One line at the highest price and quantity fits int64; what they come to is
 * checked when it is added up (order_sum). */
static_assert(LIMIT_PRICE_E4 / 100 <= INT64_MAX / LIMIT_QUANTITY,
    "the highest line total overflows");

#endif
