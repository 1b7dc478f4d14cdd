// SPDX-License-Identifier: GPL-2.0-only
/* The netlink requests of the daemon, as the module would read them; no module is there. */
#include <arpa/inet.h>
#include <errno.h>
#include <netlink/genl/genl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/kernel_private.h"

static struct nl_msg *sent;		/* the last request */

/* --- in the place of kernel.c --- */

struct nl_msg *kernel_msg(const struct kernel *k, uint8_t cmd, int flags, size_t prefix)
{
	struct nl_msg *msg = nlmsg_alloc_size(4096 + prefix);

	(void)k;
	assert_non_null(genlmsg_put(msg, 0, 0, 0x20, 0, flags, cmd, 1));
	return msg;
}

int kernel_transact(struct kernel *k, const struct kernel_request *rq)
{
	(void)k;
	if (sent)
		nlmsg_free(sent);
	sent = rq->msg;
	return 0;
}

int kernel_find(struct kernel *k)
{
	(void)k;
	return 0;
}

/* --- what was sent --- */

static const struct kernel_name name = { .context = 1, .termination = 2, .stream = 3 };

static struct nlattr **set(const struct kernel_name *of, const struct kernel_set *what)
{
	static struct nlattr *tb[KMGW_A_EP_MAX + 1];

	assert_int_equal(kernel_endpoint_set(NULL, of, what), 0);
	assert_int_equal(genlmsg_hdr(nlmsg_hdr(sent))->cmd, KMGW_CMD_ENDPOINT_SET);
	assert_int_equal(genlmsg_parse(nlmsg_hdr(sent), 0, tb, KMGW_A_EP_MAX, NULL), 0);
	assert_int_equal(nla_get_u32(tb[KMGW_A_EP_CONTEXT]), 1);
	return tb;
}

static int done(void **state)
{
	(void)state;
	if (sent)
		nlmsg_free(sent);
	sent = NULL;
	return 0;
}

static unsigned int filters(struct nlattr **nest, unsigned int max)
{
	struct nlmsghdr *nlh = nlmsg_hdr(sent);
	unsigned int n = 0;
	struct nlattr *a;
	int rem;

	nla_for_each_attr(a, genlmsg_attrdata(genlmsg_hdr(nlh), 0),
			  genlmsg_attrlen(genlmsg_hdr(nlh), 0), rem) {
		if (nla_type(a) != KMGW_A_EP_FILTER)
			continue;
		assert_true(n < max);
		nest[n++] = a;
	}
	return n;
}

static void filter(const struct nlattr *nest, struct nlattr **tb)
{
	assert_int_equal(nla_parse_nested(tb, KMGW_A_FILTER_MAX, (struct nlattr *)nest, NULL), 0);
}

static void each_filter_is_a_nest(void **state)
{
	struct kernel_set s = { .mask = KERNEL_SET_FILTER };
	struct nlattr *nest[KMGW_FILTERS_MAX], *tb[KMGW_A_FILTER_MAX + 1];
	struct sockaddr_in *in4 = (struct sockaddr_in *)&s.filter.rule[0].addr;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&s.filter.rule[1].addr;
	const uint32_t net = inet_addr("198.51.100.0");

	(void)state;
	/* an empty one takes all away */
	set(&name, &s);
	assert_int_equal(filters(nest, KMGW_FILTERS_MAX), 1);
	assert_int_equal(nla_len(nest[0]), 0);

	s.filter.n = 3;
	in4->sin_family = AF_INET;
	in4->sin_addr.s_addr = net;
	s.filter.rule[0].prefixlen = 24;
	in6->sin6_family = AF_INET6;
	in6->sin6_addr = in6addr_loopback;
	s.filter.rule[1].prefixlen = 128;
	s.filter.rule[2].ports = true;
	s.filter.rule[2].port_min = 5000;
	s.filter.rule[2].port_max = 5009;
	set(&name, &s);
	assert_int_equal(filters(nest, KMGW_FILTERS_MAX), 3);
	filter(nest[0], tb);
	assert_memory_equal(nla_data(tb[KMGW_A_FILTER_IPV4]), &net, 4);
	assert_int_equal(nla_get_u8(tb[KMGW_A_FILTER_PREFIXLEN]), 24);
	assert_null(tb[KMGW_A_FILTER_PORT_MIN]);
	filter(nest[1], tb);
	assert_memory_equal(nla_data(tb[KMGW_A_FILTER_IPV6]), &in6addr_loopback, 16);
	filter(nest[2], tb);
	assert_null(tb[KMGW_A_FILTER_PREFIXLEN]);
	assert_int_equal(nla_get_u16(tb[KMGW_A_FILTER_PORT_MIN]), htons(5000));
	assert_int_equal(nla_get_u16(tb[KMGW_A_FILTER_PORT_MAX]), htons(5009));
}

