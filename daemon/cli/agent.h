/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pictures of the agent for the reader.
 */
#ifndef KMGW_CLI_AGENT_H
#define KMGW_CLI_AGENT_H

#include <jansson.h>

void agent_text_status(const json_t *status);
void agent_text_trace(const json_t *trace);

#endif
