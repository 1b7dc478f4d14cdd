// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages of the kernel as kmgw shows them: pictures as JSON, refusals as one line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>

#include "cli/genl.h"
#include "cli/picture.h"
#include "cli/show.h"
#include "linux/kmgw.h"

static struct nlmsghdr *message(char *buf, uint8_t cmd)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *gnlh = mnl_nlmsg_put_extra_header(nlh, sizeof(*gnlh));

	gnlh->cmd = cmd;
	return nlh;
}

static void put_addr(struct nlmsghdr *nlh, uint16_t type, const char *ip, uint16_t port)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, type);
	uint8_t addr[16];

	if (inet_pton(AF_INET, ip, addr) == 1) {
		mnl_attr_put(nlh, KMGW_A_ADDR_IPV4, 4, addr);
	} else {
		assert_int_equal(inet_pton(AF_INET6, ip, addr), 1);
		mnl_attr_put(nlh, KMGW_A_ADDR_IPV6, 16, addr);
	}
	mnl_attr_put_u16(nlh, KMGW_A_ADDR_PORT, htons(port));
	mnl_attr_nest_end(nlh, nest);
}

static void put_drop(struct nlmsghdr *nlh, uint8_t reason, uint64_t count)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, KMGW_A_EP_DROP);

	mnl_attr_put_u8(nlh, KMGW_A_DROP_REASON, reason);
	mnl_attr_put_u64(nlh, KMGW_A_DROP_COUNT, count);
	mnl_attr_nest_end(nlh, nest);
}

static void is_json(json_t *obj, const char *want)
{
	char *got = json_dumps(obj, JSON_COMPACT);

	assert_string_equal(got, want);
	free(got);
	json_decref(obj);
}

static void splice(void **state)
{
	char buf[4096];
	struct nlmsghdr *nlh = message(buf, KMGW_CMD_ENDPOINT_GET);
	struct nlattr *nest;
	struct pic_ep p;

	(void)state;
	mnl_attr_put_u32(nlh, KMGW_A_EP_CONTEXT, 0xfffffffd);
	mnl_attr_put_u32(nlh, KMGW_A_EP_TERMINATION, 2);
	mnl_attr_put_u16(nlh, KMGW_A_EP_STREAM, 65535);
	mnl_attr_put_u8(nlh, KMGW_A_EP_COMPONENT, KMGW_COMPONENT_MEDIA);
	mnl_attr_put_u8(nlh, KMGW_A_EP_L4, KMGW_L4_TCP);
	mnl_attr_put_u8(nlh, KMGW_A_EP_PLANE, KMGW_PLANE_SPLICE);
	mnl_attr_put_u8(nlh, KMGW_A_EP_STATE, KMGW_STATE_FAILED);
	mnl_attr_put_u8(nlh, KMGW_A_EP_REASON, KMGW_REASON_PEER_ENDPOINT);
	mnl_attr_put_u64(nlh, KMGW_A_EP_CHANGED, 1700000000123);
	put_addr(nlh, KMGW_A_EP_LOCAL, "2001:db8::1", 65535);
	put_addr(nlh, KMGW_A_EP_REMOTE, "2001:db8::2", 0);
	mnl_attr_put_u8(nlh, KMGW_A_EP_MODE, KMGW_MODE_SENDRECEIVE);
	mnl_attr_put_u8(nlh, KMGW_A_EP_DSCP, KMGW_DSCP_KEEP);
	mnl_attr_put_u32(nlh, KMGW_A_EP_IDLE_TIMEOUT, KMGW_TIMEOUT_MAX);
	mnl_attr_put_u32(nlh, KMGW_A_EP_LINGER, 2000);
	mnl_attr_put_u64(nlh, KMGW_A_EP_OCTET_LIMIT, 1ULL << 32);
	mnl_attr_put_u32(nlh, KMGW_A_EP_IDLE_IN, 3000);
	mnl_attr_put_u8(nlh, KMGW_A_EP_PRIORITY, KMGW_PRIORITY_EMERGENCY);
	mnl_attr_put(nlh, KMGW_A_EP_ATTACHED, 0, NULL);
	mnl_attr_put_u16(nlh, KMGW_A_EP_TLS_VERSION, 0x0304);
	mnl_attr_put_u16(nlh, KMGW_A_EP_TLS_CIPHER, 52);
	nest = mnl_attr_nest_start(nlh, KMGW_A_EP_STATS);
	mnl_attr_put_u64(nlh, KMGW_A_STATS_RX_OCTETS, 1ULL << 40);
	mnl_attr_put_u64(nlh, KMGW_A_STATS_STALLS, 7);
	mnl_attr_nest_end(nlh, nest);
	put_drop(nlh, KMGW_REASON_FILTER, 3);
	put_drop(nlh, 200, 1);

	pic_ep(&p, nlh);
	is_json(json_ep(&p, true),
		"{\"context\":4294967293,\"termination\":2,\"stream\":65535,\"component\":\"media\",\"l4\":\"tcp\","
		"\"plane\":\"splice\",\"state\":\"failed\",\"reason\":\"peer_endpoint\","
		"\"changed\":1700000000123,\"local\":{\"address\":\"2001:db8::1\",\"port\":65535},"
		"\"remote\":{\"address\":\"2001:db8::2\",\"port\":0},\"mode\":\"sendreceive\","
		"\"dscp\":\"keep\",\"idle\":86400000,\"linger\":2000,\"idle_in\":3000,\"octets\":4294967296,\"priority\":\"emergency\",\"attached\":true,"
		"\"tls\":{\"version\":\"1.3\",\"cipher\":\"aes-256-gcm\"},"
		"\"stats\":{\"rx_packets\":0,\"rx_octets\":1099511627776,\"tx_packets\":0,"
		"\"tx_octets\":0,\"rx_plain_octets\":0,\"tx_plain_octets\":0,\"drops\":0,\"stalls\":7},"
		"\"drops\":{\"filter\":3,\"200\":1}}");
}

