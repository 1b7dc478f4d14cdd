// SPDX-License-Identifier: GPL-2.0-only
/*
 * The decisions of a bearer, as tables of cases.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "bearer/addr.h"
#include "bearer/rules.h"

#define N(a)	(sizeof(a) / sizeof((a)[0]))

#define NONE	BEARER_SETUP_NONE
#define ACTIVE	BEARER_SETUP_ACTIVE
#define PASSIVE	BEARER_SETUP_PASSIVE
#define ACTPASS	BEARER_SETUP_ACTPASS
#define HOLD	BEARER_SETUP_HOLDCONN

static struct sockaddr_storage at(const char *ip, uint16_t port)
{
	struct sockaddr_storage a = { 0 };

	if (inet_pton(AF_INET, ip, &((struct sockaddr_in *)&a)->sin_addr) == 1)
		a.ss_family = AF_INET;
	else if (inet_pton(AF_INET6, ip, &((struct sockaddr_in6 *)&a)->sin6_addr) == 1)
		a.ss_family = AF_INET6;
	addr_set_port(&a, port);
	return a;
}

static struct bearer_want want(enum bearer_setup setup, const char *remote, uint16_t port)
{
	struct bearer_want w = { .proto = BEARER_TCP, .setup = setup };

	if (remote) {
		w.has_remote = true;
		w.remote = at(remote, port);
	}
	return w;
}

/* --- SYNs --- */

static void listening(void **state)
{
	(void)state;
	assert_true(rules_listens(NONE));
	assert_true(rules_listens(PASSIVE));
	assert_true(rules_listens(ACTPASS));
	assert_false(rules_listens(ACTIVE));
	assert_false(rules_listens(HOLD));
}

static void syn_of_the_peer(void **state)
{
	static const struct {
		enum bearer_setup own, peer;
		bool interlinked, opens;
	} cases[] = {
		{ ACTIVE, PASSIVE, false, true },
		{ ACTIVE, ACTPASS, false, true },
		{ ACTIVE, ACTIVE, false, false },
		{ ACTIVE, HOLD, false, false },
		{ PASSIVE, ACTIVE, false, false },
		{ PASSIVE, PASSIVE, false, false },
		{ PASSIVE, PASSIVE, true, false },	/* merge: both come to us */
		{ ACTPASS, PASSIVE, false, false },	/* undecided */
		{ ACTPASS, PASSIVE, true, true },
		{ ACTIVE, ACTIVE, true, true },
		{ HOLD, PASSIVE, true, false },
		{ NONE, NONE, false, true },
		{ NONE, PASSIVE, false, false },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		struct bearer_want own = want(cases[i].own, "192.0.2.1", 5000);
		struct bearer_want peer = want(cases[i].peer, NULL, 0);

		own.interlinked = cases[i].interlinked;
		if (rules_interlinked(&own, &peer) != cases[i].opens)
			fail_msg("case %u", i);
	}
}

static void unasked(void **state)
{
	struct bearer_want own = want(ACTIVE, "192.0.2.1", 5000), peer = want(PASSIVE, NULL, 0);

	(void)state;
	assert_true(rules_dials_unasked(&own, NULL));
	assert_false(rules_dials_unasked(&own, &peer));	/* its SYN will call */
	peer.setup = ACTIVE;
	assert_true(rules_dials_unasked(&own, &peer));
	own.setup = ACTPASS;
	assert_false(rules_dials_unasked(&own, NULL));
	own = want(ACTIVE, "192.0.2.1", RULES_DISCARD_PORT);
	assert_false(rules_dials_unasked(&own, NULL));
}

static void open_signal(void **state)
{
	static const struct {
		enum bearer_proto proto;
		enum bearer_setup setup;
		const char *remote;
		uint16_t port;
		int err;
	} cases[] = {
		{ BEARER_TCP, ACTIVE, "192.0.2.1", 5000, 0 },
		{ BEARER_TLS, ACTPASS, "2001:db8::1", 5000, 0 },
		{ BEARER_TCP, NONE, "192.0.2.1", 5000, 0 },
		{ BEARER_TCP, ACTIVE, NULL, 0, -EDESTADDRREQ },
		{ BEARER_TCP, ACTIVE, "0.0.0.0", 5000, -EDESTADDRREQ },
		{ BEARER_TCP, ACTIVE, "::", 5000, -EDESTADDRREQ },
		{ BEARER_TCP, ACTIVE, "192.0.2.1", 0, -EDESTADDRREQ },
		{ BEARER_TCP, ACTIVE, "192.0.2.1", 9, -EINVAL },
		{ BEARER_TCP, PASSIVE, "192.0.2.1", 5000, -EISCONN },
		{ BEARER_TCP, PASSIVE, NULL, 0, -EISCONN },
		{ BEARER_UDP, ACTIVE, "192.0.2.1", 5000, -EPROTONOSUPPORT },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		struct bearer_want w = want(cases[i].setup, cases[i].remote, cases[i].port);

		if (rules_may_open(cases[i].proto, &w) != cases[i].err)
			fail_msg("case %u", i);
	}
}

