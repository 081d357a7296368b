/* SPDX-License-Identifier: GPL-2.0-only */
#include "guest/kvm2007/trial.h"

#include "guest/vcpu.h"
#include "lib/boot.h"
#include "lib/string.h"
#include "x86/defs.h"

#define HOME_OFFSET 0x123

struct site trial_home;

/* Where trials are.  What a host writes elsewhere stays there until the end. */
static const uint8_t trial_pages[] = {PAGE_STATE_A, PAGE_STATE_B, PAGE_SITE_A};
#define TRIAL_PAGES sizeof(trial_pages)

static struct page_sums sums; /* of all pages, after the last trial */

static uint64_t below(uint64_t limit)
{
	return random64() % limit;
}

/* A number from 0 to UINT32_MAX, of any magnitude. */
static uint32_t any_size(void)
{
	return (uint32_t)random64() >> below(32);
}

/* In 26 rounds bits 0 to 31 of a version, all but six of them, are what makes it newer. */
static uint32_t any_version(enum ending ending, unsigned round)
{
	const uint64_t host = first_contact.host_version;
	const uint64_t newer = host + BIT(round * 31 / 25 % 32);

	if (ending == NEWER)
		return newer > UINT32_MAX ? UINT32_MAX : (uint32_t)newer;
	if (round % 4 == 0)
		return 0;
	return (uint32_t)(round % 2 ? host : below(host + 1));
}

/* @gpa as no memory can have it: with one more bit; or else in the last page below 2^64. */
static uint64_t outside(uint64_t gpa, unsigned round)
{
	const unsigned bit = 63 - round;

	if (bit >= 40 && boot_memory_end() <= BIT(40))
		return gpa | BIT(bit);
	return gpa % PAGE_SIZE ? -UINT64_C(1) - round % SITE_SIZE : -(uint64_t)PAGE_SIZE;
}

/* A site anywhere after a state page's head; each alignment to 32 bytes comes once. */
static struct site any_site(unsigned round)
{
	const unsigned offset = 32 + 32 * (unsigned)below(126) + round;
	struct site site = make_site(trial_pages[below(TRIAL_PAGES)], offset);
	uint16_t after = (uint16_t)random64();

	memcpy(site.bytes + SITE_SIZE, &after, sizeof(after)); /* a host may write just INT3s */
	return site;
}

/*
 * Makes the sums of the pages as they shall be afterwards.  Since the last trial only the state and
 * the site's page have been written.
 */
static void foresee(struct trial *t)
{
	struct kvm_vcpu_para_state *state = t->answer.state;
	const bool answers = t->r.ending < MISALIGNED, accepts = t->r.ending == ACCEPTED;
	uint8_t before[3];

	memcpy(before, t->site.bytes, sizeof(before));
	if (answers) {
		state->host_version = first_contact.host_version;
		state->ret = accepts ? 0 : (uint32_t)-KVM2007_EINVAL;
	}
	if (accepts)
		memcpy(t->site.bytes, trial_home.bytes, sizeof(before));
	for (unsigned i = 0; i < TRIAL_PAGES; i++) {
		const unsigned page = trial_pages[i];
		const bool written = (uint8_t *)state == page_bytes(page) ||
				     t->site.gpa - page_gpa(page) < PAGE_SIZE;

		t->expected.of[page] = written ? page_sum(page) : sums.of[page];
	}
	undo_answer(&t->answer);
	memcpy(t->site.bytes, before, sizeof(before));
}

/* A site outside memory is refused whatever the version is. */
static enum ending older_or_newer(enum ending ending, unsigned round)
{
	return ending == SITE_OUTSIDE && round % 2 && !host_is_newest() ? NEWER : ending;
}

void trial_choose(struct trial *t, enum ending ending, unsigned round)
{
	const bool first = round < 2 ? round : below(2); /* each of them at least once */
	const unsigned page = first ? PAGE_STATE_A : PAGE_STATE_B;

	t->site = any_site(round);
	t->r = (struct registration){ending, any_version(older_or_newer(ending, round), round),
				     t->site.gpa, page_gpa(page)};
	if (ending == SITE_OUTSIDE)
		t->r.site = outside(t->site.gpa, round);
	if (ending == MISALIGNED)
		t->r.page += round < 12 ? BIT(round) : 1 + below(PAGE_SIZE - 1);
	if (ending == OUTSIDE)
		t->r.page = outside(t->r.page, round);
	t->size = any_size();
	t->flags = random_flags();
	registration_prepare(&t->r, state_of(page), &t->answer);
	t->answer.state->size = t->size;
	foresee(t);
}

void trial_expect_foreseen(struct run *run, const struct trial *t)
{
	for (unsigned i = 0; i < TRIAL_PAGES; i++) {
		const unsigned page = trial_pages[i];

		sums.of[page] = page_sum(page);
		expect_page_sum(run, page, sums.of[page], t->expected.of[page]);
	}
	if (!run->failed)
		return;
	check_diag("ending %u of page %#lx, site %#lx, version %#x, size %#x, flags %#lx",
		   t->r.ending, t->r.page, t->r.site, t->r.version, t->size, t->flags);
}

bool trial_start(struct run *run)
{
	trial_home = fresh_site_at(PAGE_SITE_B, HOME_OFFSET);
	random_fill((uint64_t *)page_bytes(PAGE_SITE_A), PAGE_SIZE / sizeof(uint64_t));
	expect_registration(run, &trial_home);
	pages_sum(&sums);
	return !run->failed;
}

void trials_end(struct run *run)
{
	if (!run->failed)
		expect_pages_kept(run, &sums);
}

_Static_assert(ENDINGS == 5, "a prime number");

bool trial_ending(unsigned n, enum ending *ending)
{
	*ending = (enum ending)(n % ENDINGS * (1 + n / ENDINGS % (ENDINGS - 1)) % ENDINGS);
	return *ending != NEWER || !host_is_newest();
}
