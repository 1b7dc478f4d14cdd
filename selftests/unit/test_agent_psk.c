// SPDX-License-Identifier: GPL-2.0-only
/*
 * The agent: pre-shared keys of TLS. Where they come from, what is refused, and that nobody is
 * ever told one.
 */
#include "agent_lab.h"
#include "agent/agent_private.h"
#include "bearer/psk.h"

/* "0123456789abcdef", "another key here", and the same twice in base64 */
#define HEX		"30313233343536373839616263646566"
#define BASE64		"MDEyMzQ1Njc4OWFiY2RlZg=="
#define OTHER_HEX	"616e6f74686572206b65792068657265"
#define PLAIN		"0123456789abcdef"
#define OTHER		"another key here"

#define TLS_LOCAL(more)	 LOCAL(SDP("TCP/TLS", "a=setup:passive\r\n" more))
#define TLS_REMOTE(more) REMOTE(SDP_AT("10.1.0.7", "9", "TCP/TLS", "a=setup:active\r\n" more))
#define NEW(control, local, remote) \
	CHOOSE(ADD("ip/1/acc/$", STREAM("LocalControl { Mode = SendReceive" control " }, " \
					TLS_LOCAL(local) ", " TLS_REMOTE(remote))))
#define CHANGE(inner)	"Context = 1 { Modify = ip/1/acc/1 { " STREAM(inner) " } }"

static void has_key(const char *key, const char *identity)
{
	const struct psk *psk = fake_find(1, 1)->want.psk;

	assert_non_null(psk);
	assert_int_equal(psk->len, strlen(key));
	assert_memory_equal(psk->key, key, psk->len);
	assert_string_equal(psk->identity, identity);
}

static bool contains(const void *data, size_t len, const char *what)
{
	return memmem(data, len, what, strlen(what));
}

static void assert_no_key_in(const void *data, size_t len)
{
	static const char *const forms[] = { HEX, BASE64, PLAIN, OTHER_HEX, OTHER };
	unsigned int i;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (contains(data, len, forms[i]))
			fail_msg("%s is in %.*s", forms[i], (int)len, (const char *)data);
}

/* An Add that signals PLAIN, in any form; nothing that is told afterwards has it. */
static void gives_key(const char *config, const char *add, const char *identity)
{
	struct lab lab;

	lab_open(&lab, config);
	lab_register(&lab);
	lab_ok(&lab, "%s", add);
	assert_no_key_in(lab.text, strlen(lab.text));
	has_key(PLAIN, identity);
	lab_close(&lab);
}

