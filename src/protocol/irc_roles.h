// Pages of the audit log.
#pragma once

struct page;
struct session;

void irc_audit_page(struct session *session, const struct page *page);
