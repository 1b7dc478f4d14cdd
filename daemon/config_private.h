/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files that read the configuration share. */
#ifndef KMGWD_CONFIG_PRIVATE_H
#define KMGWD_CONFIG_PRIVATE_H

#include <libconfig.h>

#include "config.h"

struct config_loader {
	struct config *config;
	char *err;
	size_t errlen;
};

/* Writes "FILE:LINE: ..." unless an earlier complaint is there. Return: -EINVAL. */
__attribute__((format(printf, 3, 4)))
int config_complain(struct config_loader *l, const config_setting_t *s, const char *fmt, ...);

/* Complains about every child of @s that is not in the NULL-terminated list. */
int config_check_keys(struct config_loader *l, const config_setting_t *s,
		      const char *const *known);

/* A string that must not be empty; allocates. */
int config_string(struct config_loader *l, const config_setting_t *s, char **out);

/* An address without port. */
int config_parse_ip(const char *text, struct sockaddr_storage *out);

/* A letter, then letters, digits, _; at most 64 (NAME in H.248.1 Annex B). */
bool config_is_name(const char *text);

/* The package_items = ( ... ) list. */
int config_load_items(struct config_loader *l, const config_setting_t *list);
void config_free_items(struct config *c);
/* "[10.0.0.1]:2944": an address, with a port or without. */
int config_parse_bracketed(const char *text, struct sockaddr_storage *out);

/*
 * An array of words: bit i of @set stands for @names[i], which ends in NULL. Without the key
 * @set stays as it is.
 */
int config_names(struct config_loader *l, const config_t *file, const char *key,
		 const char *const *names, unsigned int *set);

/* config_tls.c: versions, suites and fingerprints of bearers */
int config_load_tls(struct config_loader *l, const config_t *file);

/* NAME/VERSION */
bool config_profile_valid(const char *p);

/* config_association.c: service_change, profile_accept, and what belongs to seeing the agent */
void config_association_defaults(struct config *c);
int config_load_association(struct config_loader *l, const config_t *file);

/* The realm = ( ... ) list. */
int config_load_realms(struct config_loader *l, const config_setting_t *list);

#endif /* KMGWD_CONFIG_PRIVATE_H */
