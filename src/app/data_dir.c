/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making, checking and holding the data directory. The lock is flock(2)'s: it
 * goes with its process, however that ends, so a lock file that is left lying
 * around means nothing.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/data_dir.h"
#include "base/log.h"
#include "sql/sql.h"

#define LOCK_NAME "procured.lock"

/* mkdir -p with 0700 for what was not there. False with errno. */
static bool
make_all(const char *path)
{
	char part[PATH_MAX];
	size_t n = strlen(path);

	if (n == 0 || n >= sizeof(part)) {
		errno = ENAMETOOLONG;
		return false;
	}
	memcpy(part, path, n + 1);
	for (size_t i = 1; i <= n; i++) {
		if (part[i] != '/' && part[i] != '\0')
			continue;
		part[i] = '\0';
		if (mkdir(part, 0700) != 0 && errno != EEXIST)
			return false;
		part[i] = path[i];
	}
	return true;
}

static enum err_code
check_mode(struct data_dir *d, struct err *err)
{
	struct stat st;

	if (fstat(d->fd, &st) != 0)
		return err_set(err, ERR_USAGE, "data", "%s: %s", d->path,
		    strerror(errno));
	if ((st.st_mode & 077) == 0)
		return ERR_OK;
	return err_set(err, ERR_USAGE, "data",
	    TR(d->language,
		"the data directory %s can be entered by others "
		"(mode %03o), and it holds secrets; run `chmod 700 %s`",
		"数据目录 %s 可被其他用户访问(权限 %03o),其中存有密钥;请执行 "
		"`chmod 700 %s`"),
	    d->path, (unsigned)(st.st_mode & 0777), d->path);
}

enum err_code
data_dir_open(struct data_dir *d, const char *path, bool make,
    enum language language, struct err *err)
{
	enum err_code rc;

	assert(path != NULL);
	*d = (struct data_dir){.path = path,
	    .language = language,
	    .fd = -1,
	    .lock_fd = -1,
	    .store_lock_fd = -1};
	if (make && !make_all(path))
		return err_set(err, ERR_USAGE, "data",
		    TR(language,
			"cannot make the data directory %s: %s; name "
			"another one with --data",
			"无法创建数据目录 %s:%s;可用 --data 指定其他目录"),
		    path, strerror(errno));
	d->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->fd < 0 && errno == ENOENT)
		return err_set(err, ERR_NOT_FOUND, "data",
		    TR(language,
			"there is no data directory %s yet; begin with "
			"`procured serve` or `procured app create`, or name "
			"another one with --data",
			"数据目录 %s 尚不存在;请先执行 `procured serve` 或 "
			"`procured app create`,或用 --data 指定其他目录"),
		    path);
	if (d->fd < 0)
		return err_set(err, ERR_USAGE, "data",
		    TR(language,
			"cannot open the data directory %s: %s; name another "
			"one with --data",
			"无法打开数据目录 %s:%s;可用 --data 指定其他目录"),
		    path, strerror(errno));
	rc = check_mode(d, err);
	if (rc != ERR_OK)
		data_dir_close(d);
	return rc;
}

void
data_dir_close(struct data_dir *d)
{
	/* The directory last: who then holds it finds the store free. */
	if (d->store_lock_fd >= 0)
		(void)close(d->store_lock_fd);
	if (d->lock_fd >= 0)
		(void)close(d->lock_fd);
	if (d->fd >= 0)
		(void)close(d->fd);
	d->store_lock_fd = -1;
	d->lock_fd = -1;
	d->fd = -1;
}

/* Who holds it, as the holder wrote it down; for people only. */
static void
read_holder(int fd, char out[32])
{
	ssize_t n = pread(fd, out, 31, 0);

	out[n > 0 ? n : 0] = '\0';
	out[strcspn(out, "\n")] = '\0';
}

/*
 * Locks the file and writes into it who we are. -1 with errno; EWOULDBLOCK:
 * another one has it, named in `holder`.
 */
static int
hold_file(int dir_fd, const char *path, char holder[32])
{
	char text[32];
	int fd = openat(dir_fd, path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	int why;

	if (fd < 0)
		return -1;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 && ftruncate(fd, 0) == 0 &&
	    pwrite(fd, text, (size_t)n, 0) == n)
		return fd;
	why = errno;
	read_holder(fd, holder);
	(void)close(fd);
	errno = why;
	return -1;
}

/* The lock's path: the same for every name that leads to the store. False
 * where it has no place, which opening the store will tell. */
static bool
print_store_lock(const char *store, char out[PATH_MAX])
{
	char real[PATH_MAX];
	char parent[PATH_MAX];
	const char *slash = strrchr(store, '/');
	const char *name = slash != NULL ? slash + 1 : store;
	int n;

	if (realpath(store, real) != NULL) {
		n = snprintf(out, PATH_MAX, "%s.lock", real);
		return n < PATH_MAX;
	}
	n = snprintf(parent, sizeof(parent), "%.*s", (int)(name - store),
	    store);
	if (n >= (int)sizeof(parent) ||
	    realpath(n > 0 ? parent : ".", real) == NULL)
		return false;
	n = snprintf(out, PATH_MAX, "%s/%s.lock", real, name);
	return n < PATH_MAX;
}

