// SPDX-License-Identifier: GPL-2.0-only
/*
 * aead: which driver of the kernel's crypto API does an AEAD.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/aead.h"

const char *const aead_names[] = { "gcm(aes)", "rfc7539(chacha20,poly1305)", "ccm(aes)", NULL };

struct entry {
	char name[128], driver[128], type[32];
	long priority;
	bool internal;
};

/* "driver       : generic-gcm-aesni" */
static void take_line(const char *line, size_t len, struct entry *e)
{
	const char *colon = memchr(line, ':', len);
	size_t n;

	if (!colon || len < (size_t)(colon - line) + 2)
		return;
	colon += 2;
	n = len - (size_t)(colon - line);
	if (n >= sizeof(e->name))
		return;
	if (!strncmp(line, "name ", 5))
		snprintf(e->name, sizeof(e->name), "%.*s", (int)n, colon);
	else if (!strncmp(line, "driver ", 7))
		snprintf(e->driver, sizeof(e->driver), "%.*s", (int)n, colon);
	else if (!strncmp(line, "type ", 5))
		snprintf(e->type, sizeof(e->type), "%.*s", (int)n, colon);
	else if (!strncmp(line, "priority ", 9))
		e->priority = strtol(colon, NULL, 10);
	else if (!strncmp(line, "internal ", 9))
		e->internal = !strncmp(colon, "yes", 3);
}

int aead_parse(const char *text, const char *name, struct aead_driver *out)
{
	struct entry e = { .name = "" };
	const char *line, *end;
	bool found = false;
	long best = 0;

	for (line = text; *line; line = *end ? end + 1 : end) {
		end = strchrnul(line, '\n');
		if (end > line) {
			take_line(line, (size_t)(end - line), &e);
			if (*end && end[1])
				continue;
		}
		/* An empty line, or the last one: the entry is whole. */
		if (!strcmp(e.name, name) && !strcmp(e.type, "aead") && !e.internal &&
		    (!found || e.priority > best)) {
			found = true;
			best = e.priority;
			snprintf(out->driver, sizeof(out->driver), "%s", e.driver);
		}
		memset(&e, 0, sizeof(e));
	}
	if (!found)
		return -ENOENT;
	/* "gcm_base(ctr(aes-generic),ghash-generic)", but not "generic-gcm-aesni" */
	out->generic = strstr(out->driver, "-generic") || strstr(out->driver, "-fixed-time");
	return 0;
}

int aead_driver(const char *name, struct aead_driver *out)
{
	FILE *f = fopen("/proc/crypto", "re");
	size_t len = 0, room = 0, n;
	char *text = NULL, *more;
	int err = 0;

	if (!f)
		return -errno;
	do {
		if (room - len < 4096) {
			room = room ? 2 * room : 65536;
			more = realloc(text, room);
			if (!more) {
				err = -ENOMEM;
				break;
			}
			text = more;
		}
		n = fread(text + len, 1, room - len - 1, f);
		len += n;
	} while (n);
	if (!err && ferror(f))
		err = -EIO;
	fclose(f);
	if (!err) {
		text[len] = '\0';
		err = aead_parse(text, name, out);
	}
	free(text);
	return err;
}
