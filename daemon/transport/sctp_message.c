// SPDX-License-Identifier: GPL-2.0-only
/* sctp_message: see sctp_message.h */
#include <arpa/inet.h>

#include "transport/sctp_message.h"

enum sctp_result sctp_message_add(struct sctp_message *m, size_t n, uint32_t ppid, bool end)
{
	bool ok;

	m->used += n;
	if (m->used > SCTP_MESSAGE_MAX || (ppid && ntohl(ppid) != SCTP_PPID_H248)) {
		m->broken = true;
		m->used = 0;
	}
	if (!end)
		return SCTP_MORE;
	ok = !m->broken && m->used;
	if (ok)
		return SCTP_COMPLETE;
	sctp_message_reset(m);
	return SCTP_MALFORMED;
}
