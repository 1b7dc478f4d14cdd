/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * text_token: the words of Annex B.
 *
 * Purpose: one table of tokens with their long and short form. Which of them means
 * something at a place is the parser's matter: anywhere else the same letters
 * are a name ("Add", "S" and "L" are good names of parameters).
 */
#ifndef KMGWD_TEXT_TOKEN_H
#define KMGWD_TEXT_TOKEN_H

#include "lib/str.h"

/* X(token, long form, short form) */
#define H248_TOKENS(X) \
	X(ADD, "Add", "A") \
	X(AND_LOGIC, "ANDLgc", "ANDLgc") \
	X(AUDIT, "Audit", "AT") \
	X(AUDIT_CAP, "AuditCapability", "AC") \
	X(AUDIT_VALUE, "AuditValue", "AV") \
	X(AUTH, "Authentication", "AU") \
	X(BOTH, "Both", "B") \
	X(BOTHWAY, "Bothway", "BW") \
	X(BRIEF, "Brief", "BR") \
	X(BUFFER, "Buffer", "BF") \
	X(CONTEXT, "Context", "C") \
	X(CONTEXT_ATTR, "ContextAttr", "CT") \
	X(CONTEXT_AUDIT, "ContextAudit", "CA") \
	X(CONTEXT_LIST, "ContextList", "CLT") \
	X(DELAY, "Delay", "DL") \
	X(DIGITMAP, "DigitMap", "DM") \
	X(DIRECTION, "SPADirection", "SPADI") \
	X(DISCONNECTED, "Disconnected", "DC") \
	X(DURATION, "Duration", "DR") \
	X(EMBED, "Embed", "EM") \
	X(EMERGENCY, "Emergency", "EG") \
	X(EMERGENCY_OFF, "EmergencyOff", "EGO") \
	X(EMERGENCY_VALUE, "EmergencyValue", "EGV") \
	X(ERROR, "Error", "ER") \
	X(EVENT_BUFFER, "EventBuffer", "EB") \
	X(EVENTS, "Events", "E") \
	X(EXTERNAL, "External", "EX") \
	X(FAILOVER, "Failover", "FL") \
	X(FORCED, "Forced", "FO") \
	X(GRACEFUL, "Graceful", "GR") \
	X(HANDOFF, "HandOff", "HO") \
	X(IEPS, "IEPSCall", "IEPS") \
	X(IMM_ACK, "ImmAckRequired", "IA") \
	X(IMM_NOTIFY, "ImmediateNotify", "NBIN") \
	X(INACTIVE, "Inactive", "IN") \
	X(IN_SERVICE, "InService", "IV") \
	X(INTERNAL, "Internal", "IT") \
	X(INTERSIGNAL, "Intersignal", "SPAIS") \
	X(INT_BY_EVENT, "IntByEvent", "IBE") \
	X(INT_BY_SIGNALS, "IntBySigDescr", "IBS") \
	X(ISOLATE, "Isolate", "IS") \
	X(ITERATION, "Iteration", "IR") \
	X(KEEP_ACTIVE, "KeepActive", "KA") \
	X(LOCAL, "Local", "L") \
	X(LOCAL_CONTROL, "LocalControl", "O") \
	X(LOCKSTEP, "LockStep", "SP") \
	X(LOOPBACK, "Loopback", "LB") \
	X(MEDIA, "Media", "M") \
	X(MEGACO, "MEGACO", "!") \
	X(METHOD, "Method", "MT") \
	X(MGC_ID, "MgcIdToTry", "MG") \
	X(MODE, "Mode", "MO") \
	X(MODEM, "Modem", "MD") \
	X(MODIFY, "Modify", "MF") \
	X(MOVE, "Move", "MV") \
	X(MTP, "MTP", "MTP") \
	X(MUX, "Mux", "MX") \
	X(NEVER_NOTIFY, "NeverNotify", "NBNN") \
	X(NOTIFY, "Notify", "N") \
	X(NOTIFY_COMPLETION, "NotifyCompletion", "NC") \
	X(OBSERVED, "ObservedEvents", "OE") \
	X(OFF, "OFF", "OFF") \
	X(ON, "ON", "ON") \
	X(ONEWAY, "Oneway", "OW") \
	X(ONEWAY_BOTH, "OnewayBoth", "OWB") \
	X(ONEWAY_EXTERNAL, "OnewayExternal", "OWE") \
	X(ON_OFF, "OnOff", "OO") \
	X(OR_LOGIC, "ORLgc", "ORLgc") \
	X(OTHER_REASON, "OtherReason", "OR") \
	X(OUT_OF_SERVICE, "OutOfService", "OS") \
	X(PACKAGES, "Packages", "PG") \
	X(PENDING, "Pending", "PN") \
	X(PRIORITY, "Priority", "PR") \
	X(PROFILE, "Profile", "PF") \
	X(REASON, "Reason", "RE") \
	X(RECV_ONLY, "ReceiveOnly", "RC") \
	X(REGULATED_NOTIFY, "RegulatedNotify", "NBRN") \
	X(REMOTE, "Remote", "R") \
	X(REPLY, "Reply", "P") \
	X(REQUEST_ID, "SPARequestID", "SPARQ") \
	X(RESERVED_GROUP, "ReservedGroup", "RG") \
	X(RESERVED_VALUE, "ReservedValue", "RV") \
	X(RESET_EVENTS, "ResetEventsDescriptor", "RSE") \
	X(RESTART, "Restart", "RS") \
	X(SEGMENT, "Segment", "SM") \
	X(SEGMENT_END, "END", "&") \
	X(SEND_ONLY, "SendOnly", "SO") \
	X(SEND_RECV, "SendReceive", "SR") \
	X(SERVICES, "Services", "SV") \
	X(SERVICE_CHANGE, "ServiceChange", "SC") \
	X(SERVICE_CHANGE_ADDRESS, "ServiceChangeAddress", "AD") \
	X(SERVICE_CHANGE_INC, "ServiceChangeInc", "SIC") \
	X(SERVICE_STATES, "ServiceStates", "SI") \
	X(SIGNALS, "Signals", "SG") \
	X(SIGNAL_LIST, "SignalList", "SL") \
	X(SIGNAL_TYPE, "SignalType", "SY") \
	X(STATISTICS, "Statistics", "SA") \
	X(STREAM, "Stream", "ST") \
	X(SUBTRACT, "Subtract", "S") \
	X(TERMINATION_STATE, "TerminationState", "TS") \
	X(TEST, "Test", "TE") \
	X(TIMEOUT, "TimeOut", "TO") \
	X(TOPOLOGY, "Topology", "TP") \
	X(TRANSACTION, "Transaction", "T") \
	X(TRANSACTION_ACK, "TransactionResponseAck", "K") \
	X(VERSION, "Version", "V")

enum h248_token {
	TOK_NONE,
#define X(name, pretty, compact) TOK_##name,
	H248_TOKENS(X)
#undef X
	TOK_COUNT
};

/* case ignored; TOK_NONE if it is no token */
enum h248_token h248_token_of(struct str word);

struct str h248_token_text(enum h248_token token, bool compact);

#endif /* KMGWD_TEXT_TOKEN_H */
