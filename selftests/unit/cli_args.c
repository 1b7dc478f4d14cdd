// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parsing of the command line of kmgw: what is taken, what is refused, and with which words.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/args.h"
#include "cli/ep_args.h"
#include "cli/names.h"
#include "linux/kmgw.h"

#define MAX_WORDS 64

struct line {
	struct args a;
	char text[1024];
	char *word[MAX_WORDS];
};

/* Splits at blanks. */
static struct args *words(struct line *l, const char *text)
{
	int n = 0;
	char *p;

	assert_true(strlen(text) < sizeof(l->text));
	strcpy(l->text, text);
	for (p = strtok(l->text, " "); p && n < MAX_WORDS; p = strtok(NULL, " "))
		l->word[n++] = p;
	args_init(&l->a, n, l->word);
	return &l->a;
}

static void numbers(void **state)
{
	static const struct {
		const char *word;
		int err;
		uint32_t value;
	} rows[] = {
		{ "1", 0, 1 },
		{ "0", -ERANGE, 0 },
		{ "4294967293", 0, 0xfffffffd },
		{ "0xfffffffd", 0, 0xfffffffd },
		{ "0XFFFFFFFD", 0, 0xfffffffd },
		{ "010", 0, 10 },
		{ "4294967294", -ERANGE, 0 },
		{ "4294967297", -ERANGE, 0 },
		{ "18446744073709551617", -ERANGE, 0 },
		{ "99999999999999999999999999999999999", -ERANGE, 0 },
		{ "-1", -EINVAL, 0 },
		{ "+1", -EINVAL, 0 },
		{ "1x", -EINVAL, 0 },
		{ "0x", -EINVAL, 0 },
		{ "0xg", -EINVAL, 0 },
		{ "a", -EINVAL, 0 },
		{ "1.0", -EINVAL, 0 },
	};
	struct line l;
	uint32_t v;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		v = 0;
		assert_int_equal(args_number(words(&l, rows[i].word), "id", 1, KMGW_ID_MAX, &v),
				 rows[i].err);
		assert_int_equal(v, rows[i].value);
		if (rows[i].err)
			assert_non_null(strstr(l.a.err, rows[i].word));
	}
	assert_int_equal(args_number(words(&l, ""), "id", 1, 2, &v), -EINVAL);
	assert_string_equal(l.a.err, "id is missing");
}

static void addresses(void **state)
{
	static const uint8_t v6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };
	struct cli_addr addr;
	struct line l;

	(void)state;
	assert_int_equal(args_addr(words(&l, "10.1.0.1 20000"), "local", &addr), 0);
	assert_int_equal(addr.family, AF_INET);
	assert_memory_equal(addr.ip, "\x0a\x01\x00\x01", 4);
	assert_int_equal(addr.port, 20000);

	assert_int_equal(args_addr(words(&l, "2001:db8::1 0"), "local", &addr), 0);
	assert_int_equal(addr.family, AF_INET6);
	assert_memory_equal(addr.ip, v6, 16);
	assert_int_equal(addr.port, 0);

	assert_int_equal(args_addr(words(&l, "10.1.0 1"), "local", &addr), -EINVAL);
	assert_int_equal(args_addr(words(&l, "example.net 1"), "local", &addr), -EINVAL);
	assert_int_equal(args_addr(words(&l, "10.1.0.1 65536"), "local", &addr), -ERANGE);
	assert_string_equal(l.a.err, "local port: 65536 is not in 0 to 65535");
	assert_int_equal(args_addr(words(&l, "10.1.0.1"), "remote", &addr), -EINVAL);
	assert_string_equal(l.a.err, "remote port is missing");
}

static void filters(void **state)
{
	static const char *const bad[] = {
		"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "::/129", "all", "10.0.0.0/8/8",
		"2001:0db8:0000:0000:0000:0000:0000:0001/1280", "any ports", "any ports 2-1",
		"any ports 1-", "any ports -1", "any ports 1-65536", "any ports 1-2-3",
		"any ports 000000000000000000000000000000001-2",
	};
	struct cli_filter f;
	struct line l;
	size_t i;

	(void)state;
	assert_int_equal(args_filter(words(&l, "any"), &f), 0);
	assert_int_equal(f.family, AF_UNSPEC);
	assert_false(f.ports);

	assert_int_equal(args_filter(words(&l, "10.0.0.0/8 ports 1024-65535"), &f), 0);
	assert_int_equal(f.family, AF_INET);
	assert_int_equal(f.prefixlen, 8);
	assert_true(f.ports);
	assert_int_equal(f.port_min, 1024);
	assert_int_equal(f.port_max, 65535);
	assert_false(args_left(&l.a));

	assert_int_equal(args_filter(words(&l, "2001:db8::1 po 5 mode"), &f), 0);
	assert_int_equal(f.family, AF_INET6);
	assert_int_equal(f.prefixlen, 128);
	assert_int_equal(f.port_min, 5);
	assert_int_equal(f.port_max, 5);
	assert_string_equal(args_peek(&l.a), "mode");

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_true(args_filter(words(&l, bad[i]), &f) < 0);
		assert_true(l.a.err[0]);
	}
}