/* --- planes --- */

static void planes(void **state)
{
	static const struct {
		struct rules_side a, b;
		enum kmgw_plane plane, without_merge;
	} cases[] = {
#define SPLICE	KMGW_PLANE_SPLICE
#define RELAY	KMGW_PLANE_RELAY
#define MERGE	KMGW_PLANE_MERGE
		{ { false, NONE, false }, { false, NONE, false }, RELAY, RELAY },
		{ { false, PASSIVE, false }, { false, ACTIVE, false }, RELAY, RELAY },
		{ { false, PASSIVE, false }, { false, PASSIVE, false }, MERGE, SPLICE },
		/* TLS ends here */
		{ { true, NONE, false }, { false, NONE, false }, SPLICE, SPLICE },
		{ { true, PASSIVE, false }, { false, ACTIVE, false }, SPLICE, SPLICE },
		{ { true, PASSIVE, false }, { true, PASSIVE, false }, SPLICE, SPLICE },
		/* the gateway was told to connect */
		{ { false, NONE, true }, { false, NONE, false }, SPLICE, SPLICE },
		{ { false, PASSIVE, false }, { false, ACTIVE, true }, SPLICE, SPLICE },
		/* all others */
		{ { false, ACTIVE, false }, { false, ACTIVE, false }, SPLICE, SPLICE },
		{ { false, ACTPASS, false }, { false, PASSIVE, false }, SPLICE, SPLICE },
		{ { false, ACTPASS, false }, { false, ACTIVE, false }, SPLICE, SPLICE },
		{ { false, HOLD, false }, { false, PASSIVE, false }, SPLICE, SPLICE },
		{ { false, HOLD, false }, { false, ACTIVE, false }, SPLICE, SPLICE },
		{ { false, NONE, false }, { false, PASSIVE, false }, SPLICE, SPLICE },
		{ { false, NONE, false }, { false, ACTIVE, false }, SPLICE, SPLICE },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		/* Which end is looked at makes no difference. */
		if (rules_plane(&cases[i].a, &cases[i].b, true) != cases[i].plane ||
		    rules_plane(&cases[i].b, &cases[i].a, true) != cases[i].plane ||
		    rules_plane(&cases[i].a, &cases[i].b, false) != cases[i].without_merge ||
		    rules_plane(&cases[i].b, &cases[i].a, false) != cases[i].without_merge)
			fail_msg("case %u", i);
		/* One end alone has nobody to be connected with. */
		assert_int_equal(rules_plane(&cases[i].a, NULL, true), SPLICE);
	}
}

/* --- TLS --- */

static void tls_role(void **state)
{
	static const struct {
		struct rules_tls t;
		bool client;
	} cases[] = {
		/* rule 1: EstBNC makes a client of any TCP role and medium */
		{ { true, true, BEARER_MEDIA_APPLICATION, PASSIVE, false }, true },
		{ { true, false, BEARER_MEDIA_MESSAGE, PASSIVE, false }, true },
		/* rule 2: the MGC speaks tlsbsc and gave no EstBNC */
		{ { false, true, BEARER_MEDIA_MESSAGE, ACTIVE, true }, false },
		{ { false, true, BEARER_MEDIA_MESSAGE, PASSIVE, false }, false },
		/* rule 3: by a=setup, but for application */
		{ { false, false, BEARER_MEDIA_MESSAGE, ACTIVE, true }, true },
		{ { false, false, BEARER_MEDIA_MESSAGE, PASSIVE, false }, false },
		{ { false, false, BEARER_MEDIA_IMAGE, ACTIVE, true }, true },
		{ { false, false, BEARER_MEDIA_IMAGE, PASSIVE, false }, false },
		{ { false, false, BEARER_MEDIA_APPLICATION, ACTIVE, true }, false },
		{ { false, false, BEARER_MEDIA_APPLICATION, PASSIVE, false }, false },
		/* undecided a=setup: who sent the SYN */
		{ { false, false, BEARER_MEDIA_MESSAGE, ACTPASS, true }, true },
		{ { false, false, BEARER_MEDIA_MESSAGE, ACTPASS, false }, false },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < N(cases); i++)
		if (rules_tls_client(&cases[i].t) != cases[i].client)
			fail_msg("case %u", i);
}

