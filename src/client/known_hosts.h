// The servers that have spoken TLS to this person: a text file with one line for each, HOST:PORT
// and then "signed", or "sha256" and the fingerprint of its certificate. Other lines are left
// as they are.
#pragma once
#include "base/buf.h"

enum known {
    KNOWN_NOT,
    KNOWN_SIGNED, // by somebody whom this system trusts
    KNOWN_PRINT,  // by its fingerprint alone
};

struct known_host {
    enum known known;
    char fingerprint[65]; // KNOWN_PRINT
};

// `where` is HOST:PORT. The last line counts.
struct known_host known_hosts_find(const char *path, struct text where);
// In place of what was known of `where`; makes the folders. 0 or -errno.
int known_hosts_put(const char *path, struct text where, const struct known_host *host);
