// SPDX-License-Identifier: GPL-2.0-only
/*
 * packages: the table itself.
 *
 * Names and ids are those of H.248.1 Annex E (g, root, nt, rtp), H.248.10 (chp),
 * H.248.11 (ocp), H.248.14 (it), TS 102 333 (ds, gm, tman), H.248.36 (hangterm), .37
 * (ipnapt, adr), .40 (adid), .41 (ipdc, ipra), .45 (MGCInfo), .57 (rtcph), .61 (the IP layer's
 * statistics), .89 (tcpbcc), .90 (tlsbsc), .92 (seplink). UNVERIFIED marks a name or an
 * id that was not checked against these; an id of 0 is not known.
 */
#include "agent/packages.h"

#define N_ELEMENTS(a)	(sizeof(a) / sizeof((a)[0]))

#define EVERY		(OFFER_IQ | OFFER_IX | OFFER_MP)
#define BORDER		(OFFER_IQ | OFFER_IX)
#define NOT_IX	(OFFER_IQ | OFFER_MP)	/* Ix passes TLS through, it never ends there */
#define UNVERIFIED	true

const struct package packages_table[PACKAGES] = {
	[PACKAGE_G] = { "g", 0x0001, 2, "generic", EVERY, false },
	[PACKAGE_ROOT] = { "root", 0x0002, 2, "base root", EVERY, false },
	[PACKAGE_NT] = { "nt", 0x000b, 1, "network", EVERY, false },
	[PACKAGE_RTP] = { "rtp", 0x000c, 1, "RTP", EVERY, false },
	[PACKAGE_CHP] = { "chp", 0x0029, 1, "congestion handling", EVERY, false },
	[PACKAGE_IT] = { "it", 0x0045, 1, "inactivity timer", EVERY, false },
	[PACKAGE_OCP] = { "ocp", 0x0051, 1, "overload control", EVERY, false },
	[PACKAGE_DS] = { "ds", 0x008b, 1, "differentiated services", EVERY, false },
	[PACKAGE_GM] = { "gm", 0x008c, 1, "gate management", BORDER, false },
	[PACKAGE_TMAN] = { "tman", 0x008d, 1, "traffic management", BORDER, false },
	[PACKAGE_HANGTERM] = { "hangterm", 0x0098, 1, "hanging termination detection", EVERY,
			       false },
	[PACKAGE_IPNAPT] = { "ipnapt", 0x0099, 1, "IP NAPT traversal", BORDER, false },
	[PACKAGE_ADID] = { "adid", 0x009c, 1, "application data inactivity detection", BORDER,
			   false },
	[PACKAGE_IPDC] = { "ipdc", 0x009d, 1, "IP domain connection", EVERY, false },
	[PACKAGE_MGCINFO] = { "MGCInfo", 0x00a0, 1, "MGC information", EVERY, false },
	[PACKAGE_ADR] = { "adr", 0x00ac, 1, "address reporting", BORDER, false },
	[PACKAGE_RTCPH] = { "rtcph", 0x00b5, 1, "RTCP handling", EVERY, false },
	[PACKAGE_IP_OCTETS] = { "ipocs", 0x00d0, 1, "IP layer octets count statistics", EVERY,
				UNVERIFIED },
	[PACKAGE_IPRA] = { "ipra", 0x00e0, 1, "IP realm availability", BORDER, false },
	[PACKAGE_IP_PACKETS] = { "ippcs", 0x00e8, 1, "IP layer packets count statistics", EVERY,
				 UNVERIFIED },
	[PACKAGE_TCPBCC] = { "tcpbcc", 0, 1, "TCP basic connection control", EVERY, UNVERIFIED },
	[PACKAGE_TLSBSC] = { "tlsbsc", 0, 1, "TLS basic session control", NOT_IX, UNVERIFIED },
	[PACKAGE_SEPLINK] = { "seplink", 0x011b, 1, "stream endpoint interlinkage", BORDER,
			      false },
};

