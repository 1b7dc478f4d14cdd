// SPDX-License-Identifier: GPL-2.0-only
/*
 * outage: can a realm be used, as far as the host's devices and addresses go?
 *
 * Context: pure.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bearer/addr.h"
#include "bearer/outage.h"

static const struct link_device *by_name(const struct link_picture *now, const char *name)
{
	size_t i;

	for (i = 0; i < now->n_devices; i++)
		if (!strcmp(now->devices[i].name, name))
			return &now->devices[i];
	return NULL;
}

static const struct link_device *by_index(const struct link_picture *now, int index)
{
	size_t i;

	for (i = 0; i < now->n_devices; i++)
		if (now->devices[i].index == index)
			return &now->devices[i];
	return NULL;
}

/* The same address may exist once in each VRF. */
static const struct link_device *device_of(const struct config_realm *realm, unsigned int n,
					   const struct link_picture *now, int vrf)
{
	const struct link_device *dev;
	size_t i;

	for (i = 0; i < now->n_addresses; i++) {
		if (!addr_same_ip(&now->addresses[i].addr, &realm->address[n]))
			continue;
		dev = by_index(now, now->addresses[i].device);
		if (dev && (!realm->vrf || dev->master == vrf || dev->index == vrf))
			return dev;
	}
	return NULL;
}

static bool down(struct outage *o, bool by_device, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static bool down(struct outage *o, bool by_device, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(o->why, sizeof(o->why), fmt, ap);
	va_end(ap);
	o->down = true;
	o->by_device = by_device;
	return true;
}

static const char *state(const struct link_device *dev)
{
	if (!dev)
		return "does not exist";
	return dev->up ? "has no carrier" : "is down";
}

bool outage_look(struct outage *o, const struct config_realm *realm,
		 const struct link_picture *now)
{
	const struct link_device *vrf = realm->vrf ? by_name(now, realm->vrf) : NULL;
	const struct link_device *dev, *dead = NULL;
	unsigned int i, have = 0, missing;
	char text[ADDR_TEXT_MAX];
	bool usable = false, first = !o->looked;

	o->looked = true;
	if (realm->vrf && (!vrf || !vrf->up))
		return down(o, true, "VRF %s %s", realm->vrf, state(vrf));
	if (realm->device) {
		dev = by_name(now, realm->device);
		if (!dev || !dev->running)
			return down(o, true, "device %s %s", realm->device, state(dev));
	}
	for (i = 0; i < realm->n_addresses; i++) {
		dev = device_of(realm, i, now, vrf ? vrf->index : 0);
		if (!dev)
			continue;
		have |= 1U << i;
		if (realm->device || dev->running)
			usable = true;
		else
			dead = dev;
	}
	if (dead && !usable)
		return down(o, true, "device %s %s", dead->name, state(dead));
	if (o->by_device || first)
		o->had = have;
	missing = o->had & ~have;
	o->had |= have;
	if (!have)
		return down(o, false, "none of its addresses is there");
	for (i = 0; i < realm->n_addresses; i++)
		if (missing & 1U << i)
			return down(o, false, "address %s is gone",
				    addr_text(&realm->address[i], text, sizeof(text)));
	o->down = false;
	o->by_device = false;
	return false;
}
