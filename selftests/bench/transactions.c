// SPDX-License-Identifier: GPL-2.0-only
/*
 * A call agent that does nothing but Add, Modify and Subtract, some calls at a time, and looks at how
 * long the gateway's process was on a processor meanwhile.
 *
 *	transactions PORT PID CALLS AT_ONCE REMOTE
 *
 * Waits on UDP port PORT of 127.0.0.1 for the gateway to register. Prints: transactions, ns of the
 * gateway's processor for each, ns that passed for each.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define AT_ONCE_MAX	1024
#define PATIENCE	10000		/* ms without an answer */
#define WARM_UP		200		/* calls */

struct call {
	unsigned int step;
	char context[16], termination[64];
};

struct bench {
	int sock;
	unsigned int port;
	const char *remote;
	struct sockaddr_in gateway;
	struct call call[AT_ONCE_MAX];
	uint32_t base;			/* transaction id of slot 0; a slot's grow by AT_ONCE_MAX */
	uint32_t turn[AT_ONCE_MAX];
	unsigned long transactions;
};

static void fail(const char *what, const char *text)
{
	fprintf(stderr, "transactions: %s%s%s\n", what, *text ? ": " : "", text);
	exit(1);
}

static uint64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* What the scheduler has on the gateway's main thread. */
static uint64_t gateway_ns(const char *pid)
{
	unsigned long long ns;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s/schedstat", pid);
	f = fopen(path, "r");
	if (!f || fscanf(f, "%llu", &ns) != 1)
		fail("cannot read", path);
	fclose(f);
	return ns;
}

static void put(const struct bench *b, const char *text)
{
	if (sendto(b->sock, text, strlen(text), 0, (const struct sockaddr *)&b->gateway,
		   sizeof(b->gateway)) < 0)
		fail("cannot send", "");
}

static size_t get(struct bench *b, char *buf, size_t size)
{
	struct pollfd p = { .fd = b->sock, .events = POLLIN };
	socklen_t len = sizeof(b->gateway);
	ssize_t n;

	if (poll(&p, 1, PATIENCE) != 1)
		fail("nothing from the gateway", "");
	n = recvfrom(b->sock, buf, size - 1, 0, (struct sockaddr *)&b->gateway, &len);
	if (n < 0)
		fail("cannot receive", "");
	buf[n] = '\0';
	return (size_t)n;
}

static void wait_registered(struct bench *b)
{
	char buf[4096], reply[512];

	get(b, buf, sizeof(buf));
	if (!strstr(buf, "T=") || !strstr(buf, "SC="))
		fail("not a ServiceChange", buf);
	snprintf(reply, sizeof(reply), "!/1 [127.0.0.1]:%u P=%lu{C=-{SC=ROOT{SV{V=2}}}}", b->port,
		 strtoul(strstr(buf, "T=") + 2, NULL, 10));
	put(b, reply);
}

static void step(struct bench *b, unsigned int i)
{
	struct call *c = &b->call[i];
	uint32_t id = b->base + i + b->turn[i]++ * AT_ONCE_MAX;
	char text[1024];
	int n;

	n = snprintf(text, sizeof(text), "!/2 [127.0.0.1]:%u T=%u{", b->port, id);
	switch (c->step) {
	case 0:
		snprintf(text + n, sizeof(text) - (size_t)n,
			 "C=${A=ip/1/access/${M{ST=1{O{MO=RC},L{\r\nv=0\r\nc=IN IP4 $\r\n"
			 "m=image $ udptl t38\r\n}}}}}}");
		break;
	case 1:
		snprintf(text + n, sizeof(text) - (size_t)n,
			 "C=%s{MF=%s{M{ST=1{O{MO=SR},R{\r\nv=0\r\nc=IN IP4 %s\r\n"
			 "m=image 4000 udptl t38\r\n}}}}}}", c->context, c->termination, b->remote);
		break;
	default:
		snprintf(text + n, sizeof(text) - (size_t)n, "C=%s{S=%s}}", c->context,
			 c->termination);
		break;
	}
	put(b, text);
}

static void copy(char *to, size_t size, const char *from, const char *ends)
{
	size_t n = strcspn(from, ends);

	if (n >= size)
		fail("unexpected reply", from);
	memcpy(to, from, n);
	to[n] = '\0';
}

/* Return: the call of a reply; a call that has ended begins anew at step 0. */
static unsigned int take(struct bench *b, const char *text)
{
	const char *p = strstr(text, " P="), *q;
	struct call *c;
	unsigned int i;

	if (!p || strstr(p, "ER="))
		fail("not a good reply", text);
	i = (unsigned int)((strtoul(p + 3, NULL, 10) - b->base) % AT_ONCE_MAX);
	c = &b->call[i];
	if (c->step == 0) {
		p = strstr(p, "C=");
		q = p ? strstr(p, "A=") : NULL;
		if (!q)
			fail("not the reply to an Add", text);
		copy(c->context, sizeof(c->context), p + 2, "{");
		copy(c->termination, sizeof(c->termination), q + 2, "{}");
	}
	c->step = (c->step + 1) % 3;
	b->transactions++;
	return i;
}

static void run(struct bench *b, unsigned long calls, unsigned int at_once)
{
	unsigned long begun = 0, ended = 0;
	char buf[65536];
	unsigned int i;

	for (i = 0; i < at_once && begun < calls; i++, begun++)
		step(b, i);
	while (ended < calls) {
		get(b, buf, sizeof(buf));
		i = take(b, buf);
		if (!b->call[i].step) {
			ended++;
			if (begun == calls)
				continue;
			begun++;
		}
		step(b, i);
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in own = { .sin_family = AF_INET };
	static struct bench b = { .base = 1000 };
	int size = 8 << 20;
	uint64_t cpu, wall;

	if (argc != 6 || atoi(argv[4]) < 1 || atoi(argv[4]) > AT_ONCE_MAX)
		fail("usage: transactions PORT PID CALLS AT_ONCE REMOTE", "");
	b.port = (unsigned int)atoi(argv[1]);
	b.remote = argv[5];
	own.sin_port = htons((uint16_t)b.port);
	own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	b.sock = socket(AF_INET, SOCK_DGRAM, 0);
	setsockopt(b.sock, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (b.sock < 0 || bind(b.sock, (struct sockaddr *)&own, sizeof(own)))
		fail("cannot bind to port", argv[1]);
	wait_registered(&b);
	run(&b, WARM_UP, (unsigned int)atoi(argv[4]));
	b.transactions = 0;
	cpu = gateway_ns(argv[2]);
	wall = clock_ns();
	run(&b, strtoul(argv[3], NULL, 10), (unsigned int)atoi(argv[4]));
	wall = clock_ns() - wall;
	cpu = gateway_ns(argv[2]) - cpu;
	printf("%lu %llu %llu\n", b.transactions, (unsigned long long)(cpu / b.transactions),
	       (unsigned long long)(wall / b.transactions));
	return 0;
}
