# hobnob. `make` builds hobnobd, hobnob and hobnobctl into build/; CONTRIBUTING.md explains the rest.
#
#   make                  release build into build/
#   make BUILD=debug      ASan, UBSan, -Werror, into build/debug/
#   make BUILD=fast       -O2 without hardening, into build/fast/
#   make BUILD=tsan       ThreadSanitizer, into build/tsan/
#   make check            formatting, include rules, sizes, static analysis
#   make test T=…         every test, or those whose program/name contains T
#   make fuzz F=… TIME=…  one fuzz target for TIME seconds, or for RUNS=… inputs
#   make fuzz-all TIME=…  every fuzz target, one after the other
#   make bench, make soak the long measurements and proofs
#   make scan             what testssl.sh says of TLS
#   make conformance      irctest and irc-framework, where they can be had
#   make install          PREFIX, DESTDIR

BUILD ?= release
O ?= $(if $(filter release,$(BUILD)),build,build/$(BUILD))
PREFIX ?= /usr/local
CC = gcc

PACKAGES := libuv sqlite3 libsodium icu-i18n icu-uc libconfuse libedit libutf8proc openssl jansson
PACKAGE_CFLAGS := $(shell pkg-config --cflags $(PACKAGES))
# wslay has no .pc file in Debian.
PACKAGE_LIBS := $(shell pkg-config --libs $(PACKAGES)) -lwslay -lm

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
COMMON := -std=c17 -D_GNU_SOURCE -Isrc -Itests -include src/base/banned.h -g -pthread $(WARNINGS)

, := ,
# Of each list, the first flag that the compiler and this kind of machine know.
usable = $(shell printf '\043include <stdio.h>\nint main(void){return 0;}\n' | \
	$(CC) -O2 -Werror $(1) -x c - -o /dev/null 2>/dev/null && echo '$(1)')
first_usable = $(firstword $(foreach flag,$(1),$(call usable,$(flag))))
ifeq ($(BUILD),release)
HARDENED := $(call first_usable,-D_FORTIFY_SOURCE=3 -D_FORTIFY_SOURCE=2) \
	$(call first_usable,-fstack-protector-strong) $(call first_usable,-fstack-clash-protection) \
	$(call first_usable,-fcf-protection=full -mbranch-protection=standard)
HARDENED_LINK := $(call first_usable,-pie) $(call first_usable,-Wl$(,)-z$(,)relro) \
	$(call first_usable,-Wl$(,)-z$(,)now) $(call first_usable,-Wl$(,)-z$(,)noexecstack)
endif

SANITIZE := -fno-omit-frame-pointer -fno-sanitize-recover=all
FLAGS_debug := -O1 -Werror $(SANITIZE) -fsanitize=address,undefined
FLAGS_tsan := -O1 -Werror $(SANITIZE) -fsanitize=thread
FLAGS_fuzz = -O2 -Werror $(SANITIZE) -fsanitize=$(SEARCHED)address,undefined $(UNCOMPARED)
# libFuzzer looks for new ways through src; what only checks it is no place to look. The core
# compares too much for each comparison to be watched: its words stand in dictionaries.
SEARCHED = $(if $(filter $(O)/obj/src/%,$@),fuzzer-no-link$(,))
UNCOMPARED = $(if $(filter $(O)/obj/src/chat/% $(O)/obj/src/protocol/% $(O)/obj/src/base/% \
	$(O)/obj/src/store/%,$@),-fno-sanitize-coverage=trace-cmp)
FLAGS_fast := -O2
FLAGS_release := -O2 -fPIE $(HARDENED)
LINK_debug := -fsanitize=address,undefined
LINK_tsan := -fsanitize=thread
LINK_fuzz := -fsanitize=address,undefined
LINK_release := $(HARDENED_LINK)
LINK_LIBFUZZER := $(if $(filter fuzz,$(BUILD)),-fsanitize=fuzzer)

CFLAGS_ALL = $(COMMON) $(PACKAGE_CFLAGS) $(FLAGS_$(BUILD)) $(CFLAGS)
LDFLAGS_ALL = -pthread $(LINK_$(BUILD)) $(LDFLAGS)
LINK = $(CC) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) \
	-Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(PACKAGE_LIBS)

