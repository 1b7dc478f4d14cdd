// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints how fast this host's time stamp counter runs, in kHz; status 1 where there is none.
 *
 * An emulated guest reads the same counter, but a kernel without ACPI has nothing that it could
 * measure it with, and without it neither idles nor keeps time.
 */
#include <stdio.h>
#include <time.h>

#if defined(__x86_64__) || defined(__i386__)
#include <x86intrin.h>

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

/* Clock and counter at about the same moment: the closest of some attempts. */
static double both(unsigned long long *ticks)
{
	double before, after, best = 1e9, at = 0;
	unsigned long long t;
	int i;

	for (i = 0; i < 20; i++) {
		before = now();
		t = __rdtsc();
		after = now();
		if (after - before < best) {
			best = after - before;
			at = before + best / 2;
			*ticks = t;
		}
	}
	return at;
}

int main(void)
{
	const struct timespec pause = { .tv_nsec = 50000000 };
	unsigned long long t1, t2;
	double n1, n2;

	n1 = both(&t1);
	nanosleep(&pause, NULL);
	n2 = both(&t2);
	printf("%.0f\n", (t2 - t1) / (n2 - n1) * 1e6);
	return 0;
}
#else
int main(void)
{
	return 1;
}
#endif
