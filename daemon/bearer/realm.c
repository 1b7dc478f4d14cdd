// SPDX-License-Identifier: GPL-2.0-only
/*
 * realm: an IP domain; addresses, ports, and the device or VRF they live in.
 *
 * A TCP port is reserved by a socket that is bound and never listens. Listeners
 * and connections are further sockets on the same port: SO_REUSEADDR lets them
 * share it with each other, and keeps out whoever does not set it. A UDP port is the
 * module's alone.
 */
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bearer/addr.h"
#include "bearer/cert.h"
#include "bearer/realm.h"
#include "bearer/rules.h"
#include "lib/log.h"

static uint32_t random_below(uint32_t bound)
{
	uint32_t limit = UINT32_MAX - UINT32_MAX % bound;
	uint32_t v;

	/* What does not fit evenly would favour the low numbers. */
	do {
		while (getrandom(&v, sizeof(v), 0) != (ssize_t)sizeof(v))
			;
	} while (v >= limit);
	return v % bound;
}

static const char *bound_device(const struct realm *r)
{
	return r->cfg->device ? r->cfg->device : r->cfg->vrf;
}

static int new_socket(const struct realm *r, int family, enum realm_l4 l4, bool shared)
{
	int type = l4 == REALM_TCP ? SOCK_STREAM : SOCK_DGRAM;
	const char *device = bound_device(r);
	int fd, err, on = 1;

	fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (device && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, strlen(device)))
		goto fail;
	if (family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)))
		goto fail;
	if (shared && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)))
		goto fail;
	return fd;

fail:
	err = -errno;
	close(fd);
	return err;
}

static int bind_socket(const struct realm *r, const struct sockaddr_storage *local,
		       enum realm_l4 l4, bool shared)
{
	int fd = new_socket(r, local->ss_family, l4, shared), err;

	if (fd >= 0 && bind(fd, (const struct sockaddr *)local, addr_len(local))) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

int realm_socket(const struct realm *r, const struct sockaddr_storage *local)
{
	return bind_socket(r, local, REALM_TCP, true);
}

int realm_unbound_datagrams(const struct realm *r, int family)
{
	return new_socket(r, family, REALM_UDP, false);
}

int realm_bind_datagrams(const struct realm *r, const struct sockaddr_storage *local)
{
	return bind_socket(r, local, REALM_UDP, false);
}

int realm_init(struct realm *r, const struct config_realm *cfg, unsigned int reserve,
	       const struct log *log)
{
	uint32_t n_ports = (uint32_t)cfg->port_max - cfg->port_min + 1;
	char text[ADDR_TEXT_MAX];
	unsigned int i, l4;
	int fd;

	memset(r, 0, sizeof(*r));
	r->cfg = cfg;
	r->log = log;
	for (i = 0; i < cfg->n_addresses; i++) {
		struct realm_address *a = &r->address[r->n_addresses++];

		a->addr = cfg->address[i];
		addr_set_port(&a->addr, 0);
		for (l4 = 0; l4 < 2; l4++) {
			a->ports[l4] = ports_new(cfg->port_min, cfg->port_max,
						 n_ports * reserve / 100);
			if (!a->ports[l4]) {
				realm_destroy(r);
				return -ENOMEM;
			}
		}
		fd = bind_socket(r, &a->addr, REALM_UDP, false);
		if (fd < 0)
			log_warning(log, "realm \"%s\": cannot use %s now: %s", cfg->name,
				    addr_text(&a->addr, text, sizeof(text)), strerror(-fd));
		else
			close(fd);
	}
	return 0;
}

void realm_destroy(struct realm *r)
{
	unsigned int i, l4;

	for (i = 0; i < r->n_addresses; i++)
		for (l4 = 0; l4 < 2; l4++)
			ports_free(r->address[i].ports[l4]);
	r->n_addresses = 0;
	cert_put(r->cert);
	r->cert = NULL;
}

static int reserve_at(struct realm *r, unsigned int index, uint16_t asked, enum realm_l4 l4,
		      bool emergency, bool pair, uint64_t now, unsigned int quarantine,
		      struct realm_port *rp, struct sockaddr_storage *local)
{
	struct realm_address *a = &r->address[index];
	uint16_t port;
	int fd;

