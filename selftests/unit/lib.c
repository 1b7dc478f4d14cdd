// SPDX-License-Identifier: GPL-2.0-only
/* daemon/lib: arena, strings, growing text, log */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/arena.h"
#include "lib/log.h"
#include "lib/strbuf.h"

static void strings(void **state)
{
	uint64_t v = 7;

	(void)state;
	assert_true(str_ieq(STR("ROOT"), STR("root")));
	assert_false(str_eq(STR("ROOT"), STR("root")));
	assert_false(str_ieq(STR("ROOT"), STR("roots")));
	assert_true(str_eq(STR_NONE, STR("")));
	assert_false(str_set(STR_NONE));
	assert_true(str_set(STR("")));
	assert_true(str_u64(STR("0"), 10, &v) && v == 0);
	assert_true(str_u64(STR("18446744073709551615"), UINT64_MAX, &v) && v == UINT64_MAX);
	assert_false(str_u64(STR("18446744073709551616"), UINT64_MAX, &v));
	assert_false(str_u64(STR("11"), 10, &v));
	assert_false(str_u64(STR(""), 10, &v));
	assert_false(str_u64(STR("1x"), 10, &v));
	assert_false(str_u64(STR("-1"), 10, &v));
}

static void arena_alignment_and_zero(void **state)
{
	struct arena a;
	unsigned int i, k;
	char *p;

	(void)state;
	arena_init(&a, 1 << 20);
	for (i = 1; i < 300; i++) {
		assert_non_null(arena_text(&a, i % 7));
		p = arena_zalloc(&a, i);
		assert_non_null(p);
		assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
		for (k = 0; k < i; k++)
			assert_int_equal(p[k], 0);
		memset(p, 0xff, i);
	}
	/* again, over memory that was used */
	arena_reset(&a);
	p = arena_zalloc(&a, 4096);
	for (k = 0; k < 4096; k++)
		assert_int_equal(p[k], 0);
	assert_non_null(arena_zalloc(&a, 500000));
	arena_free(&a);
	assert_int_equal(arena_held(&a), 0);
}

static void arena_limit(void **state)
{
	struct arena a;
	size_t n = 0;

	(void)state;
	arena_init(&a, 100000);
	while (arena_zalloc(&a, 100))
		n++;
	assert_in_range(n, 800, 1000);
	assert_true(arena_held(&a) <= 100000);
	assert_null(arena_zalloc(&a, SIZE_MAX));
	assert_null(arena_text(&a, SIZE_MAX));
	arena_reset(&a);
	assert_non_null(arena_zalloc(&a, 60000));
	assert_null(arena_zalloc(&a, 100000));
	arena_free(&a);
	arena_init(&a, 0);
	assert_null(arena_zalloc(&a, 1));
	assert_null(arena_str(&a, STR("x")).p);
	assert_null(arena_printf(&a, "x").p);
	arena_reset(&a);
	arena_free(&a);
}

static void arena_texts(void **state)
{
	struct arena a;
	struct str s;

	(void)state;
	arena_init(&a, 65536);
	s = arena_printf(&a, "%d-%s", 7, "x");
	assert_true(str_is(s, "7-x"));
	assert_int_equal(s.p[s.len], '\0');
	s = arena_str(&a, STR("abc"));
	assert_string_equal(s.p, "abc");
	assert_null(arena_str(&a, STR_NONE).p);
	assert_true(str_set(arena_str(&a, STR(""))));
	arena_free(&a);
}

static void growing(void **state)
{
	struct strbuf b;
	unsigned int i;

	(void)state;
	strbuf_init(&b, 0);
	assert_true(str_is(strbuf_get(&b), ""));
	for (i = 0; i < 5000; i++)
		strbuf_u64(&b, i % 10);
	assert_int_equal(b.len, 5000);
	assert_memory_equal(b.p + 4990, "0123456789", 10);
	strbuf_reset(&b);
	strbuf_u64(&b, UINT64_MAX);
	strbuf_printf(&b, " %s/%u", "x", 3u);
	assert_true(str_is(strbuf_get(&b), "18446744073709551615 x/3"));
	strbuf_free(&b);
}

