// SPDX-License-Identifier: GPL-2.0-only
/* codec: text or binary. See codec.h. */
#include <stdio.h>

#include "codec/ber.h"
#include "codec/codec.h"

static enum h248_text_style style(const struct h248_codec *c)
{
	return c->encoding == H248_ENCODING_COMPACT ? H248_TEXT_COMPACT : H248_TEXT_PRETTY;
}

int h248_codec_parse(const struct h248_codec *c, struct arena *a, const void *buf, size_t len,
		     struct h248_message **msg, struct h248_text_error *err)
{
	if (c->encoding == H248_ENCODING_BINARY)
		return h248_ber_parse(a, c->ids, buf, len, msg, err);
	return h248_text_parse(a, buf, len, msg, err);
}

const char *h248_codec_place(const struct h248_text_error *err, char *buf, size_t len)
{
	if (err->line)
		snprintf(buf, len, "line %u column %u", err->line, err->column);
	else
		snprintf(buf, len, "octet %zu", err->offset);
	return buf;
}

int h248_codec_write(const struct h248_codec *c, const struct h248_message *msg,
		     struct strbuf *out)
{
	if (c->encoding == H248_ENCODING_BINARY)
		return h248_ber_write(msg, c->ids, out);
	return h248_text_write(msg, style(c), out);
}

int h248_codec_write_transaction(const struct h248_codec *c, const struct h248_transaction *tr,
				 struct strbuf *out)
{
	if (c->encoding == H248_ENCODING_BINARY)
		return h248_ber_write_transaction(tr, c->ids, out);
	return h248_text_write_transaction(tr, style(c), out);
}

int h248_codec_envelope(const struct h248_codec *c, uint8_t version, const struct h248_mid *mid,
			struct str body, struct strbuf *out)
{
	const struct h248_message header = { .version = version, .mid = *mid };
	int err;

	if (c->encoding == H248_ENCODING_BINARY)
		return h248_ber_envelope(version, mid, body, out);
	err = h248_text_write_header(&header, style(c), out);
	if (err)
		return err;
	strbuf_str(out, body);
	return out->err;
}
