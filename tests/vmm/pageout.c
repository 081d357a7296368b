/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The service --pageout: a page of the guest goes away for 10 ms, as if it were swapped out.  Its
 * bytes are saved and dropped; a touch then waits in userfaultfd until they are back.  So KVM finds
 * that it would have to wait, and may tell the guest (its asynchronous page faults).
 *
 * Admin-guide mm/userfaultfd.rst of the Linux sources describes each ioctl.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "vmm.h"

#define PAGE_SIZE 4096u
#define PAGES     16 /* that may be away at once; more requests are ignored */

struct page {
	bool away;
	uint8_t *at;
	uint8_t bytes[PAGE_SIZE];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct page pages[PAGES]; /* under the lock */
static const struct vm *machine;
static int uffd;

void pageout_init(const struct vm *vm)
{
	struct uffdio_api api = {.api = UFFD_API};

	uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	if (uffd < 0)
		fail("--pageout: userfaultfd: %s", strerror(errno));
	MUST(uffd, UFFDIO_API, &api);
	machine = vm;
}

/* Gives the page back, and wakes whoever waits for it. */
static void *give_back(void *argument)
{
	const struct timespec time = {.tv_nsec = 10 * 1000 * 1000};
	struct page *page = argument;
	struct uffdio_range range = {.start = (uint64_t)page->at, .len = PAGE_SIZE};
	struct uffdio_copy copy = {
		.dst = range.start, .src = (uint64_t)page->bytes, .len = PAGE_SIZE};

	nanosleep(&time, NULL);
	MUST(uffd, UFFDIO_COPY, &copy);
	MUST(uffd, UFFDIO_UNREGISTER, &range);
	pthread_mutex_lock(&lock);
	page->away = false;
	pthread_mutex_unlock(&lock);
	return NULL;
}

/* The one that is away and has this address; with NULL, one that is free; NULL if there is none. */
static struct page *find(const uint8_t *at)
{
	for (unsigned i = 0; i < PAGES; i++) {
		if (pages[i].away ? pages[i].at == at : !at)
			return &pages[i];
	}
	return NULL;
}

/* A guest may have its page again before give_back() is done with it. */
static struct page *wait_for(const uint8_t *at)
{
	const struct timespec time = {.tv_nsec = 1000 * 1000};

	while (find(at)) {
		pthread_mutex_unlock(&lock);
		nanosleep(&time, NULL);
		pthread_mutex_lock(&lock);
	}
	return find(NULL);
}

/* What another vCPU writes there at the same time may be lost: it is the guest's own. */
static void take(struct page *page)
{
	struct uffdio_register request = {
		.range = {.start = (uint64_t)page->at, .len = PAGE_SIZE},
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	pthread_t thread;

	memcpy(page->bytes, page->at, PAGE_SIZE);
	MUST(uffd, UFFDIO_REGISTER, &request);
	if (madvise(page->at, PAGE_SIZE, MADV_DONTNEED))
		fail("--pageout: madvise: %s", strerror(errno));
	errno = pthread_create(&thread, NULL, give_back, page);
	if (errno)
		fail("--pageout: pthread_create: %s", strerror(errno));
	pthread_detach(thread);
	page->away = true;
}

void pageout_write(uint16_t port, uint32_t number, unsigned size)
{
	struct page *page;
	uint8_t *at;

	if (!machine || port != machine->options->pageout || size != sizeof(number) ||
	    number >= machine->size / PAGE_SIZE)
		return;
	at = machine->memory + (uint64_t)number * PAGE_SIZE;
	pthread_mutex_lock(&lock);
	page = wait_for(at);
	if (page) {
		page->at = at;
		take(page);
	}
	pthread_mutex_unlock(&lock);
}
