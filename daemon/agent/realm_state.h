/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * realm_state: which realms take new terminations, and telling the MGC when that changes.
 *
 * Purpose: a realm is down while its device or address is, and drains
 * when the operator wants no new calls on it. Calls that are there go on
 * in either case.
 * Context: the thread of the event loop.
 * Lifetime: from agent_new() to agent_free().
 */
#ifndef KMGWD_REALM_STATE_H
#define KMGWD_REALM_STATE_H

#include <stdbool.h>

struct agent;
struct config_realm;
struct work;

int realm_state_new(struct agent *agent);
void realm_state_free(struct agent *agent);

/* Watches the realms from now on. Those that cannot be used at all are reported at once. */
void realm_state_start(struct agent *agent);

/* Not down, as far as the MGC was told. */
bool realm_usable(const struct agent *agent, const struct config_realm *realm);

/*
 * All terminations of a realm in one id. They are of one group unless the MGC chose
 * others: then the group is a wildcard, too. @len: more than TERMINATION_NAME_MAX
 */
void realm_tid(const struct agent *agent, const struct config_realm *realm, char *buf, size_t len);

/**
 * realm_admits() - may a termination be added in the realm?
 * @w: receives the refusal, 502
 * @realm: where
 * @emergency: the context is one of an emergency call: it passes a drain
 */
bool realm_admits(struct work *w, const struct config_realm *realm, bool emergency);

/**
 * realm_drain() - want no new calls, or want them again; the MGC is not told here
 * @agent: agent
 * @realm: name or interface of a realm; NULL: the whole gateway
 * @on: drain; false: undrain
 *
 * Return: 0, also when nothing changes; -ENOENT no such realm.
 */
int realm_drain(struct agent *agent, const char *realm, bool on);

/* Does the operator want no new calls there? NULL: on the whole gateway. */
bool realm_draining(const struct agent *agent, const struct config_realm *realm);

#endif /* KMGWD_REALM_STATE_H */