static void every_form(void **state)
{
	static const struct {
		const char *what, *identity;
	} forms[] = {
		{ NEW("", "", "a=psk:" HEX "\r\n"), "" },
		{ NEW("", "", "a=psk:hex:" HEX "\r\n"), "" },
		{ NEW("", "", "a=psk:" BASE64 "\r\n"), "" },
		{ NEW("", "", "a=psk:base64:MDEyMzQ1Njc4OWFiY2RlZg\r\n"), "" },
		{ NEW("", "", "k=clear:" PLAIN "\r\n"), "" },
		{ NEW("", "", "k=base64:" BASE64 "\r\na=pskid:alice\r\n"), "alice" },
		{ NEW("", "a=pskid:bob\r\na=psk:" HEX "\r\n", ""), "bob" },
		{ NEW(", tlsbsc/psk = \"" HEX "\"", "", ""), "" },
		{ NEW(", tlsbsc/psk = \"" BASE64 "\", tlsbsc/pskid = \"carol\"", "", ""), "carol" },
		{ NEW(", tlsbsc/pskid = \"carol\", tlsbsc/psk = " HEX, "", ""), "carol" },
		/* Remote's goes before Local's, and that before the property */
		{ NEW(", tlsbsc/psk = " OTHER_HEX, "a=psk:" OTHER_HEX "\r\n", "a=psk:" HEX "\r\n"), "" },
		{ NEW(", tlsbsc/psk = " OTHER_HEX, "a=psk:" HEX "\r\n", ""), "" },
		/* one key, said twice */
		{ NEW("", "", "k=clear:" PLAIN "\r\na=psk:" HEX "\r\n"), "" },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		gives_key("", forms[i].what, forms[i].identity);
}

/* The lines of SDP are properties there. */
static void in_binary(void **state)
{
	static const char *const forms[] = {
		NEW("", "", "a=psk:" HEX "\r\na=pskid:alice\r\n"),
		NEW("", "", "k=base64:" BASE64 "\r\na=pskid:alice\r\n"),
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		gives_key("encoding = \"binary\";", forms[i], "alice");
}

static void nobody_is_told(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab, "");
	lab_register(&lab);
	lab_ok(&lab, NEW(", tlsbsc/psk = " HEX, "k=clear:" PLAIN "\r\n", "a=psk:" BASE64 "\r\n"));
	assert_no_key_in(lab.text, strlen(lab.text));
	lab_ok(&lab, "Context = 1 { AuditValue = ip/1/acc/1 { Audit { Media } } }");
	assert_true(contains(lab.text, strlen(lab.text), "setup:active"));
	assert_no_key_in(lab.text, strlen(lab.text));
	lab_ok(&lab, "Context = 1 { AuditValue = ip/1/acc/1 { Audit { Media { Stream = 1 { "
	       "LocalControl { tlsbsc/psk } } } } } }");
	assert_no_key_in(lab.text, strlen(lab.text));
	assert_true(fake_record(1)->len > 100);
	assert_no_key_in(fake_record(1)->data, fake_record(1)->len);
	lab_close(&lab);
}

static void it_follows_its_descriptor(void **state)
{
	struct lab lab;

	(void)state;
	lab_open(&lab, "");
	lab_register(&lab);
	lab_ok(&lab, NEW(", tlsbsc/psk = " OTHER_HEX, "", "a=psk:" HEX "\r\n"));
	has_key(PLAIN, "");
	/* another one, and the first again */
	lab_ok(&lab, CHANGE(TLS_REMOTE("a=psk:" OTHER_HEX "\r\n")));
	has_key(OTHER, "");
	lab_ok(&lab, CHANGE(TLS_REMOTE("a=psk:" HEX "\r\na=pskid:dave\r\n")));
	has_key(PLAIN, "dave");
	/* a Modify of something else leaves it */
	lab_ok(&lab, CHANGE("LocalControl { Mode = Inactive }"));
	has_key(PLAIN, "dave");
	/* a Remote without one takes it away: what is left is the property's, and then nothing */
	lab_ok(&lab, CHANGE(TLS_REMOTE("")));
	has_key(OTHER, "");
	lab_ok(&lab, CHANGE("LocalControl { tlsbsc/pskid = erin }"));
	has_key(OTHER, "erin");
	lab_ok(&lab, CHANGE("LocalControl { tlsbsc/psk = \"\" }"));
	assert_null(fake_find(1, 1)->want.psk);
	/* what is refused changes nothing */
	lab_ok(&lab, CHANGE(TLS_REMOTE("a=psk:" HEX "\r\n")));
	lab_refused(&lab, 449, CHANGE(TLS_REMOTE("a=psk:" OTHER_HEX "\r\na=connection:old\r\n")));
	has_key(PLAIN, "");
	lab_close(&lab);
}

#define DTLS_WITH(proto, key) \
	CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(SDP(proto, "")) ", " \
					REMOTE(SDP_AT("10.1.0.7", "4000", proto, key)))))

