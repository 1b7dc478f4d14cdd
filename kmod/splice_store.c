// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: TCP splice, memory for data on its way from one leg to the other.
 *
 * Data is a list of pieces of pages. Some pages are our own: TLS decrypts into them. Others belong
 * to segments that were received, and are passed on as they are.
 *
 * A page handed to TCP stays part of its queue until the far end acknowledges it, so what was once
 * filled is never written again while anyone else holds the page. An own page is filled from front
 * to back, then put aside; when its turn comes and TCP let go of it, it is used again, which saves
 * clearing a fresh one (CONFIG_INIT_ON_ALLOC_DEFAULT_ON).
 *
 * Own pages held plaintext: those that nobody else holds any more are wiped before they are freed.
 *
 * Context: process, one splice at a time.
 */
#include <linux/gfp.h>
#include <linux/slab.h>

#include "leg.h"

/**
 * kmgw_store_new() - get an empty store
 *
 * Return: NULL when memory is short.
 */
struct kmgw_store *kmgw_store_new(void)
{
	return kzalloc(sizeof(struct kmgw_store), GFP_KERNEL | __GFP_NOWARN);
}

static void kmgw_page_free(struct page *page)
{
	/* Not so if TCP still holds it: then it is not ours to write. */
	if (page_ref_count(page) == 1)
		memzero_explicit(page_address(page), page_size(page));
	put_page(page);
}

/**
 * kmgw_store_drop() - throw away data
 * @store: store; keeps its pages
 */
void kmgw_store_drop(struct kmgw_store *store)
{
	unsigned int i;

	for (i = store->first; i < store->n; i++)
		put_page(store->vec[i].bv_page);
	store->first = 0;
	store->n = 0;
	store->len = 0;
}

/**
 * kmgw_store_cut() - throw away the end of the data
 * @store: store
 * @keep: octets that stay, less than there are
 */
void kmgw_store_cut(struct kmgw_store *store, u32 keep)
{
	u32 cut = store->len - keep;
	struct bio_vec *vec;

	if (!keep) {
		kmgw_store_drop(store);
		return;
	}
	store->len = keep;
	for (vec = &store->vec[store->n - 1]; cut >= vec->bv_len; vec--) {
		cut -= vec->bv_len;
		put_page(vec->bv_page);
		store->n--;
	}
	vec->bv_len -= cut;
}

/**
 * kmgw_store_free() - give everything back
 * @store: store, or NULL
 */
void kmgw_store_free(struct kmgw_store *store)
{
	if (!store)
		return;
	kmgw_store_drop(store);
	while (store->kept) {
		kmgw_page_free(store->ring[store->oldest]);
		store->oldest = (store->oldest + 1) % KMGW_RING;
		store->kept--;
	}
	if (store->page)
		kmgw_page_free(store->page);
	kfree(store);
}

static struct page *kmgw_store_reuse(struct kmgw_store *store, u32 want)
{
	struct page *page;

	if (!store->kept)
		return NULL;
	page = store->ring[store->oldest];
	if (page_ref_count(page) != 1 || page_size(page) < want)
		return NULL;
	/* pairs with the release when the last other holder dropped the page */
	smp_rmb();
	store->oldest = (store->oldest + 1) % KMGW_RING;
	store->kept--;
	return page;
}

static void kmgw_store_retire(struct kmgw_store *store)
{
	if (store->kept == KMGW_RING) {
		kmgw_page_free(store->ring[store->oldest]);
		store->oldest = (store->oldest + 1) % KMGW_RING;
		store->kept--;
	}
	store->ring[(store->oldest + store->kept) % KMGW_RING] = store->page;
	store->kept++;
	store->page = NULL;
}

/**
 * kmgw_store_room() - have room for contiguous octets
 * @store: store
 * @want: octets, at most KMGW_RECORD
 *
 * The room begins at store->fill of store->page.
 *
 * Return: 0, -ENOMEM, or -ENOSPC when there are too many pieces already.
 */
int kmgw_store_room(struct kmgw_store *store, u32 want)
{
	unsigned int order = get_order(KMGW_RECORD);
	struct page *page = store->page;

	if (store->n == KMGW_VECS)
		return -ENOSPC;
	if (page) {
		if (page_ref_count(page) == 1)
			store->fill = 0;
		if (page_size(page) - store->fill >= want)
			return 0;
		kmgw_store_retire(store);
	}

	page = kmgw_store_reuse(store, want);
	if (!page && order)
		page = alloc_pages(GFP_KERNEL | __GFP_COMP | __GFP_NOWARN | __GFP_NORETRY, order);
	if (!page)
		page = alloc_pages(GFP_KERNEL | __GFP_COMP | __GFP_NOWARN, get_order(want));
	if (!page)
		return -ENOMEM;
	store->page = page;
	store->fill = 0;
	return 0;
}

/* Extend the last piece if the new one follows it in the same page. */
static bool kmgw_store_merge(struct kmgw_store *store, struct page *page, u32 offset, u32 len)
{
	struct bio_vec *last;

	if (store->first == store->n)
		return false;
	last = &store->vec[store->n - 1];
	if (last->bv_page != page || last->bv_offset + last->bv_len != offset)
		return false;
	last->bv_len += len;
	store->len += len;
	return true;
}

/**
 * kmgw_store_ref() - add a piece of a page
 * @store: store
 * @page: page that somebody holds; another reference is taken
 * @offset: from its beginning
 * @len: octets
 *
 * Return: false when there are too many pieces.
 */
bool kmgw_store_ref(struct kmgw_store *store, struct page *page, u32 offset, u32 len)
{
	if (kmgw_store_merge(store, page, offset, len))
		return true;
	if (store->n == KMGW_VECS)
		return false;
	get_page(page);
	store->vec[store->n++] = (struct bio_vec) {
		.bv_page = page,
		.bv_offset = offset,
		.bv_len = len,
	};
	store->len += len;
	return true;
}

/**
 * kmgw_store_put() - add what was written into the room
 * @store: store, after kmgw_store_room()
 * @len: octets
 */
void kmgw_store_put(struct kmgw_store *store, u32 len)
{
	/* never too many pieces: kmgw_store_room() has checked */
	kmgw_store_ref(store, store->page, store->fill, len);
	store->fill += len;
}

/**
 * kmgw_store_sent() - forget what was accepted by the other leg
 * @store: store
 * @len: octets
 */
void kmgw_store_sent(struct kmgw_store *store, u32 len)
{
	struct bio_vec *vec;

	store->len -= len;
	while (len) {
		vec = &store->vec[store->first];
		if (len < vec->bv_len) {
			vec->bv_offset += len;
			vec->bv_len -= len;
			return;
		}
		len -= vec->bv_len;
		put_page(vec->bv_page);
		store->first++;
	}
	if (store->first == store->n) {
		store->first = 0;
		store->n = 0;
	}
}
