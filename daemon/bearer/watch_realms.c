// SPDX-License-Identifier: GPL-2.0-only
/*
 * watch_realms: tells the agent when a realm can no longer be used, or can again.
 *
 * Changes of the host come in bursts; one look a moment later sees what came of them.
 * Calls on the realm are left alone: a device that comes back finds them as they were.
 */
#include <errno.h>
#include <stdlib.h>

#include "bearer/bearer_private.h"
#include "bearer/outage.h"
#include "kernel/link.h"

#define SETTLE	20	/* ms */

struct realm_watch {
	struct bearer_env *env;
	struct link *link;
	struct timer *timer;
	bearer_realm_fn fn;
	void *priv;
	struct outage outage[];		/* as env->realms */
};

static void look(void *priv)
{
	struct realm_watch *w = priv;
	struct link_picture now;
	unsigned int i;
	bool was;

	timer_stop(&w->timer);
	if (link_take(w->link, &now))
		return;
	for (i = 0; i < w->env->n_realms; i++) {
		was = w->outage[i].down;
		if (outage_look(&w->outage[i], w->env->realms[i].cfg, &now) != was)
			w->fn(w->priv, i, was, w->outage[i].why);
	}
	link_picture_free(&now);
}

static void on_change(void *priv)
{
	struct realm_watch *w = priv;

	if (!w->timer)
		timer_start(&w->timer, w->env->loop, SETTLE, look, w);
}

int bearer_env_watch(struct bearer_env *env, bearer_realm_fn fn, void *priv)
{
	struct realm_watch *w = calloc(1, sizeof(*w) + env->n_realms * sizeof(w->outage[0]));
	int err;

	if (!w)
		return -ENOMEM;
	w->env = env;
	w->fn = fn;
	w->priv = priv;
	err = link_open(env->log, &w->link);
	if (!err)
		err = link_listen(w->link, env->loop, on_change, w);
	if (err) {
		if (w->link)
			link_close(w->link);
		free(w);
		return err;
	}
	env->realm_watch = w;
	look(w);
	return 0;
}

void bearer_env_unwatch(struct bearer_env *env)
{
	struct realm_watch *w = env->realm_watch;

	if (!w)
		return;
	env->realm_watch = NULL;
	timer_stop(&w->timer);
	link_close(w->link);
	free(w);
}
