/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The statements of what several nodes on one store share: their numbers, the
 * tokens of rates, the revision of apps. A part of the table in statements.h.
 *
 * Time is the database's own, unless a test says another ($now > 0): clocks of
 * nodes differ, and it is what they have in common.
 */
#ifndef STORE_STATEMENTS_NODES_H
#define STORE_STATEMENTS_NODES_H

/* clang-format off */
#define SQLITE_NOW(p)                                                         \
	"CASE WHEN " p " > 0 THEN " p                                         \
	" ELSE CAST((julianday('now') - 2440587.5) * 86400000 AS BIGINT) END"
#define POSTGRES_NOW(p)                                                       \
	"CASE WHEN CAST(" p " AS BIGINT) > 0 THEN CAST(" p " AS BIGINT)"      \
	" ELSE CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT) END"

/* --- numbers --------------------------------------------------------------- */

#define NODE_FREE_TEXT(NOW)                                                   \
	"SELECT node, holder, until_ms, ids_ms FROM nodes"                    \
	" WHERE until_ms <= " NOW("$1") " ORDER BY node LIMIT 1"
#define NODE_INSERT_TEXT(NOW)                                                 \
	"INSERT INTO nodes(node, holder, until_ms, ids_ms)"                   \
	" VALUES($1, $2, " NOW("$3") " + $4, $5)"                             \
	" ON CONFLICT(node) DO NOTHING RETURNING node"
#define NODE_TAKE_TEXT(NOW)                                                   \
	"UPDATE nodes SET holder = $1, until_ms = " NOW("$2") " + $3,"        \
	" ids_ms = $4 WHERE node = $5 AND holder = $6 AND until_ms = $7"      \
	" RETURNING node"
#define NODE_RENEW_TEXT(NOW)                                                  \
	"UPDATE nodes SET until_ms = " NOW("$1") " + $2, ids_ms = $3"         \
	" WHERE node = $4 AND holder = $5 RETURNING until_ms"

/* --- rates ----------------------------------------------------------------- */

/* A clock that is a little behind what the row says has been overtaken by
 * another node; one that is far behind was set back, and is followed. */
#define RATE_STEP "1000"

/*
 * What is there at now_ms of each bucket that `d` asks for and `r` holds locked:
 * as engine/rate.c has it, then what is owed is taken, then what is wanted as
 * far as there are whole tokens. KEEP is a column that is passed on, or nothing.
 */
#define RATE_BODY(R, D, LEAST, GREATEST, KEEP)                                \
	"(SELECT app, name, lim, per_ms, at_ms, have,"                        \
	" " GREATEST "(0, " LEAST "(want, have / per_ms)) AS granted" KEEP    \
	" FROM (SELECT app, name, lim, per_ms, at_ms, want,"                  \
	" " LEAST "(lim * per_ms, refilled - owed * per_ms) AS have" KEEP     \
	" FROM (SELECT r.app, r.name, d.lim, d.per_ms, d.want, d.owed,"       \
	" CASE WHEN d.now_ms < r.at_ms AND d.now_ms > r.at_ms - " RATE_STEP   \
	" THEN r.at_ms ELSE d.now_ms END AS at_ms,"                           \
	" CASE WHEN r.per_ms <> d.per_ms THEN d.lim * d.per_ms"               \
	" ELSE " LEAST "(d.lim * d.per_ms,"                                   \
	" r.level + " GREATEST "(0, d.now_ms - r.at_ms) * d.lim) END"         \
	" AS refilled" KEEP                                                   \
	" FROM " R " r JOIN " D " d ON r.app = d.app AND r.name = d.name"     \
	") refill) owe) c"

#define RATE_SET                                                              \
	"SET lim = c.lim, per_ms = c.per_ms, at_ms = c.at_ms,"                \
	" level = c.have - c.granted * c.per_ms, granted = c.granted"

/* The row of one bucket, locked before it is looked at: an update that waits for
 * another one sees the new row, but not so what it is joined with. */
#define RATE_LOCKED                                                           \
	"(SELECT app, name, per_ms, at_ms, level FROM rates"                  \
	" WHERE app = $1 AND name = $2 FOR UPDATE)"

#define RATE_ONE(NOW)                                                         \
	"(SELECT CAST($1 AS BIGINT) AS app, CAST($2 AS TEXT) AS name,"        \
	" CAST($3 AS BIGINT) AS lim, CAST($4 AS BIGINT) AS per_ms,"           \
	" " NOW("CAST($5 AS BIGINT)") " AS now_ms,"                           \
	" CAST($6 AS BIGINT) AS owed, CAST($7 AS BIGINT) AS want)"
#define RATE_TAKE_TEXT(R, NOW, LEAST, GREATEST)                               \
	"UPDATE rates " RATE_SET                                              \
	" FROM " RATE_BODY(R, RATE_ONE(NOW), LEAST, GREATEST, "")             \
	" WHERE rates.app = c.app AND rates.name = c.name"                    \
	" RETURNING rates.granted, rates.level"

/* Many, locked in one order by every node, so that none waits for another in a
 * ring. What comes after the lock sees what was committed before it. */
