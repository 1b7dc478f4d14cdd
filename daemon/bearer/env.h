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

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "config.h"

struct bearer_env;
struct log;
struct realm;

/**
 * bearer_env_check_ports() - are realm ports among those that the host hands out itself?
 * @cfg: configuration
 * @log: where to complain, in one line
 *
 * Return: 0; -EINVAL they are; another negative errno when the host does not say.
 */
int bearer_env_check_ports(const struct config *cfg, const struct log *log);

/**
 * bearer_env_new() - connect to the module, set up realms and certificates
 * @loop: event loop
 * @cfg: configuration; must outlive the environment
 * @log: where to complain; must outlive the environment
 * @out: the environment
 *
 * Refuses to start without the module or with unreadable certificates; the reason is
 * logged in one line. Addresses that the host does not have are warned of.
 * Return: 0 or a negative errno.
 */
int bearer_env_new(uv_loop_t *loop, const struct config *cfg, const struct log *log,
		   struct bearer_env **out);

/**
 * bearer_env_survey() - read what the module holds from an earlier daemon
 * @env: environment without bearers
 * @each: called for each context with its record, which is empty when there is none
 * @priv: handed to @each
 *
 * In @each and until bearer_env_survey_end(), bearer_adopt() takes over endpoints.
 * Return: 0 or a negative errno.
 */
int bearer_env_survey(struct bearer_env *env,
		      void (*each)(void *priv, uint32_t context, const void *record, size_t len),
		      void *priv);

/**
 * bearer_env_survey_end() - delete what nobody has adopted
 * @env: environment
 * @n_contexts: receives how many contexts were deleted
 * @n_endpoints: receives how many endpoints were deleted
 *
 * Call before registering. Connections end in order.
 */
void bearer_env_survey_end(struct bearer_env *env, unsigned int *n_contexts,
			   unsigned int *n_endpoints);

#define BEARER_RECORD_MAX	4096	/* octets */

/**
 * bearer_env_record() - have the module keep what is needed to know a context again
 * @env: environment
 * @context: context id; the module's context is made if there is none, and stays until
 *	bearer_env_record_drop()
 * @record: replaces what was kept; no secret may be in it
 * @len: octets, at most BEARER_RECORD_MAX
 *
 * Return: 0 or a negative errno.
 */
int bearer_env_record(struct bearer_env *env, uint32_t context, const void *record, size_t len);
void bearer_env_record_drop(struct bearer_env *env, uint32_t context);

/**
 * bearer_env_reload() - new certificates
 *
 * Configured ones are read again, the self-signed one is made anew. Bearers keep what
 * they had.
 * Return: 0, or a negative errno and everything is as it was; the reason was logged.
 */
int bearer_env_reload(struct bearer_env *env);

/* When the first of the certificates in use expires, in seconds since the epoch; 0: unknown. */
int64_t bearer_env_expiry(const struct bearer_env *env);

/**
 * bearer_env_free() - forget everything and leave the module alone
 *
 * Bearers that still exist are freed without touching what the module holds, so
 * that media goes on after SIGTERM; handshakes in progress are cut. An agent that
 * wants its calls ended deletes its bearers first. Handles close asynchronously:
 * run the loop until it is empty before closing it.
 */
void bearer_env_free(struct bearer_env *env);

/*
 * A realm can no longer be used, or can again: by its number, @why says what is missing.
 * Not called from inside a call into the bearer side, but for bearer_env_watch() itself.
 */
typedef void (*bearer_realm_fn)(void *priv, unsigned int realm, bool up, const char *why);

/**
 * bearer_env_watch() - be told of outages of realms
 * @env: environment
 * @fn: called at once for each realm that is down, later for each change
 * @priv: handed to @fn
 *
 * Return: 0 or a negative errno; the reason was logged.
 */
int bearer_env_watch(struct bearer_env *env, bearer_realm_fn fn, void *priv);
void bearer_env_unwatch(struct bearer_env *env);

/* The realms, in the order of the configuration. */
unsigned int bearer_env_n_realms(const struct bearer_env *env);
struct realm *bearer_env_realm(struct bearer_env *env, unsigned int i);

/* What all bearers together did, since the start. */
struct bearer_counters {
	uint64_t handshakes_waited;	/* for one of max_handshakes */
	uint64_t sessions_resumed;	/* TLS, in either role */
	uint64_t agent_sessions;	/* TLS whose records the kernel could not do */
	uint64_t agent_truncated;	/* of those, ended by FIN without close_notify */
};

void bearer_env_counters(const struct bearer_env *env, struct bearer_counters *out);

/* TLS sessions whose records the daemon does now. */
unsigned int bearer_env_agent_sessions(const struct bearer_env *env);

/* Each of them, by the ids of its stream; @why the kernel cannot do its records. */
void bearer_env_each_agent_session(const struct bearer_env *env,
				   void (*each)(void *priv, uint32_t context, uint32_t termination,
						uint16_t stream, const char *why), void *priv);

/* A realm for those who look at it from outside. */
struct bearer_realm_picture {
	unsigned int ports, ports_used;	/* of all addresses, TCP and UDP */
	uint64_t exhausted;		/* requests that found no free port */
	int64_t certificate_expires;	/* seconds since the epoch; 0: unknown */
};

void bearer_realm_describe(const struct realm *r, struct bearer_realm_picture *out);

#endif /* KMGWD_BEARER_ENV_H */