static void merged(void **state)
{
	char buf[4096];
	struct nlmsghdr *nlh = message(buf, KMGW_CMD_ENDPOINT_GET);
	struct pic_ep p;
	json_t *obj;

	(void)state;
	mnl_attr_put_u32(nlh, KMGW_A_EP_CONTEXT, 1);
	mnl_attr_put_u8(nlh, KMGW_A_EP_L4, KMGW_L4_TCP);
	mnl_attr_put_u8(nlh, KMGW_A_EP_PLANE, KMGW_PLANE_MERGE);
	put_addr(nlh, KMGW_A_EP_LOCAL, "10.1.0.1", 20000);
	mnl_attr_put_u32(nlh, KMGW_A_EP_EARLY, 60000);
	mnl_attr_put_u8(nlh, KMGW_A_EP_JOINED, KMGW_JOINED_EARLY);

	pic_ep(&p, nlh);
	obj = json_ep(&p, false);
	assert_int_equal(json_integer_value(json_object_get(obj, "early")), 60000);
	assert_string_equal(json_string_value(json_object_get(obj, "joined")), "early");
	json_decref(obj);
}

static void datagram(void **state)
{
	char buf[4096];
	struct nlmsghdr *nlh = message(buf, KMGW_CMD_ENDPOINT_GET);
	struct nlattr *nest;
	struct pic_ep p;

	(void)state;
	mnl_attr_put_u32(nlh, KMGW_A_EP_CONTEXT, 1);
	mnl_attr_put_u8(nlh, KMGW_A_EP_COMPONENT, KMGW_COMPONENT_RTCP);
	mnl_attr_put_u8(nlh, KMGW_A_EP_L4, KMGW_L4_UDP);
	mnl_attr_put_u8(nlh, KMGW_A_EP_PLANE, KMGW_PLANE_DATAGRAM);
	put_addr(nlh, KMGW_A_EP_LOCAL, "10.1.0.1", 20000);
	mnl_attr_put_u8(nlh, KMGW_A_EP_DSCP, 46);
	mnl_attr_put_u32(nlh, KMGW_A_EP_IFINDEX, 0x7fffffff);
	nest = mnl_attr_nest_start(nlh, KMGW_A_EP_FILTER);
	mnl_attr_put(nlh, KMGW_A_FILTER_IPV4, 4, "\x0a\x00\x00\x00");
	mnl_attr_put_u8(nlh, KMGW_A_FILTER_PREFIXLEN, 8);
	mnl_attr_put_u16(nlh, KMGW_A_FILTER_PORT_MIN, 0);
	mnl_attr_put_u16(nlh, KMGW_A_FILTER_PORT_MAX, 0xffff);
	mnl_attr_nest_end(nlh, nest);

	pic_ep(&p, nlh);
	is_json(json_ep(&p, false),
		"{\"context\":1,\"termination\":0,\"stream\":0,\"component\":\"rtcp\",\"l4\":\"udp\","
		"\"plane\":\"datagram\","
		"\"state\":\"idle\",\"reason\":\"none\",\"changed\":0,"
		"\"local\":{\"address\":\"10.1.0.1\",\"port\":20000},\"mode\":\"inactive\",\"dscp\":46,"
		"\"dev_index\":2147483647,\"latch\":\"off\",\"filter\":{\"prefix\":\"10.0.0.0/8\"},"
		"\"filters\":[{\"prefix\":\"10.0.0.0/8\"}],\"attached\":false}");
}

