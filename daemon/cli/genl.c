// SPDX-License-Identifier: GPL-2.0-only
/*
 * Generic netlink: resolves family and group, sends a request, collects the answer, and turns a
 * refusal into one line with the kernel's text and the name of the attribute that it is about.
 */
#include "cli/genl.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "cli/names.h"
#include "linux/kmgw.h"

/* A dump is torn when objects come and go meanwhile. It is asked for again this often. */
#define DUMP_ATTEMPTS	16

struct nlmsghdr *genl_request(struct genl *g, uint8_t cmd, uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(g->tx);
	struct genlmsghdr *gnlh;

	nlh->nlmsg_type = g->family;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	gnlh = mnl_nlmsg_put_extra_header(nlh, sizeof(*gnlh));
	gnlh->cmd = cmd;
	gnlh->version = KMGW_GENL_VERSION;
	return nlh;
}

static int keep(struct genl *g, const struct nlmsghdr *nlh)
{
	size_t need = g->reply_len + MNL_ALIGN(nlh->nlmsg_len);

	if (need > g->reply_size) {
		size_t size = 2 * need;
		char *p = realloc(g->reply, size);

		if (!p)
			return -ENOMEM;
		g->reply = p;
		g->reply_size = size;
	}
	memcpy(g->reply + g->reply_len, nlh, nlh->nlmsg_len);
	g->reply_len = need;
	return 0;
}

/* The messages of the last answer, in order: NULL begins, NULL ends. */
const struct nlmsghdr *genl_reply(const struct genl *g, const struct nlmsghdr *prev)
{
	const char *next = g->reply;

	if (prev)
		next = (const char *)prev + MNL_ALIGN(prev->nlmsg_len);
	if (!next || next >= g->reply + g->reply_len)
		return NULL;
	return (const struct nlmsghdr *)next;
}

/* Name of the attribute at @offs of the request, from the outermost nest inwards: "local.port". */
static void name_at(const struct nlmsghdr *req, uint32_t offs, char *buf, size_t size)
{
	const char *want = (const char *)req + offs;
	const char *p = mnl_nlmsg_get_payload_offset(req, GENL_HDRLEN);
	const char *end = mnl_nlmsg_get_payload_tail(req);
	const struct attr_set *set;
	size_t used = 0;

	set = names_attrs(((const struct genlmsghdr *)mnl_nlmsg_get_payload(req))->cmd);
	buf[0] = '\0';
	while (set && p + MNL_ATTR_HDRLEN <= end) {
		const struct nlattr *attr = (const struct nlattr *)p;
		const char *tail = p + MNL_ALIGN(attr->nla_len);
		unsigned int type = mnl_attr_get_type(attr);
		const char *name;

		if (attr->nla_len < MNL_ATTR_HDRLEN)
			return;
		if (want >= tail) {
			p = tail;
			continue;
		}
		name = names_attr(set, type);
		if (!name)
			return;
		used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? "." : "", name);
		if (want == p || used >= size)
			return;
		set = set->attr[type].nest;
		p = mnl_attr_get_payload(attr);
		end = tail;
	}
}

/* Name of a missing attribute: @type inside the nest at @nest, or at the top when that is 0. */
static void name_missing(const struct nlmsghdr *req, uint32_t nest, uint32_t type, char *buf,
			 size_t size)
{
	const struct attr_set *set;
	const struct nlattr *attr;
	const char *name;
	size_t used = 0;

	set = names_attrs(((const struct genlmsghdr *)mnl_nlmsg_get_payload(req))->cmd);
	buf[0] = '\0';
	if (nest) {
		name_at(req, nest, buf, size);
		used = strlen(buf);
		attr = (const struct nlattr *)((const char *)req + nest);
		if (!used || !names_attr(set, mnl_attr_get_type(attr)))
			return;
		set = set->attr[mnl_attr_get_type(attr)].nest;
	}
	name = names_attr(set, type);
	if (name)
		snprintf(buf + used, size - used, "%s%s", used ? "." : "", name);
}