static void with_dtls(void **state)
{
	static const char *const forms[] = {
		DTLS_WITH("UDP/DTLS", "a=psk:" HEX "\r\n"),
		DTLS_WITH("UDP/DTLS", "k=clear:" PLAIN "\r\n"),
		DTLS_WITH("UDP/TLS/UDPTL", "k=base64:" BASE64 "\r\n"),
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		gives_key("", forms[i], "");
}

static void refused(void **state)
{
	static const struct {
		unsigned int code;
		const char *what;
	} cases[] = {
		/* one octet less than 16, half an octet, no key at all, more than 64 octets */
		{ 449, NEW("", "", "a=psk:303132333435363738396162636465\r\n") },
		{ 449, NEW("", "", "a=psk:hex:" HEX "3\r\n") },
		{ 449, NEW("", "", "a=psk:\r\n") },
		{ 449, NEW("", "", "a=psk:" HEX HEX HEX HEX "30\r\n") },
		{ 449, NEW("", "", "a=psk:$\r\n") },
		{ 449, NEW("", "", "a=psk:MDEyMzQ1Njc4OWFiY2RlZ!==\r\n") },
		{ 449, NEW("", "", "k=prompt\r\n") },
		{ 449, NEW("", "", "k=uri:http://10.9.9.9/" HEX "\r\n") },
		{ 449, NEW("", "", "a=psk:" HEX "\r\na=psk:" OTHER_HEX "\r\n") },
		{ 449, NEW("", "", "k=clear:" PLAIN "\r\na=psk:" OTHER_HEX "\r\n") },
		{ 449, NEW("", "", "a=pskid:\r\na=psk:" HEX "\r\n") },
		{ 449, NEW(", tlsbsc/psk = " HEX "3", "", "") },
		{ 449, NEW(", tlsbsc/psk = [ " HEX ", " OTHER_HEX " ]", "", "") },
		{ 456, NEW(", tlsbsc/psk = " HEX ", tlsbsc/psk = " OTHER_HEX, "", "") },
		{ 473, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(SDP("TCP", "a=psk:" HEX "\r\n"))))) },
		{ 473, CHOOSE(ADD("ip/1/acc/$", STREAM("LocalControl { tlsbsc/psk = " HEX " }, "
							LOCAL(SDP("UDP", ""))))) },
	};
	struct lab lab;
	unsigned int i;

	(void)state;
	lab_open(&lab, "");
	lab_register(&lab);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		lab_refused(&lab, cases[i].code, "%s", cases[i].what);
		assert_no_key_in(lab.text, strlen(lab.text));
		assert_false(contains(lab.text, strlen(lab.text), "303132"));
		assert_null(fake_find(1, 1));
	}
	/* k= has other uses with other transports: it is passed over, and not kept */
	lab_ok(&lab, CHOOSE(ADD("ip/1/acc/$", STREAM(LOCAL(SDP("RTP/SAVP", "k=clear:" PLAIN "\r\n"))))));
	assert_no_key_in(lab.text, strlen(lab.text));
	lab_close(&lab);
}

#define MINIMAL \
	"mid = \"[127.0.0.1]:2944\"; mgc = ( { address = \"127.0.0.2\"; } ); realm = ( { name = \"access\"; " \
	"interface = \"acc\"; ports = [ 20000, 20099 ]; address = [ \"10.1.0.1\" ]; } ); "

/* Traces mask a key by the name before it. */
static void names_that_traces_would_not_mask(void **state)
{
	static const char *const items[] = {
		MINIMAL "package_items = ( { item = \"tlsbsc/psk\"; name = \"secret\"; } );",
		MINIMAL "package_items = ( { item = \"tlsbsc/psk\"; id = 7; } );",
	};
	struct packages packages;
	struct config *c;
	unsigned int i;
	char why[256];

	(void)state;
	for (i = 0; i < 2; i++) {
		c = lab_config(items[i]);
		assert_int_equal(packages_init(&packages, c, why, sizeof(why)), -EINVAL);
		assert_non_null(strstr(why, "traces mask keys by name"));
		config_free(c);
	}
	c = lab_config(MINIMAL "package_items = ( { item = \"tlsbsc/psk\"; name = \"PSKey\"; } );");
	assert_int_equal(packages_init(&packages, c, why, sizeof(why)), 0);
	config_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form),
		cmocka_unit_test(in_binary),
		cmocka_unit_test(nobody_is_told),
		cmocka_unit_test(it_follows_its_descriptor),
		cmocka_unit_test(with_dtls),
		cmocka_unit_test(refused),
		cmocka_unit_test(names_that_traces_would_not_mask),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
