// SPDX-License-Identifier: GPL-2.0-only
/* The configuration: defaults, what is refused and with which words. */
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
#include <unistd.h>

#include "config.h"

#define REALM \
	"realm = ( { name = \"access\"; address = [ \"10.1.0.1\" ]; interface = \"access\";\n" \
	"            ports = [ 20000, 20999 ]; } );\n"
#define MGC	"mgc = ( { address = \"10.0.0.2\"; } );\n"
#define MID	"mid = \"[10.0.0.1]:2944\";\n"

static int load(const char *text, struct config **out, char *err, size_t len)
{
	char path[] = "/tmp/kmgw-config-XXXXXX";
	int fd = mkstemp(path), ret;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	ret = config_load(path, out, err, len);
	unlink(path);
	return ret;
}

static struct config *good(const char *text)
{
	struct config *c = NULL;
	char err[512];

	if (load(text, &c, err, sizeof(err)))
		fail_msg("%s", err);
	return c;
}

static void addresses_of_sctp(void **state)
{
	struct config *c = good(MID "mgc = ( { address = \"10.0.0.2\"; transport = \"sctp\"; "
				"more = [ \"10.9.0.2\", \"10.8.0.2\" ]; } );\n"
				"local = [ \"10.9.0.1\" ]; sctp_heartbeat = 0.5;\n" REALM);

	(void)state;
	assert_int_equal(c->mgc[0].transport, CONFIG_TRANSPORT_SCTP);
	assert_int_equal(c->mgc[0].n_more, 2);
	assert_int_equal(ntohl(((struct sockaddr_in *)&c->mgc[0].more[1])->sin_addr.s_addr),
			 0x0a080002);
	assert_int_equal(c->n_sctp_local, 1);
	assert_int_equal(c->sctp_heartbeat, 500);
	config_free(c);
}

static void defaults(void **state)
{
	struct config *c = good(MID MGC REALM);

	(void)state;
	assert_string_equal(c->mid, "[10.0.0.1]:2944");
	assert_int_equal(ntohs(((struct sockaddr_in *)&c->local)->sin_port), 2944);
	assert_int_equal(c->n_mgcs, 1);
	assert_int_equal(c->mgc[0].transport, CONFIG_TRANSPORT_UDP);
	assert_int_equal(ntohs(((struct sockaddr_in *)&c->mgc[0].address)->sin_port), 2944);
	assert_int_equal(c->version, 2);
	assert_null(c->profile);
	assert_null(c->certificate);
	assert_int_equal(c->encoding, CONFIG_ENCODING_PRETTY);
	assert_int_equal(c->tcp_open, CONFIG_TCP_OPEN_SIGNAL);
	assert_int_equal(c->tls_start, CONFIG_TLS_START_AUTO);
	assert_int_equal(c->tcp_active_guard, 20000);
	assert_int_equal(c->peer_guard, 30000);
	assert_int_equal(c->tls_guard, 10000);
	assert_int_equal(c->tls_versions, CONFIG_TLS_1_2 | CONFIG_TLS_1_3);
	assert_false(c->tls_legacy);
	assert_false(c->tls_resumption);
	assert_int_equal(c->tls_ticket_wait, 200);
	assert_int_equal(c->fingerprint_hashes, 0x1f);
	assert_int_equal(c->tcp_passive_guard, 0);
	assert_int_equal(c->release_linger, 2000);
	assert_int_equal(c->transfer_limit, 0);
	assert_int_equal(c->merge_early, 0);
	assert_int_equal(c->tcp_keepalive, 120000);
	assert_int_equal(c->tcp_user_timeout, 60000);
	assert_int_equal(c->port_quarantine, 30000);
	assert_int_equal(c->realm_holddown, 1000);
	assert_int_equal(c->max_handshakes, 1000);
	assert_int_equal(c->emergency_reserve, 5);
	assert_int_equal(c->features, CONFIG_FEATURE_TLS | CONFIG_FEATURE_DTLS |
			 CONFIG_FEATURE_MERGE | CONFIG_FEATURE_MSRP);
	assert_int_equal(c->msrp_aware, CONFIG_MSRP_AWARE_REFUSE);
	assert_string_equal(c->run_dir, "/run/kmgw");
	assert_null(c->trace);
	assert_null(c->metrics);
	assert_int_equal(c->stop_wait, 3000);
	assert_int_equal(c->change[CONFIG_CHANGE_WARM].method, CONFIG_METHOD_RESTART);
	assert_int_equal(c->change[CONFIG_CHANGE_WARM].reason, 902);
	assert_int_equal(c->change[CONFIG_CHANGE_REALM_DOWN].method, CONFIG_METHOD_FORCED);
	assert_int_equal(c->retransmit_min, 500);
	assert_int_equal(c->retransmit_max, 4000);
	assert_int_equal(c->t_max, 25000);
	assert_int_equal(c->long_timer, 30000);
	assert_string_equal(c->state_dir, "/var/lib/kmgw");
	assert_string_equal(c->packages.tcpbcc, "tcpbcc");
	assert_string_equal(c->packages.linktopo, "linktopo");
	assert_int_equal(c->n_realms, 1);
	assert_int_equal(c->realm[0].port_max, 20999);
	config_free(c);
}

