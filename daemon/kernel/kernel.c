// SPDX-License-Identifier: GPL-2.0-only
/*
 * kernel: the netlink sockets, and one exchange on them.
 *
 * Two sockets, so that events, which may overflow, never stand in the way of an
 * answer.
 */
#include <errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "kernel/kernel_private.h"
#include "lib/log.h"

#define ANSWER_SECONDS	5
#define EVENTS_PER_TURN	64	/* other work of the loop has its turn, too */

/* libnl has error numbers of its own for what a system call said. */
static int nl_errno(int err)
{
	switch (-err) {
	case NLE_SUCCESS:
		return 0;
	case NLE_INTR:
		return -EINTR;
	case NLE_AGAIN:
		return -ETIMEDOUT;
	case NLE_OBJ_NOTFOUND:
		return -ENOENT;
	case NLE_NOMEM:
		return -ENOBUFS;
	case NLE_PERM:
	case NLE_NOACCESS:
		return -EPERM;
	case NLE_DUMP_INTR:
		return -EAGAIN;
	default:
		return -EIO;
	}
}

static struct nl_sock *open_socket(const struct log *log)
{
	struct timeval limit = { .tv_sec = ANSWER_SECONDS };
	struct nl_sock *sock;
	int on = 1, err, fd;

	sock = nl_socket_alloc();
	if (!sock)
		return NULL;
	err = genl_connect(sock);
	if (err) {
		log_error(log, "cannot open generic netlink: %s", nl_geterror(err));
		nl_socket_free(sock);
		return NULL;
	}
	fd = nl_socket_get_fd(sock);
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return sock;
}

/* Subscribe first: what happens after the number read then is delivered. */
static int subscribe(struct kernel *k)
{
	struct kernel_totals totals;
	int err;

	err = nl_socket_add_membership(k->events, k->group);
	if (err) {
		log_error(k->log, "module: cannot subscribe to events: %s", nl_geterror(err));
		return nl_errno(err);
	}
	err = kernel_totals_get(k, &totals);
	if (!err)
		k->seen = totals.events;
	return err;
}

int kernel_find(struct kernel *k)
{
	int family, group;

	family = genl_ctrl_resolve(k->sock, KMGW_GENL_NAME);
	if (family < 0) {
		log_error(k->log, "the kernel has no netlink family %s: is the module kmgw loaded?",
			  KMGW_GENL_NAME);
		return -ENOENT;
	}
	group = genl_ctrl_resolve_grp(k->sock, KMGW_GENL_NAME, KMGW_MCGRP_EVENTS);
	if (group < 0) {
		log_error(k->log, "netlink family %s has no group %s", KMGW_GENL_NAME,
			  KMGW_MCGRP_EVENTS);
		return -ENOENT;
	}
	k->family = family;
	k->group = group;
	return k->ops ? subscribe(k) : 0;
}

int kernel_open(const struct log *log, struct kernel **out)
{
	struct kernel *k;
	int err = -EIO;

	k = calloc(1, sizeof(*k));
	if (!k)
		return -ENOMEM;
	k->log = log;
	k->sock = open_socket(log);
	k->events = open_socket(log);
	if (!k->sock || !k->events)
		goto fail;
	err = kernel_find(k);
	if (err)
		goto fail;
	*out = k;
	return 0;

fail:
	kernel_close(k);
	return err;
}

struct nl_msg *kernel_msg(const struct kernel *k, uint8_t cmd, int flags, size_t prefix)
{
	struct nl_msg *msg;

