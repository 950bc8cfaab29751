# hobnob. `make` builds build/hobnobd and build/hobnob; CONTRIBUTING.md explains the rest.
#
#   make                  release build into build/
#   make BUILD=debug      ASan, UBSan, -Werror, into build/debug/
#   make BUILD=fast       -O2 without hardening, into build/fast/
#   make BUILD=tsan       ThreadSanitizer, into build/tsan/
#   make check            formatting, include rules, static analysis, sizes
#   make test             every test (./test makes sure of the packages first)
#   make fuzz F=… TIME=…  one fuzz target for TIME seconds
#   make bench, make soak the long measurements and proofs
#   make install          PREFIX, DESTDIR

BUILD ?= release
O ?= $(if $(filter release,$(BUILD)),build,build/$(BUILD))
PREFIX ?= /usr/local
CC = gcc

PACKAGES := libuv sqlite3 libsodium icu-i18n icu-uc libconfuse libedit libutf8proc
PACKAGE_CFLAGS := $(shell pkg-config --cflags $(PACKAGES))
PACKAGE_LIBS := $(shell pkg-config --libs $(PACKAGES))

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
COMMON := -std=c17 -D_GNU_SOURCE -Isrc -Itests -include src/base/banned.h -g -pthread $(WARNINGS)

FLAGS_debug := -O1 -Werror -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
FLAGS_tsan := -O1 -Werror -fno-omit-frame-pointer -fsanitize=thread
FLAGS_fast := -O2
FLAGS_release := -O2
LINK_debug := -fsanitize=address,undefined
LINK_tsan := -fsanitize=thread

CFLAGS_ALL = $(COMMON) $(PACKAGE_CFLAGS) $(FLAGS_$(BUILD)) $(CFLAGS)
LDFLAGS_ALL = -pthread $(LINK_$(BUILD)) $(LDFLAGS)

# Everything but the two programs' own folders is one archive that tests link too.
LIBRARY := $(wildcard $(addprefix src/,$(addsuffix /*.c,base wire store chat protocol net)))
SERVER := $(wildcard src/server/*.c)
CLIENT := $(wildcard src/client/*.c)
objects = $(patsubst %.c,$(O)/obj/%.o,$(1))

all: $(O)/hobnobd $(O)/hobnob

$(O)/hobnobd: $(call objects,$(SERVER)) $(O)/libhobnob.a
$(O)/hobnob: $(call objects,$(CLIENT)) $(O)/libhobnob.a
$(O)/hobnobd $(O)/hobnob:
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(PACKAGE_LIBS)

$(O)/libhobnob.a: $(call objects,$(LIBRARY))
	rm -f $@
	ar rcs $@ $^

$(O)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

# Every tests/unit/test_X.c and tests/contract/test_X.c is a program of its own.
TESTS := $(wildcard tests/unit/test_*.c tests/contract/test_*.c)
TEST_PROGRAMS := $(patsubst tests/%.c,$(O)/tests/%,$(TESTS))
TEST_HELPERS := $(call objects,$(wildcard tests/support/*.c))
$(TEST_PROGRAMS): $(O)/tests/%: $(O)/obj/tests/%.o $(TEST_HELPERS) $(O)/libhobnob.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(PACKAGE_LIBS)
tests: $(TEST_PROGRAMS)

clean:
	rm -rf build

.PHONY: all tests clean
.SECONDARY:
-include $(shell find $(O)/obj -name '*.d' 2>/dev/null)
