// Pages of the audit log, and the bans of the server.
#pragma once

struct page;
struct session;

void irc_audit_page(struct session *session, const struct page *page);
void irc_stats_bans(struct session *session);
