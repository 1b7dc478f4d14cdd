// SPDX-License-Identifier: GPL-2.0-only
/*
 * route: what the kernel's routing makes of an address.
 */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "kernel/route.h"
#include "lib/log.h"

struct route {
	struct nl_sock *sock;
};

int route_open(const struct log *log, struct route **out)
{
	struct timeval limit = { .tv_sec = 5 };
	struct route *r;
	int err;

	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->sock = nl_socket_alloc();
	err = r->sock ? nl_connect(r->sock, NETLINK_ROUTE) : -NLE_NOMEM;
	if (err) {
		log_error(log, "cannot open route netlink: %s", nl_geterror(err));
		route_close(r);
		return -EIO;
	}
	setsockopt(nl_socket_get_fd(r->sock), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	*out = r;
	return 0;
}

void route_close(struct route *r)
{
	nl_socket_free(r->sock);
	free(r);
}

struct answer {
	uint32_t seq;
	int result;
	bool done;
};

static int on_seq(struct nl_msg *msg, void *arg)
{
	const struct answer *a = arg;

	return nlmsg_hdr(msg)->nlmsg_seq == a->seq ? NL_OK : NL_SKIP;
}

static int on_route(struct nl_msg *msg, void *arg)
{
	const struct nlmsghdr *nlh = nlmsg_hdr(msg);
	struct answer *a = arg;

	if (nlh->nlmsg_type == RTM_NEWROUTE && nlmsg_valid_hdr(nlh, sizeof(struct rtmsg)))
		a->result = ((const struct rtmsg *)nlmsg_data(nlh))->rtm_type;
	return NL_OK;
}

static int on_ack(struct nl_msg *msg, void *arg)
{
	struct answer *a = arg;

	(void)msg;
	a->done = true;
	return NL_STOP;
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *e, void *arg)
{
	struct answer *a = arg;

	(void)from;
	if (e->msg.nlmsg_seq != a->seq)
		return NL_SKIP;
	a->result = e->error;
	a->done = true;
	return NL_STOP;
}

static struct nl_msg *question(const struct sockaddr_storage *addr, int vrf)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)addr;
	const struct sockaddr_in *in4 = (const struct sockaddr_in *)addr;
	bool is4 = addr->ss_family == AF_INET;
	struct rtmsg rtm = { 0 };
	struct nl_msg *msg;

	msg = nlmsg_alloc_simple(RTM_GETROUTE, NLM_F_REQUEST);
	if (!msg)
		return NULL;
	rtm.rtm_family = (unsigned char)addr->ss_family;
	rtm.rtm_dst_len = is4 ? 32 : 128;
	if (nlmsg_append(msg, &rtm, sizeof(rtm), NLMSG_ALIGNTO) ||
	    (is4 ? nla_put(msg, RTA_DST, sizeof(in4->sin_addr), &in4->sin_addr)
		 : nla_put(msg, RTA_DST, sizeof(in6->sin6_addr), &in6->sin6_addr)) ||
	    (vrf && nla_put_u32(msg, RTA_OIF, (uint32_t)vrf))) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

int route_type(struct route *r, const struct sockaddr_storage *addr, int vrf)
{
	struct answer a = { .result = -EIO };
	struct nl_msg *msg = question(addr, vrf);
	struct nl_cb *cb;
	int err;

	if (!msg)
		return -ENOMEM;
	cb = nl_cb_alloc(NL_CB_CUSTOM);
	if (!cb) {
		nlmsg_free(msg);
		return -ENOMEM;
	}
	nl_cb_set(cb, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, on_seq, &a);
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_route, &a);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_ack, &a);
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, &a);
	err = nl_send_auto(r->sock, msg);
	a.seq = nlmsg_hdr(msg)->nlmsg_seq;
	nlmsg_free(msg);
	while (err >= 0 && !a.done)
		err = nl_recvmsgs(r->sock, cb);
	nl_cb_put(cb);
	return a.done ? a.result : -ETIMEDOUT;
}