static void server_guard(void **state)
{
	struct rules_tls t = { .by_signal = true, .local = PASSIVE };

	(void)state;
	assert_true(rules_tls_server_guard(&t, true));
	assert_false(rules_tls_server_guard(&t, false));
	/* dialled for an MGC with signals: EstBNC may still come */
	t.dialled = true;
	assert_false(rules_tls_server_guard(&t, true));
	t.by_signal = false;
	assert_true(rules_tls_server_guard(&t, true));
}

/* --- Modify --- */

static void modify(void **state)
{
	enum { SAME, MOVED, PORT, HELD, FIRST, NEW, EXISTING, FINGERPRINT, PROTO };
	static const struct {
		int what;
		bool waiting, starting, live, ended;	/* restarts? */
	} cases[] = {
		{ SAME,		false, false, false, false },
		{ MOVED,	false, true, true, true },
		{ PORT,		false, true, true, true },
		{ HELD,		false, false, false, false },
		{ FIRST,	false, false, false, true },
		{ NEW,		false, false, true, true },
		{ EXISTING,	false, false, false, false },
		{ FINGERPRINT,	false, true, true, true },
		{ PROTO,	false, true, true, true },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		struct bearer_want old = want(PASSIVE, "192.0.2.1", 5000), new = old;
		bool certificate = false;

		switch (cases[i].what) {
		case MOVED:
			new.remote = at("192.0.2.2", 5000);
			break;
		case PORT:
			new.remote = at("192.0.2.1", 5001);
			break;
		case HELD:
			new.remote = at("0.0.0.0", 0);
			break;
		case FIRST:
			old.has_remote = false;
			new.connection_new = true;
			break;
		case NEW:
			new.connection_new = true;
			break;
		case EXISTING:
			new.connection_existing = true;
			new.remote = at("192.0.2.2", 5000);
			break;
		case FINGERPRINT:
			certificate = true;
			break;
		case PROTO:
			new.proto = BEARER_TLS;
			break;
		default:
			break;
		}
		if (rules_restarts(&old, &new, RULES_WAITING, certificate) != cases[i].waiting ||
		    rules_restarts(&old, &new, RULES_STARTING, certificate) != cases[i].starting ||
		    rules_restarts(&old, &new, RULES_LIVE, certificate) != cases[i].live ||
		    rules_restarts(&old, &new, RULES_ENDED, certificate) != cases[i].ended)
			fail_msg("case %u", i);
	}
}

/* --- addresses --- */

