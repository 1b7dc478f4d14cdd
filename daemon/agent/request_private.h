/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files about requests share: request.c goes through the actions and their
 * commands, request_match.c finds the terminations that a command means, context_attr.c
 * does what belongs to contexts themselves.
 */
#ifndef KMGWD_REQUEST_PRIVATE_H
#define KMGWD_REQUEST_PRIVATE_H

#include "agent/agent_private.h"

/* One action of the request and what became of it. */
struct action {
	struct work w;
	const struct h248_action *req;
	struct h248_transaction *reply;
	uint32_t serial;		/* of all actions so far */
	struct h248_action *before;	/* last action of the reply when this one began */
	struct context *context;	/* named or made */
	uint32_t id;			/* for replies; CHOOSE until a context was made */
	uint32_t chosen;		/* number of the first termination added with $; 0: none */
	struct flows *flows;		/* room to work a topology out; NULL: none is given */
	struct str at;			/* the termination that a wildcard is at */
	uint32_t at_context;
};

/* ---- request.c ---- */
/* The action of the reply for a context: that of this request action, or a new one. */
struct h248_action *action_out(struct action *x, uint32_t id);
struct h248_command *action_bare_reply(struct action *x, struct h248_action *out,
				       const struct h248_command *req, struct str tid);
/* Removes what a command that failed had already put into its reply. */
void action_truncate(struct h248_action *out, struct h248_command *last);
/* The same for the last one alone. */
void action_drop_last(struct h248_action *out, struct h248_command *reply);

/* ---- request_match.c ---- */
/* Executes a command for the terminations that match in the context of the action. */
int match_run(struct action *x, const struct h248_command *req, const struct tid_pattern *p);
/* W-: executes it for those of all its termination ids, with one reply. */
int match_run_merged(struct action *x, const struct h248_command *req);
/* ServiceChange of a wildcard outside of any one context: of whole realms, too. */
int match_run_service_change(struct action *x, const struct h248_command *req,
			     const struct tid_pattern *p);
/* Move: from whatever contexts to that of the action. */
int match_run_move(struct action *x, const struct h248_command *req, const struct tid_pattern *p);

/* ---- context_attr.c ---- */
int context_attr_check(struct action *x);
void context_attr_apply(struct agent *agent, struct context *c,
			const struct h248_context_attr *attr);
int context_audit(struct action *x);
/* Does the action mean this one of all contexts? Without list and selection: yes. */
bool context_selected(const struct action *x, const struct context *c);

/* ---- topology.c ---- */
/* Does the profile have it? */
bool topology_known(const struct agent *agent);
int topology_check(struct action *x);
/* As far as its terminations are there; after each Add and Move, again. */
int topology_apply(struct action *x);
void topology_end(struct action *x);

#endif /* KMGWD_REQUEST_PRIVATE_H */