static void octets(void **state)
{
	struct cli_blob blob = { NULL, 0 };
	char name[] = "/tmp/kmgw-cli-args-XXXXXX", word[64];
	struct line l;
	int fd;

	(void)state;
	assert_int_equal(args_blob(words(&l, "00fFa5"), "userdata", 3, &blob), 0);
	assert_int_equal(blob.len, 3);
	assert_memory_equal(blob.data, "\x00\xff\xa5", 3);
	free(blob.data);

	assert_int_equal(args_blob(words(&l, "0011"), "userdata", 1, &blob), -EFBIG);
	assert_int_equal(args_blob(words(&l, "001"), "userdata", 8, &blob), -EINVAL);
	assert_int_equal(args_blob(words(&l, "00zz"), "userdata", 8, &blob), -EINVAL);
	assert_non_null(strstr(l.a.err, "zz"));

	fd = mkstemp(name);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "call\0x", 6), 6);
	close(fd);
	snprintf(word, sizeof(word), "@%s", name);
	assert_int_equal(args_blob(words(&l, word), "userdata", 6, &blob), 0);
	assert_int_equal(blob.len, 6);
	assert_memory_equal(blob.data, "call\0x", 6);
	free(blob.data);
	assert_int_equal(args_blob(words(&l, word), "userdata", 5, &blob), -EFBIG);
	unlink(name);
	assert_int_equal(args_blob(words(&l, word), "userdata", 6, &blob), -ENOENT);
	assert_non_null(strstr(l.a.err, name));
}

static void abbreviations(void **state)
{
	static const char *const verbs[] = { "show", "add", "set", "del" };
	static const char *const opts[] = { "remote", "reserve", "mode" };
	struct line l;

	(void)state;
	assert_int_equal(args_verb(words(&l, "show"), "verb", verbs, 4), 0);
	assert_int_equal(args_verb(words(&l, "s"), "verb", verbs, 4), 0);
	assert_int_equal(args_verb(words(&l, "se"), "verb", verbs, 4), 2);
	assert_int_equal(args_verb(words(&l, "d"), "verb", verbs, 4), 3);
	assert_int_equal(args_verb(words(&l, "delete"), "verb", verbs, 4), -EINVAL);
	assert_int_equal(args_verb(words(&l, ""), "verb", verbs, 4), -EINVAL);

	assert_int_equal(args_option(words(&l, "m"), opts, 3), 2);
	assert_int_equal(args_option(words(&l, "rem"), opts, 3), 0);
	assert_int_equal(args_option(words(&l, "re"), opts, 3), -EINVAL);
	assert_non_null(strstr(l.a.err, "reserve"));
	assert_int_equal(args_option(words(&l, "moded"), opts, 3), -EINVAL);
}