	msg = nlmsg_alloc_size(1024 + prefix);
	if (!msg)
		return NULL;
	if (!genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, k->family, 0, NLM_F_REQUEST | flags, cmd,
			 KMGW_GENL_VERSION)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

struct exchange {
	uint32_t seq;
	bool done, interrupted;
	int err;			/* what the module answered */
	char text[256];			/* why, in its own words */
	kernel_answer_fn answer;
	void *priv;
};

static int on_seq(struct nl_msg *msg, void *arg)
{
	const struct exchange *x = arg;

	/* The late answer to a request that was given up is nobody's. */
	return nlmsg_hdr(msg)->nlmsg_seq == x->seq ? NL_OK : NL_SKIP;
}

static int on_valid(struct nl_msg *msg, void *arg)
{
	struct exchange *x = arg;

	if (x->answer)
		x->answer(x->priv, nlmsg_hdr(msg));
	return NL_OK;
}

static int on_done(struct nl_msg *msg, void *arg)
{
	struct exchange *x = arg;

	(void)msg;
	x->done = true;
	return NL_STOP;
}

static int on_interrupted(struct nl_msg *msg, void *arg)
{
	struct exchange *x = arg;

	(void)msg;
	x->interrupted = true;
	return NL_OK;
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *e, void *arg)
{
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)((const char *)e - NLMSG_HDRLEN);
	struct exchange *x = arg;
	struct nlattr *attr;
	int left;

	(void)from;
	if (e->msg.nlmsg_seq != x->seq)
		return NL_SKIP;
	x->done = true;
	x->err = e->error;
	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return NL_STOP;
	left = (int)(nlh->nlmsg_len - NLMSG_HDRLEN - sizeof(*e));
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		left -= (int)(e->msg.nlmsg_len - sizeof(e->msg));
	if (left <= 0)
		return NL_STOP;
	attr = (struct nlattr *)((char *)e + (nlh->nlmsg_len - NLMSG_HDRLEN - left));
	attr = nla_find(attr, left, NLMSGERR_ATTR_MSG);
	if (attr)
		nla_strlcpy(x->text, attr, sizeof(x->text));
	return NL_STOP;
}

static void log_refusal(const struct kernel *k, const struct kernel_request *rq,
			const struct exchange *x, int err)
{
	const struct kernel_name *name = rq->name;
	char object[64] = "";

	if (name && name->termination)
		snprintf(object, sizeof(object), " endpoint %u/%u/%u%s", name->context,
			 name->termination, name->stream, name->rtcp ? " rtcp" : "");
	else if (name)
		snprintf(object, sizeof(object), " context %u", name->context);
	log_error(k->log, "module: cannot %s%s: %s%s%s", rq->verb, object, strerror(-err),
		  x->text[0] ? ": " : "", x->text);
}

int kernel_transact(struct kernel *k, const struct kernel_request *rq)
{
	struct exchange x = { .answer = rq->answer, .priv = rq->priv };
	struct nl_cb *cb;
	int err;

	if (!rq->msg)
		return -ENOMEM;
	cb = nl_cb_alloc(NL_CB_CUSTOM);
	if (!cb) {
		nlmsg_free(rq->msg);
		return -ENOMEM;
	}
	nl_cb_set(cb, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, on_seq, &x);
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_valid, &x);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_done, &x);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_done, &x);
	nl_cb_set(cb, NL_CB_DUMP_INTR, NL_CB_CUSTOM, on_interrupted, &x);
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, &x);

	err = nl_send_auto(k->sock, rq->msg);
	x.seq = nlmsg_hdr(rq->msg)->nlmsg_seq;
	nlmsg_free(rq->msg);
	while (err >= 0 && !x.done)
		err = nl_recvmsgs(k->sock, cb);
	nl_cb_put(cb);

	err = x.done ? x.err : nl_errno(err);
	if (err && !(err == -ENOENT && rq->may_be_gone))
		log_refusal(k, rq, &x, err);
	else if (!err && x.interrupted)
		err = -EAGAIN;
	return err;
}

static int on_group_event(struct nl_msg *msg, void *arg)
{
	struct kernel_event ev;
	struct kernel *k = arg;
	bool gap;

	if (!kernel_parse_event(nlmsg_hdr(msg), &ev))
		return NL_OK;
	if (ev.seq <= k->seen)
		return NL_OK;
	gap = ev.seq != k->seen + 1;
	k->seen = ev.seq;
	if (gap)
		k->ops->lost(k->priv);
	else
		k->ops->event(k->priv, &ev);
	return NL_OK;
}

