// SPDX-License-Identifier: GPL-2.0-only
/*
 * config: what TLS of bearers may be.
 *
 * Context: called once before the event loop runs; no locks.
 */
#include "config_private.h"

static const char *const versions[] = { "1.2", "1.3", NULL };

/* the names of RFC 8122 5; MD2 and MD5 are not to be used */
static const char *const hashes[] = { "sha-1", "sha-224", "sha-256", "sha-384", "sha-512", NULL };

static int load_bool(struct config_loader *l, const config_t *file, const char *name, bool *out)
{
	const config_setting_t *s = config_lookup(file, name);

	if (!s)
		return 0;
	if (config_setting_type(s) != CONFIG_TYPE_BOOL)
		return config_complain(l, s, "%s must be true or false", name);
	*out = config_setting_get_bool(s);
	return 0;
}

int config_load_tls(struct config_loader *l, const config_t *file)
{
	struct config *c = l->config;
	int err;

	c->tls_versions = CONFIG_TLS_1_2 | CONFIG_TLS_1_3;
	c->fingerprint_hashes = CONFIG_HASH_SHA1 | CONFIG_HASH_SHA224 | CONFIG_HASH_SHA256 |
				CONFIG_HASH_SHA384 | CONFIG_HASH_SHA512;
	err = config_names(l, file, "tls_versions", versions, &c->tls_versions);
	if (!err)
		err = config_names(l, file, "fingerprint_hashes", hashes, &c->fingerprint_hashes);
	if (err)
		return err;
	if (!c->tls_versions)
		return config_complain(l, config_lookup(file, "tls_versions"),
				       "tls_versions is empty; features says whether there is TLS");
	if (!c->fingerprint_hashes)
		return config_complain(l, config_lookup(file, "fingerprint_hashes"),
				       "fingerprint_hashes is empty: no far end could be known");
	err = load_bool(l, file, "tls_legacy", &c->tls_legacy);
	if (!err)
		err = load_bool(l, file, "tls_resumption", &c->tls_resumption);
	if (err)
		return err;
	if (c->tls_legacy && !(c->tls_versions & CONFIG_TLS_1_2))
		return config_complain(l, config_lookup(file, "tls_legacy"),
				       "tls_legacy are suites of TLS 1.2, which tls_versions excludes");
	return 0;
}
