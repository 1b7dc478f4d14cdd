/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trace_filter: which messages belong to a context.
 *
 * A request that leaves the context open belongs to it if its reply says so: it is
 * kept aside until then.
 * Context: the thread of the event loop. Lifetime: that of its trace.
 */
#ifndef KMGWD_AGENT_TRACE_FILTER_H
#define KMGWD_AGENT_TRACE_FILTER_H

#include "agent/trace.h"
#include "codec/codec.h"

struct trace_filter;

/* Something that was kept aside belongs to the context after all. */
typedef void (*trace_kept)(struct agent *agent, const struct transport_path *path, bool sent,
			   const struct timespec *when, const char *data, size_t len);

struct trace_filter *trace_filter_new(uint32_t context);
void trace_filter_free(struct trace_filter *f);

/* Does the message belong to the context? Calls @kept before it says yes. */
bool trace_filter_wants(struct trace_filter *f, struct agent *agent,
			const struct h248_codec *codec, const struct transport_path *path,
			bool sent, const char *data, size_t len, trace_kept kept);

#endif /* KMGWD_AGENT_TRACE_FILTER_H */