/* One line into g->err from the acknowledgement @nlh that refuses @req with @err. */
void genl_explain(struct genl *g, const struct nlmsghdr *req, const struct nlmsghdr *nlh, int err)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(nlh);
	uint32_t offs = 0, miss_nest = 0, miss = 0;
	size_t skip = sizeof(*e), used;
	const struct nlattr *attr;
	const char *text = NULL;
	char name[64] = "";

	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		skip += MNL_ALIGN(e->msg.nlmsg_len) - sizeof(e->msg);
	if (nlh->nlmsg_flags & NLM_F_ACK_TLVS) {
		mnl_attr_for_each(attr, nlh, skip) {
			switch (mnl_attr_get_type(attr)) {
			case NLMSGERR_ATTR_MSG:
				if (!mnl_attr_validate(attr, MNL_TYPE_NUL_STRING))
					text = mnl_attr_get_str(attr);
				break;
			case NLMSGERR_ATTR_OFFS:
				offs = mnl_attr_get_u32(attr);
				break;
			case NLMSGERR_ATTR_MISS_TYPE:
				miss = mnl_attr_get_u32(attr);
				break;
			case NLMSGERR_ATTR_MISS_NEST:
				miss_nest = mnl_attr_get_u32(attr);
				break;
			}
		}
	}
	if (miss && miss_nest < req->nlmsg_len)
		name_missing(req, miss_nest, miss, name, sizeof(name));
	else if (offs && offs < req->nlmsg_len)
		name_at(req, offs, name, sizeof(name));
	used = (size_t)snprintf(g->err, sizeof(g->err), "%s", strerror(-err));
	/* Generic netlink looks at the rights before the module does, and gives no text. */
	if (!text && err == -EPERM)
		text = "CAP_NET_ADMIN is needed";
	if (text && used < sizeof(g->err))
		used += (size_t)snprintf(g->err + used, sizeof(g->err) - used, ": %s", text);
	if (name[0] && used < sizeof(g->err))
		snprintf(g->err + used, sizeof(g->err) - used, " (%s \"%s\")",
			 miss ? "missing attribute" : "attribute", name);
}

static int failed(struct genl *g, int err, const char *what)
{
	snprintf(g->err, sizeof(g->err), "%s: %s", what, strerror(-err));
	return err;
}

/* Returns 1 for the end, 0 to go on, or the negative error that the kernel gave. */
static int take(struct genl *g, const struct nlmsghdr *req, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *e;
	int err;

	if (nlh->nlmsg_seq != req->nlmsg_seq)
		return 0;
	if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
		g->torn = true;
	if (nlh->nlmsg_type == NLMSG_ERROR) {
		if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*e))
			return failed(g, -EBADMSG, "netlink acknowledgement");
		e = mnl_nlmsg_get_payload(nlh);
		if (!e->error)
			return 1;
		err = e->error;
		genl_explain(g, req, nlh, err);
		return err;
	}
	if (nlh->nlmsg_type == NLMSG_DONE) {
		/* An error in the middle of a dump is the payload of its last message. */
		if (mnl_nlmsg_get_payload_len(nlh) >= sizeof(err)) {
			memcpy(&err, mnl_nlmsg_get_payload(nlh), sizeof(err));
			if (err < 0)
				return failed(g, err, "dump");
		}
		return 1;
	}
	if (nlh->nlmsg_type < NLMSG_MIN_TYPE)
		return 0;
	err = keep(g, nlh);
	return err ? failed(g, err, "answer") : 0;
}

static int attempt(struct genl *g, struct nlmsghdr *req)
{
	const struct nlmsghdr *nlh;
	ssize_t got;
	int len, ret;

	g->torn = false;
	g->reply_len = 0;
	req->nlmsg_seq = ++g->seq;
	if (mnl_socket_sendto(g->sk, req, req->nlmsg_len) < 0)
		return failed(g, -errno, "send to the kernel");
	for (;;) {
		got = mnl_socket_recvfrom(g->sk, g->rx, sizeof(g->rx));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return failed(g, -errno, "receive from the kernel");
		len = (int)got;
		for (nlh = (const struct nlmsghdr *)g->rx; mnl_nlmsg_ok(nlh, len);
		     nlh = mnl_nlmsg_next(nlh, &len)) {
			ret = take(g, req, nlh);
			if (ret)
				return ret < 0 ? ret : 0;
		}
	}
}

