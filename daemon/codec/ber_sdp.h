/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ber_sdp: the SDP equivalents of Annex C.11, properties 0xb001 to 0xb00f of no package:
 * a property for each line, of the type of the line's letter.
 */
#ifndef KMGWD_BER_SDP_H
#define KMGWD_BER_SDP_H

#include <stddef.h>
#include <string.h>

#define BER_SDP_FIRST	0xb001
#define BER_SDP_LETTERS	"vosiuepcbzkatrm"	/* the first is BER_SDP_FIRST */

#endif /* KMGWD_BER_SDP_H */
