// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes many UDP endpoints, two to a context, and looks at what they cost.
 *
 *	objects COUNT		make them, dump and delete them; prints ns for each of the three, of one
 *				endpoint, and octets of kernel memory for one
 *	objects COUNT dtls	likewise, each secured and with keys of one epoch (AES-128-GCM)
 *	objects COUNT keep	make them only, with context ids from 2 on
 *
 * Local addresses are 10.1.0.1 and 10.2.0.1, which must exist; ports grow from FIRST_PORT. Kernel memory
 * is Slab, VmallocUsed and Percpu of /proc/meminfo.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "linux/kmgw.h"

#define FIRST_PORT	10000
#define FIRST_CONTEXT	2

struct bench {
	struct mnl_socket *nl;
	uint16_t family;
	uint32_t seq;
	unsigned int seen;
	bool dtls;
	char tx[1024];
	char rx[65536];
};

static void fail(const char *what)
{
	fprintf(stderr, "objects: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static uint64_t kernel_memory(void)
{
	static const char *const names[] = { "Slab", "VmallocUsed", "Percpu" };
	uint64_t sum = 0, kib;
	char line[128];
	FILE *f;

	f = fopen("/proc/meminfo", "r");
	if (!f)
		fail("/proc/meminfo");
	while (fgets(line, sizeof(line), f)) {
		size_t n = strcspn(line, ":");
		unsigned int i;

		for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			if (strlen(names[i]) != n || strncmp(line, names[i], n))
				continue;
			if (sscanf(line + n, ": %lu", &kib) == 1)
				sum += kib * 1024;
		}
	}
	fclose(f);
	return sum;
}

static struct nlmsghdr *begin(struct bench *b, uint16_t type, uint8_t cmd, uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(b->tx);
	struct genlmsghdr *g;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = ++b->seq;
	g = mnl_nlmsg_put_extra_header(nlh, sizeof(*g));
	g->cmd = cmd;
	g->version = KMGW_GENL_VERSION;
	return nlh;
}

static int find_family(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr;
	struct bench *b = data;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID)
			b->family = mnl_attr_get_u16(attr);
	}
	return MNL_CB_OK;
}

static int count_one(const struct nlmsghdr *nlh, void *data)
{
	(void)nlh;
	((struct bench *)data)->seen++;
	return MNL_CB_OK;
}

/* Send the request, and take all of the answer. */
static void transact(struct bench *b, const struct nlmsghdr *nlh, mnl_cb_t cb)
{
	unsigned int port = mnl_socket_get_portid(b->nl);
	ssize_t n;
	int rc;

	if (mnl_socket_sendto(b->nl, nlh, nlh->nlmsg_len) < 0)
		fail("send");
	do {
		n = mnl_socket_recvfrom(b->nl, b->rx, sizeof(b->rx));
		if (n < 0)
			fail("receive");
		rc = mnl_cb_run(b->rx, (size_t)n, b->seq, port, cb, b);
		if (rc < 0)
			fail("refused");
	} while (rc > MNL_CB_STOP);
}

static void put_addr(struct nlmsghdr *nlh, uint16_t type, const char *ip, unsigned int port)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, type);
	struct in_addr a;

	inet_pton(AF_INET, ip, &a);
	mnl_attr_put(nlh, KMGW_A_ADDR_IPV4, sizeof(a), &a);
	mnl_attr_put_u16(nlh, KMGW_A_ADDR_PORT, htons((uint16_t)port));
	mnl_attr_nest_end(nlh, nest);
}

static void put_name(struct nlmsghdr *nlh, unsigned int i)
{
	mnl_attr_put_u32(nlh, KMGW_A_EP_CONTEXT, FIRST_CONTEXT + i / 2);
	mnl_attr_put_u32(nlh, KMGW_A_EP_TERMINATION, i + 1);
	mnl_attr_put_u16(nlh, KMGW_A_EP_STREAM, 1);
}

/* As after a handshake. */
static void secure(struct bench *b, unsigned int i)
{
	struct nlmsghdr *nlh = begin(b, b->family, KMGW_CMD_ENDPOINT_SET, NLM_F_ACK);
	unsigned char key[2][16] = { { 1 }, { 2 } }, iv[4] = { 0 };
	struct nlattr *nest;

	memcpy(key[0] + 4, &i, sizeof(i));
	memcpy(key[1] + 4, &i, sizeof(i));
	put_name(nlh, i);
	mnl_attr_put_u8(nlh, KMGW_A_EP_SECURITY, KMGW_SECURITY_DTLS);
	nest = mnl_attr_nest_start(nlh, KMGW_A_EP_KEYS);
	mnl_attr_put_u32(nlh, KMGW_A_KEYS_GENERATION, 1);
	mnl_attr_put_u16(nlh, KMGW_A_KEYS_EPOCH, 1);
	mnl_attr_put_u8(nlh, KMGW_A_KEYS_CIPHER, KMGW_DTLS_CIPHER_AES_128_GCM);
	mnl_attr_put(nlh, KMGW_A_KEYS_RX_KEY, sizeof(key[0]), key[0]);
	mnl_attr_put(nlh, KMGW_A_KEYS_RX_IV, sizeof(iv), iv);
	mnl_attr_put(nlh, KMGW_A_KEYS_TX_KEY, sizeof(key[1]), key[1]);
	mnl_attr_put(nlh, KMGW_A_KEYS_TX_IV, sizeof(iv), iv);
	mnl_attr_put_u64(nlh, KMGW_A_KEYS_RX_SEQ, 0);
	mnl_attr_put_u64(nlh, KMGW_A_KEYS_TX_SEQ, 0);
	mnl_attr_nest_end(nlh, nest);
	transact(b, nlh, NULL);
}

