/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts a process's allocations, preloaded into it: the number stands in the
 * first eight bytes of the file that BENCH_MALLOCS names, as it goes.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t count, size_t n);
void *__libc_realloc(void *p, size_t n);

static uint64_t unseen;
static uint64_t *counter = &unseen;

__attribute__((constructor)) static void
show(void)
{
	const char *path = getenv("BENCH_MALLOCS");
	int fd = path != NULL ? open(path, O_RDWR | O_CREAT, 0600) : -1;
	void *p;

	if (fd < 0 || ftruncate(fd, sizeof(*counter)) != 0)
		return;
	p = mmap(NULL, sizeof(*counter), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
	    0);
	(void)close(fd);
	if (p != MAP_FAILED)
		counter = p;
}

static void
count_one(void)
{
	__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

void *
malloc(size_t n)
{
	count_one();
	return __libc_malloc(n);
}

void *
calloc(size_t count, size_t n)
{
	count_one();
	return __libc_calloc(count, n);
}

void *
realloc(void *p, size_t n)
{
	count_one();
	return __libc_realloc(p, n);
}
