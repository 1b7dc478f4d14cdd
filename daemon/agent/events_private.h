/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files about events share: what was detected, and the Notify it becomes.
 *
 * events.c decides whether anybody wants to hear of it, event_sources.c and
 * event_root.c detect, notify.c writes.
 */
#ifndef KMGWD_EVENTS_PRIVATE_H
#define KMGWD_EVENTS_PRIVATE_H

#include "agent/agent_private.h"

/* One value of a parameter, by its place in the row; several of one make a list. */
struct event_value {
	unsigned int param;
	const char *text;
};

#define OCCURRENCE_VALUES_MAX	4

struct occurrence {
	const struct row *row;
	uint16_t stream;		/* 0: none */
	struct h248_time time;
	const struct event_value *value;
	unsigned int n;
};

/* An occurrence that waits for a new Events descriptor. */
struct buffered_event {
	struct buffered_event *next;
	struct occurrence what;
	struct event_value value[OCCURRENCE_VALUES_MAX];
};

/* ---- notify.c: one Notify ---- */
struct notice {
	struct agent *agent;
	struct arena arena;
	struct h248_transaction *req;
	struct h248_command *cmd;
	struct h248_observed *observed;
	bool failed;
};

void notice_init(struct notice *n, struct agent *agent);
/* Begins the Notify, on first use; after another RequestID a new one. */
bool notice_open(struct notice *n, uint32_t context, struct str tid, uint32_t request);
void notice_occurrence(struct notice *n, const struct occurrence *what);
/* An error of the gateway that goes with the events. */
void notice_error(struct notice *n, unsigned int code, const char *text);
/* Sends what is in it, if anything, and frees it. */
void notice_send(struct notice *n);
void notice_send_to(struct notice *n, bool urgent, transaction_done done);
/* Copies into an ObservedEvents descriptor. Return: false at the arena's limit. */
bool observed_add(struct agent *agent, struct arena *a, struct h248_observed *to,
		  const struct occurrence *what);

/* ---- events.c ---- */
/* The entry that arms the row on that stream, or NULL. */
const struct h248_event *events_armed(const struct agent *agent, const struct h248_events *events,
				      const struct row *row, uint16_t stream);
uint64_t events_number(const struct agent *agent, const struct h248_event *e,
		       const struct row *row, unsigned int param);
bool events_has_value(const struct agent *agent, const struct h248_event *e,
		      const struct row *row, unsigned int param, const char *value);
/*
 * Something was detected on a termination: reports it, buffers it, or does neither,
 * and does what the Events descriptor embeds. Return: false: nobody wanted it.
 */
bool events_detected(struct notice *n, struct termination *t, const struct occurrence *what);
/* A new Events descriptor has come for what was buffered. */
void events_work_off(struct termination *t);

#endif /* KMGWD_EVENTS_PRIVATE_H */
