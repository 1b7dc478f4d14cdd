// SPDX-License-Identifier: GPL-2.0-only
/* Floor control ends for tests: messages, as libre makes and reads them, and what is shown of them. */
#include <stdio.h>
#include <string.h>

#include "bfcp.h"

/* On one line, for libre writes an attribute a line. */
static void show(char direction, const struct mbuf *mb, const struct bfcp_msg *m)
{
	char *text, *word;
	size_t i;

	if (re_sdprintf(&text, "%H", bfcp_msg_print, m))
		return;
	printf("%c ", direction);
	for (i = 0; i < mb->end; i++)
		printf("%02x", mb->buf[i]);
	for (word = strtok(text, " \n"); word; word = strtok(NULL, " \n"))
		printf(" %s", word);
	putchar('\n');
	mem_deref(text);
}

int wire_send(struct link *l, bool response, enum bfcp_prim prim, uint16_t tid, unsigned int attrc,
	      ...)
{
	bool v2 = !link_reliable(l);
	struct mbuf *mb = mbuf_alloc(512);
	struct bfcp_msg *m;
	va_list ap;
	int err;

	va_start(ap, attrc);
	/* R is of version 2 alone */
	err = bfcp_msg_vencode(mb, v2 ? BFCP_VER2 : BFCP_VER1, v2 && response, prim, CONFERENCE, tid,
			       USER, attrc, &ap);
	va_end(ap);
	mb->pos = 0;
	if (!err)
		err = bfcp_msg_decode(&m, mb);
	if (err) {
		fprintf(stderr, "bfcp: libre makes no %s: %s\n", bfcp_prim_name(prim), strerror(err));
	} else {
		show('>', mb, m);
		mem_deref(m);
		err = link_send(l, mb->buf, mb->end);
	}
	mem_deref(mb);
	return err;
}

struct bfcp_msg *wire_receive(struct link *l, int *status)
{
	struct mbuf *mb = mbuf_alloc(512);
	uint8_t version = link_reliable(l) ? BFCP_VER1 : BFCP_VER2;
	struct bfcp_msg *m = NULL;
	int err;

	*status = link_receive(l, mb);
	if (*status > 0) {
		mb->pos = 0;
		err = bfcp_msg_decode(&m, mb);
		if (!err && (m->ver != version || m->confid != CONFERENCE || m->userid != USER)) {
			m = mem_deref(m);
			err = EPROTO;
		}
		if (err) {
			fprintf(stderr, "bfcp: libre reads no message: %s\n", strerror(err));
			*status = -1;
		} else {
			show('<', mb, m);
		}
	}
	mem_deref(mb);
	return m;
}

bool wire_u16(const struct bfcp_msg *m, enum bfcp_attrib type, uint16_t *value)
{
	const struct bfcp_attr *a = bfcp_msg_attr(m, type);

	if (a)
		*value = a->v.u16;
	return a;
}
