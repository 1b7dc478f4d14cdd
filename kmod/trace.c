// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmgw: the one place where tracepoints are defined.
 */
#define CREATE_TRACE_POINTS
#include "trace.h"
