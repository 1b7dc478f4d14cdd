/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * arena: memory that is given back all at once.
 *
 * Purpose: one message and everything made of it lives in one arena; nothing in
 * it is freed by itself. The limit bounds what a hostile message can make the
 * daemon use.
 * Context: one thread at a time. Lifetime: arena_init() to arena_free();
 * arena_reset() empties it and keeps the first block for the next message.
 */
#ifndef KMGWD_ARENA_H
#define KMGWD_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "lib/str.h"

struct arena_block;

struct arena {
	struct arena_block *first, *last;
	char *at, *end;		/* free part of the last block */
	size_t limit;		/* octets in blocks, all together */
	size_t held;
};

/**
 * arena_init() - an empty arena; nothing is allocated yet
 * @limit: octets it may grow to
 */
void arena_init(struct arena *a, size_t limit);
void arena_reset(struct arena *a);
void arena_free(struct arena *a);

/* Octets handed out and held, for statistics. */
size_t arena_held(const struct arena *a);

/* Return: zeroed memory aligned for any object, or NULL at the limit. */
void *arena_zalloc(struct arena *a, size_t size);
/* the same, not zeroed, octet-aligned: for text */
char *arena_text(struct arena *a, size_t len);

#define arena_new(a, type)	((type *)arena_zalloc((a), sizeof(type)))

/*
 * Copies of text; .p is NULL at the limit. The copy is followed by a NUL that
 * is not counted, so that it can be handed to functions which want one.
 */
struct str arena_str(struct arena *a, struct str s);
struct str arena_vprintf(struct arena *a, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));
struct str arena_printf(struct arena *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* KMGWD_ARENA_H */
