// Who is let in, what is done without descriptors, and who is thrown out.
#include "support/net_rig.h"
#include "support/test.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static unsigned open_descriptors(void)
{
    unsigned count = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (readdir(folder)) {
        count++;
    }
    closedir(folder);
    return count;
}

// While no descriptor is left.
struct shortage {
    struct rlimit before;
    int fillers[4096];
    size_t count;
};

static void shortage_begin(struct shortage *shortage)
{
    getrlimit(RLIMIT_NOFILE, &shortage->before);
    struct rlimit low = {open_descriptors() + 50, shortage->before.rlim_max};
    setrlimit(RLIMIT_NOFILE, &low);
    shortage->count = 0;
    while ((shortage->fillers[shortage->count] = dup(0)) >= 0) {
        shortage->count++;
        check(shortage->count < 4096);
    }
}

// The limit stays until shortage_end().
static void shortage_relieve(struct shortage *shortage)
{
    while (shortage->count > 0) {
        close(shortage->fillers[--shortage->count]);
    }
}

static void shortage_end(struct shortage *shortage)
{
    shortage_relieve(shortage);
    setrlimit(RLIMIT_NOFILE, &shortage->before);
}

static void connect_to(const struct rig *r, int client)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(net_listening_port(r->net, 0)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    check(connect(client, (struct sockaddr *)&to, sizeof to) == 0);
}

static void a39_without_descriptors_those_inside_go_on(void)
{
    struct rig r;
    struct shortage shortage;
    rig_init(&r);
    rig_start(&r, "relay");
    int inside = rig_connect(&r);
    rig_expect(&r, "opened 0 relay");
    int waiting = socket(AF_INET, SOCK_STREAM, 0);
    shortage_begin(&shortage);
    connect_to(&r, waiting);
    client_send(inside, "still here\n");
    rig_expect(&r, "line 0 whole still here");
    net_configure(r.net, &r.config); // a reload meanwhile does no harm
    rig_reply(&r, 0, "yes\n");
    client_expect(inside, "yes\n");
    rig_expect_silence(&r, 20);
    shortage_relieve(&shortage);
    rig_expect(&r, "opened 1 relay");
    client_send(waiting, "in at last\n");
    rig_expect(&r, "line 1 whole in at last");
    shortage_end(&shortage);
    close(inside), close(waiting);
    rig_finish(&r);
}

