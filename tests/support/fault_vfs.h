// A disk that fails when a test says so: an SQLite VFS over the real one. One per
// process, for any number of threads.
#pragma once
#include "base/text.h"

extern const char fault_vfs_name[]; // for store_sqlite_options.vfs; registered by fault_vfs_reset()

// Everything works, nothing is recorded, counting starts at 0.
void fault_vfs_reset(void);

// The n-th call from now (counting from 1) fails with an I/O error; `onwards`: those after
// it too. 0: none.
void fault_vfs_fail_call(uint64_t n, bool onwards);
// How many calls that may fail there have been since fault_vfs_fail_call().
uint64_t fault_vfs_calls(void);

// How many bytes all files together may still grow; negative: any number.
void fault_vfs_space(int64_t bytes);
// Every sync fails from now on.
void fault_vfs_fail_syncs(bool fail);
// true: a sync that begins from now on lasts until this is called with false.
void fault_vfs_hold_syncs(bool hold);
// Waits until a sync is held.
void fault_vfs_await_held_sync(void);

// Remembers from now on what has not been synced. Before any file is opened.
void fault_vfs_record(void);
// The power fails at the n-th call from now: it and all later ones fail, and of each file
// stays what was synced and some of what was not, at random.
void fault_vfs_cut_power_at(uint64_t n);
// When all files are closed: leaves the files as the power cut left them.
void fault_vfs_restore(void);
