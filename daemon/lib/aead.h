/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * aead: which driver of the kernel's crypto API does an AEAD.
 *
 * Context: any thread.
 */
#ifndef KMGWD_AEAD_H
#define KMGWD_AEAD_H

#include <stdbool.h>
#include <stddef.h>

struct aead_driver {
	char driver[128];
	bool generic;		/* plain C: many times slower than what the processor can do */
};

/* The AEADs of media, by their names in the kernel; the last one is NULL. */
extern const char *const aead_names[];

/**
 * aead_parse() - look one up in the text of /proc/crypto
 * @text: the text
 * @name: as the kernel calls it, "gcm(aes)"
 * @out: the driver that a user gets: the one of the highest priority
 * Return: 0, or -ENOENT: nobody has asked the kernel for it yet.
 */
int aead_parse(const char *text, const char *name, struct aead_driver *out);

/* As aead_parse() for this machine. Return: also another negative errno. */
int aead_driver(const char *name, struct aead_driver *out);

#endif /* KMGWD_AEAD_H */