static const char *const general_causes[] = { "NR", "UR", "FT", "FP", "IW", "UN", NULL };
static const char *const completion_methods[] = { "TO", "EV", "SD", "NC", NULL };
static const char *const napt_values[] = { "OFF", "LATCH", "RELATCH", NULL };
static const char *const change_types[] = { "Est", "EstFail", "Rel", NULL };
static const char *const directions[] = { "IN", "OUT", "BOTH", NULL };

#define BOOL			{ .type = VALUE_BOOL }
#define INT(lo, hi)		{ .type = VALUE_INTEGER, .min = (lo), .max = (hi) }
#define DOUBLE			{ .type = VALUE_DOUBLE, .min = 0, .max = 18446744073709551615.0 }
#define TEXT(hi)		{ .type = VALUE_STRING, .min = 0, .max = (hi) }
#define TEXTS(hi)		{ .type = VALUE_STRING, .min = 0, .max = (hi), .list = true }
#define OCTETS(hi)		{ .type = VALUE_OCTETS, .min = 0, .max = (hi) }
#define ENUM(values, number)	{ .type = VALUE_ENUM, .names = (values), .first = (number) }
#define NAME			{ .type = VALUE_NAME }

#define LOCAL(i, p, n, h, r, d, u) \
	{ .id = (i), .package = (p), .kind = ROW_PROPERTY, .name = (n), .hex = (h), \
	  .where = WHERE_LOCAL_CONTROL, .range = r, .def = (d), .unverified = (u) }
#define ROOT(i, n, h, r, d, ro) \
	{ .id = (i), .package = PACKAGE_ROOT, .kind = ROW_PROPERTY, .name = (n), .hex = (h), \
	  .where = WHERE_ROOT, .range = r, .def = (d), .read_only = (ro) }
#define STATISTIC(i, p, n, h, u) \
	{ .id = (i), .package = (p), .kind = ROW_STATISTIC, .name = (n), .hex = (h), \
	  .where = ON_TERMINATION, .range = DOUBLE, .unverified = (u) }
#define SIGNAL(i, p, n, h, u) \
	{ .id = (i), .package = (p), .kind = ROW_SIGNAL, .name = (n), .hex = (h), \
	  .where = ON_TERMINATION, .unverified = (u) }
#define NOT_DONE(p, k, n, h, u) \
	{ .id = ROW_NOT_DONE, .package = (p), .kind = (k), .name = (n), .hex = (h), \
	  .unverified = (u) }

