/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine carries commands out. Changes go to the committer, a thread that
 * takes what is queued into one transaction (no timer: while one group is
 * being flushed the next one gathers) and then wakes the caller's loop once for
 * the whole group. Point reads are answered at once on the caller's thread,
 * slow reads by reader threads.
 *
 * Threads: one loop thread calls engine_run, engine_rest, engine_reap,
 * engine_credential, engine_admit and engine_owe; any other thread may call engine_job and engine_stats.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/histogram.h"
#include "base/list.h"
#include "base/when.h"
#include "order/access.h"
#include "order/command.h"
#include "store/store.h"

struct engine;
struct lease_bucket;

/* A dialect as the cache of credentials sees it. */
struct engine_dialect {
	const char *name;
	credential_prepare_f *prepare; /* may be NULL */
};

struct engine_config {
	const struct engine_dialect *dialects; /* copied */
	int dialect_count;
	struct store *store; /* borrowed until engine_close */
	struct clock clock;
	/* Other nodes may use the store: the number in ids, the tokens of rates
	 * and news of apps and amendments come from it. */
	bool is_shared;
	int64_t node;	    /* not shared: of the ids it makes, 0–1023 */
	int queue_max;	    /* commands waiting; LIMIT_QUEUE */
	int group_max;	    /* commands in one commit; LIMIT_GROUP */
	int reader_threads; /* LIMIT_READERS */
	int committers;	    /* threads that write; an embedded store has 1 */
};

/* A command on its way. The caller owns it and everything it points to, and
 * touches none of it between engine_run (false) and done. */
struct task {
	struct list link; /* zeroed by the caller */
	const struct command *command;
	struct outcome *outcome;
	struct arena *arena;		 /* the outcome's */
	void (*done)(struct task *task); /* called by engine_reap */
	int64_t queued_us;
	int64_t finished_us;

	/* The engine's own, of a FEED that waits; see parked.h. */
	struct list wait_link;
	int64_t until_us;
	uint64_t seen_news;
};

/* Starts the threads. Errors are the store's. */
MUST_CHECK enum err_code engine_open(const struct engine_config *config,
    struct engine **out, struct err *err);
/* Carries out what is queued, stops the threads, frees. The caller reaps what
 * has finished first: engine_drain, then engine_reap, then this. */
void engine_close(struct engine **engine);

/*
 * Carries a task's command out. True: the outcome is there (a point read, a dry
 * run, or a refusal with ERR_BUSY or ERR_STOPPING because the queue is full or
 * closed), done is not called. False: done will be called from engine_reap.
 */
bool engine_run(struct engine *e, struct task *task);

/* Before the loop waits for anything: lets go of the store. Without it no log
 * can begin anew, nor a gate be closed. */
void engine_rest(struct engine *e);
/* Readable (an eventfd) when finished tasks wait to be reaped. */
int engine_fd(const struct engine *e);
/* Calls done of every finished task and takes up changed apps. */
void engine_reap(struct engine *e);

/* Ends all waiting for amendments: who waits is told that there are none, and
 * nobody waits from now on. */
void engine_stop_waiting(struct engine *e);

/* Takes no more commands; returns when all accepted ones have finished. */
void engine_drain(struct engine *e);

/*
 * Runs fn inside a transaction of its own on the writing connection, between
 * two groups, and waits for it; it commits when fn returns ERR_OK, else rolls
 * back. With `apps_changed` the loop takes the new apps up before the next
 * request it reaps or verifies. Never called from the loop thread.
 */
typedef enum err_code engine_job_f(struct store_conn *c, void *arg,
    struct err *err);
MUST_CHECK enum err_code engine_job(struct engine *e, engine_job_f *fn,
    void *arg, bool apps_changed, struct err *err);

/*
 * What is known by this key in this dialect. For an unknown key *known is false
 * and the dialect's stand-in (empty strings, prepared) comes back. Held until
 * engine_credential_release, also while changed apps are taken up.
 */
const struct credential *engine_credential(struct engine *e, const char *dialect,
    struct str key, bool *known);
void engine_credential_release(struct engine *e, const struct credential *c);

/* A call that wants to pass its app's rates. The caller owns it and what it
 * points to, and touches none of it between engine_admit (false) and done. */
struct admission {
	struct list link; /* zeroed by the caller */
	int64_t app;
	const struct rate_claim *claims;
	size_t count;
	struct rate_state *state; /* out: of the tightest claim */
	enum err_code code;	  /* out: OK, RATE_LIMITED, or see below */
	void (*done)(struct admission *a); /* called by engine_reap */
	/* The engine's own. */
	int64_t until_us;
	struct lease_bucket *buckets[RATE_CLAIMS_MAX];
};

/*
 * Takes the claims, all or none. True: code and state are there, done is not
 * called. False: the store is asked, done will be called from engine_reap,
 * within LIMIT_RATE_WAIT_MS and a little.
 *
 * ERR_STORE_BUSY  the store does not tell what the app may do
 * ERR_STOPPING    engine_drain came first
 */
bool engine_admit(struct engine *e, struct admission *a);
/* Takes the claims of an admitted call whatever there is (they are `owed`);
 * fills *state with the tightest of them. */
void engine_owe(struct engine *e, int64_t app, const struct rate_claim *claims,
    size_t count, struct rate_state *state);

/* Is the store there? A file is asked; of a server it is told when it was heard
 * of last, since a health check must not wait for it. */
MUST_CHECK enum err_code engine_ping(struct engine *e, struct err *err);

/* What /metrics shows of the engine; a consistent-enough copy. */
struct engine_stats {
	int64_t groups;
	int64_t group_commands; /* carried out in groups, refusals included */
	int64_t amendments;
	int64_t replays;
	int64_t store_errors;
	int64_t queue_depth;
	int64_t waiting; /* long polls */
	int64_t wal_bytes;
	int64_t checkpoints;
	int64_t node;	      /* -1: none now */
	int64_t node_age_ms;  /* since the lease was renewed; 0 without one */
	int64_t peers_lag_ms; /* since other nodes' changes were looked for */
	int64_t rate_turns;   /* statements that leased tokens */
	int64_t rate_tokens;  /* that they gave */
	int64_t rate_waits;   /* calls that waited for one */
	struct histogram group_size;
	struct histogram flush_us; /* commit alone */
	struct histogram checkpoint_us;
	struct histogram queued_us; /* waiting for the committer */
};

void engine_stats(struct engine *e, struct engine_stats *out);

#endif
