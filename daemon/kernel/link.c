// SPDX-License-Identifier: GPL-2.0-only
/*
 * link: devices and addresses of the host, and when they change.
 *
 * A notification only says that something is different; what counts is read anew. So
 * one that is lost or late does no harm as long as another follows, and the overflow
 * of the socket is itself a notification.
 */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "kernel/link.h"
#include "lib/log.h"

#define ANSWER_SECONDS	5
#define DUMP_TRIES	5

struct link {
	const struct log *log;
	struct nl_sock *sock;		/* dumps */
	struct nl_sock *events;
	uv_poll_t *poll;
	void (*changed)(void *priv);
	void *priv;
};

int link_open(const struct log *log, struct link **out)
{
	struct timeval limit = { .tv_sec = ANSWER_SECONDS };
	struct link *l = calloc(1, sizeof(*l));
	int err;

	if (!l)
		return -ENOMEM;
	l->log = log;
	l->sock = nl_socket_alloc();
	l->events = nl_socket_alloc();
	err = l->sock && l->events ? nl_connect(l->sock, NETLINK_ROUTE) : -NLE_NOMEM;
	if (!err)
		err = nl_connect(l->events, NETLINK_ROUTE);
	if (!err)
		err = nl_socket_add_memberships(l->events, RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR,
						RTNLGRP_IPV6_IFADDR, 0);
	if (err) {
		log_error(log, "cannot watch devices and addresses: %s", nl_geterror(err));
		link_close(l);
		return -EIO;
	}
	setsockopt(nl_socket_get_fd(l->sock), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	*out = l;
	return 0;
}

static void on_poll_closed(uv_handle_t *handle)
{
	free(handle);
}

void link_close(struct link *l)
{
	if (l->poll) {
		uv_poll_stop(l->poll);
		uv_close((uv_handle_t *)l->poll, on_poll_closed);
	}
	nl_socket_free(l->events);
	nl_socket_free(l->sock);
	free(l);
}

/* --- changes --- */

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct link *l = poll->data;
	char sink[16384];
	ssize_t n;

	(void)events;
	/* An overflow shows as an error of the socket, on which libuv stops polling. */
	if (status < 0)
		uv_poll_start(poll, UV_READABLE, on_readable);
	do {
		n = recv(nl_socket_get_fd(l->events), sink, sizeof(sink), MSG_DONTWAIT);
	} while (n > 0 || (n < 0 && (errno == ENOBUFS || errno == EINTR)));
	l->changed(l->priv);
}

int link_listen(struct link *l, uv_loop_t *loop, void (*changed)(void *priv), void *priv)
{
	int err;

	l->changed = changed;
	l->priv = priv;
	l->poll = calloc(1, sizeof(*l->poll));
	if (!l->poll)
		return -ENOMEM;
	err = uv_poll_init(loop, l->poll, nl_socket_get_fd(l->events));
	if (err) {
		free(l->poll);
		l->poll = NULL;
		return err;
	}
	l->poll->data = l;
	return uv_poll_start(l->poll, UV_READABLE, on_readable);
}

/* --- a picture --- */

struct dump {
	struct link_picture *picture;
	uint32_t seq;
	bool done, interrupted, full;
};

/* Room for one more; NULL: out of memory. */
static void *grow(void *array, size_t *room, size_t n, size_t size)
{
	size_t want = *room ? *room * 2 : 32;
	void *more;

	if (n < *room)
		return array;
	more = reallocarray(array, want, size);
	if (more)
		*room = want;
	return more;
}

static void add_device(struct dump *d, struct nlmsghdr *nlh)
{
	struct link_picture *p = d->picture;
	const struct ifinfomsg *info;
	struct nlattr *tb[IFLA_MAX + 1];
	struct link_device *list, *out;

	if (nlmsg_parse(nlh, sizeof(*info), tb, IFLA_MAX, NULL) || !tb[IFLA_IFNAME])
		return;
	list = grow(p->devices, &p->room_devices, p->n_devices, sizeof(*list));
	if (!list) {
		d->full = true;
		return;
	}
	p->devices = list;
	info = nlmsg_data(nlh);
	out = &list[p->n_devices++];
	memset(out, 0, sizeof(*out));
	out->index = info->ifi_index;
	out->up = info->ifi_flags & IFF_UP;
	out->running = (info->ifi_flags & IFF_UP) && (info->ifi_flags & IFF_RUNNING);
	if (tb[IFLA_MASTER] && nla_len(tb[IFLA_MASTER]) >= 4)
		out->master = (int)nla_get_u32(tb[IFLA_MASTER]);
	nla_strlcpy(out->name, tb[IFLA_IFNAME], sizeof(out->name));
}