static void endpoint_add(void **state)
{
	struct ep_args e;
	struct line l;

	(void)state;
	assert_int_equal(ep_args_add(words(&l,
		"1 2 3 udp local 10.1.0.1 20000 remote 10.1.0.2 5004 mode sendonly dscp 46 "
		"filter 10.0.0.0/8 ports 1-2 idle 5000 linger 0 early 60000 priority emergency octets 5000000000 idle-in 6000 dev lo vrf none reserve latch "), &e), 0);
	assert_int_equal(e.name.context, 1);
	assert_int_equal(e.name.termination, 2);
	assert_int_equal(e.name.stream, 3);
	assert_int_equal(e.name.component, KMGW_COMPONENT_MEDIA);
	assert_int_equal(e.latch, KMGW_LATCH_LATCH);
	assert_int_equal(e.l4, KMGW_L4_UDP);
	assert_int_equal(e.local.port, 20000);
	assert_int_equal(e.remote.port, 5004);
	assert_int_equal(e.mode, KMGW_MODE_SENDONLY);
	assert_int_equal(e.dscp, 46);
	assert_int_equal(e.filters, 1);
	assert_int_equal(e.idle, 5000);
	assert_true(ep_args_has(&e, KMGW_A_EP_LINGER));
	assert_int_equal(e.linger, 0);
	assert_true(ep_args_has(&e, KMGW_A_EP_EARLY));
	assert_int_equal(e.early, 60000);
	assert_int_equal(e.priority, KMGW_PRIORITY_EMERGENCY);
	assert_int_equal(e.octets, 5000000000);
	assert_int_equal(e.idle_in, 6000);
	assert_int_equal(e.ifindex, 1);
	assert_true(ep_args_has(&e, KMGW_A_EP_VRF));
	assert_int_equal(e.vrf, 0);
	assert_true(e.reserve);
	assert_false(ep_args_has(&e, KMGW_A_EP_PREFIX));
	ep_args_free(&e);

	assert_int_equal(ep_args_add(words(&l, "1 2 3 tcp local ::1 1 dscp keep socket 7 "
					       "prefix 4d53"), &e), 0);
	assert_int_equal(e.l4, KMGW_L4_TCP);
	assert_int_equal(e.dscp, KMGW_DSCP_KEEP);
	assert_int_equal(e.socket, 7);
	assert_int_equal(e.prefix.len, 2);
	ep_args_free(&e);

	assert_int_equal(ep_args_add(words(&l, "1 2 3 tcp local ::1 1 plane merge reserve"), &e), 0);
	assert_int_equal(e.plane, KMGW_PLANE_MERGE);
	assert_true(e.reserve);
	ep_args_free(&e);
}

static void endpoint_refused(void **state)
{
	static const struct {
		const char *text, *err;
	} rows[] = {
		{ "", "context is missing" },
		{ "0 1 1 udp", "context: 0 is not in 1 to 4294967293" },
		{ "1 4294967294 1 udp", "termination: 4294967294 is not" },
		{ "1 1 65536 udp", "stream: 65536 is not" },
		{ "1 1 1", "transport (udp, tcp) is missing" },
		{ "1 1 1 sctp local 1.2.3.4 5", "\"sctp\" is no transport" },
		{ "1 1 1 udp", "local is missing" },
		{ "1 1 1 udp remote 1.2.3.4 5", "local is missing" },
		{ "1 1 1 udp local 1.2.3.4", "local port is missing" },
		{ "1 1 1 udp local 1.2.3.4 5 local 1.2.3.4 5", "\"local\" is given twice" },
		{ "1 1 1 udp local 1.2.3.4 5 reserve socket 3", "once" },
		{ "1 1 1 udp local 1.2.3.4 5 mode loopback", "\"loopback\" is no mode" },
		{ "1 1 1 udp local 1.2.3.4 5 mode send", "\"send\" is no mode" },
		{ "1 1 1 udp local 1.2.3.4 5 dscp 64", "dscp: 64 is not in 0 to 63" },
		{ "1 1 1 udp local 1.2.3.4 5 dev no-such-device0", "no device \"no-such-device0\"" },
		{ "1 1 1 udp local 1.2.3.4 5 idle 86400001", "idle: 86400001 is not" },
		{ "1 1 1 udp local 1.2.3.4 5 release", "nothing to release" },
		{ "1 1 1 udp local 1.2.3.4 5 move 2", "made where it shall be" },
		{ "1 1 1 tcp local 1.2.3.4 5 reserve", "only for udp" },
		{ "1 1 1 tcp local 1.2.3.4 5 plane splice reserve", "only for udp" },
		{ "1 1 1 tcp local 1.2.3.4 5 plane datagram", "splice, relay or merge" },
		{ "1 1 1 tcp local 1.2.3.4 5 plane bridge", "\"bridge\" is no plane" },
		{ "1 1 1 tcp local 1.2.3.4 5 restart", "nothing to restart" },
		{ "1 1 1 tcp local 1.2.3.4 5 replace", "nothing to replace" },
		{ "1 1 1 udp local 1.2.3.4 5 frob", "\"frob\" is no option" },
	};
	struct ep_args e;
	struct line l;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(ep_args_add(words(&l, rows[i].text), &e) < 0);
		if (!strstr(l.a.err, rows[i].err))
			fail_msg("\"%s\" gave \"%s\"", rows[i].text, l.a.err);
		ep_args_free(&e);
	}
}