static void everything_can_be_set(void **state)
{
	struct config *c = good(
		"mid = \"<mg.example>:2944\"; listen = \"[2001:db8::1]:2999\";\n"
		"mgc = ( { address = \"2001:db8::2\"; port = 3000; transport = \"tcp\"; } );\n"
		"mgc_allow = [ \"2001:db8::3\" ];\n"
		"version = 3; profile = \"threegiq/1\"; encoding = \"compact\";\n"
		"certificate = \"/c\"; private_key = \"/k\"; state_dir = \"/s\"; log_level = \"debug\";\n"
		"tcp_active_guard = 0.25; tls_guard = 3; realm_holddown = 0.5;\n"
		"features = [ \"msrp\", \"tls\" ]; emergency_reserve = 0;\n"
		"tls_versions = [ \"1.2\" ]; tls_legacy = true; tls_resumption = true;\n"
		"fingerprint_hashes = [ \"sha-512\", \"sha-256\" ];\n"
		"packages = { tcpbcc = \"tcpx\"; est_bnc = \"Open\"; };\n"
		"realm = ( { name = \"a b-c\"; address = [ \"10.1.0.1\", \"2001:db8:1::1\" ];\n"
		"  interface = \"acc_1\"; ports = [ 20000, 20001 ]; device = \"eth1\"; vrf = \"red\"; } );\n");

	(void)state;
	assert_int_equal(c->local.ss_family, AF_INET6);
	assert_int_equal(c->mgc[0].transport, CONFIG_TRANSPORT_TCP);
	assert_int_equal(c->n_mgc_allow, 1);
	assert_int_equal(c->tcp_active_guard, 250);
	assert_int_equal(c->realm_holddown, 500);
	assert_int_equal(c->features, CONFIG_FEATURE_TLS | CONFIG_FEATURE_MSRP);
	assert_int_equal(c->tls_versions, CONFIG_TLS_1_2);
	assert_true(c->tls_legacy);
	assert_true(c->tls_resumption);
	assert_int_equal(c->fingerprint_hashes, CONFIG_HASH_SHA256 | CONFIG_HASH_SHA512);
	assert_int_equal(c->emergency_reserve, 0);
	assert_int_equal(c->tls_guard, 3000);
	/* an MGC with a profile says when TLS starts */
	assert_int_equal(c->tls_start, CONFIG_TLS_START_SIGNAL);
	assert_string_equal(c->packages.tcpbcc, "tcpx");
	assert_string_equal(c->packages.est_bnc, "Open");
	assert_string_equal(c->packages.rel_bnc, "RelBNC");
	assert_string_equal(c->realm[0].device, "eth1");
	assert_string_equal(c->realm[0].vrf, "red");
	assert_int_equal(c->realm[0].n_addresses, 2);
	assert_int_equal(c->log.level, LOG_LEVEL_DEBUG);
	config_free(c);
}

