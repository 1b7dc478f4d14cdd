/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmgw: netfilter hooks.
 */
#ifndef _KMGW_HOOK_H
#define _KMGW_HOOK_H

#include "kmgw.h"

int kmgw_hooks_on(struct kmgw_net *kn);
void kmgw_hooks_off(struct kmgw_net *kn);

#endif /* _KMGW_HOOK_H */