/* Attributes of a size that this program does not expect leave their field alone. */
static void sizes(void **state)
{
	char buf[4096];
	struct nlmsghdr *nlh = message(buf, KMGW_CMD_ENDPOINT_GET);
	struct nlattr *nest;
	struct pic_ep p;
	unsigned int i;

	(void)state;
	for (i = 0; i <= KMGW_A_EP_MAX + 1; i++)
		mnl_attr_put(nlh, (uint16_t)i, 3, "\xff\xff\xff");
	nest = mnl_attr_nest_start(nlh, KMGW_A_EP_STATS);
	for (i = 0; i <= KMGW_A_STATS_MAX + 1; i++)
		mnl_attr_put(nlh, (uint16_t)i, 3, "\xff\xff\xff");
	mnl_attr_nest_end(nlh, nest);
	pic_ep(&p, nlh);
	assert_int_equal(p.context, 0);
	assert_int_equal(p.local.family, 0);
	assert_int_equal(p.stats.value[KMGW_A_STATS_RX_OCTETS], 0);
	json_decref(json_ep(&p, true));
}

static void context(void **state)
{
	char buf[8192], data[KMGW_USERDATA_MAX] = "";
	struct nlmsghdr *nlh = message(buf, KMGW_CMD_CONTEXT_GET);
	const char *hex;
	struct pic_ctx p;
	json_t *obj;

	(void)state;
	data[KMGW_USERDATA_MAX - 1] = '\xfe';
	mnl_attr_put_u32(nlh, KMGW_A_CTX_ID, 5);
	mnl_attr_put(nlh, KMGW_A_CTX_USERDATA, sizeof(data), data);
	pic_ctx(&p, nlh);
	obj = json_ctx(&p);
	hex = json_string_value(json_object_get(obj, "userdata"));
	assert_int_equal(strlen(hex), 2 * KMGW_USERDATA_MAX);
	assert_string_equal(hex + 2 * KMGW_USERDATA_MAX - 4, "00fe");
	json_decref(obj);
}

static void event(void **state)
{
	char buf[1024];
	struct nlmsghdr *nlh = message(buf, KMGW_CMD_EVENT);
	struct pic_event p;

	(void)state;
	mnl_attr_put_u64(nlh, KMGW_A_EV_SEQ, 12);
	mnl_attr_put_u8(nlh, KMGW_A_EV_TYPE, KMGW_EVENT_DELETED);
	mnl_attr_put_u32(nlh, KMGW_A_EV_CONTEXT, 3);
	pic_event(&p, nlh);
	is_json(json_event(&p), "{\"event\":\"deleted\",\"seq\":12,\"context\":3}");
	mnl_attr_put_u32(nlh, KMGW_A_EV_TERMINATION, 1);
	mnl_attr_put_u16(nlh, KMGW_A_EV_STREAM, 2);
	mnl_attr_put_u8(nlh, KMGW_A_EV_COMPONENT, KMGW_COMPONENT_MEDIA);
	mnl_attr_put_u8(nlh, KMGW_A_EV_STATE, KMGW_STATE_CLOSING);
	mnl_attr_put_u8(nlh, KMGW_A_EV_REASON, KMGW_REASON_PEER_CLOSED);
	pic_event(&p, nlh);
	is_json(json_event(&p), "{\"event\":\"deleted\",\"seq\":12,\"context\":3,\"termination\":1,"
		"\"stream\":2,\"component\":\"media\",\"state\":\"closing\",\"reason\":\"peer_closed\"}");
}

struct refusal {
	struct genl g;
	char request[1024];
	char ack[1024];
	struct nlmsghdr *req;
	struct nlmsghdr *nlh;
	uint32_t remote, port, dscp;
};

/* ENDPOINT_SET with REMOTE and DSCP, and an acknowledgement of it that has room for attributes. */
static struct refusal *refuse(int err)
{
	struct refusal *r = calloc(1, sizeof(*r));
	struct nlmsgerr *e;

