// SPDX-License-Identifier: GPL-2.0-only
/* arena: see arena.h */
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/arena.h"

/* large enough for an ordinary message and its reply, so that one block serves */
#define BLOCK_MIN	(16 * 1024)
#define BLOCK_MAX	(256 * 1024)

struct arena_block {
	struct arena_block *next;
	size_t size;		/* of data */
	alignas(max_align_t) char data[];
};

void arena_init(struct arena *a, size_t limit)
{
	*a = (struct arena){ .limit = limit };
}

static void use_block(struct arena *a, struct arena_block *b)
{
	a->last = b;
	a->at = b->data;
	a->end = b->data + b->size;
}

static void free_blocks(struct arena_block *b)
{
	while (b) {
		struct arena_block *next = b->next;

		free(b);
		b = next;
	}
}

void arena_reset(struct arena *a)
{
	if (!a->first)
		return;
	free_blocks(a->first->next);
	a->first->next = NULL;
	a->held = a->first->size;
	use_block(a, a->first);
}

void arena_free(struct arena *a)
{
	free_blocks(a->first);
	arena_init(a, a->limit);
}

size_t arena_held(const struct arena *a)
{
	return a->held;
}

static bool new_block(struct arena *a, size_t need)
{
	size_t size = a->last ? a->last->size * 2 : BLOCK_MIN;
	struct arena_block *b;

	if (size > BLOCK_MAX)
		size = BLOCK_MAX;
	if (size > a->limit - a->held)
		size = a->limit - a->held;
	if (size < need)
		size = need;
	if (size > a->limit - a->held)
		return false;
	b = malloc(sizeof(*b) + size);
	if (!b)
		return false;
	b->next = NULL;
	b->size = size;
	a->held += size;
	if (a->last)
		a->last->next = b;
	else
		a->first = b;
	use_block(a, b);
	return true;
}

void *arena_zalloc(struct arena *a, size_t size)
{
	size_t pad = -(uintptr_t)a->at & (alignof(max_align_t) - 1);
	char *p;

	if (!a->at || size > (size_t)(a->end - a->at) || pad > (size_t)(a->end - a->at) - size) {
		if (!new_block(a, size))
			return NULL;
		pad = 0;
	}
	p = a->at + pad;
	a->at = p + size;
	return memset(p, 0, size);
}

char *arena_text(struct arena *a, size_t len)
{
	char *p;

	if (!a->at || len > (size_t)(a->end - a->at)) {
		if (!new_block(a, len ? len : 1))
			return NULL;
	}
	p = a->at;
	a->at += len;
	return p;
}

struct str arena_str(struct arena *a, struct str s)
{
	char *p;

	if (!s.p)
		return STR_NONE;
	if (s.len == SIZE_MAX)
		return STR_NONE;
	p = arena_text(a, s.len + 1);
	if (!p)
		return STR_NONE;
	if (s.len)
		memcpy(p, s.p, s.len);
	p[s.len] = '\0';
	return (struct str){ p, s.len };
}

struct str arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	va_list again;
	char *p;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0)
		return STR_NONE;
	p = arena_text(a, (size_t)n + 1);
	if (!p)
		return STR_NONE;
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	return (struct str){ p, (size_t)n };
}

struct str arena_printf(struct arena *a, const char *fmt, ...)
{
	struct str s;
	va_list ap;

	va_start(ap, fmt);
	s = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return s;
}