# Each folder of src is an archive, and each program is linked with those that it may use
# and no others. main.c stays outside, so that tests reach the rest of the programs.
LAYERS := base wire store chat protocol net server client control
NEEDS_base := base
NEEDS_wire := wire base
NEEDS_store := store base
NEEDS_chat := chat store base
NEEDS_protocol := protocol chat store wire base
NEEDS_net := net wire base
NEEDS_server := server protocol chat store net wire base
NEEDS_client := client wire base
NEEDS_control := control store base
objects = $(patsubst %.c,$(O)/obj/%.o,$(1))
archives = $(sort $(patsubst %,$(O)/lib%.a,$(foreach layer,$(1),$(NEEDS_$(layer)))))

all: $(O)/hobnobd $(O)/hobnob $(O)/hobnobctl

$(O)/hobnobd: $(O)/obj/src/server/main.o $(call archives,server)
	$(LINK)
$(O)/hobnob: $(O)/obj/src/client/main.o $(call archives,client)
	$(LINK)
$(O)/hobnobctl: $(O)/obj/src/control/main.o $(call archives,control)
	$(LINK)

layer_objects = $(call objects,$(filter-out %/main.c,$(wildcard src/$(1)/*.c)))
$(foreach layer,$(LAYERS),$(eval $(O)/lib$(layer).a: $(call layer_objects,$(layer))))
$(O)/lib%.a:
	@mkdir -p $(@D)
	@rm -f $@
	ar rcs $@ $^

$(O)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

# Every tests/*/test_X.c, bench/bench_X.c and tests/fuzz/fuzz_X.c is a program of its own,
# linked with the layers that it includes and what those need. The fuzz targets are linked
# with libFuzzer in BUILD=fuzz, otherwise with a main() that feeds them files.
TEST_KINDS := unit contract talk simulation crash
TESTS := $(wildcard $(TEST_KINDS:%=tests/%/test_*.c))
BENCHES := $(wildcard bench/bench_*.c)
FUZZERS := $(wildcard tests/fuzz/fuzz_*.c)
SUPPORT := $(wildcard tests/support/*.[ch])
PROGRAMS := $(TESTS) $(BENCHES) $(FUZZERS)
programs = $(patsubst %.c,$(O)/%,$(1))

# Words like tests/unit/test_buf.c:base/buf
INCLUDES := $(shell grep -oE '^.include "[a-z]+/[a-z0-9_]+' $(PROGRAMS) $(SUPPORT) /dev/null | \
	sed 's/.include "//')
included = $(foreach file,$(1),$(patsubst $(file):%,%,$(filter $(file):%,$(INCLUDES))))
layers = $(foreach layer,$(LAYERS),$(if $(filter $(layer)/%,$(call included,$(1))),$(layer)))
# Whoever includes more of tests/support than test.h gets it all, and what that includes.
support = $(if $(filter-out support/test,$(filter support/%,$(call included,$(1)))),$(SUPPORT))
define program_rule
$(call programs,$(1)): $(call objects,$(1) tests/support/test.c) \
	$(if $(call support,$(1)),$(O)/libsupport.a) \
	$(call archives,base $(call layers,$(1) $(call support,$(1))))
endef
$(foreach program,$(PROGRAMS),$(eval $(call program_rule,$(program))))
$(O)/libsupport.a: $(call objects,$(filter-out tests/support/test.c,$(filter %.c,$(SUPPORT))))
ifneq ($(BUILD),fuzz)
$(call programs,$(FUZZERS)): $(O)/obj/tests/fuzz/driver.o
endif
$(call programs,$(PROGRAMS)):
	@mkdir -p $(@D)
	$(LINK) $(if $(findstring /fuzz_,$@),$(LINK_LIBFUZZER))

# Tests that start threads run under ThreadSanitizer as well.
THREADED_TESTS := $(wildcard tests/unit/test_net*.c tests/contract/test_*.c \
	tests/unit/test_console.c tests/unit/test_log.c tests/unit/test_segment.c)

tests: $(call programs,$(TESTS) $(FUZZERS))
threaded-tests: $(call programs,$(THREADED_TESTS))
benches: $(call programs,$(BENCHES))
# For tools/run_tests, so that which tests there are stands here alone.
list-tests:
	@printf '%s\n' $(call programs,$(TESTS) $(FUZZERS))
list-threaded-tests:
	@printf '%s\n' $(call programs,$(THREADED_TESTS))

# make check: each of these is a test of ./test too.
CHECKS := check-format check-includes check-sizes check-irc-table check-shell check-tidy check-cppcheck
SOURCES := $(wildcard src/*/*.c tests/*/*.c bench/*.c)
HEADERS := $(wildcard src/*/*.h tests/*/*.h bench/*.h)
list-checks:
	@printf '%s\n' $(CHECKS)
check: $(CHECKS)
check-format:
	@clang-format --dry-run -Werror $(SOURCES) $(HEADERS)
check-includes:
	@tools/check_includes
check-sizes:
	@tools/check_sizes $(SOURCES) $(HEADERS)
check-irc-table:
	@tools/irc_table --check
check-shell:
	@shellcheck --exclude=SC2016 $$(grep -lE '^#!/bin/sh' run test .ci/* tools/* bench/* tests/* tests/*/*.sh 2>/dev/null)
# cppcheck does not see uthash's macros, nor everywhere that a function does not return: of unset
# and null pointers the compilers and clang-tidy know more.
check-cppcheck:
	@cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
		--suppress=unknownMacro --suppress=uninitvar --suppress=nullPointerRedundantCheck \
		--suppress=nullPointerArithmetic --error-exitcode=1 -Isrc -Itests $(SOURCES)
check-tidy: $(SOURCES:%=tidy/%)
$(SOURCES:%=tidy/%): tidy/%: %
	@said=$$(clang-tidy --quiet $< -- $(COMMON) $(PACKAGE_CFLAGS) 2>&1) || \
		{ printf '%s\n' "$$said"; exit 1; }

test:
	./test $(if $(T),'T=$(T)')

TIME ?= 60
fuzz fuzz-all:
	TIME='$(TIME)' RUNS='$(RUNS)' tools/fuzz $(if $(filter fuzz,$@),$(F),$(patsubst tests/fuzz/fuzz_%.c,%,$(FUZZERS)))

bench:
	$(MAKE) BUILD=fast O=build/fast all benches
	bench/run
soak:
	tests/soak
scan: all
	tools/ensure_packages scan
	HOBNOBD='$(abspath $(O)/hobnobd)' tests/scan
# See tests/conformance/README.md.
conformance: all
	HOBNOBD='$(abspath $(O)/hobnobd)' IRCTEST='$(IRCTEST)' PYTHON='$(or $(PYTHON),python3)' \
		tests/conformance/run.sh $(ARGUMENTS)

# How each source is compiled, for editors and other tools.
compile_commands.json: $(SOURCES)
	@{ for file in $(SOURCES); do \
		printf '%s{"directory": "%s", "file": "%s", "command": "%s -c %s"}' \
			"$$separator" '$(CURDIR)' $$file '$(CC) $(COMMON) $(PACKAGE_CFLAGS)' $$file; \
		separator=,; \
	done; } | sed '1s/^/[/; $$s/$$/]/' >$@

MANUALS := $(wildcard docs/*.[15])
DATA_DIR = $(DESTDIR)$(PREFIX)/share
install: all
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(O)/hobnobd $(O)/hobnob $(O)/hobnobctl $(DESTDIR)$(PREFIX)/bin
	$(foreach manual,$(MANUALS),install -D -m 644 $(manual) \
		$(DATA_DIR)/man/man$(subst .,,$(suffix $(manual)))/$(notdir $(manual)) &&) true

clean:
	rm -rf build

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all tests threaded-tests benches list-tests list-threaded-tests list-checks \
	check $(CHECKS) $(SOURCES:%=tidy/%) test fuzz fuzz-all bench soak scan conformance install clean
-include $(shell find $(O)/obj -name '*.d' 2>/dev/null)