	for (;;) {
		if (!ports_left(a->ports[l4], now, emergency))
			return -ENOSPC;
		if (asked)
			port = ports_take_one(a->ports[l4], asked, now) ? asked : 0;
		else
			port = ports_take(a->ports[l4], now, emergency, pair, random_below);
		if (!port)
			return asked ? -EADDRNOTAVAIL : -ENOSPC;
		*local = a->addr;
		addr_set_port(local, port);
		fd = bind_socket(r, local, l4, l4 == REALM_TCP);
		if (fd >= 0)
			break;
		if (fd != -EADDRINUSE) {
			char text[ADDR_TEXT_MAX];

			ports_give(a->ports[l4], port, 0);
			log_error(r->log, "realm \"%s\": cannot bind %s: %s%s", r->cfg->name,
				  addr_text(local, text, sizeof(text)), strerror(-fd),
				  fd == -EMFILE ? "; raise LimitNOFILE of the service" : "");
			return fd;
		}
		/* Somebody else on this host has it: come back to it later. */
		ports_give(a->ports[l4], port, now + (quarantine ? quarantine : 1));
		if (asked)
			return -EADDRNOTAVAIL;
	}
	rp->realm = r;
	rp->index = index;
	rp->l4 = l4;
	rp->port = port;
	return fd;
}

int realm_reserve(struct realm *r, int family, uint16_t port, enum realm_l4 l4, bool emergency,
		  bool pair, uint64_t now, unsigned int quarantine, struct realm_port *rp,
		  struct sockaddr_storage *local)
{
	int fd = -EADDRNOTAVAIL;
	unsigned int i;

	for (i = 0; i < r->n_addresses; i++) {
		if (family != AF_UNSPEC && r->address[i].addr.ss_family != family)
			continue;
		fd = reserve_at(r, i, port, l4, emergency, pair, now, quarantine, rp, local);
		if (fd >= 0)
			return fd;
	}
	if (fd == -ENOSPC)
		r->exhausted++;
	return fd;
}

int realm_reserve_beside(const struct realm_port *media, uint16_t port, uint64_t now,
			 unsigned int quarantine, struct realm_port *rp,
			 struct sockaddr_storage *local)
{
	/* The call is there already. */
	return reserve_at(media->realm, media->index, port, media->l4, true, false, now,
			  quarantine, rp, local);
}

int realm_take(struct realm *r, const struct sockaddr_storage *local, enum realm_l4 l4,
	       uint64_t now, struct realm_port *rp)
{
	uint16_t port = addr_port(local);
	unsigned int i;

	for (i = 0; i < r->n_addresses; i++)
		if (addr_same_ip(&r->address[i].addr, local))
			break;
	if (i == r->n_addresses || !ports_take_one(r->address[i].ports[l4], port, now))
		return -EADDRNOTAVAIL;
	rp->realm = r;
	rp->index = i;
	rp->l4 = l4;
	rp->port = port;
	return 0;
}

void realm_release(struct realm_port *rp, uint64_t now, unsigned int quarantine)
{
	if (!rp->port)
		return;
	ports_give(rp->realm->address[rp->index].ports[rp->l4], rp->port, now + quarantine);
	rp->port = 0;
}

static int ifindex_of(const char *device)
{
	unsigned int index;

	if (!device)
		return 0;
	/* Looked up each time: devices come and go under the daemon. */
	index = if_nametoindex(device);
	return index ? (int)index : -ENODEV;
}

int realm_ifindex(const struct realm *r)
{
	return ifindex_of(r->cfg->device);
}

int realm_vrf(const struct realm *r)
{
	return ifindex_of(r->cfg->vrf);
}

bool realm_owns(const struct realm *r, const struct sockaddr_storage *addr)
{
	uint16_t port = addr_port(addr);
	unsigned int i;

	if (port && port != RULES_DISCARD_PORT &&
	    (port < r->cfg->port_min || port > r->cfg->port_max))
		return false;
	for (i = 0; i < r->n_addresses; i++)
		if (addr_same_ip(&r->address[i].addr, addr))
			return true;
	return false;
}
