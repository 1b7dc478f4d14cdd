// SPDX-License-Identifier: GPL-2.0-only
/*
 * rtcp: the control packets of RTP, which have a port of their own beside that of the media.
 *
 * They have an endpoint of their own in the module, with the name of the stream's and another
 * component. All that is wanted of the media is wanted of them, but for what says otherwise:
 * Remote, mode, ports. When a call becomes a fax the endpoint goes; the number of its port is
 * kept for the stream, for the call may come back.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "bearer/addr.h"
#include "bearer/bearer_private.h"
#include "config.h"

struct kernel_name rtcp_name(const struct bearer *b)
{
	struct kernel_name name = b->name;

	name.rtcp = true;
	return name;
}

/* What is wanted of a stream, as it is for its RTCP. */
static struct bearer_want view(const struct bearer_want *want)
{
	struct bearer_want rtcp = *want;

	rtcp.has_remote = want->has_rtcp_remote;
	rtcp.remote = want->rtcp_remote;
	rtcp.mode = want->rtcp_mode;
	rtcp.filter = want->rtcp_filter;
	if (want->source_port && want->source_port < UINT16_MAX)
		rtcp.source_port = want->source_port + 1;
	return rtcp;
}

static int create(struct bearer *b, int fd)
{
	struct kernel_name name = rtcp_name(b);
	struct kernel_set set = {
		.mask = KERNEL_SET_MODE | KERNEL_SET_SOCKET,
		.mode = KMGW_MODE_INACTIVE,
		.fd = fd,
	};
	int err;

	err = bearer_fill_place(b, &set);
	if (err)
		return err;
	if (b->latch != KMGW_LATCH_OFF) {
		set.mask |= KERNEL_SET_LATCH;
		set.latch = KMGW_LATCH_LATCH;
	}
	err = env_endpoint_new(b, &name, &b->rtcp_local, &set);
	b->rtcp_in_kernel = !err;
	b->rtcp_wanted = false;
	return err;
}

int bearer_rtcp_reserve(struct bearer *b, uint16_t port)
{
	struct bearer_env *env = b->env;
	uint16_t media = addr_port(&b->local);
	int fd, err;

	if (bearer_is_tcp(b))
		return -EPROTONOSUPPORT;
	if (!port && !b->rtcp_port.port) {
		if (media == UINT16_MAX)
			return -EADDRNOTAVAIL;
		port = media + 1;
	}
	if (b->rtcp_port.port && port && port != b->rtcp_port.port)
		return -EALREADY;
	if (b->rtcp_in_kernel)
		return 0;
	if (b->rtcp_port.port)
		fd = realm_bind_datagrams(b->realm, &b->rtcp_local);
	else
		fd = realm_reserve_beside(&b->port, port, uv_now(env->loop),
					  env->cfg->port_quarantine, &b->rtcp_port, &b->rtcp_local);
	if (fd < 0)
		return fd;
	err = create(b, fd);
	close(fd);
	return err;
}

uint16_t bearer_rtcp_port(const struct bearer *b)
{
	return b->rtcp_in_kernel ? b->rtcp_port.port : 0;
}

static void add_stats(const struct kernel_stats *k, struct bearer_stats *st)
{
	st->octets_sent += k->tx_octets;
	st->octets_received += k->rx_octets;
	st->plain_sent += k->tx_plain;
	st->plain_received += k->rx_plain;
	st->rtcp_sent += k->tx_packets;
	st->rtcp_received += k->rx_packets;
	st->drops += k->drops;
}

void rtcp_count(const struct bearer *b, struct bearer_stats *st)
{
	struct kernel_name name = rtcp_name(b);
	struct kernel_endpoint ep;

	if (b->rtcp_in_kernel && !kernel_endpoint_get(b->env->kernel, &name, &ep))
		add_stats(&ep.stats, st);
}

void rtcp_close(struct bearer *b)
{
	struct kernel_name name = rtcp_name(b);
	struct kernel_endpoint last = { 0 };

	if (!b->rtcp_in_kernel)
		return;
	b->rtcp_in_kernel = false;
	b->rtcp_wanted = false;
	kernel_endpoint_del(b->env->kernel, &name, &last);
	add_stats(&last.stats, &b->ours);
}

int rtcp_apply(struct bearer *b, const struct bearer_want *want)
{
	struct bearer_want new = view(want), old = view(&b->want);
	struct kernel_name name = rtcp_name(b);
	int err;

	if (!want->rtcp) {
		rtcp_close(b);
		return 0;
	}
	err = b->rtcp_in_kernel ? 0 : bearer_rtcp_reserve(b, 0);
	if (err)
		return err;
	/* Taken over from an earlier daemon, which has told it all this. */
	if (b->adopting && b->rtcp_wanted)
		return 0;
	err = bearer_kernel_update(b, &name, &new, b->rtcp_wanted ? &old : NULL);
	b->rtcp_wanted |= !err;
	return err;
}

int rtcp_latch(const struct bearer *b, enum kmgw_latch latch)
{
	const struct kernel_set set = { .mask = KERNEL_SET_LATCH, .latch = latch };
	struct kernel_name name = rtcp_name(b);

	return b->rtcp_in_kernel ? kernel_endpoint_set(b->env->kernel, &name, &set) : 0;
}

int rtcp_move(struct bearer *b, uint32_t context)
{
	const struct kernel_set set = {
		.mask = KERNEL_SET_MOVE | KERNEL_SET_MODE,
		.move = context,
		.mode = KMGW_MODE_INACTIVE,
	};
	struct kernel_name name = rtcp_name(b);
	int err;

	if (!b->rtcp_in_kernel)
		return 0;
	err = kernel_endpoint_set(b->env->kernel, &name, &set);
	if (!err)
		b->want.rtcp_mode = KMGW_MODE_INACTIVE;
	return err;
}

void rtcp_adopt(struct bearer *b, const struct sockaddr_storage *local)
{
	struct kernel_name name = rtcp_name(b);

	b->rtcp_local = *local;
	if (realm_take(b->realm, local, REALM_UDP, uv_now(b->env->loop), &b->rtcp_port)) {
		bearer_log(b, LOG_LEVEL_WARNING, "the port of RTCP is not the realm's any more");
		kernel_endpoint_del(b->env->kernel, &name, NULL);
		return;
	}
	b->rtcp_in_kernel = true;
	b->rtcp_wanted = true;
}
