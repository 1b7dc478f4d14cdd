/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * metrics: the page /metrics, in the text format of Prometheus.
 *
 * Purpose: the agent's counters and the kernel module's totals for a collector that
 * asks every few seconds. Off unless the configuration names an address; nothing but
 * GET and HEAD of /metrics is answered, and nothing can be changed through it.
 * Context: the thread of the event loop, which drives libmicrohttpd. Lifetime: from
 * metrics_open() to metrics_close().
 */
#ifndef KMGWD_AGENT_METRICS_H
#define KMGWD_AGENT_METRICS_H

#include "lib/strbuf.h"

struct agent;

/* Return: 0, also when none are wanted, or a negative errno that was logged. */
int metrics_open(struct agent *agent);
void metrics_close(struct agent *agent);

/* metrics_text.c: the page. Return: 0, or a negative errno: what is in @out is no page then. */
int metrics_write(struct agent *agent, struct strbuf *out);

#endif /* KMGWD_AGENT_METRICS_H */
