// The in-process server of conversation scripts: the core on a scripted store, a fake clock,
// and the framer that the real server has.
#pragma once

// Runs the script; `bytes_at_once` at most are handed to the framer in one piece.
void talk_core_run(const char *path, size_t bytes_at_once);
