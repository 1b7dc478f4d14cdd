/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmgw: totals in sysfs.
 */
#ifndef _KMGW_SYSFS_H
#define _KMGW_SYSFS_H

int kmgw_sysfs_init(void);
void kmgw_sysfs_exit(void);

#endif /* _KMGW_SYSFS_H */