static void make(struct bench *b, unsigned int count)
{
	static const char *const local[] = { "10.1.0.1", "10.2.0.1" };
	static const char *const remote[] = { "10.1.0.2", "10.2.0.2" };
	static const unsigned int remote_port[] = { 5000, 6000 };
	struct nlmsghdr *nlh;
	unsigned int i, side;

	for (i = 0; i < count; i++) {
		side = i % 2;
		if (!side) {
			nlh = begin(b, b->family, KMGW_CMD_CONTEXT_NEW, NLM_F_ACK);
			mnl_attr_put_u32(nlh, KMGW_A_CTX_ID, FIRST_CONTEXT + i / 2);
			transact(b, nlh, NULL);
		}
		nlh = begin(b, b->family, KMGW_CMD_ENDPOINT_NEW, NLM_F_ACK);
		put_name(nlh, i);
		mnl_attr_put_u8(nlh, KMGW_A_EP_L4, KMGW_L4_UDP);
		mnl_attr_put_u8(nlh, KMGW_A_EP_MODE, KMGW_MODE_SENDRECEIVE);
		put_addr(nlh, KMGW_A_EP_LOCAL, local[side], FIRST_PORT + i / 2);
		put_addr(nlh, KMGW_A_EP_REMOTE, remote[side], remote_port[side]);
		transact(b, nlh, NULL);
		if (b->dtls)
			secure(b, i);
	}
}

static void dump(struct bench *b, unsigned int count)
{
	b->seen = 0;
	transact(b, begin(b, b->family, KMGW_CMD_ENDPOINT_GET, NLM_F_DUMP), count_one);
	if (b->seen != count) {
		fprintf(stderr, "objects: the dump has %u endpoints of %u\n", b->seen, count);
		exit(1);
	}
}

static void delete(struct bench *b, unsigned int count)
{
	struct nlmsghdr *nlh;
	unsigned int i;

	for (i = 0; i < count; i++) {
		nlh = begin(b, b->family, KMGW_CMD_ENDPOINT_DEL, NLM_F_ACK);
		put_name(nlh, i);
		transact(b, nlh, NULL);
		if (i % 2) {
			nlh = begin(b, b->family, KMGW_CMD_CONTEXT_DEL, NLM_F_ACK);
			mnl_attr_put_u32(nlh, KMGW_A_CTX_ID, FIRST_CONTEXT + i / 2);
			transact(b, nlh, NULL);
		}
	}
}

int main(int argc, char **argv)
{
	uint64_t t[4], before, after;
	unsigned int count;
	struct nlmsghdr *nlh;
	struct bench b = { 0 };

	if (argc < 2) {
		fprintf(stderr, "usage: objects COUNT [keep|dtls]\n");
		return 2;
	}
	count = (unsigned int)atoi(argv[1]) & ~1U;
	b.nl = mnl_socket_open(NETLINK_GENERIC);
	if (!b.nl || mnl_socket_bind(b.nl, 0, MNL_SOCKET_AUTOPID) < 0)
		fail("netlink");
	nlh = begin(&b, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, NLM_F_ACK);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, KMGW_GENL_NAME);
	transact(&b, nlh, find_family);
	b.dtls = argc > 2 && !strcmp(argv[2], "dtls");
	if (argc > 2 && !b.dtls) {
		make(&b, count);
		return 0;
	}

	/* what is made once, for the first objects */
	make(&b, 100);
	delete(&b, 100);
	sleep(1);
	before = kernel_memory();
	t[0] = now();
	make(&b, count);
	t[1] = now();
	/* old tables of a hash that has grown are freed later */
	sleep(1);
	after = kernel_memory();
	t[2] = now();
	dump(&b, count);
	t[3] = now();
	delete(&b, count);
	printf("%lu %lu %lu %lu\n", (t[1] - t[0]) / count, (t[3] - t[2]) / count,
	       (now() - t[3]) / count, (after - before) / count);
	return 0;
}