static enum err_code
lock_store(struct data_dir *d, const char *store, struct err *err)
{
	char path[PATH_MAX];
	char holder[32];

	if (!print_store_lock(store, path))
		return ERR_OK;
	d->store_lock_fd = hold_file(AT_FDCWD, path, holder);
	if (d->store_lock_fd >= 0)
		return ERR_OK;
	if (errno != EWOULDBLOCK)
		return err_set(err, ERR_USAGE, "store",
		    TR(d->language,
			"cannot make %s beside the store: %s; is --store "
			"right, and may this user write there?",
			"无法在存储旁创建 %s:%s;请确认 --store 是否正确、"
			"当前用户是否可写"),
		    path, strerror(errno));
	return err_set(err, ERR_STORE_BUSY, "store",
	    TR(d->language,
		"another procured (process %s) writes the store %s, with "
		"another data directory (lock %s)",
		"另一个 procured(进程 %s)正以其他数据目录写入存储 %s(锁文件 %s)"),
	    holder[0] ? holder : "?", store, path);
}

enum err_code
data_dir_lock(struct data_dir *d, struct str url, struct err *err)
{
	const char *store = store_path(url);
	char holder[32];
	enum err_code rc;

	assert(d->fd >= 0);
	assert(d->lock_fd < 0);
	d->lock_fd = hold_file(d->fd, LOCK_NAME, holder);
	if (d->lock_fd < 0 && errno == EWOULDBLOCK)
		return err_set(err, ERR_BUSY, "data",
		    TR(d->language,
			"another procured (process %s) holds the data "
			"directory %s",
			"另一个 procured(进程 %s)正在使用数据目录 %s"),
		    holder[0] ? holder : "?", d->path);
	if (d->lock_fd < 0)
		return err_set(err, ERR_USAGE, "data",
		    TR(d->language, "cannot write in the data directory %s: %s",
			"无法写入数据目录 %s:%s"),
		    d->path, strerror(errno));
	rc = store != NULL ? lock_store(d, store, err) : ERR_OK;
	if (rc != ERR_OK) {
		(void)close(d->lock_fd);
		d->lock_fd = -1;
	}
	return rc;
}

enum err_code
data_dir_hold_store(struct data_dir *d, struct str url, enum language language,
    struct err *err)
{
	const char *store = store_path(url);

	assert(d->store_lock_fd < 0);
	d->language = language;
	return store != NULL ? lock_store(d, store, err) : ERR_OK;
}

const char *
store_path(struct str url)
{
	struct str scheme = STR("sqlite:");

	assert(url.p != NULL);
	return str_starts(url, scheme) ? url.p + scheme.n : NULL;
}

bool
store_is_there(struct str url)
{
	const char *path = store_path(url);

	return path == NULL || access(path, F_OK) == 0;
}

bool
sync_parent(const char *path)
{
	const char *slash = strrchr(path, '/');
	char parent[PATH_MAX] = ".";
	size_t n = slash != NULL ? (size_t)(slash - path) : 0;
	int fd;
	bool done;

	if (n >= sizeof(parent)) {
		errno = ENAMETOOLONG;
		return false;
	}
	if (slash != NULL) {
		memcpy(parent, path, n > 0 ? n : 1);
		parent[n > 0 ? n : 1] = '\0';
	}
	fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	done = fsync(fd) == 0;
	(void)close(fd);
	return done;
}

/* PATH.suffix with SQLite's endings behind both names. */
static bool
move_file(const char *path, const char *suffix, const char *ending)
{
	char from[PATH_MAX];
	char to[PATH_MAX];

	if (snprintf(from, sizeof(from), "%s%s", path, ending) >=
		(int)sizeof(from) ||
	    snprintf(to, sizeof(to), "%s.%s%s", path, suffix, ending) >=
		(int)sizeof(to)) {
		errno = ENAMETOOLONG;
		return false;
	}
	if (rename(from, to) == 0)
		return true;
	/* An older log beside a newer file would be taken for its own. */
	return errno == ENOENT && (unlink(to) == 0 || errno == ENOENT);
}

enum err_code
store_set_aside(const char *path, const char *suffix, struct err *err)
{
	/* The log first: a file without its log is old, not damaged, once it has
	 * what a power cut has left. If that fails it goes aside with the rest. */
	static const char *const endings[] = {
	    "-shm", "-wal", "-doublewrite", ""};

	if (sql_recover_file(path, err) != ERR_OK)
		log_message(LOG_WARN, "doublewrite_left", "%s", err->detail);
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		if (!move_file(path, suffix, endings[i]))
			return err_set(err, ERR_STORE_FAILED, "store",
			    "cannot move %s%s aside: %s", path, endings[i],
			    strerror(errno));
	}
	return sync_parent(path)
	    ? ERR_OK
	    : err_set(err, ERR_STORE_FAILED, "store",
		  "cannot move %s aside: %s", path, strerror(errno));
}
