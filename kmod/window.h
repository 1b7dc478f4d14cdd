/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmgw: replay window (RFC 6347 4.1.2.6), free of kernel types so that it is tested in userspace
 * too.
 *
 * A ring of words, one bit a number, as RFC 6479 has it: moving up clears whole words, and
 * nothing is ever shifted. One word is kept free for that, so the window is a word narrower
 * than the ring.
 */
#ifndef _KMGW_WINDOW_H
#define _KMGW_WINDOW_H

#ifdef __KERNEL__
#include <linux/types.h>
#endif

#define KMGW_WINDOW_WORDS	4	/* a power of two */
#define KMGW_WINDOW_SIZE	((KMGW_WINDOW_WORDS - 1) * 64)

/**
 * struct kmgw_window - which numbers have been taken
 * @low: no number below is ever taken
 * @next: one above the highest number taken
 * @seen: a bit for each number within reach
 */
struct kmgw_window {
	u64 low;
	u64 next;
	u64 seen[KMGW_WINDOW_WORDS];
};

/**
 * kmgw_window_init() - begin
 * @w: window
 * @low: lowest number to take
 */
static inline void kmgw_window_init(struct kmgw_window *w, u64 low)
{
	unsigned int i;

	w->low = low;
	w->next = low;
	for (i = 0; i < KMGW_WINDOW_WORDS; i++)
		w->seen[i] = 0;
}

/**
 * kmgw_window_fresh() - may a number be taken?
 * @w: window
 * @seq: number
 *
 * Return: false when it was taken before, or is too old to tell.
 */
static inline bool kmgw_window_fresh(const struct kmgw_window *w, u64 seq)
{
	if (seq >= w->next)
		return true;
	if (seq < w->low || w->next - seq > KMGW_WINDOW_SIZE)
		return false;
	return !(w->seen[seq / 64 % KMGW_WINDOW_WORDS] >> seq % 64 & 1);
}

/**
 * kmgw_window_take() - take a number
 * @w: window
 * @seq: number of a record that is genuine: whoever can forge one can move the window
 *
 * Return: false when it may not be taken; then nothing has changed.
 */
static inline bool kmgw_window_take(struct kmgw_window *w, u64 seq)
{
	u64 top, i;

	if (!kmgw_window_fresh(w, seq))
		return false;
	if (seq >= w->next) {
		top = w->next ? (w->next - 1) / 64 : 0;
		for (i = 1; i <= seq / 64 - top && i <= KMGW_WINDOW_WORDS; i++)
			w->seen[(top + i) % KMGW_WINDOW_WORDS] = 0;
		w->next = seq + 1;
	}
	w->seen[seq / 64 % KMGW_WINDOW_WORDS] |= 1ULL << seq % 64;
	return true;
}

#endif /* _KMGW_WINDOW_H */