static void a39_a_connection_that_leaves_makes_room_at_once(void)
{
    struct rig r;
    struct shortage shortage;
    rig_init(&r);
    rig_start(&r, "relay");
    int inside = rig_connect(&r);
    rig_expect(&r, "opened 0 relay");
    int waiting = rig_connect(&r); // makes sure of the descriptor of the client's side
    rig_expect(&r, "opened 1 relay");
    close(waiting);
    rig_expect(&r, "ended 1 eof");
    rig_close(&r, 1);
    rig_expect_connections(&r, 1);
    waiting = socket(AF_INET, SOCK_STREAM, 0);
    shortage_begin(&shortage);
    connect_to(&r, waiting);
    rig_expect_silence(&r, 20);
    struct timespec start, end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    rig_close(&r, 0);
    client_expect_end(inside);
    shutdown(inside, SHUT_RDWR);
    rig_expect(&r, "opened 2 relay");
    clock_gettime(CLOCK_MONOTONIC, &end);
    // Before the second is over after which it is tried in any case.
    check((end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000 < 800);
    shortage_end(&shortage);
    close(inside), close(waiting);
    rig_finish(&r);
}

static void churn(struct rig *r, unsigned rounds)
{
    for (unsigned round = 0; round < rounds; round++) {
        int clients[50];
        for (size_t i = 0; i < 50; i++) {
            clients[i] = rig_connect(r);
            if (i % 3) {
                client_send(clients[i], i % 3 == 1 ? "Ann\nhello\n" : "Bo");
            }
        }
        for (size_t i = 0; i < 50; i++) {
            if (i % 2) {
                close(clients[i]);
            } else {
                client_reset(clients[i]);
            }
        }
        do {
            rig_take(r);
            for (uint32_t i = 0; i < r->conns; i++) {
                net_close(r->net, r->handles[i], CLOSE_QUIT);
            }
            net_publish(r->net);
            struct pollfd one = {r->woken, POLLIN, 0};
            poll(&one, 1, 1);
        } while (net_connections(r->net) > 0);
        rig_take(r);
        r->conns = 0;
        buf_reset(&r->told);
        r->read = 0;
    }
}

static void a37_after_1000_connections_all_is_as_it_was(void)
{
    struct rig r;
    rig_init(&r);
    r.config.io_threads = 2;
    rig_start(&r, "any");
    churn(&r, 2);
    unsigned descriptors = open_descriptors();
    size_t bytes = rig_memory();
    churn(&r, 20);
    check_number(open_descriptors(), descriptors);
    // Queues keep some memory to be used again, but it does not grow.
    check(rig_memory() <= bytes + (256 << 10));
    check(r.accepted >= 1000);
    rig_finish(&r);
}

static void a30_slow_openers_are_closed_at_the_deadline(void)
{
    enum { SLOW = 300 };
    static int clients[SLOW];
    struct rig r;
    rig_init(&r);
    r.config.limits.first_byte_decided_ms = 100;
    r.config.limits.linger_ms = 100;
    rig_start(&r, "any");
    for (int i = 0; i < SLOW; i++) {
        clients[i] = rig_connect(&r);
        client_send(clients[i], "G");
    }
    int person = rig_connect(&r);
    client_send(person, "Ann\n");
    rig_expect(&r, "opened 0 plain");
    net_named(r.net, r.handles[0]);
    rig_reply(&r, 0, "welcome\n");
    client_expect(person, "welcome\n");
    for (int i = 0; i < SLOW; i++) {
        client_expect(clients[i], "bye undecided undecided\n");
        client_expect_end(clients[i]);
        close(clients[i]);
    }
    rig_expect_refused(&r, SLOW, CLOSE_UNDECIDED);
    rig_expect_connections(&r, 1);
    close(person);
    rig_finish(&r);
}

static void a31_a_peer_that_vanished_is_noticed_when_bytes_wait(void)
{
    struct sock_filter drop_all[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
    const struct sock_fprog program = {1, drop_all};
    struct rig r;
    rig_init(&r);
    r.config.limits.vanished_ms = 200;
    rig_start(&r, "relay");
    int gone = rig_connect(&r);
    rig_expect(&r, "opened 0 relay");
    int reader = rig_connect(&r);
    rig_expect(&r, "opened 1 relay");
    // Nothing reaches the client's kernel any more, so it acknowledges nothing.
    check_number(setsockopt(gone, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program), 0);
    rig_reply(&r, 0, "are you there?\n");
    rig_reply(&r, 1, "are you there?\n");
    rig_expect(&r, "ended 0 unreachable");
    rig_expect_connections(&r, 1);
    // One that merely does not read stays.
    rig_expect_silence(&r, 300);
    close(gone), close(reader);
    rig_finish(&r);
}

static void a31_who_only_stops_reading_is_not_taken_for_vanished(void)
{
    static char block[100001];
    struct rig r;
    rig_init(&r);
    r.config.limits.vanished_ms = 300;
    r.config.limits.reply_bytes = 1 << 30;
    rig_start(&r, "relay");
    int client = rig_connect(&r);
    rig_expect(&r, "opened 0 relay");
    memset(block, 'x', 100000);
    for (int i = 0; i < 100; i++) {
        rig_reply(&r, 0, block);
    }
    rig_expect_silence(&r, 700);
    close(client);
    rig_finish(&r);
}

static void a32_members_who_do_not_read_cost_no_memory_each(void)
{
    enum { DEAF = 400, FEED = 1, LINES = 3000 };
    static int clients[DEAF];
    static char line[1001];
    struct rig r;
    rig_init(&r);
    r.config.limits.backlog_bytes = 200000;
    r.config.limits.send_buffer_bytes = 4096;
    rig_start(&r, "relay");
    for (uint32_t i = 0; i < DEAF; i++) {
        char told[32];
        clients[i] = rig_connect(&r);
        snprintf(told, sizeof told, "opened %u relay", i);
        rig_expect(&r, told);
        net_subscribe(r.net, r.handles[i], FEED, 0, i + 1);
    }
    int reader = rig_connect(&r);
    rig_take(&r);
    while (r.conns <= DEAF) {
        rig_sync(&r);
    }
    net_subscribe(r.net, r.handles[DEAF], FEED, 0, DEAF + 1);
    size_t before = rig_memory();
    memset(line, 'x', 1000);
    line[999] = '\n';
    size_t most = 0;
    for (unsigned i = 0; i < LINES; i++) {
        rig_append(&r, FEED, line, 0, i);
        net_publish(r.net);
        client_expect(reader, line);
        size_t now = rig_memory();
        most = now > most ? now : most;
    }
    // The feed's backlog once, a half sent line each, and what the rig was told.
    check(most - before < 200000 + DEAF * 1500 + (1 << 20));
    for (int i = 0; i < DEAF; i++) {
        close(clients[i]);
    }
    close(reader);
    rig_finish(&r);
}

static void a_unix_socket_is_a_listener_too(void)
{
    static const char path[] = "/tmp/hobnob-test-net-socket";
    struct listen_uri uri = {.protocol = WIRE_UNDECIDED, .unix_socket = true};
    memcpy(uri.host, path, sizeof path);
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    memcpy(to.sun_path, path, sizeof path);
    struct rig r;
    struct stat status;
    unlink(path);
    // A socket file that nobody answers on.
    int stale = socket(AF_UNIX, SOCK_STREAM, 0);
    check(bind(stale, (struct sockaddr *)&to, sizeof to) == 0);
    close(stale);
    rig_init(&r);
    r.net = net_create(&r.config);
    check_number(net_listen(r.net, &uri), 0);
    check_number(net_listen(r.net, &uri), -EADDRINUSE);
    net_start(r.net);
    int client = socket(AF_UNIX, SOCK_STREAM, 0);
    check(connect(client, (struct sockaddr *)&to, sizeof to) == 0);
    client_send(client, "Ann\n");
    rig_expect(&r, "opened 0 plain");
    check_text(text_of(r.peer.address), "unix");
    check(r.peer.loopback && r.peer.port == 0 && r.peer.listener_port == 0);
    rig_expect(&r, "line 0 whole Ann");
    rig_reply(&r, 0, "hello\n");
    client_expect(client, "hello\n");
    close(client);
    rig_finish(&r);
    check(lstat(path, &status) < 0);
}

// As another user, which only root can become.
static int connect_as_nobody(const struct sockaddr_un *to)
{
    enum { NOBODY = 65534 };
    int status;
    pid_t child = fork();
    if (child == 0) {
        int client = socket(AF_UNIX, SOCK_STREAM, 0);
        bool other = setuid(NOBODY) == 0;
        int code = connect(client, (const struct sockaddr *)to, sizeof *to) < 0 ? errno : 0;
        _exit(other ? code : EACCES);
    }
    check(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void a_control_socket_is_its_owners_alone(void)
{
    static const char path[] = "/tmp/hobnob-test-net-control";
    struct listen_uri uri = {.protocol = WIRE_CONTROL, .unix_socket = true};
    memcpy(uri.host, path, sizeof path);
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    memcpy(to.sun_path, path, sizeof path);
    struct rig r;
    struct stat status;
    unlink(path);
    rig_init(&r);
    r.config.served |= 1u << WIRE_CONTROL;
    r.config.limits.lines_burst = 1;
    r.config.limits.lines_per_s = 1;
    r.net = net_create(&r.config);
    mode_t mask = umask(0);
    check_number(net_listen(r.net, &uri), 0);
    umask(mask);
    check(stat(path, &status) == 0);
    check_number(status.st_mode & 07777, 0600);
    net_start(r.net);
    check_number(connect_as_nobody(&to), EACCES);
    int client = socket(AF_UNIX, SOCK_STREAM, 0);
    check(connect(client, (struct sockaddr *)&to, sizeof to) == 0);
    client_send(client, "1\n2\n3\n4");
    rig_expect(&r, "opened 0 control");
    check(r.peer.loopback && r.peer.unlimited);
    rig_expect(&r, "line 0 whole 1");
    rig_expect(&r, "line 0 whole 2");
    rig_expect(&r, "line 0 whole 3");
    rig_expect_silence(&r, 100); // a request never ends by pausing
    client_send(client, "\n");
    rig_expect(&r, "line 0 whole 4");
    close(client);
    rig_finish(&r);
}

static void what_is_no_stale_socket_is_left_alone(void)
{
    static const char path[] = "/tmp/hobnob-test-net-file";
    struct listen_uri uri = {.unix_socket = true};
    memcpy(uri.host, path, sizeof path);
    struct rig r;
    struct stat status;
    close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    rig_init(&r);
    r.net = net_create(&r.config);
    check_number(net_listen(r.net, &uri), -EADDRINUSE);
    check(lstat(path, &status) == 0);
    unlink(path);
    rig_finish(&r);
}

static void a_port_in_use_is_an_error(void)
{
    struct rig r, second;
    rig_init(&r);
    rig_start(&r, "any");
    struct listen_uri uri = {.port = net_listening_port(r.net, 0), .host = "127.0.0.1"};
    rig_init(&second);
    second.net = net_create(&second.config);
    check_number(net_listen(second.net, &uri), -EADDRINUSE);
    uri = (struct listen_uri){.host = "192.0.2.1"};
    check_number(net_listen(second.net, &uri), -EADDRNOTAVAIL);
    rig_finish(&second);
    rig_finish(&r);
}

static void both_families_listen_on_one_port(void)
{
    struct listen_uri four = {.host = "0.0.0.0"}, six = {.host = "::"};
    struct rig r;
    rig_init(&r);
    r.net = net_create(&r.config);
    check_number(net_listen(r.net, &four), 0);
    six.port = net_listening_port(r.net, 0);
    int error = net_listen(r.net, &six);
    if (error == -EAFNOSUPPORT || error == -EADDRNOTAVAIL) {
        rig_finish(&r);
        test_skip("this machine has no IPv6");
    }
    check_number(error, 0);
    check_number(net_listening_port(r.net, 1), six.port);
    net_start(r.net);
    struct sockaddr_in6 to = {
        .sin6_family = AF_INET6, .sin6_port = htons(six.port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int client = socket(AF_INET6, SOCK_STREAM, 0);
    check(connect(client, (struct sockaddr *)&to, sizeof to) == 0);
    client_send(client, "Ann\n");
    rig_expect(&r, "opened 0 plain");
    check_text(text_of(r.peer.address), "::1");
    check(r.peer.loopback);
    int other = rig_connect(&r);
    client_send(other, "Bob\n");
    rig_expect(&r, "line 0 whole Ann");
    rig_expect(&r, "opened 1 plain");
    check_text(text_of(r.peer.address), "127.0.0.1");
    close(client), close(other);
    rig_finish(&r);
}

static void who_is_inside_stays_when_listening_stops(void)
{
    struct rig r;
    rig_init(&r);
    rig_start(&r, "relay");
    int inside = rig_connect(&r);
    rig_expect(&r, "opened 0 relay");
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(net_listening_port(r.net, 0)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    net_stop_listening(r.net);
    rig_reply(&r, 0, "closing the door\n");
    client_expect(inside, "closing the door\n");
    int outside = socket(AF_INET, SOCK_STREAM, 0);
    check(connect(outside, (struct sockaddr *)&to, sizeof to) < 0);
    client_send(inside, "still inside\n");
    rig_expect(&r, "line 0 whole still inside");
    close(inside), close(outside);
    rig_finish(&r);
}

static void new_limits_hold_from_then_on(void)
{
    struct rig r;
    rig_init(&r);
    rig_start(&r, "relay");
    int client = rig_connect(&r);
    rig_expect(&r, "opened 0 relay");
    r.config.limits.name_ms = 10;
    net_configure(r.net, &r.config);
    net_credit(r.net, r.handles[0], 0); // it is looked at again
    net_publish(r.net);
    rig_expect(&r, "ended 0 no_name");
    close(client);
    rig_finish(&r);
}

static void connections_are_handed_round_the_threads(void)
{
    struct rig r;
    bool seen[3] = {false};
    int clients[9];
    rig_init(&r);
    r.config.io_threads = 3;
    rig_start(&r, "relay");
    for (uint32_t i = 0; i < 9; i++) {
        char told[32];
        clients[i] = rig_connect(&r);
        snprintf(told, sizeof told, "opened %u relay", i);
        rig_expect(&r, told);
        seen[r.handles[i].index % 3] = true;
        net_subscribe(r.net, r.handles[i], 1, 0, i + 1);
    }
    check(seen[0] && seen[1] && seen[2]);
    rig_append(&r, 1, "to all\n", 0, 0);
    net_publish(r.net);
    for (int i = 0; i < 9; i++) {
        client_expect(clients[i], "to all\n");
        close(clients[i]);
    }
    rig_finish(&r);
}

static void a_handle_that_was_closed_names_nobody(void)
{
    struct rig r;
    rig_init(&r);
    rig_start(&r, "relay");
    int first = rig_connect(&r);
    rig_expect(&r, "opened 0 relay");
    rig_close(&r, 0);
    client_expect_end(first);
    close(first);
    rig_expect_connections(&r, 0);
    int second = rig_connect(&r);
    rig_expect(&r, "opened 1 relay");
    check_number(r.handles[1].index, r.handles[0].index);
    rig_reply(&r, 0, "to the one before\n");
    rig_close(&r, 0);
    rig_reply(&r, 1, "to this one\n");
    client_expect(second, "to this one\n");
    close(second);
    rig_finish(&r);
}

static void what_was_told_before_the_owner_closed_is_dropped(void)
{
    struct rig r;
    rig_init(&r);
    rig_start(&r, "relay");
    int client = rig_connect(&r);
    rig_expect(&r, "opened 0 relay");
    client_send(client, "too late\n");
    struct pollfd one = {r.woken, POLLIN, 0};
    check_number(poll(&one, 1, RIG_WAIT_MS), 1);
    rig_close(&r, 0);
    client_expect_end(client);
    rig_take(&r);
    check_number(r.told.len, r.read);
    close(client);
    rig_finish(&r);
}

int main(int argc, char **argv)
{
    test_begin(argc, argv);
    TEST(a39_without_descriptors_those_inside_go_on);
    TEST(a39_a_connection_that_leaves_makes_room_at_once);
    TEST(a37_after_1000_connections_all_is_as_it_was);
    TEST(a30_slow_openers_are_closed_at_the_deadline);
    TEST(a31_a_peer_that_vanished_is_noticed_when_bytes_wait);
    TEST(a31_who_only_stops_reading_is_not_taken_for_vanished);
    TEST(a32_members_who_do_not_read_cost_no_memory_each);
    TEST(a_unix_socket_is_a_listener_too);
    TEST(a_control_socket_is_its_owners_alone);
    TEST(what_is_no_stale_socket_is_left_alone);
    TEST(a_port_in_use_is_an_error);
    TEST(both_families_listen_on_one_port);
    TEST(who_is_inside_stays_when_listening_stops);
    TEST(new_limits_hold_from_then_on);
    TEST(connections_are_handed_round_the_threads);
    TEST(a_handle_that_was_closed_names_nobody);
    TEST(what_was_told_before_the_owner_closed_is_dropped);
    return test_end();
}
