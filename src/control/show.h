// What people read of an answer's objects: sentences and tables. Nothing that others have written
// reaches the terminal with control characters.
#pragma once
#include "base/buf.h"

#include <jansson.h>

// Each appends whole lines.
typedef void show(const json_t *row, struct buf *out);
show show_status;
show show_user;
show show_room;
show show_account;
show show_backup;
show show_check;
show show_restore;
show show_ban;
show show_audit;
show show_json; // the object as it is, for what is to be read by programs anyway
