// SPDX-License-Identifier: GPL-2.0-only
/*
 * move: a bearer goes to another context.
 *
 * The module takes the endpoint over as it is, so no datagram is lost and no port is free for
 * a moment. A connection that is there or on its way stays: it is joined to that of its peer.
 */
#include <errno.h>

#include "bearer/bearer_private.h"

static bool connects(const struct bearer *b)
{
	if (!bearer_is_tcp(b))
		return false;
	if (b->renewing)
		return true;
	return (b->state != STATE_IDLE || b->syn) && b->state != STATE_LISTENING &&
	       b->state != STATE_RELEASED && b->state != STATE_FAILED;
}

/* Without its RTCP it does not go. */
static void move_back(struct bearer *b, uint32_t context)
{
	const struct kernel_set set = {
		.mask = KERNEL_SET_MOVE | KERNEL_SET_MODE,
		.move = b->name.context,
		.mode = b->want.mode,
	};
	struct kernel_name name = b->name;

	name.context = context;
	if (b->in_kernel)
		kernel_endpoint_set(b->env->kernel, &name, &set);
}

int bearer_move(struct bearer *b, uint32_t context, enum kmgw_mode mode)
{
	const struct kernel_set set = {
		.mask = KERNEL_SET_MOVE | KERNEL_SET_MODE,
		.move = context,
		.mode = mode,
	};
	struct bearer *left = env_peer(b);
	uint32_t from = b->name.context;
	struct bearer_env *env = b->env;
	int err;

	if (connects(b))
		return -EISCONN;
	err = env_context_get(env, context);
	if (err)
		return err;
	if (b->in_kernel)
		err = kernel_endpoint_set(env->kernel, &b->name, &set);
	if (!err) {
		err = rtcp_move(b, context);
		if (err)
			move_back(b, context);
	}
	if (err) {
		env_context_put(env, context);
		return err;
	}
	stream_forget(b);
	env_remove(b);
	b->name.context = context;
	env_add(b);
	b->want.mode = mode;
	/* The two streams have other ends now, and perhaps are carried otherwise. */
	plane_settle(b);
	if (left)
		plane_settle(left);
	env_context_put(env, from);
	return 0;
}
