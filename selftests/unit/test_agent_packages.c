// SPDX-License-Identifier: GPL-2.0-only
/* The table of packages: complete, without contradictions, and overridable. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "agent/packages.h"

static char tcpbcc[] = "tcpbcc", tlsbsc[] = "tlsbsc", seplink[] = "seplink", est[] = "EstBNC",
	    rel[] = "RelBNC", bnc[] = "BNCChange", topo[] = "linktopo";

static struct config config = {
	.features = CONFIG_FEATURE_TLS,
	.packages = { tcpbcc, tlsbsc, seplink, est, rel, bnc, topo },
};

static struct h248_name name(const char *pkg, const char *item)
{
	return (struct h248_name){ str_c(pkg), str_c(item) };
}

static void every_item_has_one_row(void **state)
{
	unsigned int id, n;
	const struct row *row;

	(void)state;
	for (id = ROW_NOT_DONE + 1; id < ROWS; id++) {
		n = 0;
		for (row = packages_next(NULL); row; row = packages_next(row))
			n += row->id == id;
		assert_int_equal(n, 1);
		assert_int_equal(packages_row(id)->id, id);
	}
}

static void rows_do_not_collide(void **state)
{
	const struct row *a, *b;
	struct packages p;
	char err[256];

	(void)state;
	assert_int_equal(packages_init(&p, &config, err, sizeof(err)), 0);
	for (a = packages_next(NULL); a; a = packages_next(a)) {
		assert_non_null(packages_row_name(&p, a));
		for (b = packages_next(a); b; b = packages_next(b)) {
			if (a->package != b->package || a->kind != b->kind)
				continue;
			assert_false(str_iis(str_c(packages_row_name(&p, a)), packages_row_name(&p, b)));
			assert_true(!a->hex || a->hex != b->hex);
		}
	}
}

static void values_have_room(void **state)
{
	const struct value_range *r;
	const struct row *row;
	struct packages p;
	unsigned int i, n;

	(void)state;
	packages_defaults(&p);
	assert_true(p.n_values < VALUES_MAX);
	for (row = packages_next(NULL); row; row = packages_next(row))
		for (i = 0; i < ROW_PARAMS_MAX && row->params[i].name; i++) {
			r = &row->params[i].range;
			for (n = 0; r->names && r->names[n]; n++)
				assert_string_equal(packages_range(&p, row, &row->params[i])->names[n],
						    r->names[n]);
		}
}

static void rows_are_whole(void **state)
{
	const struct row *row;
	struct h248_value v;
	unsigned int i;
	char buf[256];

	(void)state;
	for (row = packages_next(NULL); row; row = packages_next(row)) {
		if (row->id == ROW_NOT_DONE) {
			assert_int_equal(row->where, 0);
			continue;
		}
		assert_int_not_equal(row->where, 0);
		if (row->kind == ROW_PROPERTY || row->kind == ROW_STATISTIC)
			assert_int_not_equal(row->range.type, VALUE_NONE);
		if (row->kind == ROW_PROPERTY && (row->where & WHERE_LOCAL_CONTROL))
			assert_in_range(row->id, ROW_LOCAL_FIRST, ROW_LOCAL_LAST);
		if (row->kind == ROW_PROPERTY && (row->where & WHERE_ROOT))
			assert_in_range(row->id, ROW_ROOT_FIRST, ROW_ROOT_LAST);
		if (row->def) {
			v = (struct h248_value){ .text = str_c(row->def) };
			assert_int_equal(value_check(&row->range, &v, buf, sizeof(buf)), 0);
			assert_string_equal(buf, row->def);
		}
		for (i = 0; i < ROW_PARAMS_MAX && row->params[i].name; i++) {
			assert_int_not_equal(row->params[i].range.type, VALUE_NONE);
			if (!row->params[i].def)
				continue;
			v = (struct h248_value){ .text = str_c(row->params[i].def) };
			assert_int_equal(value_check(&row->params[i].range, &v, buf, sizeof(buf)), 0);
		}
	}
}

static void lookup(void **state)
{
	static const struct {
		enum row_kind kind;
		const char *pkg, *item;
		unsigned int code;
		enum row_id id;
	} cases[] = {
		{ ROW_PROPERTY, "gm", "saf", 0, ROW_SAF },
		{ ROW_PROPERTY, "GM", "SAF", 0, ROW_SAF },
		{ ROW_PROPERTY, "gm", "nosuch", 450, 0 },
		{ ROW_PROPERTY, "gm", "esas", 0, ROW_ESAS },
		{ ROW_PROPERTY, "gm", "rsb", 0, ROW_GM_RSB },
		{ ROW_PROPERTY, "rtcph", "rsb", 0, ROW_RSB },
		{ ROW_PROPERTY, "ds", "tb", 445, 0 },
		{ ROW_PROPERTY, "tman", "pol", 0, ROW_POL },
		{ ROW_EVENT, "adr", "rsac", 0, ROW_SOURCE_CHANGED },
		{ ROW_EVENT, "tman", "policing", 0, ROW_POLICING },
		{ ROW_EVENT, "g", "cause", 0, ROW_CAUSE },
		{ ROW_EVENT, "gm", "saf", 451, 0 },
		{ ROW_EVENT, "nt", "qualert", 512, 0 },
		{ ROW_EVENT, "tlsbsc", "bncchange", 0, ROW_TLS_CHANGE },
		{ ROW_SIGNAL, "tcpbcc", "EstBNC", 0, ROW_TCP_EST },
		{ ROW_SIGNAL, "tcpbcc", "BNCChange", 452, 0 },
		{ ROW_STATISTIC, "nt", "os", 0, ROW_OS },
		{ ROW_STATISTIC, "nt", "jit", 453, 0 },
	};
	const struct row *row;
	struct packages p;
	char err[256];
	struct h248_name n;
	unsigned int i;

	(void)state;
	assert_int_equal(packages_init(&p, &config, err, sizeof(err)), 0);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		n = name(cases[i].pkg, cases[i].item);
		assert_int_equal(packages_find(&p, cases[i].kind, &n, &row), cases[i].code);
		if (!cases[i].code)
			assert_int_equal(row->id, cases[i].id);
	}
}

static void names_of_the_configuration(void **state)
{
	char other[] = "tcpx", open[] = "Open";
	struct config c = config;
	const struct row *row;
	struct packages p;
	char err[256];
	struct h248_name n;

	(void)state;
	c.packages.tcpbcc = other;
	c.packages.est_bnc = open;
	assert_int_equal(packages_init(&p, &c, err, sizeof(err)), 0);
	n = name("tcpx", "open");
	assert_int_equal(packages_find(&p, ROW_SIGNAL, &n, &row), 0);
	assert_int_equal(row->id, ROW_TCP_EST);
	n = name("tcpbcc", "EstBNC");
	assert_int_equal(packages_find(&p, ROW_SIGNAL, &n, &row), 440);
	n = name("tlsbsc", "Open");
	assert_int_equal(packages_find(&p, ROW_SIGNAL, &n, &row), 0);
	assert_int_equal(row->id, ROW_TLS_EST);
	n = name("tcpx", "*");
	assert_true(packages_covers(&p, &n, packages_row(ROW_TCP_CHANGE)));
	assert_false(packages_covers(&p, &n, packages_row(ROW_TLS_CHANGE)));
	n = name("*", "*");
	assert_true(packages_covers(&p, &n, packages_row(ROW_TLS_CHANGE)));
}

static void values(void **state)
{
	static const char *const list[] = { "One", "Two", NULL };
	const struct value_range boolean = { .type = VALUE_BOOL };
	const struct value_range integer = { .type = VALUE_INTEGER, .min = 0, .max = 300 };
	const struct value_range real = { .type = VALUE_DOUBLE, .min = 0, .max = 1e6 };
	const struct value_range choice = { .type = VALUE_ENUM, .names = list };
	const struct value_range text = { .type = VALUE_STRING, .max = 5 };
	static const struct { int which; const char *in, *out; } cases[] = {
		{ 0, "ON", "on" }, { 0, "off", "off" }, { 0, "1", NULL }, { 0, "", NULL },
		{ 1, "0", "0" }, { 1, "300", "300" }, { 1, "0x1F", "31" }, { 1, "010", "10" },
		{ 1, "301", NULL }, { 1, "-1", NULL }, { 1, "1.5", NULL }, { 1, "", NULL },
		{ 1, " 1", NULL }, { 1, "1 ", NULL }, { 1, "+1", NULL },
		{ 1, "99999999999999999999999999999999999999", NULL },
		{ 2, "12", "12" }, { 2, "nan", NULL }, { 2, "inf", NULL }, { 2, "1e9", NULL },
		{ 3, "one", "One" }, { 3, "three", NULL },
		{ 4, "", "" }, { 4, "12345", "12345" }, { 4, "123456", NULL },
	};
	const struct value_range *ranges[] = { &boolean, &integer, &real, &choice, &text };
	struct h248_value v = { 0 };
	unsigned int i;
	char buf[16];
	int ret;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		v.text = str_c(cases[i].in);
		ret = value_check(ranges[cases[i].which], &v, buf, sizeof(buf));
		if (ret != (cases[i].out ? 0 : -EINVAL))
			fail_msg("\"%s\": %d", cases[i].in, ret);
		if (cases[i].out)
			assert_string_equal(buf, cases[i].out);
	}
	/* what does not fit is refused, not cut */
	v.text = str_c("12345");
	assert_int_equal(value_check(&text, &v, buf, 5), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_item_has_one_row),
		cmocka_unit_test(rows_do_not_collide),
		cmocka_unit_test(values_have_room),
		cmocka_unit_test(rows_are_whole),
		cmocka_unit_test(lookup),
		cmocka_unit_test(names_of_the_configuration),
		cmocka_unit_test(values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
