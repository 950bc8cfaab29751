#!/bin/sh
# The checkers of tools/ find what they are there to find.
set -u
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

# report NAME STATUS OUTPUT PATTERN: passes if the checker failed and said PATTERN.
report() {
    if [ "$2" != 0 ] && printf '%s\n' "$3" | grep -q "$4"; then
        echo "ok $1"
    else
        printf '# status %s, expected to read "%s" in:\n%s\n' "$2" "$4" "$3"
        echo "FAIL $1"
    fi
}

# check_include NAME FILE INCLUDE PATTERN
check_include() {
    rm -rf "$tree/src"
    mkdir -p "$tree/src/$(dirname "$2")"
    echo "#include $3" >"$tree/src/$2"
    output=$(tools/check_includes "$tree" 2>&1)
    report "$1" $? "$output" "$4"
}

check_include a_lower_layer_must_not_include_a_higher wire/x.c '"chat/core.h"' \
    '^src/wire/x.c:1: src/wire may include'
check_include chat_sees_the_store_through_one_header chat/x.c '"store/store_sqlite.h"' \
    '^src/chat/x.c:1: src/chat may include'
check_include headers_are_named_from_src_on chat/x.c '"core.h"' 'write "chat/core.h"'
check_include a_library_stays_where_it_belongs chat/x.c '<sqlite3.h>' \
    '<sqlite3.h> may be included by store/'
check_include an_unknown_library_is_named net/x.c '<zlib.h>' '<zlib.h> is not in the table'
check_include openssl_stays_in_its_files net/other.c '<openssl/ssl.h>' \
    '<openssl/ssl.h> may be included by net/certificate.c'
check_include a_new_folder_is_named util/x.c '"base/text.h"' 'src/util is not in the table'

# body LINES: a function with as many lines in its body
body() {
    printf 'int f(void)\n{\n'
    seq "$1" | sed 's/.*/    ;/'
    printf '}\n'
}
body 101 >"$tree/long.c"
output=$(tools/check_sizes "$tree/long.c" 2>&1)
report a_function_of_101_lines_is_too_long $? "$output" 'long.c:2: f() has 101 lines, more than'
seq 601 >"$tree/long.c"
output=$(tools/check_sizes "$tree/long.c" 2>&1)
report a_file_of_601_lines_is_too_long $? "$output" 'long.c: 601 lines, more than'

body 100 >"$tree/fine.c"
output=$(tools/check_sizes "$tree/fine.c" 2>&1) && status=1 || status=0
report a_function_of_100_lines_is_looked_at_twice "$status" "$output" 'f() has 100 lines: look twice'
