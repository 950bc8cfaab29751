#include "server/host_addresses.h"

#include <arpa/inet.h>
#include <uv.h>

static void add_family(struct list *addresses, const uv_interface_address_t *all, int count,
                       int family)
{
    for (int i = 0; i < count; i++) {
        char text[INET6_ADDRSTRLEN];
        if (all[i].is_internal || all[i].address.address4.sin_family != family) {
            continue;
        }
        if (family == AF_INET) {
            uv_ip4_name(&all[i].address.address4, text, sizeof text);
        } else if (!IN6_IS_ADDR_LINKLOCAL(&all[i].address.address6.sin6_addr)) {
            uv_ip6_name(&all[i].address.address6, text, sizeof text);
        } else {
            continue;
        }
        list_add(addresses, text_of(text));
    }
}

void host_addresses_list(struct list *addresses)
{
    uv_interface_address_t *all;
    int count;
    if (uv_interface_addresses(&all, &count) != 0) {
        return;
    }
    add_family(addresses, all, count, AF_INET);
    if (!addresses->count) {
        add_family(addresses, all, count, AF_INET6);
    }
    uv_free_interface_addresses(all, count);
}