#define RATE_MANY                                                             \
	"unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[],"        \
	" $5::bigint[], $6::bigint[], $7::bigint[]) WITH ORDINALITY"          \
	" AS u(app, name, lim, per_ms, t, owed, want, n)"
#define RATE_TAKE_SET                                                         \
	"WITH d AS MATERIALIZED (SELECT app, name, lim, per_ms, owed, want,"  \
	" n, " POSTGRES_NOW("t") " AS now_ms FROM " RATE_MANY "),"            \
	" held AS MATERIALIZED (SELECT app, name, per_ms, at_ms, level"       \
	" FROM rates WHERE (app, name) IN (SELECT app, name FROM d)"          \
	" ORDER BY app, name FOR UPDATE)"                                     \
	" UPDATE rates " RATE_SET                                             \
	" FROM " RATE_BODY("held", "d", "least", "greatest", ", n")           \
	" WHERE rates.app = c.app AND rates.name = c.name"                    \
	" RETURNING rates.granted, rates.level, c.n"

#define RATE_ADD_COLUMNS                                                      \
	"INSERT INTO rates(app, name, lim, per_ms, at_ms, level, granted)"
#define RATE_ADD_TEXT(NOW)                                                    \
	RATE_ADD_COLUMNS                                                      \
	" VALUES($1, $2, $3, $4, " NOW("$5") ","                               \
	" CAST($3 AS BIGINT) * CAST($4 AS BIGINT), 0)"                        \
	" ON CONFLICT(app, name) DO NOTHING"
#define RATE_ADD_SET                                                          \
	RATE_ADD_COLUMNS                                                      \
	" SELECT app, name, lim, per_ms, " POSTGRES_NOW("t") ", lim * per_ms, 0" \
	" FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[],"  \
	" $5::bigint[]) AS u(app, name, lim, per_ms, t) ORDER BY app, name"   \
	" ON CONFLICT(app, name) DO NOTHING"

/* --- the table's part -------------------------------------------------------- */

#define STATEMENT_NODES_TABLE(X)                                              \
	/* numbers of nodes; until_ms is the database's time, ids_ms the     \
	 * holder's */                                                        \
	X(NODE_FREE, "i", "isii", NODE_FREE_TEXT(SQLITE_NOW))                 \
	X(NODE_NEXT, "", "i", "SELECT coalesce(max(node), -1) + 1 FROM nodes") \
	X(NODE_INSERT, "isiii", "i", NODE_INSERT_TEXT(SQLITE_NOW))            \
	X(NODE_TAKE, "siiiisi", "i", NODE_TAKE_TEXT(SQLITE_NOW))              \
	X(NODE_RENEW, "iiiis", "i", NODE_RENEW_TEXT(SQLITE_NOW))              \
	X(NODE_RELEASE, "iis", "",                                            \
	  "UPDATE nodes SET until_ms = 0, ids_ms = $1"                        \
	  " WHERE node = $2 AND holder = $3")                                 \
	/* rates */                                                           \
	X(RATE_ADD, "isiii", "", RATE_ADD_TEXT(SQLITE_NOW))                   \
	X(RATE_TAKE, "isiiiii", "ii",                                         \
	  RATE_TAKE_TEXT("rates", SQLITE_NOW, "min", "max"))                  \
	/* what changed elsewhere */                                          \
	X(REVISION_GET, "s", "i", "SELECT n FROM revisions WHERE name = $1")  \
	X(REVISION_BUMP, "s", "",                                             \
	  "INSERT INTO revisions(name, n) VALUES($1, 1)"                      \
	  " ON CONFLICT(name) DO UPDATE SET n = revisions.n + 1")             \
	X(FEED_LAST, "i", "i",                                                \
	  "SELECT coalesce(max(seq), 0) FROM amendments WHERE app = $1")

/* The same for PostgreSQL, of the kind struct sql_override is. */
#define OVERRIDE_NODES_TABLE(X)                                               \
	X(NODE_FREE, NODE_FREE_TEXT(POSTGRES_NOW), NULL)                      \
	X(NODE_INSERT, NODE_INSERT_TEXT(POSTGRES_NOW), NULL)                  \
	X(NODE_TAKE, NODE_TAKE_TEXT(POSTGRES_NOW), NULL)                      \
	X(NODE_RENEW, NODE_RENEW_TEXT(POSTGRES_NOW), NULL)                    \
	X(RATE_ADD, RATE_ADD_TEXT(POSTGRES_NOW), RATE_ADD_SET)                \
	X(RATE_TAKE,                                                          \
	  RATE_TAKE_TEXT(RATE_LOCKED, POSTGRES_NOW, "least", "greatest"),     \
	  RATE_TAKE_SET)                                                      \
	X(FEED_LAST, "SELECT last_seq FROM lines WHERE app = $1",             \
	  "SELECT l.last_seq, u.n FROM unnest($1::bigint[]) WITH ORDINALITY"  \
	  " AS u(app, n) JOIN lines l ON l.app = u.app")
/* clang-format on */

#endif
