#!/bin/sh
# What `make` and `make install` give to people: the release build, hardened, in its place.
set -u
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

# test_that NAME COMMAND...: passes if the command does.
test_that() {
    name=$1
    shift
    if output=$("$@" 2>&1); then
        echo "ok $name"
    else
        printf '# %s\n%s\nFAIL %s\n' "$*" "$output" "$name"
    fi
}

# read_elf OPTION PATTERN: all programs have it.
read_elf() {
    for program in hobnobd hobnob hobnobctl; do
        readelf -W "$1" "$tree/usr/bin/$program" | grep -qE "$2" || {
            echo "$program has no $2 in readelf $1"
            return 1
        }
    done
}

has_manuals() {
    for manual in docs/*.[15]; do
        [ -e "$manual" ] || continue
        section=${manual##*.}
        cmp "$manual" "$tree/usr/share/man/man$section/$(basename "$manual")" || return 1
    done
}

says_its_version() {
    for program in hobnobd hobnob hobnobctl; do
        "$tree/usr/bin/$program" --version | grep -q "^$program" || return 1
    done
}

# The mark is looked for in what we compile: the whole program has it only where the C library's
# own start files have it too.
is_compiled_for_cet() {
    case $(uname -m) in
    x86_64) readelf -Wn "$BUILD_ROOT/obj/src/server/main.o" | grep 'x86 feature: IBT, SHSTK' ;;
    *) true ;;
    esac
}

test_that installs_into_a_prefix \
    make -s -j2 BUILD=release "O=$BUILD_ROOT" PREFIX=/usr "DESTDIR=$tree" install
test_that installs_the_manuals has_manuals
test_that the_programs_say_their_version says_its_version
test_that is_position_independent read_elf -h 'Type: +DYN'
test_that binds_all_symbols_at_the_start read_elf -d 'BIND_NOW|FLAGS.*NOW'
test_that has_relocations_read_only read_elf -l 'GNU_RELRO'
test_that guards_the_stack read_elf -s '__stack_chk_fail'
test_that checks_sizes_of_buffers read_elf -s '__[a-z]+_chk(@|$)'
test_that is_compiled_for_cet is_compiled_for_cet
