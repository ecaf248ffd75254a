/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQLite's small allocations out of free lists, one set a thread. SQLite has
 * such a list of its own (lookaside) that Debian's build leaves out; without it
 * a change makes some twenty calls of malloc for cursors, records and columns.
 */
#ifndef SQL_SQLITE_MEMORY_H
#define SQL_SQLITE_MEMORY_H

/* Before anything else of SQLite; a second call does nothing. */
void sqlite_memory_configure(void);

#endif
