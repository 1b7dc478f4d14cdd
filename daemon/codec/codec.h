/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * codec: octets to message tree and back, in the encoding of the configuration.
 *
 * Purpose: the layer above does not know whether H.248 is spoken in text or in binary.
 * What it keeps of a message are whole transactions, encoded; the envelope around
 * them (version, mId) is put on when they are sent.
 * Context: any thread, no state between calls. Lifetime: see h248.h.
 */
#ifndef KMGWD_CODEC_H
#define KMGWD_CODEC_H

#include "codec/ids.h"
#include "codec/text.h"

enum h248_encoding {
	H248_ENCODING_PRETTY,
	H248_ENCODING_COMPACT,
	H248_ENCODING_BINARY,
};

struct h248_codec {
	enum h248_encoding encoding;
	const struct h248_ids *ids;	/* for binary; NULL: all names stay numbers */
};

/*
 * h248_codec_parse() - read one message; parameters as those of h248_text_parse(). In
 * binary, err->line and err->column are 0: err->offset is the octet.
 */
int h248_codec_parse(const struct h248_codec *c, struct arena *a, const void *buf, size_t len,
		     struct h248_message **msg, struct h248_text_error *err);

/* "line 3 column 7" or "octet 17", for logs */
const char *h248_codec_place(const struct h248_text_error *err, char *buf, size_t len);

/* Appends a message; returns as h248_text_write(). */
int h248_codec_write(const struct h248_codec *c, const struct h248_message *msg,
		     struct strbuf *out);

/* Appends one transaction; several may follow each other. */
int h248_codec_write_transaction(const struct h248_codec *c, const struct h248_transaction *tr,
				 struct strbuf *out);

/* Appends the message whose transactions are those of body, as written by the function above. */
int h248_codec_envelope(const struct h248_codec *c, uint8_t version, const struct h248_mid *mid,
			struct str body, struct strbuf *out);

#endif /* KMGWD_CODEC_H */