static void policing(void **state)
{
	struct kernel_set s = { .mask = KERNEL_SET_POLICE, .police = { 8000, 1500, 0, 0 } };
	struct nlattr *tb[KMGW_A_POLICE_MAX + 1];

	(void)state;
	nla_parse_nested(tb, KMGW_A_POLICE_MAX, set(&name, &s)[KMGW_A_EP_POLICE], NULL);
	assert_int_equal(nla_get_u64(tb[KMGW_A_POLICE_SUSTAINED]), 8000);
	assert_int_equal(nla_get_u32(tb[KMGW_A_POLICE_BURST]), 1500);
	assert_null(tb[KMGW_A_POLICE_PEAK]);
	s.police = (struct kernel_police){ 0, 0, 16000, 20 };
	nla_parse_nested(tb, KMGW_A_POLICE_MAX, set(&name, &s)[KMGW_A_EP_POLICE], NULL);
	assert_null(tb[KMGW_A_POLICE_SUSTAINED]);
	assert_int_equal(nla_get_u64(tb[KMGW_A_POLICE_PEAK]), 16000);
	assert_int_equal(nla_get_u32(tb[KMGW_A_POLICE_PEAK_TOLERANCE]), 20);
	s.police = (struct kernel_police){ 0 };
	assert_int_equal(nla_len(set(&name, &s)[KMGW_A_EP_POLICE]), 0);
}

static void latch_source_and_silence(void **state)
{
	struct kernel_set s = {
		.mask = KERNEL_SET_LATCH | KERNEL_SET_SOURCE | KERNEL_SET_INACTIVITY,
		.latch = KMGW_LATCH_RELATCH,
		.inactivity = 3000,
		.inactivity_dir = KMGW_DIRECTION_OUT,
	};
	struct nlattr *addr[KMGW_A_ADDR_MAX + 1], **tb;
	struct sockaddr_in *in4 = (struct sockaddr_in *)&s.source;

	(void)state;
	tb = set(&name, &s);
	assert_int_equal(nla_get_u8(tb[KMGW_A_EP_LATCH]), KMGW_LATCH_RELATCH);
	assert_int_equal(nla_len(tb[KMGW_A_EP_SOURCE]), 0);
	assert_int_equal(nla_get_u32(tb[KMGW_A_EP_INACTIVITY]), 3000);
	assert_int_equal(nla_get_u8(tb[KMGW_A_EP_INACTIVITY_DIR]), KMGW_DIRECTION_OUT);
	assert_null(tb[KMGW_A_EP_COMPONENT]);

	in4->sin_family = AF_INET;
	in4->sin_port = htons(4000);
	s.inactivity = 0;
	tb = set(&name, &s);
	nla_parse_nested(addr, KMGW_A_ADDR_MAX, tb[KMGW_A_EP_SOURCE], NULL);
	assert_int_equal(nla_get_u16(addr[KMGW_A_ADDR_PORT]), htons(4000));
	assert_int_equal(nla_get_u32(tb[KMGW_A_EP_INACTIVITY]), 0);
	assert_null(tb[KMGW_A_EP_INACTIVITY_DIR]);
}

static void limit_and_priority_of_a_splice(void **state)
{
	struct kernel_set s = {
		.mask = KERNEL_SET_PRIORITY | KERNEL_SET_OCTET_LIMIT,
		.octet_limit = 1ULL << 40,
		.priority = KMGW_PRIORITY_EMERGENCY,
	};

	(void)state;
	assert_int_equal(nla_get_u8(set(&name, &s)[KMGW_A_EP_PRIORITY]), KMGW_PRIORITY_EMERGENCY);
	assert_int_equal(nla_get_u64(set(&name, &s)[KMGW_A_EP_OCTET_LIMIT]), 1ULL << 40);
	s.mask = KERNEL_SET_MODE;
	assert_null(set(&name, &s)[KMGW_A_EP_PRIORITY]);
}

static void rtcp_has_a_name_of_its_own(void **state)
{
	const struct kernel_name rtcp = { 1, 2, 3, true };
	const struct kernel_set s = { .mask = KERNEL_SET_MODE, .mode = KMGW_MODE_SENDRECEIVE };

	(void)state;
	assert_int_equal(nla_get_u8(set(&rtcp, &s)[KMGW_A_EP_COMPONENT]), KMGW_COMPONENT_RTCP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(each_filter_is_a_nest, done),
		cmocka_unit_test_teardown(policing, done),
		cmocka_unit_test_teardown(latch_source_and_silence, done),
		cmocka_unit_test_teardown(limit_and_priority_of_a_splice, done),
		cmocka_unit_test_teardown(rtcp_has_a_name_of_its_own, done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