static void remotes(void **state)
{
	static const struct {
		const char *local, *remote;
		int type;
		bool owned;
		int err;
	} cases[] = {
		{ "10.1.0.1", "192.0.2.1", RTN_UNICAST, false, 0 },
		{ "10.1.0.1", "192.0.2.1", -ENETUNREACH, false, 0 },
		{ "10.1.0.1", "0.0.0.0", 0, false, 0 },
		{ "10.1.0.1", "::", 0, false, 0 },
		{ "10.1.0.1", "2001:db8::1", RTN_UNICAST, false, -EINVAL },
		{ "2001:db8::2", "192.0.2.1", RTN_UNICAST, false, -EINVAL },
		{ "2001:db8::2", "2001:db8::1", RTN_UNICAST, false, 0 },
		{ "10.1.0.1", "127.0.0.1", RTN_UNICAST, true, -EADDRNOTAVAIL },
		{ "10.1.0.1", "127.9.9.9", RTN_LOCAL, true, -EADDRNOTAVAIL },
		{ "10.1.0.1", "0.1.2.3", RTN_UNICAST, false, -EADDRNOTAVAIL },
		{ "10.1.0.1", "224.0.0.1", RTN_UNICAST, false, -EADDRNOTAVAIL },
		{ "10.1.0.1", "239.255.255.255", RTN_UNICAST, false, -EADDRNOTAVAIL },
		{ "10.1.0.1", "255.255.255.255", RTN_UNICAST, false, -EADDRNOTAVAIL },
		{ "10.1.0.1", "10.1.0.255", RTN_BROADCAST, false, -EADDRNOTAVAIL },
		{ "10.1.0.1", "10.1.0.9", RTN_LOCAL, false, -EADDRNOTAVAIL },
		{ "10.1.0.1", "10.2.0.1", RTN_LOCAL, true, 0 },
		{ "2001:db8::2", "::1", RTN_UNICAST, false, -EADDRNOTAVAIL },
		{ "2001:db8::2", "ff02::1", RTN_UNICAST, false, -EADDRNOTAVAIL },
		{ "2001:db8::2", "::ffff:192.0.2.1", RTN_UNICAST, false, -EADDRNOTAVAIL },
		{ "2001:db8::2", "2001:db8::", RTN_ANYCAST, false, -EADDRNOTAVAIL },
		{ "2001:db8::2", "2001:db8::2", RTN_LOCAL, false, -EADDRNOTAVAIL },
		{ "2001:db8::2", "2001:db8::3", RTN_LOCAL, true, 0 },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		struct sockaddr_storage local = at(cases[i].local, 20000);
		struct sockaddr_storage remote = at(cases[i].remote, 5000);

		if (rules_remote(&local, &remote, cases[i].type, cases[i].owned) != cases[i].err)
			fail_msg("%s to %s", cases[i].local, cases[i].remote);
	}
}

static void filters(void **state)
{
	struct bearer_want w = want(PASSIVE, "192.0.2.1", 9);
	const struct sockaddr_storage net = at("192.0.2.0", 0);
	struct kernel_filters f;

	(void)state;
	rules_filter(&w, AF_INET, &f);
	assert_int_equal(f.n, 0);

	w.filter.addr[0] = (struct bearer_subnet){ AF_INET, 24, { 192, 0, 2, 0 } };
	w.filter.n_addrs = 1;
	w.filter.port[0] = (struct bearer_ports){ 5000, 5009 };
	w.filter.n_ports = 1;
	rules_filter(&w, AF_INET, &f);
	assert_int_equal(f.n, 1);
	assert_true(addr_same_ip(&f.rule[0].addr, &net));
	assert_int_equal(f.rule[0].prefixlen, 24);
	assert_true(f.rule[0].ports);
	assert_int_equal(f.rule[0].port_min, 5000);
	assert_int_equal(f.rule[0].port_max, 5009);

	/* each with each */
	w.filter.addr[1] = (struct bearer_subnet){ AF_INET, 32, { 198, 51, 100, 7 } };
	w.filter.n_addrs = 2;
	w.filter.port[1] = (struct bearer_ports){ 7000, 7000 };
	w.filter.n_ports = 2;
	rules_filter(&w, AF_INET, &f);
	assert_int_equal(f.n, 4);
	assert_int_equal(f.rule[2].prefixlen, 32);
	assert_int_equal(f.rule[2].port_min, 5000);
	assert_int_equal(f.rule[3].port_max, 7000);
	w.filter.n_addrs = 1;
	w.filter.n_ports = 1;

	/* an active far end names port 9: nothing to compare with; UDP has no such rule */
	w.filter.port[0] = (struct bearer_ports){ 9, 9 };
	rules_filter(&w, AF_INET, &f);
	assert_false(f.rule[0].ports);
	w.proto = BEARER_UDP;
	rules_filter(&w, AF_INET, &f);
	assert_true(f.rule[0].ports);

	/* holdconn: nobody may connect */
	w = want(HOLD, NULL, 0);
	rules_filter(&w, AF_INET6, &f);
	assert_int_equal(f.n, 1);
	assert_int_equal(f.rule[0].addr.ss_family, AF_INET6);
	assert_true(addr_is_unspecified(&f.rule[0].addr));
	assert_int_equal(f.rule[0].prefixlen, 128);
}

