/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the fax machine for tests share. */
#ifndef FAX_H
#define FAX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* pages.c: TIFF files of pages that nobody could mistake for each other */
int pages_make(const char *path, unsigned int pages, unsigned int lines);
/* Return: number of pages that are the same in both, or -1. */
int pages_compare(const char *a, const char *b);

/* link.c: datagrams to the far end, in the clear or by DTLS 1.2 */
struct link;

enum link_role {
	LINK_CLEAR,
	LINK_CLIENT,
	LINK_SERVER,
};

struct link *link_open(const char *local, const char *local_port, const char *remote,
		       const char *remote_port);
/* Waits until the association is there. Return: 0 or -1. */
int link_secure(struct link *l, enum link_role role, const char *pem, const char *priorities);
void link_send(struct link *l, const void *data, size_t len);
/* Waits at most @ms. Return: octets; 0: nothing came; -1: the far end has closed. */
ssize_t link_receive(struct link *l, void *data, size_t len, int ms);
void link_close(struct link *l);

#endif /* FAX_H */
