/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of the text codec share: an arena for each test, and messages or parts of them read
 * into it.
 */
#ifndef KMGW_CODEC_LAB_H
#define KMGW_CODEC_LAB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/text.h"

#define HEAD	"MEGACO/3 [10.0.0.1]:2944\n"

static struct arena arena;

static inline int setup(void **state)
{
	(void)state;
	arena_init(&arena, 1024 * 1024);
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static inline void assert_str(struct str s, const char *text)
{
	if (!str_is(s, text)) {
		print_error("'%.*s' instead of '%s'\n", STR_ARG(s), text);
		fail();
	}
}

static inline struct h248_message *read_text(const char *text)
{
	struct h248_text_error err;
	struct h248_message *msg;

	if (h248_text_parse(&arena, text, strlen(text), &msg, &err)) {
		print_error("%s\n%s\n", err.text, text);
		fail();
	}
	return msg;
}

static inline struct h248_text_error read_bad(const char *text, struct h248_message **msg)
{
	struct h248_text_error err;

	assert_int_equal(h248_text_parse(&arena, text, strlen(text), msg, &err), -EBADMSG);
	return err;
}

/* the first command of a request in context 5 */
static inline struct h248_command *command(const char *text)
{
	char all[4096];

	snprintf(all, sizeof(all), HEAD "Transaction = 1 { Context = 5 { %s } }", text);
	return read_text(all)->transactions.first->actions.first->commands.first;
}

static inline struct h248_command *reply_command(const char *text)
{
	char all[4096];

	snprintf(all, sizeof(all), HEAD "Reply = 1 { Context = 5 { %s } }", text);
	return read_text(all)->transactions.first->actions.first->commands.first;
}

static inline struct h248_action *action(const char *text)
{
	char all[4096];

	snprintf(all, sizeof(all), HEAD "Transaction = 1 { Context = 5 { %s } }", text);
	return read_text(all)->transactions.first->actions.first;
}

static inline struct h248_mid mid_of(const char *text)
{
	struct h248_mid mid;

	assert_int_equal(h248_mid_parse(&arena, str_c(text), &mid), 0);
	return mid;
}

#endif
