/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ber: the binary encoding of H.248.1 (Annex A, versions 1 to 3, BER of X.690).
 *
 * Purpose: octets to the same tree as text, and back. The reader takes definite and
 * indefinite lengths, constructed strings and extensions it does not know; the
 * writer uses definite lengths. Values are BER of the type of their item inside of
 * an octet string; a peer that puts plain text there (several do) is read, too.
 * What has no number in the package table is called x and its hexadecimal digits
 * ("x0006/x0005"), so that the layer above can refuse it by name, and the refusal
 * can be written.
 *
 * Why by hand: Debian's compilers were tried with AUTOMATIC TAGS and extension markers
 * as the modules have them. libtasn1 (4.19) does not parse them; esnacc (1.8.1) warns
 * that its automatic tags are experimental; asn1c (0.9.28) takes them, and 14,000 lines
 * for four types, but fills one malloc()ed object a field that would have to be turned
 * into the tree all the same, does not bound the memory, and fails with a count of
 * octets, not with the transaction, context and command that an answer must name.
 * So the types are tables of fields (tag, name, optional, reader) that one loop walks.
 * Context: any thread, no state between calls. Lifetime: see h248.h.
 */
#ifndef KMGWD_CODEC_BER_H
#define KMGWD_CODEC_BER_H

#include "codec/ids.h"
#include "codec/text.h"

/**
 * h248_ber_parse() - read one message
 * @a: holds the tree; also bounds the memory
 * @ids: names of what is a number in binary; NULL: all of it stays "x0001/x0002"
 * @buf: octets of exactly one message; not needed after the call
 * @msg: as for h248_text_parse()
 * @err: filled on error; line and column are 0, offset counts from 0
 *
 * Return: 0; -EBADMSG not a message; -ENOMEM arena limit (err->code is 510).
 */
int h248_ber_parse(struct arena *a, const struct h248_ids *ids, const void *buf, size_t len,
		   struct h248_message **msg, struct h248_text_error *err);

/*
 * Does it look like BER, not like text? No text message begins with the tag of
 * a SEQUENCE, "0".
 */
bool h248_ber_is(const void *buf, size_t len);

/**
 * h248_ber_write() - append the message to buf
 * Return: 0; -ENOMEM, -EMSGSIZE (limit of buf); -EINVAL the tree holds something that has
 * no binary form (a name that has no number, a method X-...). Entries of lists whose id was
 * never verified are left out: in binary they do not exist.
 */
int h248_ber_write(const struct h248_message *msg, const struct h248_ids *ids,
		   struct strbuf *buf);
int h248_ber_write_transaction(const struct h248_transaction *tr, const struct h248_ids *ids,
			       struct strbuf *buf);
/* the message around transactions that are encoded already */
int h248_ber_envelope(uint8_t version, const struct h248_mid *mid, struct str transactions,
		      struct strbuf *buf);

#endif /* KMGWD_CODEC_BER_H */