static int on_group_seq(struct nl_msg *msg, void *arg)
{
	(void)msg;
	(void)arg;
	return NL_OK;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct kernel *k = poll->data;
	int err = 0, i;

	(void)events;
	/* An overflow shows as an error of the socket, on which libuv stops polling. */
	if (status < 0)
		uv_poll_start(poll, UV_READABLE, on_readable);
	for (i = 0; i < EVENTS_PER_TURN && !err; i++)
		err = nl_recvmsgs_default(k->events);
	if (err == -NLE_NOMEM) {
		/*
		 * The kernel drops events without another word until the queue has been emptied:
		 * only a picture taken after that misses nothing.
		 */
		do {
			err = nl_recvmsgs_default(k->events);
		} while (!err || err == -NLE_NOMEM);
		k->ops->lost(k->priv);
	}
	if (err && err != -NLE_AGAIN)
		log_error(k->log, "module: cannot read events: %s", nl_geterror(err));
}

int kernel_listen(struct kernel *k, uv_loop_t *loop, const struct kernel_ops *ops, void *priv)
{
	int err;

	k->ops = ops;
	k->priv = priv;
	nl_socket_disable_seq_check(k->events);
	nl_socket_modify_cb(k->events, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, on_group_seq, NULL);
	nl_socket_modify_cb(k->events, NL_CB_VALID, NL_CB_CUSTOM, on_group_event, k);
	nl_socket_set_nonblocking(k->events);
	err = subscribe(k);
	if (err)
		return err;
	k->poll = calloc(1, sizeof(*k->poll));
	if (!k->poll)
		return -ENOMEM;
	err = uv_poll_init(loop, k->poll, nl_socket_get_fd(k->events));
	if (err) {
		free(k->poll);
		k->poll = NULL;
		return err;
	}
	k->poll->data = k;
	return uv_poll_start(k->poll, UV_READABLE, on_readable);
}

static void on_poll_closed(uv_handle_t *handle)
{
	free(handle);
}

void kernel_close(struct kernel *k)
{
	if (k->poll) {
		uv_poll_stop(k->poll);
		uv_close((uv_handle_t *)k->poll, on_poll_closed);
	}
	nl_socket_free(k->events);
	nl_socket_free(k->sock);
	free(k);
}

struct context_dump {
	void (*each)(void *priv, const struct kernel_context *c);
	void *priv;
};

static void on_context(void *priv, struct nlmsghdr *nlh)
{
	const struct context_dump *d = priv;
	struct kernel_context c;

	if (kernel_parse_context(nlh, &c))
		d->each(d->priv, &c);
}

int kernel_contexts(struct kernel *k,
		    void (*each)(void *priv, const struct kernel_context *c), void *priv)
{
	struct context_dump d = { .each = each, .priv = priv };
	const struct kernel_request rq = {
		.msg = kernel_msg(k, KMGW_CMD_CONTEXT_GET, NLM_F_DUMP, 0),
		.verb = "list contexts",
		.answer = on_context,
		.priv = &d,
	};
	int err = kernel_transact(k, &rq);

	return err == -EAGAIN ? 0 : err;
}

struct resync {
	void (*each)(void *priv, const struct kernel_endpoint *ep);
	void *priv;
};

static void on_dumped(void *priv, struct nlmsghdr *nlh)
{
	const struct resync *r = priv;
	struct kernel_endpoint ep;

	if (kernel_parse_endpoint(nlh, &ep))
		r->each(r->priv, &ep);
}

int kernel_resync(struct kernel *k,
		  void (*each)(void *priv, const struct kernel_endpoint *ep), void *priv)
{
	struct resync r = { .each = each, .priv = priv };
	struct kernel_request rq = { .verb = "list endpoints", .answer = on_dumped, .priv = &r };
	struct kernel_totals totals;
	int err, tries = 5;

	do {
		err = kernel_totals_get(k, &totals);
		if (err)
			return err;
		/* Read before the dump: an event in between is delivered twice, not never. */
		if (totals.events > k->seen)
			k->seen = totals.events;
		rq.msg = kernel_msg(k, KMGW_CMD_ENDPOINT_GET, NLM_F_DUMP, 0);
		err = kernel_transact(k, &rq);
	} while (err == -EAGAIN && --tries);
	/* Events tell what changed under the last dump. */
	return err == -EAGAIN ? 0 : err;
}