static void endpoint_set(void **state)
{
	struct ep_args e;
	struct line l;

	(void)state;
	assert_int_equal(ep_args_set(words(&l, "1 2 3 remote 0.0.0.0 0 release abort"), &e), 0);
	assert_int_equal(e.l4, 0);
	assert_int_equal(e.release, KMGW_RELEASE_ABORT);
	assert_int_equal(ep_args_set(words(&l, "1 2 3 release filter any"), &e), 0);
	assert_int_equal(e.release, KMGW_RELEASE_ORDERLY);
	assert_int_equal(ep_args_set(words(&l, "1 2 3 move 7 mode inactive"), &e), 0);
	assert_int_equal(e.move, 7);
	assert_int_equal(e.mode, KMGW_MODE_INACTIVE);
	assert_int_equal(ep_args_set(words(&l, "1 2 3 move 0"), &e), -ERANGE);
	assert_int_equal(ep_args_set(words(&l, "1 2 3 plane relay restart"), &e), 0);
	assert_int_equal(e.plane, KMGW_PLANE_RELAY);
	assert_true(ep_args_has(&e, KMGW_A_EP_RESTART));
	assert_int_equal(ep_args_set(words(&l, "1 2 3 socket 5 replace"), &e), 0);
	assert_int_equal(e.socket, 5);
	assert_true(ep_args_has(&e, KMGW_A_EP_REPLACE));
	assert_int_equal(ep_args_set(words(&l, "1 2 3 rtcp latch off mode inactive"), &e), 0);
	assert_int_equal(e.name.component, KMGW_COMPONENT_RTCP);
	assert_int_equal(e.latch, KMGW_LATCH_OFF);
	assert_true(ep_args_has(&e, KMGW_A_EP_LATCH));
	assert_int_equal(e.mode, KMGW_MODE_INACTIVE);
	assert_int_equal(ep_args_set(words(&l, "1 2 3 latch mode inactive"), &e), 0);
	assert_int_equal(e.latch, KMGW_LATCH_LATCH);
	assert_int_equal(ep_args_set(words(&l, "1 2 3 latch relatch"), &e), 0);
	assert_int_equal(e.latch, KMGW_LATCH_RELATCH);
	assert_int_equal(ep_args_set(words(&l, "1 2 3 latch twice"), &e), -EINVAL);
	assert_int_equal(ep_args_set(words(&l, "1 2 3 filter ::1 filter any po 5 police rate 8000 burst "
		"1500 peak 64000 tolerance 100 source ::1 0 inactivity 5 in dscp 1"), &e), 0);
	assert_int_equal(e.filters, 2);
	assert_int_equal(e.filter[0].family, AF_INET6);
	assert_int_equal(e.filter[1].port_max, 5);
	assert_int_equal(e.police.sustained, 8000);
	assert_int_equal(e.police.burst, 1500);
	assert_int_equal(e.police.peak, 64000);
	assert_int_equal(e.police.tolerance, 100);
	assert_int_equal(e.source.family, AF_INET6);
	assert_int_equal(e.inactivity, 5);
	assert_int_equal(e.inactivity_dir, KMGW_DIRECTION_IN);
	assert_int_equal(e.dscp, 1);
	assert_int_equal(ep_args_set(words(&l, "1 2 3 police off source off inactivity 0"), &e), 0);
	assert_int_equal(e.police.sustained, 0);
	assert_int_equal(e.source.family, AF_UNSPEC);
	assert_int_equal(e.inactivity_dir, 0);
	assert_int_equal(ep_args_set(words(&l, "1 2 3 police mode inactive"), &e), -EINVAL);
	assert_int_equal(ep_args_set(words(&l, "1 2 3 police peak 0"), &e), -ERANGE);
	assert_int_equal(ep_args_set(words(&l, "1 2 3 police peak 9 tolerance 10000001"), &e), -ERANGE);
	assert_int_equal(ep_args_set(words(&l, "1 2 3 police off police off"), &e), -EINVAL);
	assert_int_equal(ep_args_set(words(&l, "1 2 3 filter any filter any filter any filter any "
		"filter any filter any filter any filter any filter any"), &e), -EINVAL);
	assert_string_equal(l.a.err, "an endpoint has at most 8 filters");
	assert_int_equal(ep_args_set(words(&l, "1 2 3 media"), &e), -EINVAL);
	assert_int_equal(ep_args_set(words(&l, "1 2 3"), &e), -EINVAL);
	assert_string_equal(l.a.err, "nothing to set");
	assert_int_equal(ep_args_set(words(&l, "1 2 3 reserve"), &e), -EINVAL);
}

