#include "support/load.h"

#include "support/figures.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINES_MAX = 64 * 1024 * 1024, READ_BYTES = 64 * 1024 };

static struct sockaddr_in local(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

uint16_t load_free_port(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = local(0);
    socklen_t len = sizeof address;
    if (bind(fd, (struct sockaddr *)&address, len) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) < 0) {
        perror("no free port");
        exit(1);
    }
    close(fd);
    return ntohs(address.sin_port);
}

int load_connect(uint16_t port, bool small)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -errno;
    }
    if (small) {
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &(int){4096}, sizeof(int));
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    struct sockaddr_in address = local(port);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        int error = errno;
        close(fd);
        return -error;
    }
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    return fd;
}

bool load_send(int fd, struct text bytes)
{
    while (bytes.len) {
        ssize_t sent = send(fd, bytes.at, bytes.len, MSG_NOSIGNAL);
        if (sent > 0) {
            bytes = text_skip(bytes, (size_t)sent);
        } else if (errno == EAGAIN) {
            struct pollfd wait = {.fd = fd, .events = POLLOUT};
            poll(&wait, 1, 1000);
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

void load_client_init(struct load_client *client, int fd)
{
    client->fd = fd;
    buf_init(&client->in, LINES_MAX);
}

void load_client_finish(struct load_client *client)
{
    if (client->fd >= 0) {
        close(client->fd);
    }
    client->fd = -1;
    buf_finish(&client->in);
}

// Takes what has come; false if the peer is gone.
static bool take(struct load_client *client)
{
    static char bytes[READ_BYTES];
    while (client->fd >= 0) {
        ssize_t len = recv(client->fd, bytes, sizeof bytes, 0);
        if (len > 0) {
            buf_add(&client->in, (struct text){bytes, (size_t)len});
        } else if (len < 0 && errno == EAGAIN) {
            return true;
        } else if (len == 0 || errno != EINTR) {
            return false;
        }
    }
    return false;
}

bool load_client_read(struct load_client *client, void (*line)(void *context, struct text line),
                      void *context)
{
    bool alive = take(client);
    struct text rest = buf_text(&client->in);
    size_t end;
    while ((end = text_find(rest, '\n')) < rest.len) {
        line(context, text_head(rest, end));
        rest = text_skip(rest, end + 1);
    }
    buf_drop(&client->in, client->in.len - rest.len);
    return alive;
}

// How many bytes there are up to the end of the line that contains `words`; 0: it is not there.
static size_t find_line(struct text in, struct text words)
{
    const char *at = in.len ? memmem(in.at, in.len, words.at, words.len) : NULL;
    const char *end = at ? memchr(at, '\n', in.len - (size_t)(at - in.at)) : NULL;
    return end ? (size_t)(end - in.at) + 1 : 0;
}

bool load_client_await(struct load_client *client, struct text words, int wait_ms)
{
    uint64_t end_us = now_us() + (uint64_t)wait_ms * 1000;
    for (;;) {
        bool alive = take(client);
        size_t found = find_line(buf_text(&client->in), words);
        buf_drop(&client->in, found);
        uint64_t now = now_us();
        if (found || !alive || now >= end_us) {
            return found;
        }
        struct pollfd wait = {.fd = client->fd, .events = POLLIN};
        poll(&wait, 1, (int)((end_us - now) / 1000) + 1);
    }
}
