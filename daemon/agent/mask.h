/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mask: takes keys out of a message that is about to be shown to somebody.
 *
 * Purpose: a trace is read by people who may not know the keys of a call. Octets
 * are replaced and none is added or taken away, so every length stays right, in
 * text and in binary.
 * Context: plain data.
 */
#ifndef KMGWD_AGENT_MASK_H
#define KMGWD_AGENT_MASK_H

#include <stddef.h>

void mask_secrets(char *data, size_t len);

#endif /* KMGWD_AGENT_MASK_H */