/* What is parsed arrives in the request, in the form that the header asks for. */
static void request(void **state)
{
	char buf[4096], expect[8] = { 0 };
	const struct nlattr *attr, *sub;
	struct nlmsghdr *req;
	unsigned int seen = 0;
	struct ep_args e;
	struct line l;

	(void)state;
	assert_int_equal(ep_args_add(words(&l, "1 2 3 udp local 10.1.0.1 20000 mode inactive "
					       "filter any"), &e), 0);
	memset(buf, 0, sizeof(buf));
	req = mnl_nlmsg_put_header(buf);
	ep_put(req, &e);
	mnl_attr_for_each(attr, req, 0) {
		switch (mnl_attr_get_type(attr)) {
		case KMGW_A_EP_CONTEXT:
			assert_int_equal(mnl_attr_get_u32(attr), 1);
			break;
		case KMGW_A_EP_TERMINATION:
			assert_int_equal(mnl_attr_get_u32(attr), 2);
			break;
		case KMGW_A_EP_STREAM:
			assert_int_equal(mnl_attr_get_payload_len(attr), 2);
			assert_int_equal(mnl_attr_get_u16(attr), 3);
			break;
		case KMGW_A_EP_L4:
			assert_int_equal(mnl_attr_get_payload_len(attr), 1);
			assert_int_equal(mnl_attr_get_u8(attr), 17);
			break;
		case KMGW_A_EP_LOCAL:
			assert_true(attr->nla_type & NLA_F_NESTED);
			mnl_attr_for_each_nested(sub, attr) {
				if (mnl_attr_get_type(sub) == KMGW_A_ADDR_IPV4)
					memcpy(expect, mnl_attr_get_payload(sub), 4);
				else if (mnl_attr_get_type(sub) == KMGW_A_ADDR_PORT)
					memcpy(expect + 4, mnl_attr_get_payload(sub), 2);
				else
					fail();
			}
			assert_memory_equal(expect, "\x0a\x01\x00\x01\x4e\x20", 6);
			break;
		case KMGW_A_EP_COMPONENT:
			assert_int_equal(mnl_attr_get_payload_len(attr), 1);
			assert_int_equal(mnl_attr_get_u8(attr), KMGW_COMPONENT_MEDIA);
			break;
		case KMGW_A_EP_MODE:
			assert_int_equal(mnl_attr_get_u8(attr), KMGW_MODE_INACTIVE);
			break;
		case KMGW_A_EP_FILTER:
			assert_true(attr->nla_type & NLA_F_NESTED);
			assert_int_equal(mnl_attr_get_payload_len(attr), 0);
			break;
		default:
			fail_msg("attribute %u", mnl_attr_get_type(attr));
		}
		seen++;
	}
	assert_int_equal(seen, 8);
}

static void names(void **state)
{
	struct name_buf buf, number;
	unsigned int i;

	(void)state;
	for (i = 0; i <= KMGW_REASON_MAX; i++)
		assert_int_equal(name_value(NAME_REASON, name_of(NAME_REASON, i, &buf)), (int)i);
	snprintf(number.text, sizeof(number.text), "%d", KMGW_REASON_MAX + 1);
	assert_string_equal(name_of(NAME_REASON, KMGW_REASON_MAX + 1, &buf), number.text);
	assert_string_equal(name_of(NAME_L4, 7, &buf), "7");
	assert_int_equal(name_value(NAME_MODE, "established"), -ENOENT);
	assert_string_equal(names_attr(names_attrs(KMGW_CMD_ENDPOINT_SET), KMGW_A_EP_MODE), "mode");
	assert_null(names_attr(names_attrs(KMGW_CMD_ENDPOINT_SET), KMGW_A_EP_MAX + 1));
	assert_null(names_attrs(KMGW_CMD_EVENT));
	assert_null(names_attrs(0));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(addresses),
		cmocka_unit_test(filters),
		cmocka_unit_test(octets),
		cmocka_unit_test(abbreviations),
		cmocka_unit_test(endpoint_add),
		cmocka_unit_test(endpoint_refused),
		cmocka_unit_test(endpoint_set),
		cmocka_unit_test(request),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
