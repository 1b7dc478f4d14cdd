// SPDX-License-Identifier: GPL-2.0-only
/* When a realm cannot be used. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <string.h>

#include "bearer/outage.h"

#define DEVICES		4
#define ADDRESSES	4

static struct link_device devices[DEVICES];
static struct link_address addresses[ADDRESSES];
static struct link_picture now;
static struct config_realm realm;
static struct outage outage;

static void set_ip(struct sockaddr_storage *ss, const char *text)
{
	memset(ss, 0, sizeof(*ss));
	ss->ss_family = strchr(text, ':') ? AF_INET6 : AF_INET;
	if (ss->ss_family == AF_INET)
		inet_pton(AF_INET, text, &((struct sockaddr_in *)ss)->sin_addr);
	else
		inet_pton(AF_INET6, text, &((struct sockaddr_in6 *)ss)->sin6_addr);
}

static struct link_device *device(int index, const char *name, int master)
{
	struct link_device *dev = &devices[now.n_devices++];

	*dev = (struct link_device){ .index = index, .master = master, .up = true, .running = true };
	strcpy(dev->name, name);
	return dev;
}

static void address(const char *ip, int dev)
{
	set_ip(&addresses[now.n_addresses].addr, ip);
	addresses[now.n_addresses++].device = dev;
}

static int setup(void **state)
{
	(void)state;
	memset(&now, 0, sizeof(now));
	memset(&realm, 0, sizeof(realm));
	memset(&outage, 0, sizeof(outage));
	now.devices = devices;
	now.addresses = addresses;
	set_ip(&realm.address[0], "10.1.0.1");
	realm.n_addresses = 1;
	return 0;
}

static void look(bool down, const char *why)
{
	assert_int_equal(outage_look(&outage, &realm, &now), down);
	assert_int_equal(outage.down, down);
	if (down)
		assert_string_equal(outage.why, why);
}

static void carrier(void **state)
{
	struct link_device *dev = device(7, "eth1", 0);

	(void)state;
	address("10.1.0.1", 7);
	look(false, "");
	dev->running = false;
	look(true, "device eth1 has no carrier");
	dev->up = false;
	look(true, "device eth1 is down");
	dev->up = true;
	dev->running = true;
	look(false, "");
	/* it goes altogether */
	now.n_devices = 0;
	now.n_addresses = 0;
	look(true, "none of its addresses is there");
}

static void address_removed(void **state)
{
	(void)state;
	device(7, "eth1", 0);
	set_ip(&realm.address[1], "fd00::1");
	realm.n_addresses = 2;
	address("10.1.0.1", 7);
	look(false, "");
	/* the second one was never there: nobody misses it */
	address("fd00::1", 7);
	look(false, "");
	now.n_addresses = 1;
	look(true, "address [fd00::1]:0 is gone");
	address("fd00::1", 7);
	look(false, "");
}

/* A device that goes down loses its IPv6 addresses for good. */
static void addresses_that_go_with_the_device(void **state)
{
	struct link_device *dev = device(7, "eth1", 0);

	(void)state;
	set_ip(&realm.address[1], "fd00::1");
	realm.n_addresses = 2;
	address("10.1.0.1", 7);
	address("fd00::1", 7);
	look(false, "");
	now.n_addresses = 1;
	dev->up = dev->running = false;
	look(true, "device eth1 is down");
	dev->up = dev->running = true;
	look(false, "");
}

static void one_of_two_devices(void **state)
{
	struct link_device *a = device(7, "eth1", 0), *b = device(8, "eth2", 0);

	(void)state;
	set_ip(&realm.address[1], "10.1.1.1");
	realm.n_addresses = 2;
	address("10.1.0.1", 7);
	address("10.1.1.1", 8);
	a->running = false;
	look(false, "");
	b->running = false;
	look(true, "device eth2 has no carrier");
}

static void configured_device(void **state)
{
	struct link_device *dev = device(7, "eth1", 0);
	char name[] = "eth1";

	(void)state;
	/* the address is on the loopback device, packets go by eth1 */
	device(1, "lo", 0);
	address("10.1.0.1", 1);
	realm.device = name;
	look(false, "");
	dev->running = false;
	look(true, "device eth1 has no carrier");
	strcpy(dev->name, "eth9");
	look(true, "device eth1 does not exist");
}

/* The same address in two VRFs. */
static void vrf(void **state)
{
	struct link_device *red = device(10, "red", 0), *in_red;
	char name[] = "red";

	(void)state;
	in_red = device(11, "eth1", 10);
	device(12, "eth2", 20);
	address("10.1.0.1", 12);
	address("10.1.0.1", 11);
	realm.vrf = name;
	look(false, "");
	in_red->running = false;
	look(true, "device eth1 has no carrier");
	in_red->running = true;
	look(false, "");
	red->up = false;
	look(true, "VRF red is down");
	red->up = true;
	look(false, "");
	in_red->master = 0;
	look(true, "none of its addresses is there");
}

static void never_there(void **state)
{
	(void)state;
	look(true, "none of its addresses is there");
	device(7, "eth1", 0);
	address("10.1.0.1", 7);
	look(false, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(carrier, setup),
		cmocka_unit_test_setup(address_removed, setup),
		cmocka_unit_test_setup(addresses_that_go_with_the_device, setup),
		cmocka_unit_test_setup(one_of_two_devices, setup),
		cmocka_unit_test_setup(configured_device, setup),
		cmocka_unit_test_setup(vrf, setup),
		cmocka_unit_test_setup(never_there, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
