#include "chat/limits.h"

const struct limits limits_default = {
    .message_bytes = 4096,
    .topic_bytes = 390,
    .away_bytes = 390,
    .reason_bytes = 390,
    .rooms_per_user = 100,
    .rooms = 100000,
    .rooms_per_account = 100,
    .sessions_per_user = 20,
    .name_tries = 5,
    .history_on_join = 20,
    .history_on_join_irc = 50,
    .history_page = 500,
    .ignores_per_user = 100,
    .uncommitted_bytes = 64 * 1024 * 1024,
    .query_bytes_per_s = 256 * 1024,
    .failed_logins_per_min = 3,
    .failed_logins_per_hour = 10,
    .registrations_per_day = 3,
    .password_bytes_min = 8,
    .password_bytes_max = 256,
};
