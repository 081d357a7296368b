/* SPDX-License-Identifier: GPL-2.0-only */
/* KH5: interrupts that vCPUs send to one another by a call. */
#include "guest/events.h"
#include "guest/kvm/checks.h"
#include "guest/kvm/smp.h"
#include "x86/apic.h"
#include "x86/deadline.h"
#include "x86/insn.h"

#define AFTER_TIME deadline_in(1000000, 1000) /* in which no more must come */
#define RACES      600                        /* calls of all vCPUs together */

/* A call, and whether it is made in 64-bit mode. */
struct order {
	unsigned sender;
	unsigned word; /* bits of an argument */
	uint64_t args[4];
};
static struct order order; /* of the one that all wait for */
static bool sent;

/* By vCPU: the interrupts that it must have got so far, or at most. */
static uint32_t wanted[SMP_MAX];

/* The bit for APIC @id is @n.  False: the bitmap does not reach so far. */
static bool has_bit(const struct order *o, uint64_t id, uint64_t *n)
{
	*n = id - o->args[2];
	return *n < 2 * o->word;
}

static void add(struct order *o, unsigned vcpu)
{
	uint64_t n;

	if (has_bit(o, smp_cpu(vcpu)->apic_id, &n))
		o->args[n / o->word] |= BIT(n % o->word);
}

static bool is_for(const struct order *o, unsigned vcpu)
{
	uint64_t n;

	return has_bit(o, smp_cpu(vcpu)->apic_id, &n) && o->args[n / o->word] & BIT(n % o->word);
}

static unsigned count(const struct run *run, const struct order *o)
{
	unsigned n = 0;

	for (unsigned id = 0; id < run->vcpus; id++)
		n += is_for(o, id);
	return n;
}

/* To nobody yet; the bitmap begins with the lowest ID that there is. */
static void begin(const struct run *run, struct order *o, unsigned sender, unsigned word)
{
	*o = (struct order){sender, word, {0, 0, UINT64_MAX, EVENT_VECTOR}};
	for (unsigned id = 0; id < run->vcpus; id++) {
		if (smp_cpu(id)->apic_id < o->args[2])
			o->args[2] = smp_cpu(id)->apic_id;
	}
}

/* And to all vCPUs but @except. */
static void begin_to_others(const struct run *run, struct order *o, unsigned sender, unsigned word,
			    unsigned except)
{
	begin(run, o, sender, word);
	for (unsigned id = 0; id < run->vcpus; id++) {
		if (id != except)
			add(o, id);
	}
}

/* And to APICs at the end of the bitmap, unless vCPUs have one. */
static void add_absent(const struct run *run, struct order *o, uint16_t bits)
{
	struct order absent;

	begin(run, &absent, 0, o->word);
	absent.args[1] = (uint64_t)bits << (o->word - 16);
	if (!count(run, &absent))
		o->args[1] |= absent.args[1];
}

/* ---- what comes ---- */

static volatile uint64_t *taken(void)
{
	return &this_vcpu()->from_apic[EVENT_VECTOR - APIC_VECTOR];
}

static void let_in(uint64_t n)
{
	struct patience p = be_patient();

	interrupts_on();
	while (*taken() < n && is_patient(&p))
		;
	for (struct deadline d = AFTER_TIME; before_deadline(&d);)
		;
	interrupts_off();
}

static void expect_no_other_vector(struct run *run)
{
	expect(run, !taken()[-1] && !taken()[1],
	       "interrupts at the vectors around %u: wanted none, got %lu and %lu", EVENT_VECTOR,
	       taken()[-1], taken()[1]);
}

static void forget(struct run *run, struct vcpu_pages *own)
{
	(void)run;
	(void)own;
	let_in(0);
	taken()[-1] = taken()[0] = taken()[1] = 0;
	wanted[this_cpu()->id] = 0;
}

static void expect_wanted(struct run *run, struct vcpu_pages *own)
{
	const uint64_t n = wanted[this_cpu()->id];

	(void)own;
	let_in(n);
	expect(run, *taken() == n, "interrupts: wanted %lu, got %lu", n, *taken());
	expect_no_other_vector(run);
}

static bool send_ready(struct run *run)
{
	return needs(run, KVM_FEATURE_PV_SEND_IPI) && smp_ready(run) && on_each_vcpu(run, forget);
}

/* ---- one after the other ---- */

/* From compatibility mode what is in the upper halves does not count. */
static bool call_32(struct run *run, uint64_t *result)
{
	uint64_t args[4];

	for (unsigned i = 0; i < 4; i++)
		args[i] = order.args[i] | random64() << 32;
	return hypercall(run, CALL_COMPATIBILITY, KVM_HC_SEND_IPI, args, result);
}

static void send_order(struct run *run)
{
	uint64_t result;

	if (order.word == 32 ? call_32(run, &result)
			     : smp_call(run, 0, KVM_HC_SEND_IPI, order.args, &result))
		expect_equal(run, "result", result, count(run, &order));
	__atomic_store_n(&sent, true, __ATOMIC_RELEASE);
}

