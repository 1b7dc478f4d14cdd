/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * h248_version: which version of H.248.1 a message needs.
 *
 * Purpose: the readers take every version's productions whatever the header says, because peers mix
 * them. Who checks a message, or must not send a peer what it cannot know, asks here.
 */
#ifndef KMGWD_H248_VERSION_H
#define KMGWD_H248_VERSION_H

#include "codec/h248.h"

/**
 * h248_version_needed() - the lowest version that has everything in the message
 * @what: if not NULL: the first thing that needs it, in the words of the standard; NULL for version 1
 */
unsigned int h248_version_needed(const struct h248_message *msg, const char **what);

#endif /* KMGWD_H248_VERSION_H */
