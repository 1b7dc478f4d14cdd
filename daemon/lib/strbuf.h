/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * strbuf: text that grows.
 *
 * Purpose: encoders write into it without looking at every result: the first
 * failure (no memory, limit reached) sticks, and the owner asks once at the end.
 * Context: one thread at a time. Lifetime: strbuf_init() to strbuf_free().
 */
#ifndef KMGWD_STRBUF_H
#define KMGWD_STRBUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/str.h"

struct strbuf {
	char *p;
	size_t len;
	size_t size;
	size_t limit;		/* 0: none */
	int err;		/* 0, -ENOMEM or -EMSGSIZE */
};

void strbuf_init(struct strbuf *b, size_t limit);
void strbuf_reset(struct strbuf *b);
void strbuf_free(struct strbuf *b);

/* makes room for n more octets; false, and b->err, when it cannot be had */
bool strbuf_grow(struct strbuf *b, size_t n);

static inline bool strbuf_room(struct strbuf *b, size_t n)
{
	return (n <= b->size - b->len && !b->err) || strbuf_grow(b, n);
}

static inline void strbuf_add(struct strbuf *b, const char *p, size_t n)
{
	if (n && strbuf_room(b, n)) {
		memcpy(b->p + b->len, p, n);
		b->len += n;
	}
}

static inline void strbuf_char(struct strbuf *b, char c)
{
	if (strbuf_room(b, 1))
		b->p[b->len++] = c;
}

static inline void strbuf_str(struct strbuf *b, struct str s)
{
	strbuf_add(b, s.p, s.len);
}

static inline void strbuf_puts(struct strbuf *b, const char *s)
{
	strbuf_add(b, s, strlen(s));
}

void strbuf_u64(struct strbuf *b, uint64_t v);
void strbuf_vprintf(struct strbuf *b, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));
void strbuf_printf(struct strbuf *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* what was written so far; not NUL-terminated */
static inline struct str strbuf_get(const struct strbuf *b)
{
	return (struct str){ b->p ? b->p : "", b->len };
}

#endif /* KMGWD_STRBUF_H */
