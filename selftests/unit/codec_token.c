// SPDX-License-Identifier: GPL-2.0-only
/*
 * The words of Annex B: every one in both forms and any case, and nothing that only resembles one.
 */
#include "codec_lab.h"

#include "codec/text_token.h"

/* both forms of every token, in any case, and nothing that only resembles one */
static void tokens(void **state)
{
	struct str form;
	unsigned int t;
	char text[32];
	size_t i;
	int style;

	(void)state;
	for (t = TOK_NONE + 1; t < TOK_COUNT; t++) {
		for (style = 0; style < 2; style++) {
			form = h248_token_text(t, style);
			assert_in_range(form.len, 1, sizeof(text) - 2);
			assert_int_equal(h248_token_of(form), t);
			for (i = 0; i < form.len; i++)
				text[i] = ascii_lower(form.p[i]);
			assert_int_equal(h248_token_of((struct str){ text, form.len }), t);
			for (i = 0; i < form.len; i++)
				if (text[i] >= 'a' && text[i] <= 'z')
					text[i] -= 0x20;
			assert_int_equal(h248_token_of((struct str){ text, form.len }), t);
			/* one letter off, or one longer */
			for (i = 0; i < form.len; i++) {
				text[i] ^= 0x10;
				assert_int_not_equal(h248_token_of((struct str){ text, form.len }),
						     t);
				text[i] ^= 0x10;
			}
			text[form.len] = '_';
			assert_int_equal(h248_token_of((struct str){ text, form.len + 1 }),
					 TOK_NONE);
		}
	}
	assert_int_equal(h248_token_of(STR("")), TOK_NONE);
	assert_int_equal(h248_token_of(STR("EmergencyOffToken")), TOK_EMERGENCY_OFF);
	assert_int_equal(h248_token_of(STR("ANSLGC")), TOK_AND_LOGIC);
	assert_int_equal(h248_token_of(STR("Local")), TOK_LOCAL);
	assert_int_equal(h248_token_of(STR("Lokal")), TOK_NONE);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	static const struct CMUnitTest tests[] = {
		T(tokens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
