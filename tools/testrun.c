/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs test cases, each in its own process group and its own empty folder, so
 * that a crash, a hang, a stray file or a leaked process costs one case and
 * not its neighbours. cmocka supplies the assertions; whatever ends the child
 * with anything but success (a failed assertion, a signal, a sanitizer, the
 * time limit) fails the case.
 */
#include "tools/testrun.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h> /* wants several of those above */

#define TIMEOUT_S_DEFAULT 60 /* no case of ours needs 10, even under TSan */

/* cmocka takes these over and would hide what a sanitizer has to say. */
static const int crash_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGSYS};
#define CRASH_SIGNAL_COUNT (sizeof(crash_signals) / sizeof(crash_signals[0]))
static struct sigaction crash_actions[CRASH_SIGNAL_COUNT];
static void (*wrapped_case)(void **state);

static void
must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "testrun: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void
run_with_own_signals(void **state)
{
	for (size_t i = 0; i < CRASH_SIGNAL_COUNT; i++)
		sigaction(crash_signals[i], &crash_actions[i], NULL);
	wrapped_case(state);
}

/* The child: never returns. */
static _Noreturn void
child(const struct testrun *run, const struct testrun_case *c,
    const char *folder, int output)
{
	struct CMUnitTest test = {
	    c->name, run_with_own_signals, run->setup, run->teardown, NULL};
	int nothing = open("/dev/null", O_RDONLY);
	sigset_t none;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	must(chdir(folder) == 0, folder);
	must(setenv("TMPDIR", folder, 1) == 0, "setenv");
	must(nothing >= 0 && dup2(nothing, STDIN_FILENO) >= 0, "stdin");
	must(dup2(output, STDOUT_FILENO) >= 0, "stdout");
	must(dup2(output, STDERR_FILENO) >= 0, "stderr");
	close(nothing);
	close(output);
	for (size_t i = 0; i < CRASH_SIGNAL_COUNT; i++)
		sigaction(crash_signals[i], NULL, &crash_actions[i]);
	wrapped_case = c->run;
	exit(_cmocka_run_group_tests(run->suite, &test, 1, NULL, NULL));
}

/* Waits for the child; false when it had to be killed. SIGCHLD is blocked. */
static bool
wait_limited(pid_t pid, long timeout_s, int *status)
{
	struct timespec now, left = {.tv_sec = timeout_s};
	sigset_t chld;
	time_t end;

	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	clock_gettime(CLOCK_MONOTONIC, &now);
	end = now.tv_sec + timeout_s;
	while (waitpid(pid, status, WNOHANG) == 0) {
		if (sigtimedwait(&chld, NULL, &left) < 0 && errno == EAGAIN) {
			kill(-pid, SIGKILL);
			waitpid(pid, status, 0);
			return false;
		}
		clock_gettime(CLOCK_MONOTONIC, &now);
		left.tv_sec = end > now.tv_sec ? end - now.tv_sec : 0;
	}
	return true;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	remove(path); /* what cannot be removed stays in the temporary folder */
	return 0;
}

static void
print_output(int output)
{
	char bytes[4096];
	ssize_t n;

	lseek(output, 0, SEEK_SET);
	while ((n = read(output, bytes, sizeof(bytes))) > 0)
		fwrite(bytes, 1, (size_t)n, stdout);
}

/* "" when the case passed. */
static void
describe(bool in_time, int status, long timeout_s, char *out, size_t room)
{
	if (!in_time)
		snprintf(out, room, "still running after %ld s", timeout_s);
	else if (WIFSIGNALED(status))
		snprintf(out, room, "ended by signal %d (%s)", WTERMSIG(status),
		    strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) != 0)
		snprintf(out, room, "exit status %d", WEXITSTATUS(status));
	else
		out[0] = '\0';
}

enum result { PASSED, FAILED, SKIPPED, RESULT__COUNT };

static enum result
run_case(const struct testrun *run, const struct testrun_case *c,
    long timeout_s)
{
	char folder[] = "/tmp/procured-test-XXXXXX", why[128];
	FILE *output = tmpfile();
	enum result result;
	int status = 0;
	bool in_time;
	pid_t pid;

	must(output != NULL, "temporary file");
	must(mkdtemp(folder) != NULL, folder);
	fflush(stdout);
	pid = fork();
	must(pid >= 0, "fork");
	if (pid == 0)
		child(run, c, folder, fileno(output));
	setpgid(pid, pid); /* here too: whoever comes first */
	in_time = wait_limited(pid, timeout_s, &status);
	kill(-pid, SIGKILL); /* what the case has left behind */
	describe(in_time, status, timeout_s, why, sizeof(why));
	result = why[0] == '\0' ? PASSED : FAILED;
	if (in_time && WIFEXITED(status) &&
	    WEXITSTATUS(status) == TESTRUN_SKIPPED)
		result = SKIPPED;
	if (result == PASSED) {
		printf("ok %s/%s\n", run->suite, c->name);
	} else if (result == SKIPPED) {
		printf("skipped %s/%s:\n", run->suite, c->name);
		print_output(fileno(output));
	} else {
		printf("FAILED %s/%s: %s\n", run->suite, c->name, why);
		print_output(fileno(output));
	}
	fclose(output);
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return result;
}

static long
timeout_from_environment(void)
{
	const char *text = getenv("TEST_TIMEOUT_S");
	long s = text ? strtol(text, NULL, 10) : TIMEOUT_S_DEFAULT;

	return s > 0 ? s : TIMEOUT_S_DEFAULT;
}

int
testrun_main(const struct testrun *run, int argc, char **argv)
{
	const char *filter = argc > 1 ? argv[1] : "";
	long timeout_s = timeout_from_environment();
	size_t results[RESULT__COUNT] = {0}, count = 0;
	sigset_t chld;

	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, NULL);
	for (size_t i = 0; i < run->case_count; i++) {
		if (strstr(run->cases[i].name, filter) == NULL)
			continue;
		results[run_case(run, &run->cases[i], timeout_s)]++;
		count++;
	}
	if (count == 0)
		printf("%s: no case is named like \"%s\"\n", run->suite,
		    filter);
	if (results[SKIPPED] > 0)
		printf("%zu skipped\n", results[SKIPPED]);
	printf("%zu passed, %zu failed\n", results[PASSED], results[FAILED]);
	return count > 0 && results[FAILED] == 0 ? 0 : 1;
}