/* Voice to fax and back, and what of it is heard anew. */
static void latches_anew(void **state)
{
	struct bearer_want old = want(BEARER_SETUP_NONE, "192.0.2.1", 5000), new;
	enum kmgw_latch how;

	(void)state;
	old.proto = BEARER_UDP;
	old.rtp = true;
	new = old;
	assert_false(rules_latches_anew(&old, &new, KMGW_LATCH_LATCH, &how));
	new.rtp = false;
	assert_false(rules_latches_anew(&old, &new, KMGW_LATCH_OFF, &how));
	assert_true(rules_latches_anew(&old, &new, KMGW_LATCH_LATCH, &how));
	assert_int_equal(how, KMGW_LATCH_RELATCH);
	new.remote = at("192.0.2.1", 5002);
	assert_true(rules_latches_anew(&old, &new, KMGW_LATCH_RELATCH, &how));
	assert_int_equal(how, KMGW_LATCH_LATCH);
	old.rtp = false;
	new.proto = BEARER_DTLS;
	assert_true(rules_latches_anew(&old, &new, KMGW_LATCH_LATCH, &how));
}

/* --- DTLS --- */

static void new_associations(void **state)
{
	struct bearer_want old = want(PASSIVE, "192.0.2.1", 5000), new = old;

	(void)state;
	old.proto = new.proto = BEARER_DTLS;
	assert_false(rules_dtls_renews(&old, &new, false));
	assert_true(rules_dtls_renews(&old, &new, true));
	new.setup = ACTIVE;
	assert_true(rules_dtls_renews(&old, &new, false));
	/* actpass was an offer, and what was not said before is no change */
	old.setup = ACTPASS;
	assert_false(rules_dtls_renews(&old, &new, false));
	old.setup = new.setup;
	new.remote_setup = PASSIVE;
	assert_false(rules_dtls_renews(&old, &new, false));
	old.remote_setup = ACTIVE;
	assert_true(rules_dtls_renews(&old, &new, false));
	old.remote_setup = PASSIVE;
	new.remote_tls_id = 5;
	assert_false(rules_dtls_renews(&old, &new, false));
	old.remote_tls_id = 4;
	assert_true(rules_dtls_renews(&old, &new, false));
	new.connection_existing = true;
	assert_false(rules_dtls_renews(&old, &new, false));
	new.connection_existing = false;
	new.remote_tls_id = 4;
	new.remote = at("192.0.2.1", 5001);
	assert_true(rules_dtls_renews(&old, &new, false));
}

