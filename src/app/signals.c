/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signals through signalfd(2): no handler runs, so nothing of the program has
 * to be safe against one.
 */
#include <assert.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "app/signals.h"

int
signals_open(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

enum signal_wish
signals_next(int fd)
{
	struct signalfd_siginfo info;
	ssize_t n;

	assert(fd >= 0);
	n = read(fd, &info, sizeof(info));
	if (n != sizeof(info))
		return SIGNAL_NONE;
	return info.ssi_signo == SIGHUP ? SIGNAL_RELOAD : SIGNAL_STOP;
}
