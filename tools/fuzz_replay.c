/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gives every file of a corpus to a fuzz target once, each in its own process
 * and in memory of exactly its size, so that reading past its end is seen. In
 * the normal build this stands in for libFuzzer: the corpora are regression
 * tests of every compiler and sanitizer.
 *
 *	replay_json tests/corpus/json…    one line a file, then the totals
 */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILE_TIMEOUT_S 20 /* a decoder that needs more has a quadratic path */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t passed, failed;

/* The child: the file's bytes, the target, and out. */
static _Noreturn void
child(const char *path)
{
	FILE *file = fopen(path, "rb");
	struct stat st;
	uint8_t *bytes;
	size_t size;

	alarm(FILE_TIMEOUT_S);
	if (file == NULL || fstat(fileno(file), &st) != 0) {
		perror(path);
		exit(2);
	}
	size = (size_t)st.st_size;
	bytes = malloc(size);
	if (size > 0 &&
	    (bytes == NULL || fread(bytes, 1, size, file) != size)) {
		perror(path);
		exit(2);
	}
	fclose(file);
	LLVMFuzzerTestOneInput(bytes, size);
	free(bytes);
	exit(0);
}

static void
replay(const char *path)
{
	int status = 1;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0)
		child(path);
	if (pid > 0 && waitpid(pid, &status, 0) == pid && status == 0) {
		printf("ok %s\n", path);
		passed++;
	} else {
		printf("FAILED %s: wait status 0x%x\n", path, (unsigned)status);
		failed++;
	}
}

static bool
replay_folder(const char *folder)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, NULL, alphasort);

	if (count < 0) {
		printf("FAILED %s: %s\n", folder, strerror(errno));
		return false;
	}
	for (int i = 0; i < count; i++) {
		char path[4096];
		int n = snprintf(path, sizeof(path), "%s/%s", folder,
		    entries[i]->d_name);

		if (entries[i]->d_name[0] != '.' && n < (int)sizeof(path))
			replay(path);
		free(entries[i]);
	}
	free(entries);
	return true;
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (!replay_folder(argv[i]))
			failed++;
	}
	if (passed + failed == 0) {
		printf("FAILED: the corpus is empty\n");
		failed++;
	}
	printf("%zu passed, %zu failed\n", passed, failed);
	return failed == 0 ? 0 : 1;
}
