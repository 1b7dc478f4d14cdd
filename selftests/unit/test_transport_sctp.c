// SPDX-License-Identifier: GPL-2.0-only
/* SCTP: messages out of the pieces that a socket hands over, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <string.h>

#include "transport/sctp_message.h"

static struct sctp_message m;

static enum sctp_result add(const char *text, uint32_t ppid, bool end)
{
	memcpy(m.data + m.used, text, strlen(text));
	return sctp_message_add(&m, strlen(text), htonl(ppid), end);
}

static void whole_and_in_pieces(void **state)
{
	(void)state;
	sctp_message_reset(&m);
	assert_int_equal(add("MEGACO/1", 7, true), SCTP_COMPLETE);
	assert_int_equal(m.used, 8);
	sctp_message_reset(&m);
	assert_int_equal(add("MEG", 7, false), SCTP_MORE);
	assert_int_equal(add("ACO", 7, false), SCTP_MORE);
	assert_int_equal(add("/1", 7, true), SCTP_COMPLETE);
	assert_memory_equal(m.data, "MEGACO/1", 8);
}

static void other_protocols(void **state)
{
	(void)state;
	sctp_message_reset(&m);
	assert_int_equal(add("x", 46, true), SCTP_MALFORMED);
	assert_int_equal(m.used, 0);
	assert_int_equal(add("x", 46, false), SCTP_MORE);
	assert_int_equal(add("y", 7, true), SCTP_MALFORMED);
	/* the number in the wrong order of octets */
	m.data[0] = 'x';
	assert_int_equal(sctp_message_add(&m, 1, 7, true), ntohl(7) == 7 ? SCTP_COMPLETE :
								       SCTP_MALFORMED);
	sctp_message_reset(&m);
	assert_int_equal(add("none given", 0, true), SCTP_COMPLETE);
}

static void too_large(void **state)
{
	size_t left = SCTP_MESSAGE_MAX;

	(void)state;
	sctp_message_reset(&m);
	assert_int_equal(sctp_message_add(&m, left, htonl(7), true), SCTP_COMPLETE);
	sctp_message_reset(&m);
	assert_int_equal(sctp_message_add(&m, left, htonl(7), false), SCTP_MORE);
	/* there was room for one more octet, and the rest is taken without being kept */
	assert_int_equal(sizeof(m.data) - m.used, 1);
	assert_int_equal(sctp_message_add(&m, 1, htonl(7), false), SCTP_MORE);
	assert_int_equal(m.used, 0);
	assert_int_equal(sctp_message_add(&m, sizeof(m.data), htonl(7), false), SCTP_MORE);
	assert_int_equal(sctp_message_add(&m, 5, htonl(7), true), SCTP_MALFORMED);
	assert_int_equal(add("next", 7, true), SCTP_COMPLETE);
}

static void an_empty_one(void **state)
{
	(void)state;
	sctp_message_reset(&m);
	assert_int_equal(sctp_message_add(&m, 0, htonl(7), true), SCTP_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_and_in_pieces),
		cmocka_unit_test(other_protocols),
		cmocka_unit_test(too_large),
		cmocka_unit_test(an_empty_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