/* text, and what the complaint must hold besides the name of the file */
static const struct { const char *text, *line, *words; } bad[] = {
	{ MID MGC REALM "nonsense = 1;\n", ":5: ", "unknown key \"nonsense\"" },
	{ MID MGC REALM "version = 4;\n", ":5: ", "version must be 1 to 3, not 4" },
	{ MID MGC REALM "version = \"2\";\n", ":5: ", "version must be a number" },
	{ MID MGC REALM "encoding = \"xml\";\n", ":5: ", "\"pretty\", \"compact\", \"binary\"" },
	{ MID MGC REALM "tls_guard = -1;\n", ":5: ", "tls_guard must be" },
	{ MID MGC REALM "tls_start = \"maybe\";\n", ":5: ", "tls_start" },
	{ MID MGC REALM "profile = \"three giq\";\n", ":5: ", "profile" },
	{ MID MGC REALM "profile = \"threegiq/100\";\n", ":5: ", "profile" },
	{ MID MGC REALM "certificate = \"/x\";\n", ":5: ", "belong together" },
	{ MID MGC REALM "t_max = 40;\n", ":5: ", "shorter than long_timer" },
	{ MID MGC REALM "retransmit_min = 5;\n", ":5: ", "retransmit_max" },
	{ MID MGC REALM "log_level = \"loud\";\n", ":5: ", "log_level" },
	{ MID MGC REALM "state_dir = \"here\";\n", ":5: ", "absolute" },
	{ MID MGC REALM "packages = { tcpbcc = \"a b\"; };\n", ":5: ", "tcpbcc \"a b\"" },
	{ MID MGC REALM "packages = { nosuch = \"a\"; };\n", ":5: ", "unknown key" },
	{ MID MGC REALM "version = ;\n", ":5: ", "syntax" },
	{ MID MGC REALM "version = 2;\nversion = 2;\n", ":6: ", "duplicate" },
	{ MID MGC REALM "version_min = 3;\n", ":5: ", "above version" },
	{ MID MGC REALM "service_change = { reboot = \"Restart 901\"; };\n", ":5: ", "\"reboot\"" },
	{ MID MGC REALM "service_change = { cold = \"Restart\"; };\n", ":5: ", "cold must be" },
	{ MID MGC REALM "service_change = { cold = \"Reset 901\"; };\n", ":5: ", "cold must be" },
	{ MID MGC REALM "service_change = { cold = \"Restart 0901\"; };\n", ":5: ", "cold must be" },
	{ MID MGC REALM "service_change = \"Restart 901\";\n", ":5: ", "group" },
	{ MID MGC REALM "profile_accept = [ \"a/1\" ];\n", ":5: ", "without profile" },
	{ MID MGC REALM "profile = \"a/1\"; profile_accept = [ \"a\" ];\n", ":5: ", "NAME/VERSION" },
	{ MID MGC REALM "run_dir = \"run\";\n", ":5: ", "run_dir" },
	{ MID MGC REALM "trace = \"../key.pem\";\n", ":5: ", "\"../key.pem\"" },
	{ MID MGC REALM "trace_dir = \"log\";\n", ":5: ", "trace_dir" },
	{ MID MGC REALM "trace_format = \"xml\";\n", ":5: ", "\"text\"" },
	{ MID MGC REALM "metrics = \"9944\";\n", ":5: ", "metrics" },
	{ MGC REALM, ": ", "mid is missing" },
	{ MID REALM, ": ", "mgc is missing" },
	{ MID MGC, ": ", "realm is missing" },
	{ MID MGC REALM "features = [ \"tls\", \"srtp\" ];\n", ":", "srtp" },
	{ MID MGC REALM "features = \"tls\";\n", ":", "array" },
	{ MID MGC REALM "tls_versions = [ \"1.1\" ];\n", ":5: ", "1.1" },
	{ MID MGC REALM "tls_versions = [ ];\n", ":5: ", "empty" },
	{ MID MGC REALM "tls_legacy = 1;\n", ":5: ", "true or false" },
	{ MID MGC REALM "tls_resumption = 1;\n", ":5: ", "tls_resumption must be true or false" },
	{ MID MGC REALM "tls_legacy = true; tls_versions = [ \"1.3\" ];\n", ":5: ", "excludes" },
	{ MID MGC REALM "fingerprint_hashes = [ \"md5\" ];\n", ":5: ", "md5" },
	{ MID MGC REALM "fingerprint_hashes = [ ];\n", ":5: ", "empty" },
	{ MID MGC REALM "emergency_reserve = 51;\n", ":", "51" },
	{ "mid = \"10.0.0.1\";\n" MGC REALM, ":1: ", "10.0.0.1" },
	{ "mid = \"[10.0.0.1]:99999\";\n" MGC REALM, ":1: ", "99999" },
	{ "mid = \"<mg.example>\";\n" MGC REALM, ":1: ", "listen" },
	{ MID "mgc = ( );\n" REALM, ":2: ", "mgc must be a list" },
	{ MID "mgc = ( { address = \"example\"; } );\n" REALM, ":2: ", "IP address" },
	{ MID "mgc = ( { address = \"fd00::1\"; } );\n" REALM, ":2: ", "family" },
	{ MID "mgc = ( { address = \"10.0.0.2\"; port = 0; } );\n" REALM, ":2: ", "port" },
	{ MID "mgc = ( { address = \"10.0.0.2\"; transport = \"dccp\"; } );\n" REALM, ":2: ", "udp" },
	{ MID "mgc = ( { address = \"10.0.0.2\"; more = [ \"10.9.0.2\" ]; } );\n" REALM, ":2: ", "SCTP" },
	{ MID "mgc = ( { address = \"10.0.0.2\"; transport = \"sctp\"; more = [ \"fd00::1\" ]; } );\n" REALM,
	  ":2: ", "one family" },
	{ MID "mgc = ( { address = \"10.0.0.2\"; transport = \"sctp\"; more = [ \"x\" ]; } );\n" REALM,
	  ":2: ", "more" },
	{ MID MGC "local = \"10.9.0.1\";\n" REALM, ":3: ", "array" },
	{ MID "mgc = ( { address = \"10.0.0.2\"; ports = 1; } );\n" REALM, ":2: ", "unknown key" },
#define ONE(inner) MID MGC "realm = ( { " inner " } );\n"
	{ ONE("address = [\"10.1.0.1\"]; interface = \"a\"; ports = [ 2000, 2001 ];"), ":3: ", "name" },
	{ ONE("name = \"a\"; address = [\"10.1.0.1\"]; interface = \"1a\"; ports = [ 2000, 2001 ];"),
	  ":3: ", "interface" },
	{ ONE("name = \"a\"; address = [\"10.1.0.1\"]; interface = \"abcdefghijklmnopq\"; ports = [ 2000, 2001 ];"),
	  ":3: ", "at most 16" },
	{ ONE("name = \"a\"; address = [\"224.0.0.1\"]; interface = \"a\"; ports = [ 2000, 2001 ];"),
	  ":3: ", "224.0.0.1" },
	{ ONE("name = \"a\"; address = []; interface = \"a\"; ports = [ 2000, 2001 ];"), ":3: ", "address" },
	{ ONE("name = \"a\"; address = [\"10.1.0.1\"]; interface = \"a\"; ports = [ 80, 90 ];"),
	  ":3: ", "80 to 90" },
	{ ONE("name = \"a\"; address = [\"10.1.0.1\"]; interface = \"a\"; ports = [ 2001, 2000 ];"),
	  ":3: ", "2001 to 2000" },
	{ ONE("name = \"a\"; address = [\"10.1.0.1\"]; interface = \"a\"; ports = [ 2000 ];"), ":3: ", "ports" },
	{ ONE("name = \"a\"; address = [\"10.1.0.1\"]; interface = \"a\"; ports = [ 2000, 2001 ]; color = 1;"),
	  ":3: ", "unknown key \"color\"" },
	{ ONE("name = \"a\"; address = [\"10.1.0.1\"]; interface = \"a\"; ports = [ 2000, 2001 ]; private_key = \"k\";"),
	  ":3: ", "belong together" },
#define TWO(more) MID MGC \
	"realm = ( { name = \"a\"; address = [\"10.1.0.1\"]; interface = \"a\"; ports = [ 2000, 2009 ]; },\n{ " \
	more " } );\n"
	{ TWO("name = \"a\"; address = [\"10.1.0.2\"]; interface = \"b\"; ports = [ 2000, 2009 ];"),
	  ":4: ", "exists already (line 3)" },
	{ TWO("name = \"b\"; address = [\"10.1.0.2\"]; interface = \"A\"; ports = [ 2000, 2009 ];"),
	  ":4: ", "interface \"A\"" },
	{ TWO("name = \"b\"; address = [\"10.1.0.1\"]; interface = \"b\"; ports = [ 2009, 2019 ];"),
	  ":4: ", "share an address and ports" },
};

