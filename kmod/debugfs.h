/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmgw: objects in debugfs.
 */
#ifndef _KMGW_DEBUGFS_H
#define _KMGW_DEBUGFS_H

void kmgw_debugfs_init(void);
void kmgw_debugfs_exit(void);

#endif /* _KMGW_DEBUGFS_H */
