// SPDX-License-Identifier: GPL-2.0-only
/*
 * datagram: what a datagram stream has that a connection has not: latching, policing, and
 * an explicit source.
 *
 * The module does the work, the daemon remembers what was ordered, and where the module
 * sends since. With DTLS the far end is whom the association was made with: no other source can
 * have the certificate that was signalled. The module latches on to where its first record is from.
 */
#include <errno.h>
#include <string.h>

#include "bearer/addr.h"
#include "bearer/bearer_private.h"

static bool same_end(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	return addr_same_ip(a, b) && addr_port(a) == addr_port(b);
}

int datagram_check(const struct bearer *b, const struct bearer_want *want)
{
	int family = b->local.ss_family;

	if (want->source.ss_family != AF_UNSPEC && want->source.ss_family != family)
		return -EAFNOSUPPORT;
	return 0;
}

static bool same_police(const struct bearer_police *a, const struct bearer_police *b)
{
	return a->sustained == b->sustained && a->burst == b->burst && a->peak == b->peak &&
	       a->tolerance == b->tolerance;
}

static bool same_source(const struct bearer_want *a, const struct bearer_want *b)
{
	if (a->source.ss_family != b->source.ss_family || a->source_port != b->source_port)
		return false;
	return a->source.ss_family == AF_UNSPEC || addr_same_ip(&a->source, &b->source);
}

static void fill_source(const struct bearer *b, const struct bearer_want *want,
			struct sockaddr_storage *out)
{
	memset(out, 0, sizeof(*out));
	if (want->source.ss_family == AF_UNSPEC && !want->source_port)
		return;
	if (want->source.ss_family == AF_UNSPEC)
		addr_any(out, b->local.ss_family);
	else
		*out = want->source;
	addr_set_port(out, want->source_port);
}

void datagram_fill(const struct bearer *b, const struct bearer_want *want,
		   const struct bearer_want *old, struct kernel_set *set)
{
	static const struct bearer_want nothing;
	bool known = old;

	if (!old)
		old = &nothing;
	set->police = (struct kernel_police){ want->police.sustained, want->police.burst,
					      want->police.peak, want->police.tolerance };
	if (!same_police(&want->police, &old->police))
		set->mask |= KERNEL_SET_POLICE;
	fill_source(b, want, &set->source);
	if (!same_source(want, old))
		set->mask |= KERNEL_SET_SOURCE;
	if (known && rules_latches_anew(old, want, b->latch, &set->latch))
		set->mask |= KERNEL_SET_LATCH;
}

static void forget_latched(struct bearer *b)
{
	memset(&b->latched, 0, sizeof(b->latched));
}

int datagram_applied(struct bearer *b, const struct bearer_want *old, bool renew)
{
	enum kmgw_latch anew;
	int err = 0;

	if (old && !b->adopting && rules_latches_anew(old, &b->want, b->latch, &anew) &&
	    anew == KMGW_LATCH_LATCH)
		forget_latched(b);
	if (b->proto != BEARER_DTLS) {
		dtls_close(b, HANDSHAKE_END_CLOSE_NOTIFY);
		return 0;
	}
	if (!b->dtls)
		err = dtls_open(b);
	else if (renew)
		dtls_renew(b);
	if (!err)
		dtls_look(b);
	return err;
}

/* --- silence --- */

int bearer_watch_silence(struct bearer *b, uint32_t ms, enum kmgw_direction dir)
{
	const struct kernel_set set = {
		.mask = KERNEL_SET_INACTIVITY,
		.inactivity = ms,
		.inactivity_dir = dir,
	};

	if (bearer_is_tcp(b))
		return -EPROTONOSUPPORT;
	return b->in_kernel ? kernel_endpoint_set(b->env->kernel, &b->name, &set) : -ENOENT;
}

bool bearer_quiet(struct bearer *b)
{
	struct kernel_endpoint ep;

	return b->in_kernel && !kernel_endpoint_get(b->env->kernel, &b->name, &ep) && ep.quiet;
}

/* --- latching --- */

int bearer_latch(struct bearer *b, enum kmgw_latch latch)
{
	struct kernel_set set = { .mask = KERNEL_SET_LATCH, .latch = latch };
	int err;

	if (bearer_is_tcp(b))
		return 0;
	if (b->proto == BEARER_DTLS) {
		/* A handshake may have put another address there, see datagram_associated(). */
		set.mask |= KERNEL_SET_REMOTE;
		if (b->want.has_remote)
			set.remote = b->want.remote;
		if (addr_is_unspecified(&set.remote))
			addr_any(&set.remote, b->local.ss_family);
	}
	err = b->in_kernel ? kernel_endpoint_set(b->env->kernel, &b->name, &set) : -ENOENT;
	if (err)
		return err;
	b->latch = latch;
	rtcp_latch(b, latch);
	if (latch != KMGW_LATCH_RELATCH)
		forget_latched(b);
	return 0;
}

const struct sockaddr_storage *bearer_latched(const struct bearer *b)
{
	return &b->latched_told;
}

void datagram_latched(struct bearer *b, const struct sockaddr_storage *source)
{
	char text[ADDR_TEXT_MAX];

	if (source->ss_family == AF_UNSPEC || bearer_is_tcp(b))
		return;
	b->latched = *source;
	/* The same again, after another order to latch, is no news. */
	if (same_end(source, &b->latched_told))
		return;
	b->latched_told = *source;
	addr_text(source, text, sizeof(text));
	bearer_log(b, LOG_LEVEL_INFO, "latched to %s", text);
	env_notify(b, BEARER_LATCHED, text);
}

const struct sockaddr_storage *datagram_destination(const struct bearer *b)
{
	if (b->latched.ss_family != AF_UNSPEC)
		return &b->latched;
	return rules_can_dial(&b->want) ? &b->want.remote : NULL;
}

bool datagram_waits(const struct bearer *b)
{
	return b->latch != KMGW_LATCH_OFF && b->latched.ss_family == AF_UNSPEC;
}

bool datagram_is_far_end(const struct bearer *b, const struct sockaddr_storage *from)
{
	if (b->latched.ss_family != AF_UNSPEC)
		return same_end(&b->latched, from);
	/* Whoever comes may be the far end, that is what latching means. */
	if (datagram_waits(b))
		return true;
	return b->want.has_remote && same_end(&b->want.remote, from);
}

void datagram_associated(struct bearer *b, const struct sockaddr_storage *with)
{
	const struct sockaddr_storage *now = datagram_destination(b);
	struct kernel_set set = {
		.mask = KERNEL_SET_REMOTE | KERNEL_SET_LATCH,
		.remote = *with,
		.latch = KMGW_LATCH_LATCH,	/* not to whom was latched before, not even until then */
	};

	if (b->latch == KMGW_LATCH_OFF)
		return;
	/* The module says in the log why not; the first record that comes will do, too. */
	if ((now && same_end(now, with)) || !kernel_endpoint_set(b->env->kernel, &b->name, &set))
		datagram_latched(b, with);
}
