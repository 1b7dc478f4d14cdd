/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trace: the log of H.248 messages, for people or for Wireshark.
 *
 * Purpose: writes every message that is received or sent to a file in trace_dir,
 * as text or as pcap with the IP packets that would have carried it. Off until it
 * is asked for. Files are 0640, of limited size and number; keys of calls are
 * masked. It can be limited to one context: then requests that name it, and
 * whatever answers them, are written.
 * Context: the thread of the event loop. A file that cannot be written ends the
 * trace with a line in the log, and nothing else.
 */
#ifndef KMGWD_AGENT_TRACE_H
#define KMGWD_AGENT_TRACE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"

struct agent;
struct trace;
struct transport_path;

struct trace_options {
	const char *file;		/* name in trace_dir */
	enum config_trace_format format;
	uint32_t context;		/* 0: all */
};

/* An earlier one ends. A file of that name is kept as NAME.1. Return: 0 or a negative errno. */
int trace_start(struct agent *agent, const struct trace_options *options);
void trace_stop(struct agent *agent);

void trace_message(struct agent *agent, const struct transport_path *path, bool sent,
		   const char *data, size_t len);

/* What is traced, for the operator; JSON null when nothing is. */
json_t *trace_json(struct agent *agent);

#endif /* KMGWD_AGENT_TRACE_H */
