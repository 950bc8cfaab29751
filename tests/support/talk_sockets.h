// The real server of conversation scripts: the built hobnobd with a data folder of its own, and
// people who come over TCP.
#pragma once

// Runs the script against `program`.
void talk_sockets_run(const char *path, const char *program);
