/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * link: devices and addresses of the host, and when they change.
 *
 * Purpose: a realm lives on a device or an address, which go and come without asking.
 * Context: thread of the event loop; a picture is taken synchronously.
 * Lifetime: link_open() to link_close(); changes are told from link_listen() on.
 */
#ifndef KMGWD_LINK_H
#define KMGWD_LINK_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

struct link;
struct log;

struct link_device {
	int index;
	int master;			/* ifindex of the VRF, bridge or bond; 0: none */
	bool up;			/* administratively */
	bool running;			/* and has a carrier */
	char name[IFNAMSIZ];
};

struct link_address {
	struct sockaddr_storage addr;	/* port 0 */
	int device;
};

struct link_picture {
	struct link_device *devices;
	struct link_address *addresses;	/* that can be used: tentative ones are left out */
	size_t n_devices, n_addresses;
	size_t room_devices, room_addresses;
};

int link_open(const struct log *log, struct link **out);
void link_close(struct link *l);

/* Calls @changed when a device or an address has changed. Return: 0 or a negative errno. */
int link_listen(struct link *l, uv_loop_t *loop, void (*changed)(void *priv), void *priv);

/* How things are now. Return: 0, and link_picture_free() is due; or a negative errno. */
int link_take(struct link *l, struct link_picture *out);
void link_picture_free(struct link_picture *p);

#endif /* KMGWD_LINK_H */
