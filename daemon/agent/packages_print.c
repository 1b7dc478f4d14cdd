// SPDX-License-Identifier: GPL-2.0-only
/*
 * packages: the table in print.
 *
 * Columns: package, its id and version, kind, item, its id, type, values, default,
 * access, where it stands, what this gateway does with it, how sure names and ids are.
 * "-": there is none, "?": it is not known.
 */
#include "agent/packages.h"

static const char *type_name(const struct value_range *r)
{
	switch (r->type) {
	case VALUE_NONE: return "-";
	case VALUE_BOOL: return "boolean";
	case VALUE_INTEGER: return "integer";
	case VALUE_DOUBLE: return "double";
	case VALUE_STRING: return r->list ? "list of strings" : "string";
	case VALUE_OCTETS: return "octet string";
	case VALUE_ENUM: return "enumeration";
	case VALUE_NAME: return "name";
	}
	return "-";
}

static void print_id(uint16_t hex, FILE *to)
{
	if (hex)
		fprintf(to, "0x%04x\t", hex);
	else
		fputs("?\t", to);
}

static void print_values(const struct value_range *r, FILE *to)
{
	unsigned int i;

	switch (r->type) {
	case VALUE_BOOL:
		fputs("on, off", to);
		break;
	case VALUE_INTEGER:
		fprintf(to, "%.0f to %.0f", r->min, r->max);
		break;
	case VALUE_STRING:
	case VALUE_OCTETS:
		fprintf(to, "at most %.0f octets", r->max);
		break;
	case VALUE_ENUM:
		for (i = 0; r->names[i]; i++)
			fprintf(to, "%s%s %u", i ? ", " : "", r->names[i], r->first + i);
		break;
	default:
		fputs("-", to);
	}
	fputs("\t", to);
}

static const char *default_of(const char *def, const struct value_range *r)
{
	if (!def)
		return "-";
	return *def || (r->type != VALUE_STRING && r->type != VALUE_OCTETS) ? def : "\"\"";
}

static const char *place_of(const struct row *row)
{
	if (row->id == ROW_NOT_DONE)
		return "-";
	if (row->kind == ROW_PROPERTY) {
		if (row->where & WHERE_ROOT)
			return "TerminationState of ROOT";
		return row->where & WHERE_TERMINATION ? "LocalControl, TerminationState" :
							"LocalControl";
	}
	return row->where & ON_ROOT ? "ROOT" : "termination";
}

static const char *refusal(enum row_kind kind)
{
	switch (kind) {
	case ROW_PROPERTY: return "refused with 445";
	case ROW_EVENT: return "refused with 512";
	case ROW_SIGNAL: return "refused with 513";
	case ROW_STATISTIC: return "refused with 453";
	}
	return "-";
}

static const char *state_of(const struct row *row)
{
	switch (row->id) {
	case ROW_NOT_DONE: return refusal(row->kind);
	case ROW_LATCH: return "done; on TCP with LATCH only, otherwise refused with 513";
	case ROW_GM_RSB: case ROW_RSB:
		return "with the transports of RTP, otherwise it has no effect";
	case ROW_ESAS: case ROW_LSA: case ROW_ESPS: case ROW_LSP:
	case ROW_SDR: case ROW_PDR: case ROW_DVT: case ROW_POL:
		return "on datagrams, otherwise refused with 501";
	case ROW_POLICING:
		return "this gateway's own: more came in than pol allows, of a stream of datagrams or "
		       "its RTCP; again only after 10 s in which nothing was too much";
	case ROW_LINKTOPO:
		return "the syntax is this gateway's own, see kmgwd(8)";
	case ROW_PSK: case ROW_PSK_IDENTITY:
		return "this gateway's own, see kmgwd(8)";
	case ROW_MBS:
		return "on datagrams, otherwise refused with 501; 0: what sdr lets in in 100 ms, at least 1500";
	default: return "done";
	}
}

static void print_head(const struct packages *p, const struct row *row, FILE *to)
{
	const struct package *package = packages_get(row->package);

	fprintf(to, "%s\t", packages_name(p, row->package));
	print_id(packages_hex(p, row->package), to);
	fprintf(to, "%u\t%s%s\t", packages_version(p, row->package), package->title,
		package->unverified ? " (unverified)" : "");
}

static void print_row(const struct packages *p, const struct row *row, FILE *to)
{
	const struct row_param *param;
	unsigned int i;

	print_head(p, row, to);
	fprintf(to, "%s\t%s\t", packages_kind_name(row->kind), packages_row_name(p, row));
	print_id(packages_row_hex(p, row), to);
	fprintf(to, "%s\t", type_name(&row->range));
	print_values(&row->range, to);
	fprintf(to, "%s\t%s\t%s\t%s\t%s\n", default_of(row->def, &row->range),
		row->kind != ROW_PROPERTY ? "-" : row->read_only ? "read" : "read, write",
		place_of(row), state_of(row),
		row->unverified ? "unverified" : "seen");
	for (i = 0; i < ROW_PARAMS_MAX && row->params[i].name; i++) {
		param = &row->params[i];
		print_head(p, row, to);
		fprintf(to, "parameter\t%s/%s\t", packages_row_name(p, row),
			packages_param_name(p, row, param));
		print_id(packages_param_hex(p, row, param), to);
		fprintf(to, "%s\t", type_name(&param->range));
		print_values(packages_range(p, row, param), to);
		fprintf(to, "%s\t-\t%s\tdone\t%s\n",
			default_of(param->def ? packages_value(p, row, param, param->def) : NULL,
				   &param->range),
			param->observed ? "observed" : "requested",
			row->unverified ? "unverified" : "seen");
	}
}

void packages_print(const struct packages *p, FILE *to)
{
	const struct row *row = NULL;

	while ((row = packages_next(row)))
		if (p->offered[row->package])
			print_row(p, row, to);
}
