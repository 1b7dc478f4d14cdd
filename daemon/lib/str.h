/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * str: a piece of text that somebody else owns.
 *
 * Purpose: text of messages is never NUL-terminated and never copied twice.
 * Context: any. Lifetime: that of the arena or buffer which p points into.
 * p == NULL means "not there"; a present but empty text has p != NULL, len == 0.
 */
#ifndef KMGWD_STR_H
#define KMGWD_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *p;
	size_t len;
};

#define STR_NONE	((struct str){ NULL, 0 })
#define STR(literal)	((struct str){ "" literal, sizeof(literal) - 1 })

/* printf("%.*s", STR_ARG(s)) */
#define STR_ARG(s)	((int)(s).len), ((s).p ? (s).p : "")

static inline struct str str_c(const char *s)
{
	return (struct str){ s, s ? strlen(s) : 0 };
}

static inline bool str_set(struct str s)
{
	return s.p != NULL;
}

static inline char ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* exact */
static inline bool str_eq(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

/* case ignored, ASCII only: H.248 names, tokens, termination ids */
static inline bool str_ieq(struct str a, struct str b)
{
	size_t i;

	if (a.len != b.len)
		return false;
	for (i = 0; i < a.len; i++)
		if (ascii_lower(a.p[i]) != ascii_lower(b.p[i]))
			return false;
	return true;
}

static inline bool str_is(struct str a, const char *s)
{
	return str_eq(a, str_c(s));
}

static inline bool str_iis(struct str a, const char *s)
{
	return str_ieq(a, str_c(s));
}

static inline bool str_has(struct str s, char c)
{
	return s.len && memchr(s.p, c, s.len);
}

/**
 * str_u64() - a decimal number, digits only, all of the text
 * Return: true and *out, or false: empty, other characters, above max.
 */
bool str_u64(struct str s, uint64_t max, uint64_t *out);

#endif /* KMGWD_STR_H */
