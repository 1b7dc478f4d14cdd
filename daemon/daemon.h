/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * daemon: the one object that everything hangs on.
 *
 * Lifetime: main() of kmgwd. Context: the thread of the event loop.
 */
#ifndef KMGWD_DAEMON_H
#define KMGWD_DAEMON_H

#include <stdbool.h>
#include <uv.h>

#include "config.h"

struct agent;
struct bearer_env;

struct daemon {
	uv_loop_t loop;
	uv_signal_t term, interrupt;
	struct config *config;
	struct bearer_env *env;
	struct agent *agent;
	bool stopping;
};

#endif /* KMGWD_DAEMON_H */
