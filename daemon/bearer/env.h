/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * env: the bearer side of the daemon as a whole.
 *
 * Purpose: holds what all bearers share: the connection to the module, realms,
 * certificates, timers' settings.
 * Context: thread of the event loop.
 * Lifetime: bearer_env_new() before the first bearer; bearer_env_free() after
 * the last call into bearer.h, before the loop runs for the last time.
 */
#ifndef KMGWD_BEARER_ENV_H
#define KMGWD_BEARER_ENV_H

#include <stddef.h>
#include <uv.h>

#include "config.h"

struct bearer_env;
struct log;
struct realm;

/**
 * bearer_env_new() - connect to the module, set up realms and certificates
 * @loop: event loop
 * @cfg: configuration; must outlive the environment
 * @log: where to complain; must outlive the environment
 * @out: the environment
 *
 * Refuses to start without the module, with realm ports among the host's ephemeral
 * ones, or with unreadable certificates; the reason is logged in one line. Addresses
 * that the host does not have are warned of.
 * Return: 0 or a negative errno.
 */
int bearer_env_new(uv_loop_t *loop, const struct config *cfg, const struct log *log,
		   struct bearer_env **out);

/**
 * bearer_env_flush_kernel() - delete what the module holds from an earlier daemon
 * @env: environment
 * @n_contexts: how many contexts were found and deleted, or NULL
 * @n_endpoints: how many endpoints were in them, or NULL
 *
 * Call before registering (BEHAVIOUR 9: cold). Connections are reset.
 * Return: 0 or a negative errno.
 */
int bearer_env_flush_kernel(struct bearer_env *env, unsigned int *n_contexts,
			    unsigned int *n_endpoints);

/**
 * bearer_env_free() - forget everything and leave the module alone
 *
 * Bearers that still exist are freed without touching what the module holds, so
 * that media goes on after SIGTERM; handshakes in progress are cut. An agent that
 * wants its calls ended deletes its bearers first. Handles close asynchronously:
 * run the loop until it is empty before closing it.
 */
void bearer_env_free(struct bearer_env *env);

/* The realms, in the order of the configuration. */
unsigned int bearer_env_n_realms(const struct bearer_env *env);
struct realm *bearer_env_realm(struct bearer_env *env, unsigned int i);

#endif /* KMGWD_BEARER_ENV_H */