	assert_non_null(r);
	r->req = message(r->request, KMGW_CMD_ENDPOINT_SET);
	mnl_attr_put_u32(r->req, KMGW_A_EP_CONTEXT, 1);
	r->remote = r->req->nlmsg_len;
	r->port = r->remote + 4 + 8;
	put_addr(r->req, KMGW_A_EP_REMOTE, "10.0.0.1", 5);
	r->dscp = r->req->nlmsg_len;
	mnl_attr_put_u8(r->req, KMGW_A_EP_DSCP, 99);

	r->nlh = mnl_nlmsg_put_header(r->ack);
	r->nlh->nlmsg_flags = NLM_F_CAPPED | NLM_F_ACK_TLVS;
	e = mnl_nlmsg_put_extra_header(r->nlh, sizeof(*e));
	e->error = err;
	e->msg = *r->req;
	return r;
}

static void is_refusal(struct refusal *r, int err, const char *want)
{
	genl_explain(&r->g, r->req, r->nlh, err);
	assert_string_equal(r->g.err, want);
	free(r);
}

static void refusals(void **state)
{
	struct refusal *r;
	struct nlmsgerr *e;

	(void)state;
	r = refuse(-ENOENT);
	mnl_attr_put_strz(r->nlh, NLMSGERR_ATTR_MSG, "no such endpoint");
	is_refusal(r, -ENOENT, "No such file or directory: no such endpoint");

	r = refuse(-ERANGE);
	mnl_attr_put_strz(r->nlh, NLMSGERR_ATTR_MSG, "integer out of range");
	mnl_attr_put_u32(r->nlh, NLMSGERR_ATTR_OFFS, r->dscp);
	is_refusal(r, -ERANGE, "Numerical result out of range: integer out of range (attribute \"dscp\")");

	r = refuse(-EINVAL);
	mnl_attr_put_u32(r->nlh, NLMSGERR_ATTR_OFFS, r->remote);
	is_refusal(r, -EINVAL, "Invalid argument (attribute \"remote\")");

	r = refuse(-EINVAL);
	mnl_attr_put_u32(r->nlh, NLMSGERR_ATTR_OFFS, r->port);
	is_refusal(r, -EINVAL, "Invalid argument (attribute \"remote.port\")");

	r = refuse(-EINVAL);
	mnl_attr_put_u32(r->nlh, NLMSGERR_ATTR_MISS_TYPE, KMGW_A_EP_TERMINATION);
	is_refusal(r, -EINVAL, "Invalid argument (missing attribute \"termination\")");

	r = refuse(-EINVAL);
	mnl_attr_put_u32(r->nlh, NLMSGERR_ATTR_MISS_TYPE, KMGW_A_ADDR_IPV6);
	mnl_attr_put_u32(r->nlh, NLMSGERR_ATTR_MISS_NEST, r->remote);
	is_refusal(r, -EINVAL, "Invalid argument (missing attribute \"remote.ipv6\")");

	r = refuse(-EPERM);
	is_refusal(r, -EPERM, "Operation not permitted: CAP_NET_ADMIN is needed");

	/* A kernel that returns the whole request puts its attributes after that. */
	r = refuse(-EBUSY);
	r->nlh->nlmsg_flags = NLM_F_ACK_TLVS;
	e = mnl_nlmsg_get_payload(r->nlh);
	memcpy((char *)&e->msg, r->req, r->req->nlmsg_len);
	r->nlh->nlmsg_len += MNL_ALIGN(r->req->nlmsg_len) - sizeof(e->msg);
	mnl_attr_put_strz(r->nlh, NLMSGERR_ATTR_MSG, "busy");
	is_refusal(r, -EBUSY, "Device or resource busy: busy");

	/* Offsets that point nowhere name nothing. */
	r = refuse(-EINVAL);
	mnl_attr_put_u32(r->nlh, NLMSGERR_ATTR_OFFS, 0x7fffffff);
	is_refusal(r, -EINVAL, "Invalid argument");
	r = refuse(-EINVAL);
	mnl_attr_put_u32(r->nlh, NLMSGERR_ATTR_MISS_TYPE, 500);
	is_refusal(r, -EINVAL, "Invalid argument");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(splice),
		cmocka_unit_test(merged),
		cmocka_unit_test(datagram),
		cmocka_unit_test(sizes),
		cmocka_unit_test(context),
		cmocka_unit_test(event),
		cmocka_unit_test(refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