static void send_and_get(struct run *run, struct vcpu_pages *own)
{
	const unsigned id = this_cpu()->id;
	struct patience p = be_patient();

	wanted[id] += is_for(&order, id);
	if (id == order.sender)
		send_order(run);
	while (!__atomic_load_n(&sent, __ATOMIC_ACQUIRE) && is_patient(&p))
		;
	expect_wanted(run, own);
}

/* Makes the call of @order. */
static void send(struct run *run)
{
	if (run->failed)
		return;
	sent = false;
	if (!on_each_vcpu(run, send_and_get))
		check_diag("vCPU %u sent: %#lx %#lx, lowest %#lx, %u bits each", order.sender,
			   order.args[0], order.args[1], order.args[2], order.word);
}

/* To one, where in the bitmap that one is does not matter. */
static void send_to_one(struct run *run, unsigned sender, unsigned to)
{
	const uint32_t apic_id = smp_cpu(to)->apic_id;

	begin(run, &order, sender, 64);
	order.args[2] = apic_id - random64() % ((apic_id < 127 ? apic_id : 127) + 1);
	add(&order, to);
	send(run);
}

static void each(struct run *run)
{
	const unsigned n = run->vcpus;

	if (!send_ready(run))
		return;
	for (unsigned id = 0; id < n; id += 1 + n / 4)
		send_to_one(run, (id + 1) % n, id);
	send_to_one(run, n - 1, n - 1);
	begin_to_others(run, &order, 0, 64, 0);
	send(run);
	begin_to_others(run, &order, n - 1, 64, n - 1);
	send(run);
	begin_to_others(run, &order, 1, 64, n);
	add_absent(run, &order, UINT16_MAX);
	send(run);
	begin(run, &order, 1, 64);
	add_absent(run, &order, UINT16_MAX);
	send(run);
}

/* Words have 32 bits, where the code segment has. */
static void each_32(struct run *run)
{
	if (!send_ready(run) || !calls_return(run, CALL_COMPATIBILITY))
		return;
	begin_to_others(run, &order, 0, 32, 0);
	add_absent(run, &order, UINT16_MAX);
	send(run);
	begin_to_others(run, &order, 0, 32, 0);
	send(run);
}

/* ---- all at once ---- */

static void send_refused(struct run *run, struct vcpu_pages *own)
{
	static const uint64_t modes[] = {ICR_LOGICAL, ICR_SELF, ICR_ALL, ICR_ALL | ICR_SELF};
	struct order o;
	uint64_t result;

	(void)own;
	begin_to_others(run, &o, 0, 64, run->vcpus);
	for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		o.args[3] = EVENT_VECTOR | modes[i];
		if (smp_call(run, 0, KVM_HC_SEND_IPI, o.args, &result))
			expect_equal(run, "result", result, KVM_ERROR(KVM_EINVAL));
	}
}

/* With a logical destination, or with a shorthand. */
static void refused(struct run *run)
{
	if (send_ready(run) && on_each_vcpu(run, send_refused))
		on_each_vcpu(run, expect_wanted);
}

static void send_random(struct run *run, struct vcpu_pages *own)
{
	uint64_t bits = random64(), result;
	struct order o;

	(void)own;
	begin(run, &o, 0, 64);
	add_absent(run, &o, (uint16_t)random64());
	for (unsigned id = 0; id < run->vcpus; id++) {
		if (!(bits >> id % 64 & 1))
			continue;
		add(&o, id);
		__atomic_fetch_add(&wanted[id], 1, __ATOMIC_RELAXED);
	}
	if (smp_call(run, RFLAGS_IF, KVM_HC_SEND_IPI, o.args, &result))
		expect_equal(run, "result", result, count(run, &o));
}

/* Those that wait at the same time are one. */
static void get_random(struct run *run, struct vcpu_pages *own)
{
	const uint64_t most = wanted[this_cpu()->id];

	(void)own;
	let_in(most != 0);
	expect(run, *taken() <= most && (*taken() || !most),
	       "interrupts: wanted %u to %lu, got %lu", most != 0, most, *taken());
	expect_no_other_vector(run);
}

/* Each gets the result of its own call. */
static void races(struct run *run)
{
	if (send_ready(run) && race_vcpus(run, send_random, RACES / run->vcpus + 1))
		on_each_vcpu(run, get_random);
}

static const struct check checks[] = {
	{"smp.send", "KH5", CHECK_VCPUS, .body = each},
	{"smp.send-32", "KH5", CHECK_VCPUS, .body = each_32},
	{"smp.send-refused", "KH5", CHECK_VCPUS, .body = refused},
	{"smp.send-races", "KH5", CHECK_VCPUS, .body = races},
};

const struct area smp_send_area = AREA(checks);
