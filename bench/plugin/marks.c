/*
 * A QEMU plugin that tells when marked guest addresses are executed, by two measures:
 *
 *   count=on    guest instructions of all processors so far, exact with -accel tcg,thread=single
 *   count=off   the host's clock only; nothing but the marked instructions is slowed down
 *   mark=NAME:ADDRESS    repeatable; ADDRESS is a guest virtual address, in hexadecimal with 0x
 *
 * One line on standard error for each time a mark is passed, before the marked instruction is executed:
 *
 *   commence-mark NAME instructions=N ns=N
 *
 * With several host threads (thread=multi) counts may be a little off: no lock orders the processors' counters.
 *
 * Built when a benchmark needs it, without QEMU's header: it is not in Debian's packages, so what is used of the
 * interface is declared here. Source: QEMU documentation, "TCG plugins", API; version 2 and later have these functions.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define EXPORT __attribute__((visibility("default")))
#define MARK_COUNT_MAX 16
#define NAME_LENGTH_MAX 32
#define CPU_COUNT_MAX 1024
#define NO_REGISTERS 0		/* QEMU_PLUGIN_CB_NO_REGS */

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef void on_execute(unsigned cpu, void *data);

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, void (*on_translate)(plugin_id, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *block, on_execute *call, int registers, void *data);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *instruction, on_execute *call, int registers, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t index);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *instruction);

EXPORT int qemu_plugin_version = 2;

struct mark {
	char name[NAME_LENGTH_MAX];
	uint64_t address;
};

/* A marked instruction in a translated block. */
struct passage {
	const struct mark *mark;
	uint64_t ahead;		/* instructions from it to the end of its block */
};

static struct mark marks[MARK_COUNT_MAX];
static int mark_count;
static int counts;

/* Each counter is written by the thread of its processor only, and has a cache line of its own. */
static struct {
	uint64_t value;
	char padding[56];
} executed[CPU_COUNT_MAX];

static uint64_t sum(void)
{
	uint64_t total = 0;

	for (int cpu = 0; cpu < CPU_COUNT_MAX; cpu++)
		total += executed[cpu].value;
	return total;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* A block is counted as a whole when it is entered. One that a fault leaves early is counted too long. */
static void on_block(unsigned cpu, void *length)
{
	if (cpu < CPU_COUNT_MAX)
		executed[cpu].value += (uintptr_t)length;
}

static void on_mark(unsigned cpu, void *data)
{
	const struct passage *passage = data;
	uint64_t before = counts ? sum() - passage->ahead : 0;
	char line[128];

	(void)cpu;
	/* One write for the whole line: processors may pass marks at the same time. */
	int length = snprintf(line, sizeof line, "commence-mark %s instructions=%" PRIu64 " ns=%" PRIu64 "\n",
			      passage->mark->name, before, now_ns());
	fwrite(line, 1, (size_t)length, stderr);
	fflush(stderr);
}

/* Translations may be thrown away at any time, and nobody says when: the memory stays until QEMU ends. */
static void watch(struct qemu_plugin_insn *instruction, const struct mark *mark, size_t ahead)
{
	struct passage *passage = malloc(sizeof *passage);

	if (passage == NULL)
		abort();
	passage->mark = mark;
	passage->ahead = ahead;
	qemu_plugin_register_vcpu_insn_exec_cb(instruction, on_mark, NO_REGISTERS, passage);
}

static void on_translate(plugin_id id, struct qemu_plugin_tb *block)
{
	size_t length = qemu_plugin_tb_n_insns(block);

	(void)id;
	if (counts)
		qemu_plugin_register_vcpu_tb_exec_cb(block, on_block, NO_REGISTERS, (void *)(uintptr_t)length);
	for (size_t i = 0; i < length; i++) {
		struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);
		uint64_t address = qemu_plugin_insn_vaddr(instruction);

		for (int m = 0; m < mark_count; m++)
			if (address == marks[m].address)
				watch(instruction, &marks[m], length - i);
	}
}

/* NAME:ADDRESS */
static int add_mark(const char *text)
{
	const char *colon = strchr(text, ':');
	char *end;

	if (mark_count == MARK_COUNT_MAX || colon == NULL || colon == text || colon - text >= NAME_LENGTH_MAX)
		return -1;
	memcpy(marks[mark_count].name, text, (size_t)(colon - text));
	marks[mark_count].address = strtoull(colon + 1, &end, 16);
	if (end == colon + 1 || *end != '\0')
		return -1;
	mark_count++;
	return 0;
}

EXPORT int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "count=on") == 0) {
			counts = 1;
		} else if (strcmp(argv[i], "count=off") == 0) {
			counts = 0;
		} else if (strncmp(argv[i], "mark=", 5) != 0 || add_mark(argv[i] + 5) != 0) {
			fprintf(stderr, "commence-marks: cannot use the argument '%s'\n", argv[i]);
			return -1;
		}
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
	return 0;
}
