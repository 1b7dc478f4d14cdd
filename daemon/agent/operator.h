/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * operator: what the operator orders, and what is shown to him.
 *
 * Purpose: drain, undrain and stop; the control socket through which
 * they are ordered, the status it gives, and the metrics page.
 * Context: the thread of the event loop.
 * Lifetime: operator_open() after agent_new(); all of it ends in agent_free().
 */
#ifndef KMGWD_AGENT_OPERATOR_H
#define KMGWD_AGENT_OPERATOR_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct agent;
struct control;
struct metrics;
struct operator_stop;

/* ---- operator.c ---- */
/**
 * operator_drain() - want no new calls, or want them again, and tell the MGC
 * @realm: its name or interface; NULL: the whole gateway
 *
 * Return: 0, -EALREADY nothing changed, -ENOENT no such realm.
 */
int operator_drain(struct agent *agent, const char *realm, bool on);

/* Another MGC has taken over: it hears what the one before it was told and is still so. */
void operator_tell_again(struct agent *agent);

/*
 * The MGC hears Forced and has stop_wait to answer; then all calls end, done() is
 * called (told: it has answered), and the daemon ends. Return: 0 or -EALREADY.
 */
int operator_stop(struct agent *agent, void (*done)(void *priv, bool told), void *priv);
/* Whoever asked is gone: nobody is called. */
void operator_stop_forget(struct agent *agent, void *priv);
void operator_free(struct agent *agent);

/* ---- control.c: the local socket ---- */
/* Return: 0, or a negative errno that was logged. -EADDRINUSE: another kmgwd is there. */
int control_open(struct agent *agent);
void control_close(struct agent *agent);

/* ---- control_command.c: what a line of the socket means ---- */
struct control_request;

/* Answers at once or later: with control_answer(), once. */
void control_execute(struct agent *agent, struct control_request *req, json_t *line);
/* Takes result, which may be NULL. */
void control_answer(struct control_request *req, json_t *result);
void control_refuse(struct control_request *req, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* ---- status.c ---- */
/* NULL without memory. */
json_t *status_json(struct agent *agent);

#endif /* KMGWD_AGENT_OPERATOR_H */
