/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The first process of the Linux that src/runner/run-stock-kvm.sh boots, and the only program in it
 * besides the VMM: loads KVM's modules, runs the VMM, and ends the machine with its exit status.
 *
 * COM1 gets what the VMM writes to stdout and nothing else, COM2 the messages of both.  /words has
 * the VMM's path and its options, each ended by a NUL.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define DEBUG_EXIT 0xf4 /* QEMU's isa-debug-exit: a write of N is exit status 2 * N + 1 */
#define WORDS_MAX  65536
#define COUNT_MAX  64

/* An even status cannot be passed on, but for 0, with which QEMU ends after a reset. */
static _Noreturn void end_machine(int status)
{
	tcdrain(STDOUT_FILENO);
	tcdrain(STDERR_FILENO);
	if (status % 2 == 1 && !ioperm(DEBUG_EXIT, 1, 1))
		outb((unsigned char)(status >> 1), DEBUG_EXIT);
	reboot(RB_AUTOBOOT);
	for (;;)
		pause();
}

static _Noreturn void __attribute__((format(printf, 1, 2))) fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "init: ");
	vfprintf(stderr, format, args);
	fprintf(stderr, "\n");
	va_end(args);
	end_machine(1);
}

/* Makes a serial port @fd, and lets all bytes through unchanged. */
static void open_port(const char *name, int fd)
{
	struct termios mode;
	int port = open(name, O_RDWR | O_NOCTTY);

	if (port < 0 || tcgetattr(port, &mode))
		fail("%s: %s", name, strerror(errno));
	cfmakeraw(&mode);
	cfsetspeed(&mode, B115200);
	if (tcsetattr(port, TCSANOW, &mode) || dup2(port, fd) < 0)
		fail("%s: %s", name, strerror(errno));
	if (port != fd)
		close(port);
}

/* Sets @words to those of the file, and a NULL after the last. */
static void read_words(const char *name, char **words)
{
	static char text[WORDS_MAX];
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof(text));
	unsigned count = 0;

	if (size < 0)
		fail("%s: %s", name, strerror(errno));
	if (size == 0 || size == sizeof(text) || text[size - 1])
		fail("%s: %zd bytes, wanted less than %d, the last a NUL", name, size, WORDS_MAX);
	for (char *word = text; word < text + size; word += strlen(word) + 1) {
		if (count == COUNT_MAX)
			fail("%s: more than %d words", name, COUNT_MAX);
		words[count++] = word;
	}
	words[count] = NULL;
}

/* In the order in which they need each other.  What is not there may be built in. */
static void load_modules(void)
{
	static const char *const names[] = {"/irqbypass.ko", "/ccp.ko", "/kvm.ko", "/kvm-amd.ko"};

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int fd = open(names[i], O_RDONLY | O_CLOEXEC);

		if (fd < 0 && errno == ENOENT)
			continue;
		if (fd < 0 || syscall(SYS_finit_module, fd, "", 0))
			fail("%s: %s", names[i], strerror(errno));
		close(fd);
	}
}

/* Returns the exit status. */
static int run(char **words)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		execv(words[0], words);
		fail("%s: %s", words[0], strerror(errno));
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		fail("%s: %s", words[0], strerror(errno));
	if (!WIFEXITED(status))
		fail("%s ended by signal %d", words[0], WTERMSIG(status));
	return WEXITSTATUS(status);
}

int main(void)
{
	char *words[COUNT_MAX + 1];
	struct utsname name;
	int status;

	if (mount("dev", "/dev", "devtmpfs", 0, NULL))
		fail("/dev: %s", strerror(errno));
	open_port("/dev/ttyS1", STDERR_FILENO);
	open_port("/dev/ttyS0", STDOUT_FILENO);
	if (!uname(&name))
		fprintf(stderr, "%s %s %s\n", name.sysname, name.release, name.version);
	read_words("/words", words);
	load_modules();
	status = run(words);
	if (status && status % 2 == 0)
		fail("%s: exit status %d, wanted 0 or an odd one", words[0], status);
	end_machine(status);
}
