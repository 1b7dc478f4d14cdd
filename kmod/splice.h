/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmgw: TCP splice, what the rest of the module sees of it.
 *
 * A splice joins the sockets of the two endpoints of a stream. Everything here is called in process
 * context; what takes an endpoint, under kn->lock.
 */
#ifndef _KMGW_SPLICE_H
#define _KMGW_SPLICE_H

#include "kmgw.h"

int kmgw_splice_attach(struct kmgw_ep *ep, int fd, const void *prefix, u32 prefix_len,
		       bool replace, struct netlink_ext_ack *extack);
void kmgw_splice_release(struct kmgw_ep *ep, enum kmgw_release how, enum kmgw_reason reason);
void kmgw_splice_del(struct kmgw_ep *ep, enum kmgw_release how, enum kmgw_reason reason);
void kmgw_splice_update(struct kmgw_ep *ep);
void kmgw_splice_get_stats(struct kmgw_ep *ep, struct kmgw_stats *st);
void kmgw_splice_get_tls(struct kmgw_ep *ep, u16 *version, u16 *cipher);
bool kmgw_splice_attached(struct kmgw_ep *ep);
int kmgw_splice_cpu(struct kmgw_ep *ep);
u64 kmgw_splice_ended(enum kmgw_reason reason);

void kmgw_splice_flush(struct kmgw_net *kn);
void kmgw_splice_net_exit(struct kmgw_net *kn);
int kmgw_splice_init(void);
void kmgw_splice_exit(void);

#endif /* _KMGW_SPLICE_H */
