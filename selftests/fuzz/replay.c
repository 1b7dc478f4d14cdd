// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs a fuzz target on files, without a fuzzer: what was once found stays right.
 *
 *	replay DIR...		every file in them; prints how many
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run(const char *path)
{
	static uint8_t data[1 << 20];
	FILE *f = fopen(path, "rb");
	size_t size;
	uint8_t *copy;

	if (!f) {
		perror(path);
		return -1;
	}
	size = fread(data, 1, sizeof(data), f);
	fclose(f);
	fprintf(stderr, "# %s\n", path);
	/* of exactly the size, for AddressSanitizer */
	copy = malloc(size ? size : 1);
	for (size_t i = 0; i < size; i++)
		copy[i] = data[i];
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
	return 0;
}

int main(int argc, char **argv)
{
	struct dirent **entry;
	unsigned int n = 0;
	char path[4096];
	int i, k, count;

	for (i = 1; i < argc; i++) {
		count = scandir(argv[i], &entry, NULL, alphasort);
		if (count < 0) {
			perror(argv[i]);
			return 1;
		}
		for (k = 0; k < count; k++) {
			snprintf(path, sizeof(path), "%s/%s", argv[i], entry[k]->d_name);
			if (entry[k]->d_name[0] != '.') {
				if (run(path))
					return 1;
				n++;
			}
			free(entry[k]);
		}
		free(entry);
	}
	printf("%u\n", n);
	return 0;
}