static void adopted_dtls(void **state)
{
	static const struct {
		enum bearer_phase phase;
		bool keyed;
		enum kmgw_state state;
		enum rules_adopted adopted;
	} cases[] = {
		{ BEARER_WAITING, false, KMGW_STATE_READY, RULES_ADOPTED_WAITING },
		{ BEARER_STARTING, false, KMGW_STATE_READY, RULES_ADOPTED_CUT },
		/* the keys came after the record was written */
		{ BEARER_STARTING, true, KMGW_STATE_READY, RULES_ADOPTED_LIVE },
		{ BEARER_LIVE, true, KMGW_STATE_ESTABLISHED, RULES_ADOPTED_LIVE },
		{ BEARER_LIVE, false, KMGW_STATE_RELEASED, RULES_ADOPTED_ENDED },
		{ BEARER_LIVE, true, KMGW_STATE_FAILED, RULES_ADOPTED_ENDED },
		{ BEARER_ENDED, false, KMGW_STATE_RELEASED, RULES_ADOPTED_OVER },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(rules_adopted_dtls(cases[i].phase, cases[i].keyed, cases[i].state),
				 cases[i].adopted);
}

/* --- endings --- */

static void endings(void **state)
{
	static const struct {
		enum kmgw_state state;
		enum kmgw_reason reason;
		bool closed;
		enum rules_end end;
	} cases[] = {
		{ KMGW_STATE_RELEASED, KMGW_REASON_PEER_CLOSED, false, RULES_END_RELEASED },
		{ KMGW_STATE_FAILED, KMGW_REASON_TRUNCATED, false, RULES_END_RELEASED },
		{ KMGW_STATE_RELEASED, KMGW_REASON_USER, false, RULES_END_SILENT },
		{ KMGW_STATE_FAILED, KMGW_REASON_USER, false, RULES_END_SILENT },
		{ KMGW_STATE_FAILED, KMGW_REASON_PEER_ENDPOINT, false, RULES_END_SILENT },
		{ KMGW_STATE_FAILED, KMGW_REASON_RESET, false, RULES_END_LOST },
		{ KMGW_STATE_FAILED, KMGW_REASON_TIMEOUT, false, RULES_END_LOST },
		{ KMGW_STATE_FAILED, KMGW_REASON_ALERT, false, RULES_END_LOST },
		{ KMGW_STATE_FAILED, KMGW_REASON_BAD_RECORD, false, RULES_END_LOST },
		{ KMGW_STATE_FAILED, KMGW_REASON_IDLE, false, RULES_END_LOST },
		{ KMGW_STATE_FAILED, KMGW_REASON_FLUSH, false, RULES_END_LOST },
		{ KMGW_STATE_RELEASED, KMGW_REASON_OCTET_LIMIT, false, RULES_END_RELEASED },
		/* closing took too long: he who began it, and in order */
		{ KMGW_STATE_FAILED, KMGW_REASON_LINGER, true, RULES_END_RELEASED },
		{ KMGW_STATE_FAILED, KMGW_REASON_LINGER, false, RULES_END_SILENT },
		{ KMGW_STATE_FAILED, KMGW_REASON_PEER_ENDPOINT, true, RULES_END_RELEASED },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < N(cases); i++)
		if (rules_ended(cases[i].state, cases[i].reason, cases[i].closed) !=
		    cases[i].end)
			fail_msg("case %u", i);
}

/* What a new daemon makes of a connection of the old one. */
static void after_a_restart(void **state)
{
	static const struct {
		enum bearer_phase phase;
		bool tcp, attached;
		enum kmgw_state state;
		enum rules_adopted found;
	} cases[] = {
		{ BEARER_WAITING, false, false, KMGW_STATE_ESTABLISHED, RULES_ADOPTED_WAITING },
		{ BEARER_WAITING, true, false, KMGW_STATE_IDLE, RULES_ADOPTED_WAITING },
		{ BEARER_STARTING, true, false, KMGW_STATE_IDLE, RULES_ADOPTED_CUT },
		{ BEARER_LIVE, true, false, KMGW_STATE_IDLE, RULES_ADOPTED_CUT },
		{ BEARER_ENDED, true, false, KMGW_STATE_IDLE, RULES_ADOPTED_OVER },
		/* handed over, and the record not written any more */
		{ BEARER_STARTING, true, true, KMGW_STATE_READY, RULES_ADOPTED_LIVE },
		{ BEARER_WAITING, true, true, KMGW_STATE_ESTABLISHED, RULES_ADOPTED_LIVE },
		{ BEARER_LIVE, true, true, KMGW_STATE_CLOSING, RULES_ADOPTED_LIVE },
		/* carried packet by packet: no socket */
		{ BEARER_LIVE, true, false, KMGW_STATE_ESTABLISHED, RULES_ADOPTED_LIVE },
		{ BEARER_LIVE, true, false, KMGW_STATE_RELEASED, RULES_ADOPTED_ENDED },
		{ BEARER_LIVE, true, false, KMGW_STATE_FAILED, RULES_ADOPTED_ENDED },
		{ BEARER_ENDED, true, false, KMGW_STATE_FAILED, RULES_ADOPTED_OVER },
		/* the second connection of an endpoint */
		{ BEARER_WAITING, true, false, KMGW_STATE_RELEASED, RULES_ADOPTED_WAITING },
		{ BEARER_STARTING, true, false, KMGW_STATE_RELEASED, RULES_ADOPTED_CUT },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < N(cases); i++)
		if (rules_adopted(cases[i].phase, cases[i].tcp, cases[i].attached,
				  cases[i].state) != cases[i].found)
			fail_msg("case %u", i);
}

static void both_known(void **state)
{
	struct bearer_want a = want(ACTIVE, "192.0.2.1", 5000);
	struct bearer_want b = want(PASSIVE, "192.0.2.2", 9);

	(void)state;
	assert_true(rules_both_known(&a, &b));
	b.remote = at("0.0.0.0", 0);
	assert_false(rules_both_known(&a, &b));
	b.has_remote = false;
	assert_false(rules_both_known(&b, &a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(listening),
		cmocka_unit_test(syn_of_the_peer),
		cmocka_unit_test(unasked),
		cmocka_unit_test(open_signal),
		cmocka_unit_test(planes),
		cmocka_unit_test(tls_role),
		cmocka_unit_test(server_guard),
		cmocka_unit_test(modify),
		cmocka_unit_test(remotes),
		cmocka_unit_test(filters),
		cmocka_unit_test(latches_anew),
		cmocka_unit_test(new_associations),
		cmocka_unit_test(adopted_dtls),
		cmocka_unit_test(endings),
		cmocka_unit_test(after_a_restart),
		cmocka_unit_test(both_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
