# ringside: `make help` lists the targets.

PREFIX  ?= /usr/local
DESTDIR ?=
IFACE   ?=
CC      ?= gcc
CLANG   ?= clang
CFLAGS  ?= -O2 -g
V       ?= 0
SANITIZE ?=

VERSION := 0.1.0
OUT     := .build$(if $(SANITIZE),-sanitize)
WARN    := -Wall -Wextra -Wno-unused-parameter -Wno-missing-field-initializers -Wshadow -Wstrict-prototypes -Wmissing-prototypes
comma   := ,
SAN     := $(if $(SANITIZE),-fsanitize=address$(comma)undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE $(CFLAGS) $(WARN) $(SAN) -Ibpf -MMD -MP

# Includes only what it names: kernel types from vmlinux/, helpers from libbpf.
BPF_CFLAGS := -g -O2 -Wall -Werror -target bpf -Ivmlinux -Ibpf -MMD -MP

LOADER_OBJ := $(patsubst loader/%.c,$(OUT)/loader/%.o,$(wildcard loader/*.c)) $(OUT)/loader/builtin.o
LIB_SRC    := ring open sources processes follow wait bytes json json_flow text text_flow container icmp_names
LIB_OBJ    := $(LIB_SRC:%=$(OUT)/reader/%.o)
READER_SRC := main options output account snapshot socket_line names lookup idnames users runtimes runtime_socket runtime_docker runtime_cri
READER_OBJ := $(READER_SRC:%=$(OUT)/reader/%.o)
READER_LIBS := -lbpf -ljansson -lnghttp2
NTOPNG_OBJ := $(patsubst client/ntopng/%.c,$(OUT)/client/ntopng/%.o,$(wildcard client/ntopng/*.c)) $(OUT)/reader/idnames.o
NTOPNG_LIBS := -lzmq -ljansson

ifeq ($(SANITIZE),)
LOADER := loader/ringside-loader
READER := reader/ringside-reader
LIB_A  := reader/libringside.a
LIB_SO := reader/libringside.so
NTOPNG := client/ntopng/ringside-ntopng
else
LOADER := $(OUT)/loader/ringside-loader
READER := $(OUT)/reader/ringside-reader
LIB_A  := $(OUT)/reader/libringside.a
LIB_SO :=
NTOPNG := $(OUT)/client/ntopng/ringside-ntopng
endif

ifeq ($(V),1)
msg =
Q   =
else
msg = @printf '  %-8s %s\n' '$(1)' '$(patsubst $(CURDIR)/%,%,$(2))';
Q   = @
endif

.PHONY: all
all: $(LOADER) $(READER) $(LIB_A) $(LIB_SO) $(NTOPNG) $(OUT)/bpf/arm64/icmp.bpf.o $(OUT)/bpf/arm64/flows.bpf.o ## build everything (default)

$(OUT)/bpf/x86/%.bpf.o: bpf/%.bpf.c
	$(call msg,BPF,$@)
	$(Q)mkdir -p $(@D) && $(CLANG) $(BPF_CFLAGS) -D__TARGET_ARCH_x86 -c $< -o $@

$(OUT)/bpf/arm64/%.bpf.o: bpf/%.bpf.c
	$(call msg,BPF,$@)
	$(Q)mkdir -p $(@D) && $(CLANG) $(BPF_CFLAGS) -D__TARGET_ARCH_arm64 -c $< -o $@

ARCH := $(if $(filter aarch64,$(shell uname -m)),arm64,x86)

# What goes into the loader carries BTF and no DWARF.
$(OUT)/bpf/%.builtin.o: $(OUT)/bpf/$(ARCH)/%.bpf.o
	$(call msg,STRIP,$@)
	$(Q)llvm-strip -g -o $@ $<

$(OUT)/loader/builtin.o: loader/builtin.S $(OUT)/bpf/icmp.builtin.o $(OUT)/bpf/flows.builtin.o
	$(call msg,AS,$@)
	$(Q)mkdir -p $(@D) && $(CC) -c -DBUILTIN_ICMP='"$(OUT)/bpf/icmp.builtin.o"' \
		-DBUILTIN_FLOWS='"$(OUT)/bpf/flows.builtin.o"' $< -o $@

$(OUT)/loader/%.o: loader/%.c Makefile
	$(call msg,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -DRS_VERSION='"$(VERSION)"' -DSHARE_DIR='"$(if $(SANITIZE),$(CURDIR),$(PREFIX)/share/ringside)"' -c $< -o $@

$(OUT)/reader/%.o: reader/%.c Makefile
	$(call msg,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -fPIC -fvisibility=hidden -DRINGSIDE_IN_TREE -DRS_VERSION='"$(VERSION)"' -c $< -o $@

$(LOADER): $(LOADER_OBJ)
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(SAN) $^ -lbpf -lelf -ljansson -o $@

$(LIB_A): $(LIB_OBJ)
	$(call msg,AR,$@)
	$(Q)rm -f $@ && ar rcs $@ $^

reader/libringside.so: $(LIB_OBJ)
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -shared -Wl,-soname,libringside.so.0 $^ -lbpf -o $@

$(READER): $(READER_OBJ) $(LIB_A)
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(SAN) $^ $(READER_LIBS) -o $@

$(OUT)/client/ntopng/%.o: client/ntopng/%.c Makefile
	$(call msg,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -Ireader -DRS_VERSION='"$(VERSION)"' -c $< -o $@

$(NTOPNG): $(NTOPNG_OBJ)
	$(call msg,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(SAN) $^ $(NTOPNG_LIBS) -o $@

# --- what people type ---------------------------------------------------------------------
BUILD_PACKAGES := gcc libc6-dev clang llvm libbpf-dev libelf-dev libjansson-dev libnghttp2-dev libzmq3-dev
RUN_PACKAGES   := $(BUILD_PACKAGES) iproute2 iputils-ping util-linux
TEST_PACKAGES  := $(RUN_PACKAGES) jq curl strace tshark tcpdump bpftool ethtool procps mandoc g++ python3 nodejs netcat-openbsd \
	iperf3 bind9-dnsutils libndpi-dev podman crun chromium zstd shellcheck $(shell command -v npm >/dev/null || echo npm) \
	$(shell cat tests/vm/packages 2>/dev/null)
# what is measured beside ringside, and what draws the picture
BENCH_PACKAGES := $(TEST_PACKAGES) xdp-tools bpftrace bpfcc-tools libbpf-tools gnuplot-nox linux-perf

# Files that root makes while building for a user would stand in that user's way.
ifneq ($(SUDO_UID),)
AS_USER := $(if $(filter 0,$(shell id -u)),setpriv --reuid $(SUDO_UID) --regid $(SUDO_GID) --init-groups)
endif

# $(call need,PACKAGES): installs those that are missing; only root can
need = @missing=$$(for p in $(1); do dpkg -s $$p 2>/dev/null | grep -q '^Status:.*installed' || echo $$p; done); \
	[ -z "$$missing" ] || { [ "$$(id -u)" = 0 ] || { echo "missing: $$missing"; echo "  sudo make deps installs them"; exit 1; }; \
	echo "installing:" $$missing; export DEBIAN_FRONTEND=noninteractive; \
	apt-get update -qq >/dev/null && apt-get install -y -qq --no-install-recommends $$missing >/dev/null; }

.PHONY: run check check-unit bench bench-quick deps deps-run deps-test deps-bench install uninstall clean help
run: deps-run ## see the network: load on IFACE, read, unload (needs root)
	$(Q)$(AS_USER) $(MAKE) --no-print-directory -s all
	$(Q)IFACE=$(IFACE) loader/run.sh

check: deps-test ## run every test, here and in virtual machines (needs root)
	$(Q)$(AS_USER) $(MAKE) --no-print-directory tests-build $(NTOPNG_RECEIVER) $(OUT)/vmlinux/check
	$(Q)$(AS_USER) $(MAKE) --no-print-directory SANITIZE=1 tests-build
	$(Q)tests/run .build/tests/unit tests/repo tests/e2e tests/client tests/fuzz tests/sanitize -j 2 tests/vm

check-unit: tests-build ## run what needs neither root nor network
	$(Q)tests/run .build/tests/unit tests/repo

bench: deps-bench tests-build ## measure, with baselines in the same run (needs root)
	$(Q)tests/bench/run

bench-quick: deps-bench tests-build ## the same in a few minutes
	$(Q)tests/bench/run --quick

deps: deps-test ## install what building and testing need
deps-run:
	$(call need,$(RUN_PACKAGES))
deps-test:
	$(call need,$(TEST_PACKAGES))
deps-bench:
	$(call need,$(BENCH_PACKAGES))

SHARE := $(DESTDIR)$(PREFIX)/share
install: all ## install below PREFIX (/usr/local), DESTDIR honoured
	install -D -m 0755 loader/ringside-loader $(DESTDIR)$(PREFIX)/sbin/ringside-loader
	install -D -m 0755 reader/ringside-reader $(DESTDIR)$(PREFIX)/bin/ringside-reader
	install -D -m 0755 client/ntopng/ringside-ntopng $(DESTDIR)$(PREFIX)/bin/ringside-ntopng
	install -D -m 0644 reader/libringside.a $(DESTDIR)$(PREFIX)/lib/libringside.a
	install -D -m 0755 reader/libringside.so $(DESTDIR)$(PREFIX)/lib/libringside.so.0
	ln -sf libringside.so.0 $(DESTDIR)$(PREFIX)/lib/libringside.so
	install -D -m 0644 -t $(DESTDIR)$(PREFIX)/include/ringside reader/ringside.h bpf/abi.h
	install -D -m 0644 -t $(SHARE)/ringside/bpf $(wildcard bpf/*.h bpf/*.c)
	install -D -m 0644 -t $(SHARE)/ringside/vmlinux vmlinux/vmlinux.h
	install -D -m 0644 -t $(SHARE)/man/man8 loader/ringside-loader.8
	install -D -m 0644 -t $(SHARE)/man/man1 reader/ringside-reader.1 client/ntopng/ringside-ntopng.1
	install -D -m 0644 -t $(SHARE)/man/man3 reader/libringside.3

uninstall: ## remove what install put there
	cd $(DESTDIR)$(PREFIX) && rm -f sbin/ringside-loader bin/ringside-reader bin/ringside-ntopng lib/libringside.a lib/libringside.so.0 \
		lib/libringside.so share/man/man8/ringside-loader.8 share/man/man1/ringside-reader.1 share/man/man1/ringside-ntopng.1 \
		share/man/man3/libringside.3
	rm -rf $(SHARE)/ringside $(DESTDIR)$(PREFIX)/include/ringside

clean: ## remove what was built
	rm -rf .build .build-sanitize loader/ringside-loader reader/ringside-reader reader/libringside.a reader/libringside.so \
		client/ntopng/ringside-ntopng

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1|\2/p' Makefile | column -t -s '|'
	@echo "  knobs: IFACE PREFIX DESTDIR CC CLANG CFLAGS SANITIZE=1 V=1"

# --- tests: each .c in tests/unit, tests/fuzz and tests/e2e is a program of its own ---------
TEST_PROGRAMS = $(patsubst tests/%.c,$(OUT)/tests/%,$(wildcard tests/unit/*.c tests/fuzz/*.c tests/e2e/*.c tests/bench/*.c))
READER_PARTS := $(filter-out $(OUT)/reader/main.o,$(READER_OBJ))

$(OUT)/tests/%: tests/%.c $(LIB_A) $(READER_PARTS)
	$(call msg,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -Ireader -Iloader -DRINGSIDE_IN_TREE -DRS_VERSION='"$(VERSION)"' \
		$< $(READER_PARTS) $(LIB_A) $(READER_LIBS) -o $@

# Reads what ringside-ntopng sends with nDPI's own code, which nothing else needs.
NTOPNG_RECEIVER := $(OUT)/tests/client/ntopng-receiver
$(NTOPNG_RECEIVER): tests/client/ntopng-receiver.c
	$(call msg,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) $< $(NTOPNG_LIBS) -lndpi -o $@

$(OUT)/vmlinux/check: vmlinux/check.c
	$(call msg,CC,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) $< -lbpf -o $@

.PHONY: vmlinux
vmlinux: $(OUT)/vmlinux/check ## compare vmlinux/ with the running kernel's BTF
	$(Q)CLANG=$(CLANG) vmlinux/check.sh $(OUT)/vmlinux/check $(OUT)/vmlinux

.PHONY: tests-build
tests-build: all $(TEST_PROGRAMS)

-include $(wildcard $(OUT)/*/*.d $(OUT)/*/*/*.d)