const struct row rows_table[] = {
	{ .id = ROW_CAUSE, .package = PACKAGE_G, .kind = ROW_EVENT, .name = "cause",
	  .hex = 0x0001, .where = ON_TERMINATION,
	  .params = { { "Generalcause", 0x0001, ENUM(general_causes, 1), NULL, true },
		      { "Failurecause", 0x0002, OCTETS(128), NULL, true } } },
	{ .id = ROW_SIGNAL_COMPLETION, .package = PACKAGE_G, .kind = ROW_EVENT, .name = "sc",
	  .hex = 0x0002, .where = ON_TERMINATION,
	  .params = { { "SigID", 0x0001, NAME, NULL, true },
		      { "Meth", 0x0002, ENUM(completion_methods, 1), NULL, true },
		      { "SLID", 0x0003, INT(0, 65535), NULL, true },
		      { "RID", 0x0004, INT(0, 4294967295.0), NULL, true } } },

	ROOT(ROW_MAX_CONTEXTS, "maxNumberOfContexts", 0x0001, DOUBLE, NULL, true),
	ROOT(ROW_MAX_TERMINATIONS, "maxTerminationsPerContext", 0x0002, INT(1, 65535), NULL, true),
	ROOT(ROW_NORMAL_MG_TIME, "normalMGExecutionTime", 0x0003, INT(1, 600000), "500", false),
	ROOT(ROW_NORMAL_MGC_TIME, "normalMGCExecutionTime", 0x0004, INT(1, 600000), "500", false),
	ROOT(ROW_MG_PROVISIONAL, "MGProvisionalResponseTimerValue", 0x0005, INT(1, 600000), "1000",
	     false),
	ROOT(ROW_MGC_PROVISIONAL, "MGCProvisionalResponseTimerValue", 0x0006, INT(1, 600000),
	     "1000", false),
	{ .id = ROW_MGC_PENDING_LIMIT, .package = PACKAGE_ROOT, .kind = ROW_PROPERTY,
	  .name = "MGCOriginatedPendingLimit", .hex = 0x0007, .where = WHERE_ROOT,
	  .range = INT(0, 65535), .def = "20", .unverified = UNVERIFIED },
	{ .id = ROW_MG_PENDING_LIMIT, .package = PACKAGE_ROOT, .kind = ROW_PROPERTY,
	  .name = "MGOriginatedPendingLimit", .hex = 0x0008, .where = WHERE_ROOT,
	  .range = INT(0, 65535), .def = "20", .unverified = UNVERIFIED },

	NOT_DONE(PACKAGE_NT, ROW_PROPERTY, "jit", 0x0007, false),
	{ .id = ROW_NETFAIL, .package = PACKAGE_NT, .kind = ROW_EVENT, .name = "netfail",
	  .hex = 0x0005, .where = ON_TERMINATION,
	  .params = { { "cs", 0x0001, TEXT(128), NULL, true } } },
	NOT_DONE(PACKAGE_NT, ROW_EVENT, "qualert", 0x0006, false),
	STATISTIC(ROW_DUR, PACKAGE_NT, "dur", 0x0001, false),
	STATISTIC(ROW_OS, PACKAGE_NT, "os", 0x0002, false),
	STATISTIC(ROW_OR, PACKAGE_NT, "or", 0x0003, false),

	NOT_DONE(PACKAGE_RTP, ROW_EVENT, "pltrans", 0x0001, false),
	STATISTIC(ROW_RTP_PS, PACKAGE_RTP, "ps", 0x0004, false),
	STATISTIC(ROW_RTP_PR, PACKAGE_RTP, "pr", 0x0005, false),
	NOT_DONE(PACKAGE_RTP, ROW_STATISTIC, "pl", 0x0006, false),
	NOT_DONE(PACKAGE_RTP, ROW_STATISTIC, "jit", 0x0007, false),
	NOT_DONE(PACKAGE_RTP, ROW_STATISTIC, "delay", 0x0008, false),

	{ .id = ROW_CONGESTION, .package = PACKAGE_CHP, .kind = ROW_EVENT, .name = "mgcon",
	  .hex = 0x0001, .where = ON_ROOT, .unverified = UNVERIFIED,
	  .params = { { "reduction", 0x0001, INT(0, 100), NULL, true } } },

	{ .id = ROW_ITO, .package = PACKAGE_IT, .kind = ROW_EVENT, .name = "ito",
	  .hex = 0x0001, .where = ON_ROOT,
	  .params = { { "mit", 0x0001, INT(1, 8640000), NULL, false } } },

	{ .id = ROW_OVERLOAD, .package = PACKAGE_OCP, .kind = ROW_EVENT, .name = "mg_overload",
	  .hex = 0x0001, .where = ON_ROOT, .unverified = UNVERIFIED },

	LOCAL(ROW_DSCP, PACKAGE_DS, "dscp", 0x0001, INT(0, 63), NULL, UNVERIFIED),
	NOT_DONE(PACKAGE_DS, ROW_PROPERTY, "tb", 0x0002, UNVERIFIED),

	LOCAL(ROW_SAF, PACKAGE_GM, "saf", 0x0001, BOOL, "off", UNVERIFIED),
	LOCAL(ROW_SAM, PACKAGE_GM, "sam", 0x0002, TEXTS(64), "", UNVERIFIED),
	LOCAL(ROW_SPF, PACKAGE_GM, "spf", 0x0003, BOOL, "off", UNVERIFIED),
	LOCAL(ROW_SPR, PACKAGE_GM, "spr", 0x0004, TEXTS(16), "", UNVERIFIED),
	LOCAL(ROW_ESAS, PACKAGE_GM, "esas", 0x0005, BOOL, "off", UNVERIFIED),
	LOCAL(ROW_LSA, PACKAGE_GM, "lsa", 0x0006, TEXT(64), "", UNVERIFIED),
	LOCAL(ROW_ESPS, PACKAGE_GM, "esps", 0x0007, BOOL, "off", UNVERIFIED),
	LOCAL(ROW_LSP, PACKAGE_GM, "lsp", 0x0008, INT(0, 65535), "0", UNVERIFIED),
	LOCAL(ROW_GM_RSB, PACKAGE_GM, "rsb", 0x0009, BOOL, "off", UNVERIFIED),
	STATISTIC(ROW_DP, PACKAGE_GM, "dp", 0x0001, UNVERIFIED),

	/* octets a second, octets of IP packets, tenths of a microsecond; 0: no limit */
	LOCAL(ROW_SDR, PACKAGE_TMAN, "sdr", 0x0001, INT(0, 2147483647), "0", UNVERIFIED),
	LOCAL(ROW_PDR, PACKAGE_TMAN, "pdr", 0x0002, INT(0, 2147483647), "0", UNVERIFIED),
	LOCAL(ROW_MBS, PACKAGE_TMAN, "mbs", 0x0003, INT(0, 2147483647), "0", UNVERIFIED),
	LOCAL(ROW_DVT, PACKAGE_TMAN, "dvt", 0x0004, INT(0, 100000000), "0", UNVERIFIED),
	LOCAL(ROW_POL, PACKAGE_TMAN, "pol", 0x0005, BOOL, "off", UNVERIFIED),
	/* The package tells of no event; this one is the gateway's own. */
	{ .id = ROW_POLICING, .package = PACKAGE_TMAN, .kind = ROW_EVENT, .name = "policing",
	  .where = ON_TERMINATION, .unverified = UNVERIFIED },

	{ .id = ROW_THB, .package = PACKAGE_HANGTERM, .kind = ROW_EVENT, .name = "thb",
	  .hex = 0x0001, .where = ON_TERMINATION,
	  .params = { { "timerx", 0x0001, INT(0, 2147483), "3600", false } } },

	{ .id = ROW_LATCH, .package = PACKAGE_IPNAPT, .kind = ROW_SIGNAL, .name = "latch",
	  .hex = 0x0001, .where = ON_TERMINATION, .unverified = UNVERIFIED,
	  .params = { { "napt", 0x0001, ENUM(napt_values, 0), "LATCH", false } } },

	{ .id = ROW_IPSTOP, .package = PACKAGE_ADID, .kind = ROW_EVENT, .name = "ipstop",
	  .hex = 0x0001, .where = ON_TERMINATION, .unverified = UNVERIFIED,
	  .params = { { "dt", 0x0001, INT(1, 86400), "60", false },
		      { "dir", 0x0002, ENUM(directions, 0), "BOTH", false } } },

	LOCAL(ROW_REALM, PACKAGE_IPDC, "realm", 0x0001, TEXT(CONFIG_REALM_NAME_MAX), "",
	      UNVERIFIED),

	{ .id = ROW_DB, .package = PACKAGE_MGCINFO, .kind = ROW_PROPERTY, .name = "db",
	  .hex = 0x0001, .where = WHERE_LOCAL_CONTROL | WHERE_TERMINATION, .range = OCTETS(1024),
	  .def = "", .unverified = UNVERIFIED },

	{ .id = ROW_SOURCE_CHANGED, .package = PACKAGE_ADR, .kind = ROW_EVENT, .name = "rsac",
	  .hex = 0x0001, .where = ON_TERMINATION, .unverified = UNVERIFIED,
	  .params = { { "addr", 0x0001, TEXT(64), NULL, true },
		      { "port", 0x0002, INT(1, 65535), NULL, true } } },

	/* as gm/rsb, and goes before it; without both, rtcp in the configuration says */
	LOCAL(ROW_RSB, PACKAGE_RTCPH, "rsb", 0x0001, BOOL, "off", UNVERIFIED),

	/* Octets of the IP layer are counted nowhere: TCP's headers are not ours to see. */
	NOT_DONE(PACKAGE_IP_OCTETS, ROW_STATISTIC, "os", 0x0001, UNVERIFIED),
	NOT_DONE(PACKAGE_IP_OCTETS, ROW_STATISTIC, "or", 0x0002, UNVERIFIED),

	{ .id = ROW_REALMS_AVAILABLE, .package = PACKAGE_IPRA, .kind = ROW_PROPERTY, .name = "ar",
	  .hex = 0x0001, .where = WHERE_ROOT, .range = TEXTS(CONFIG_REALM_NAME_MAX),
	  .read_only = true, .unverified = UNVERIFIED },
	{ .id = ROW_REALMS_CHANGED, .package = PACKAGE_IPRA, .kind = ROW_EVENT, .name = "arc",
	  .hex = 0x0001, .where = ON_ROOT, .unverified = UNVERIFIED,
	  .params = { { "nar", 0x0001, TEXTS(CONFIG_REALM_NAME_MAX), NULL, true },
		      { "nur", 0x0002, TEXTS(CONFIG_REALM_NAME_MAX), NULL, true } } },

	STATISTIC(ROW_IP_PS, PACKAGE_IP_PACKETS, "ps", 0x0001, UNVERIFIED),
	STATISTIC(ROW_IP_PR, PACKAGE_IP_PACKETS, "pr", 0x0002, UNVERIFIED),

	{ .id = ROW_TCP_CHANGE, .package = PACKAGE_TCPBCC, .kind = ROW_EVENT, .name = "BNCChange",
	  .where = ON_TERMINATION, .unverified = UNVERIFIED,
	  .params = { { "Type", 0x0001, ENUM(change_types, 1), "EstFail", false },
		      { "Cause", 0x0002, OCTETS(128), NULL, true } } },
	SIGNAL(ROW_TCP_EST, PACKAGE_TCPBCC, "EstBNC", 0, UNVERIFIED),
	SIGNAL(ROW_TCP_REL, PACKAGE_TCPBCC, "RelBNC", 0, UNVERIFIED),

	{ .id = ROW_TLS_CHANGE, .package = PACKAGE_TLSBSC, .kind = ROW_EVENT, .name = "BNCChange",
	  .where = ON_TERMINATION, .unverified = UNVERIFIED,
	  .params = { { "Type", 0x0001, ENUM(change_types, 1), "EstFail", false },
		      { "Cause", 0x0002, OCTETS(128), NULL, true } } },
	SIGNAL(ROW_TLS_EST, PACKAGE_TLSBSC, "EstBNC", 0, UNVERIFIED),
	SIGNAL(ROW_TLS_REL, PACKAGE_TLSBSC, "RelBNC", 0, UNVERIFIED),

	LOCAL(ROW_PSK, PACKAGE_TLSBSC, "psk", 0, TEXT(136), "", UNVERIFIED),
	LOCAL(ROW_PSK_IDENTITY, PACKAGE_TLSBSC, "pskid", 0, TEXT(128), "", UNVERIFIED),

	LOCAL(ROW_LINKTOPO, PACKAGE_SEPLINK, "linktopo", 0, TEXT(96), "", UNVERIFIED),
};

const unsigned int n_rows_table = N_ELEMENTS(rows_table);

_Static_assert(N_ELEMENTS(rows_table) <= ROWS_MAX, "ROWS_MAX holds every row");
