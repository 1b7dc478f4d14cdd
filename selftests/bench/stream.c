// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sends octets into one descriptor and reads them from another, and prints how many nanoseconds that
 * took: from before the first to after the last, following a warm-up that has been read completely.
 * A second number says for how many of them the (one) CPU was idle.
 *
 *	stream SEND_FD RECEIVE_FD WARM_UP OCTETS CHUNK
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char buf[1 << 20];

static void die(const char *what)
{
	fprintf(stderr, "stream: %s: %s\n", what, strerror(errno));
	exit(1);
}

static long long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* /proc/stat counts ticks; this is exact. */
static long long idle(void)
{
	static const char key[] = ".idle_sleeptime :";
	FILE *f = fopen("/proc/timer_list", "r");
	long long ns = 0;
	char line[256];
	char *at;

	if (!f)
		die("/proc/timer_list");
	while (fgets(line, sizeof(line), f)) {
		at = strstr(line, key);
		if (at)
			ns += atoll(at + strlen(key));
	}
	fclose(f);
	return ns;
}

static void send_all(int fd, size_t left, size_t chunk)
{
	ssize_t n;

	for (; left; left -= n) {
		n = send(fd, buf, left < chunk ? left : chunk, 0);
		if (n <= 0)
			die("send");
	}
}

static void receive_all(int fd, size_t left, size_t chunk)
{
	ssize_t n;

	for (; left; left -= n) {
		n = recv(fd, buf, left < chunk ? left : chunk, 0);
		if (n <= 0)
			die("receive");
	}
}

int main(int argc, char **argv)
{
	size_t size[2], chunk;
	long long begin = 0, rest = 0, end = 0;
	int done[2], phase;
	char c;

	if (argc != 6 || pipe(done)) {
		fprintf(stderr, "usage: stream SEND_FD RECEIVE_FD WARM_UP OCTETS CHUNK\n");
		return 2;
	}
	size[0] = strtoull(argv[3], NULL, 10);
	size[1] = strtoull(argv[4], NULL, 10);
	chunk = strtoull(argv[5], NULL, 10);
	if (chunk > sizeof(buf))
		chunk = sizeof(buf);

	switch (fork()) {
	case -1:
		die("fork");
		break;
	case 0:
		for (phase = 0; phase < 2; phase++) {
			receive_all(atoi(argv[2]), size[phase], chunk);
			if (write(done[1], "", 1) != 1)
				die("pipe");
		}
		return 0;
	}
	close(done[1]);
	for (phase = 0; phase < 2; phase++) {
		rest = idle();
		begin = now();
		send_all(atoi(argv[1]), size[phase], chunk);
		if (read(done[0], &c, 1) != 1)
			die("the receiver is gone");
		end = now();
		rest = idle() - rest;
	}
	printf("%lld %lld\n", end - begin, rest);
	wait(NULL);
	return 0;
}
