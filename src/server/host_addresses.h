// The addresses by which others reach this machine.
#pragma once
#include "server/config.h"

// Appends those of interfaces that are up, without loopback and link-local ones: IPv4, or
// IPv6 where there is no IPv4.
void host_addresses_list(struct list *addresses);
