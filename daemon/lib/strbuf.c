// SPDX-License-Identifier: GPL-2.0-only
/* strbuf: see strbuf.h */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/strbuf.h"

#define STRBUF_MIN	1024

void strbuf_init(struct strbuf *b, size_t limit)
{
	*b = (struct strbuf){ .limit = limit };
}

void strbuf_reset(struct strbuf *b)
{
	b->len = 0;
	b->err = 0;
}

void strbuf_free(struct strbuf *b)
{
	free(b->p);
	strbuf_init(b, b->limit);
}

bool strbuf_grow(struct strbuf *b, size_t n)
{
	size_t size = b->size ? b->size : STRBUF_MIN;
	char *p;

	if (b->err)
		return false;
	if (n > SIZE_MAX / 2 - b->len || (b->limit && n > b->limit - b->len)) {
		b->err = -EMSGSIZE;
		return false;
	}
	while (size < b->len + n)
		size *= 2;
	/* never hold more than the limit, so that strbuf_room() need not look at it */
	if (b->limit && size > b->limit)
		size = b->limit;
	p = realloc(b->p, size);
	if (!p) {
		b->err = -ENOMEM;
		return false;
	}
	b->p = p;
	b->size = size;
	return true;
}

void strbuf_u64(struct strbuf *b, uint64_t v)
{
	char digits[20];
	size_t i = sizeof(digits);

	do {
		digits[--i] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	strbuf_add(b, digits + i, sizeof(digits) - i);
}

void strbuf_vprintf(struct strbuf *b, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0) {
		b->err = -ENOMEM;
		return;
	}
	/* one more for the NUL that vsnprintf() insists on; it is not counted */
	if (!strbuf_room(b, (size_t)n + 1))
		return;
	vsnprintf(b->p + b->len, (size_t)n + 1, fmt, ap);
	b->len += (size_t)n;
}

void strbuf_printf(struct strbuf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	strbuf_vprintf(b, fmt, ap);
	va_end(ap);
}