static void growing_limit(void **state)
{
	struct strbuf b;

	(void)state;
	strbuf_init(&b, 10);
	strbuf_puts(&b, "0123456789");
	assert_int_equal(b.err, 0);
	strbuf_char(&b, 'x');
	assert_int_equal(b.err, -EMSGSIZE);
	assert_int_equal(b.len, 10);
	/* the first failure sticks, though this would fit */
	b.len = 2;
	strbuf_char(&b, 'y');
	assert_int_equal(b.len, 2);
	strbuf_reset(&b);
	strbuf_char(&b, 'y');
	assert_int_equal(b.err, 0);
	strbuf_free(&b);
	strbuf_init(&b, 5000);
	strbuf_printf(&b, "%4000d", 1);
	strbuf_printf(&b, "%4000d", 1);
	assert_int_equal(b.err, -EMSGSIZE);
	assert_int_equal(b.len, 4000);
	strbuf_free(&b);
}

static size_t read_back(int fd, char *buf, size_t size)
{
	ssize_t n = read(fd, buf, size - 1);

	assert_true(n >= 0);
	buf[n] = '\0';
	return (size_t)n;
}

static unsigned int lines(int fd)
{
	unsigned int n = 0;
	char c;

	while (read(fd, &c, 1) == 1)
		n += c == '\n';
	return n;
}

static void logging_with_a_limit(void **state)
{
	struct log_limit limit = { 0 };
	unsigned int i, allowed = 0;
	struct log log;
	int fd[2];

	(void)state;
	assert_int_equal(pipe2(fd, O_NONBLOCK), 0);
	log_init(&log, fd[1], LOG_LEVEL_NOTICE);
	for (i = 0; i < 1000; i++)
		allowed += log_allowed(&limit, &log, LOG_LEVEL_NOTICE, 1000000 + i);
	assert_int_equal(allowed, 10);
	assert_int_equal(lines(fd[0]), 0);
	/* how many there were is told once, before the next */
	assert_true(log_allowed(&limit, &log, LOG_LEVEL_NOTICE, 1010000));
	assert_int_equal(lines(fd[0]), 1);
	assert_true(log_allowed(&limit, &log, LOG_LEVEL_NOTICE, 1030000));
	assert_int_equal(lines(fd[0]), 0);
	close(fd[0]);
	close(fd[1]);
}

static void logging(void **state)
{
	char buf[4096], big[3000];
	struct log log;
	int fd[2];

	(void)state;
	unsetenv("JOURNAL_STREAM");
	assert_int_equal(pipe(fd), 0);
	log_init(&log, fd[1], LOG_LEVEL_NOTICE);
	log_info(&log, "not shown");
	log_notice(&log, "realm %s: down", "core");
	read_back(fd[0], buf, sizeof(buf));
	assert_string_equal(buf, "kmgwd: notice: realm core: down\n");
	/* nobody forges a line */
	log_error(&log, "from peer: %s", "a\nkmgwd: notice: b\x1b[2J\x7f");
	read_back(fd[0], buf, sizeof(buf));
	assert_string_equal(buf, "kmgwd: error: from peer: a\\x0akmgwd: notice: b\\x1b[2J\\x7f\n");
	memset(big, '\n', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	log_error(&log, "%s", big);
	assert_true(read_back(fd[0], buf, sizeof(buf)) < 1200);
	assert_null(strchr(strchr(buf, '\n') + 1, '\n'));
	log.journal = true;
	log_warning(&log, "x");
	read_back(fd[0], buf, sizeof(buf));
	assert_string_equal(buf, "<4>x\n");
	assert_int_equal(log_level_from_name("debug", &log.level), 0);
	assert_int_equal(log.level, LOG_LEVEL_DEBUG);
	assert_int_equal(log_level_from_name("loud", &log.level), -EINVAL);
	close(fd[0]);
	close(fd[1]);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings),
		cmocka_unit_test(arena_alignment_and_zero),
		cmocka_unit_test(arena_limit),
		cmocka_unit_test(arena_texts),
		cmocka_unit_test(growing),
		cmocka_unit_test(growing_limit),
		cmocka_unit_test(logging),
		cmocka_unit_test(logging_with_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