static void add_address(struct dump *d, struct nlmsghdr *nlh)
{
	struct link_picture *p = d->picture;
	struct nlattr *tb[IFA_MAX + 1], *ip;
	const struct ifaddrmsg *info;
	struct link_address *list, *out;
	uint32_t flags;

	if (nlmsg_parse(nlh, sizeof(*info), tb, IFA_MAX, NULL))
		return;
	info = nlmsg_data(nlh);
	flags = tb[IFA_FLAGS] && nla_len(tb[IFA_FLAGS]) >= 4 ? nla_get_u32(tb[IFA_FLAGS]) :
							       info->ifa_flags;
	ip = tb[IFA_LOCAL] ? tb[IFA_LOCAL] : tb[IFA_ADDRESS];
	if (!ip || (flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)))
		return;
	list = grow(p->addresses, &p->room_addresses, p->n_addresses, sizeof(*list));
	if (!list) {
		d->full = true;
		return;
	}
	p->addresses = list;
	out = &list[p->n_addresses];
	memset(out, 0, sizeof(*out));
	out->device = (int)info->ifa_index;
	out->addr.ss_family = info->ifa_family;
	if (info->ifa_family == AF_INET && nla_len(ip) == sizeof(struct in_addr))
		memcpy(&((struct sockaddr_in *)&out->addr)->sin_addr, nla_data(ip),
		       sizeof(struct in_addr));
	else if (info->ifa_family == AF_INET6 && nla_len(ip) == sizeof(struct in6_addr))
		memcpy(&((struct sockaddr_in6 *)&out->addr)->sin6_addr, nla_data(ip),
		       sizeof(struct in6_addr));
	else
		return;
	p->n_addresses++;
}

static int on_seq(struct nl_msg *msg, void *arg)
{
	const struct dump *d = arg;

	return nlmsg_hdr(msg)->nlmsg_seq == d->seq ? NL_OK : NL_SKIP;
}

static int on_valid(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *nlh = nlmsg_hdr(msg);
	struct dump *d = arg;

	if (nlh->nlmsg_type == RTM_NEWLINK)
		add_device(d, nlh);
	else if (nlh->nlmsg_type == RTM_NEWADDR)
		add_address(d, nlh);
	return NL_OK;
}

static int on_finish(struct nl_msg *msg, void *arg)
{
	struct dump *d = arg;

	(void)msg;
	d->done = true;
	return NL_STOP;
}

static int on_interrupted(struct nl_msg *msg, void *arg)
{
	struct dump *d = arg;

	(void)msg;
	d->interrupted = true;
	return NL_OK;
}

static int dump(struct link *l, int type, struct dump *d)
{
	struct rtgenmsg any = { .rtgen_family = AF_UNSPEC };
	struct nl_msg *msg = nlmsg_alloc_simple(type, NLM_F_REQUEST | NLM_F_DUMP);
	struct nl_cb *cb = nl_cb_alloc(NL_CB_CUSTOM);
	int err = -ENOMEM;

	d->done = false;
	if (!msg || !cb || nlmsg_append(msg, &any, sizeof(any), NLMSG_ALIGNTO))
		goto out;
	nl_cb_set(cb, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, on_seq, d);
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_valid, d);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_finish, d);
	nl_cb_set(cb, NL_CB_DUMP_INTR, NL_CB_CUSTOM, on_interrupted, d);
	err = nl_send_auto(l->sock, msg);
	d->seq = nlmsg_hdr(msg)->nlmsg_seq;
	while (err >= 0 && !d->done)
		err = nl_recvmsgs(l->sock, cb);
	if (!d->done)
		err = -EIO;
	else
		err = d->full ? -ENOMEM : 0;
out:
	nl_cb_put(cb);
	nlmsg_free(msg);
	return err;
}

int link_take(struct link *l, struct link_picture *out)
{
	unsigned int tries = DUMP_TRIES;
	struct dump d;
	int err;

	memset(out, 0, sizeof(*out));
	do {
		d = (struct dump){ .picture = out };
		out->n_devices = 0;
		out->n_addresses = 0;
		err = dump(l, RTM_GETLINK, &d);
		if (!err)
			err = dump(l, RTM_GETADDR, &d);
	} while (!err && d.interrupted && --tries);
	if (err) {
		log_error(l->log, "cannot read devices and addresses: %s", strerror(-err));
		link_picture_free(out);
	}
	/* Interrupted to the end: more notifications are under way. */
	return err;
}

void link_picture_free(struct link_picture *p)
{
	free(p->devices);
	free(p->addresses);
	memset(p, 0, sizeof(*p));
}
