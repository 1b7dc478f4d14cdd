/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * realm: an IP domain; addresses, ports, and the device or VRF they live in.
 *
 * Purpose: hands out local addresses and ports, gives sockets that are bound
 * there, and judges which far addresses a stream may have.
 * Context: thread of the event loop.
 * Lifetime: from bearer_env_new() to bearer_env_free(); bearers keep pointers.
 */
#ifndef KMGWD_BEARER_REALM_H
#define KMGWD_BEARER_REALM_H

#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "bearer/ports.h"
#include "config.h"

struct cert;
struct log;

struct realm_address {
	struct sockaddr_storage addr;	/* port 0 */
	struct ports *ports[2];		/* enum realm_l4 */
};

enum realm_l4 {
	REALM_TCP,
	REALM_UDP,
};

struct realm {
	const struct config_realm *cfg;
	const struct log *log;
	struct realm_address address[CONFIG_REALM_ADDRESSES_MAX];
	unsigned int n_addresses;
	struct cert *cert;
	gnutls_datum_t ticket_key;	/* of TLS sessions (RFC 5077); none: no resumption */
	uint64_t exhausted;		/* requests that found no free port */
};

/* Which of the realm's ports was reserved. */
struct realm_port {
	struct realm *realm;
	unsigned int index;		/* into realm->address */
	enum realm_l4 l4;
	uint16_t port;			/* host order; 0: nothing reserved */
};

/**
 * realm_init() - prepare a realm from its configuration
 * @r: realm
 * @cfg: its part of the configuration; must outlive it
 * @reserve: per cent of the ports of each address that are for emergency calls
 * @log: must outlive it, too
 *
 * An address that the host does not have (yet) is warned of and kept.
 * Return: 0 or a negative errno; the reason is logged.
 */
int realm_init(struct realm *r, const struct config_realm *cfg, unsigned int reserve,
	       const struct log *log);
void realm_destroy(struct realm *r);

/**
 * realm_reserve() - take an address and port and bind a socket to it
 * @r: realm
 * @family: AF_INET, AF_INET6 or AF_UNSPEC
 * @port: port in host order, 0 for one at random
 * @l4: transport
 * @emergency: the ports kept for emergency calls may be used
 * @pair: of those at random an even one, and the one after it is free
 * @now: time of the loop in ms
 * @quarantine: ms that a port found taken by somebody else is left alone
 * @rp: receives the reservation
 * @local: receives address and port
 *
 * Return: descriptor of the bound socket; -EADDRNOTAVAIL no such family or port,
 * or it is taken; -ENOSPC no port left; another negative errno.
 */
int realm_reserve(struct realm *r, int family, uint16_t port, enum realm_l4 l4, bool emergency,
		  bool pair, uint64_t now, unsigned int quarantine, struct realm_port *rp,
		  struct sockaddr_storage *local);

/* The same for a further port of a stream of datagrams, at the address that it has already. */
int realm_reserve_beside(const struct realm_port *media, uint16_t port, uint64_t now,
			 unsigned int quarantine, struct realm_port *rp,
			 struct sockaddr_storage *local);

/* Binds a port that is reserved, but that no socket holds. */
int realm_bind_datagrams(const struct realm *r, const struct sockaddr_storage *local);

/**
 * realm_take() - reserve the very address and port that a bearer has already
 * @r: realm
 * @local: address and port
 * @l4: transport
 * @now: time of the loop in ms
 * @rp: receives the reservation
 *
 * Binds nothing. Return: 0 or -EADDRNOTAVAIL.
 */
int realm_take(struct realm *r, const struct sockaddr_storage *local, enum realm_l4 l4,
	       uint64_t now, struct realm_port *rp);

/* Gives the port back; it is not handed out again for @quarantine ms. */
void realm_release(struct realm_port *rp, uint64_t now, unsigned int quarantine);

/**
 * realm_socket() - another stream socket on an address and port already reserved
 * Return: descriptor or a negative errno.
 */
int realm_socket(const struct realm *r, const struct sockaddr_storage *local);

/* A datagram socket of the realm's device and a family, bound to no port. */
int realm_unbound_datagrams(const struct realm *r, int family);

/* ifindex of the realm's device and of its VRF, 0 for none, or a negative errno. */
int realm_ifindex(const struct realm *r);
int realm_vrf(const struct realm *r);

/* Is this an address of the realm, with a port of its range, or with none (0 or 9)? */
bool realm_owns(const struct realm *r, const struct sockaddr_storage *addr);

#endif /* KMGWD_BEARER_REALM_H */
