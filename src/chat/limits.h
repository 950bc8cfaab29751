// What the core bounds, and by how much. The I/O threads' bounds are struct net_limits.
#pragma once
#include <stdint.h>

struct limits {
    uint32_t message_bytes;          // 4,096
    uint32_t topic_bytes;            // 390
    uint32_t away_bytes;             // 390
    uint32_t reason_bytes;           // 390
    uint32_t rooms_per_user;         // 100
    uint32_t rooms;                  // 100,000
    uint32_t rooms_per_account;      // 100 that are its own
    uint32_t sessions_per_user;      // 20
    uint32_t always_on_accounts;     // 1,000 that stay while nobody is connected
    uint32_t always_on_days;         // 30 since somebody was
    uint32_t mail_per_account;       // 1,000 private messages that wait for it; guests' half of it
    uint32_t mail_per_sender;        // 100 of these
    uint32_t name_tries;             // 5
    uint32_t history_on_join;        // 20 lines
    uint32_t history_on_join_irc;    // 50 lines
    uint32_t history_page;           // 500 messages
    uint32_t history_days;           // 0: messages are kept for good
    uint32_t history_messages;       // of each room or conversation; 0: all are kept
    uint32_t history_bytes;          // of texts, the same
    uint32_t ignores_per_user;       // 100
    uint32_t uncommitted_bytes;      // 64 MiB in all
    uint32_t query_bytes_per_s;      // 256 KiB/s of answers to queries
    uint32_t failed_logins_per_min;  // 3, of an address
    uint32_t failed_logins_per_hour; // 10, to a name
    uint32_t registrations_per_day;  // 3, of an address
    uint32_t password_bytes_min;     // 8
    uint32_t password_bytes_max;     // 256
    int flood;                       // which profile rooms without one of their own have: none
};

// The defaults of docs/limits.md.
extern const struct limits limits_default;
