/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * agent: the media gateway as the MGC sees it.
 *
 * Purpose: executes H.248 commands, keeps contexts and terminations, registers
 * with the MGC, reports events. What carries user data is behind bearer.h.
 * Context: the thread of the event loop.
 * Lifetime: agent_new() to agent_free(); the bearer environment lives longer.
 */
#ifndef KMGWD_AGENT_H
#define KMGWD_AGENT_H

#include <stdbool.h>
#include <uv.h>

#include "codec/h248.h"
#include "config.h"
#include "transaction/transaction.h"
#include "transport/transport.h"

struct agent;
struct bearer_env;

struct agent_ops {
	/* a line for people about the control association; may be NULL */
	void (*status)(void *priv, const char *line);
	/* The operator has ended everything: the daemon shall end; may be NULL. */
	void (*stop)(void *priv);
};

/**
 * agent_new() - open the sockets for H.248
 *
 * Nothing is sent before agent_start().
 * Return: 0 or a negative errno; the reason was logged.
 */
int agent_new(uv_loop_t *loop, const struct config *config, struct bearer_env *env,
	      const struct agent_ops *ops, void *priv, struct agent **out);

/**
 * agent_adopt() - take over the calls of an earlier run
 *
 * What cannot be taken over is deleted. To be called before agent_start().
 * Return: 0 or a negative errno; the reason was logged.
 */
int agent_adopt(struct agent *agent);

/**
 * agent_open() - let the operator in: control socket, metrics, message log
 * Return: 0 or a negative errno; the reason was logged.
 */
int agent_open(struct agent *agent);

/* Registers: Restart, warm boot when calls were taken over, else cold boot. */
void agent_start(struct agent *agent);

/* Says nothing to the MGC and leaves all media as it is: SIGTERM. */
void agent_free(struct agent *agent);

unsigned int agent_n_contexts(const struct agent *agent);

/* Did calls of an earlier run survive? Then the gateway registers as warm. */
bool agent_adopted(const struct agent *agent);

#endif /* KMGWD_AGENT_H */