/* Sends @req and waits for the end of the answer, which genl_reply() then walks. */
int genl_call(struct genl *g, struct nlmsghdr *req)
{
	unsigned int i;
	int err;

	g->err[0] = '\0';
	for (i = 0; i < DUMP_ATTEMPTS; i++) {
		err = attempt(g, req);
		if (err || !g->torn)
			return err;
	}
	return 0;
}

static uint32_t find_group(const struct nlattr *groups)
{
	const struct nlattr *group, *attr;

	mnl_attr_for_each_nested(group, groups) {
		const char *name = "";
		uint32_t id = 0;

		mnl_attr_for_each_nested(attr, group) {
			if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_NAME)
				name = mnl_attr_get_str(attr);
			else if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_ID)
				id = mnl_attr_get_u32(attr);
		}
		if (!strcmp(name, KMGW_MCGRP_EVENTS))
			return id;
	}
	return 0;
}

static int resolve(struct genl *g)
{
	const struct nlmsghdr *reply;
	const struct nlattr *attr;
	struct nlmsghdr *req;
	int err;

	g->family = GENL_ID_CTRL;
	req = genl_request(g, CTRL_CMD_GETFAMILY, 0);
	mnl_attr_put_strz(req, CTRL_ATTR_FAMILY_NAME, KMGW_GENL_NAME);
	err = genl_call(g, req);
	if (err)
		return err;
	reply = genl_reply(g, NULL);
	if (!reply)
		return -ENOENT;
	mnl_attr_for_each(attr, reply, GENL_HDRLEN) {
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID)
			g->family = mnl_attr_get_u16(attr);
		else if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GROUPS)
			g->group = find_group(attr);
	}
	return g->family == GENL_ID_CTRL ? -ENOENT : 0;
}

int genl_open(struct genl **out, char *err, size_t errlen)
{
	struct genl *g = calloc(1, sizeof(*g));
	int on = 1, ret = -ENOMEM;

	if (!g)
		goto fail;
	g->seq = (uint32_t)time(NULL);
	g->sk = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!g->sk || mnl_socket_bind(g->sk, 0, MNL_SOCKET_AUTOPID) < 0) {
		ret = -errno;
		goto fail;
	}
	mnl_socket_setsockopt(g->sk, NETLINK_EXT_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(g->sk, NETLINK_CAP_ACK, &on, sizeof(on));
	ret = resolve(g);
	if (ret == -ENOENT) {
		snprintf(err, errlen, "the kernel has no netlink family \"%s\": modprobe kmgw",
			 KMGW_GENL_NAME);
		genl_close(g);
		return ret;
	}
	if (ret)
		goto fail;
	*out = g;
	return 0;
fail:
	snprintf(err, errlen, "netlink: %s", strerror(-ret));
	genl_close(g);
	return ret;
}

void genl_close(struct genl *g)
{
	if (!g)
		return;
	if (g->sk)
		mnl_socket_close(g->sk);
	free(g->reply);
	free(g);
}

/* Joins the group of events. @rcvbuf: size of the receive buffer, 0 for the system's default. */
int genl_subscribe(struct genl *g, int rcvbuf)
{
	int fd = mnl_socket_get_fd(g->sk);

	if (!g->group)
		return failed(g, -ENOENT, "multicast group \"" KMGW_MCGRP_EVENTS "\"");
	if (rcvbuf && setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf, sizeof(rcvbuf)) < 0)
		return failed(g, -errno, "receive buffer");
	if (mnl_socket_setsockopt(g->sk, NETLINK_ADD_MEMBERSHIP, &g->group, sizeof(g->group)) < 0)
		return failed(g, -errno, "multicast group \"" KMGW_MCGRP_EVENTS "\"");
	return 0;
}

/* Messages into g->rx; @flags as for recv(). -ENOBUFS: some were lost. */
int genl_receive(struct genl *g, int flags, size_t *len)
{
	ssize_t got = recv(mnl_socket_get_fd(g->sk), g->rx, sizeof(g->rx), flags);

	if (got < 0)
		return -errno;
	*len = (size_t)got;
	return 0;
}