static void what_is_refused(void **state)
{
	struct config *c = NULL;
	char err[512];
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (load(bad[i].text, &c, err, sizeof(err)) != -EINVAL)
			fail_msg("taken:\n%s", bad[i].text);
		if (!strstr(err, bad[i].line) || !strstr(err, bad[i].words) || strchr(err, '\n'))
			fail_msg("complaint \"%s\" lacks \"%s\" or \"%s\"", err, bad[i].line,
				 bad[i].words);
	}
	assert_int_equal(config_load("/nonexistent/kmgwd.conf", &c, err, sizeof(err)), -ENOENT);
	assert_non_null(strstr(err, "/nonexistent/kmgwd.conf"));
}

static void realms_in_different_vrfs_may_overlap(void **state)
{
	(void)state;
	config_free(good(TWO("name = \"b\"; address = [\"10.1.0.1\"]; interface = \"b\"; "
			     "ports = [ 2000, 2009 ]; vrf = \"red\";")));
}

static void ports_among_the_ephemeral_ones(void **state)
{
	struct config *c = good(MID MGC REALM);
	char err[1024];

	(void)state;
	assert_int_equal(config_check_ports(c, "32768\t60999\n", "\n", err, sizeof(err)), 0);
	assert_int_equal(config_check_ports(c, "20999\t60999\n", "\n", err, sizeof(err)), -EINVAL);
	assert_non_null(strstr(err, "sysctl -w net.ipv4.ip_local_reserved_ports=20000-20999"));
	assert_int_equal(config_check_ports(c, "1024\t60999\n", "7,20000-20998\n", err, sizeof(err)),
			 -EINVAL);
	/* what is reserved already stays so */
	assert_non_null(strstr(err, "ip_local_reserved_ports=7,20000-20998,20000-20999"));
	assert_int_equal(config_check_ports(c, "1024\t60999\n", "7,20000-20998,20999\n", err,
					    sizeof(err)), 0);
	assert_int_equal(config_check_ports(c, "1024\t20000\n", "20000\n", err, sizeof(err)), 0);
	assert_int_equal(config_check_ports(c, "many", "", err, sizeof(err)), -EINVAL);
	config_free(c);
}

static void the_example_is_valid(void **state)
{
	struct config *c = NULL;
	char err[512];

	(void)state;
	if (config_load("daemon/kmgwd.conf.example", &c, err, sizeof(err)))
		fail_msg("%s", err);
	assert_int_equal(c->n_realms, 2);
	config_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(addresses_of_sctp),
		cmocka_unit_test(everything_can_be_set),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(realms_in_different_vrfs_may_overlap),
		cmocka_unit_test(ports_among_the_ephemeral_ones),
		cmocka_unit_test(the_example_is_valid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
