/* SPDX-License-Identifier: GPL-2.0-only */
/* src/host/hooks.c: none, one, and several at once. */
#include "host/hooks.h"
#include "host/vcpu.h"
#include "unit.h"

static struct vcpu vcpu;
static unsigned calls;

static bool decline(struct vcpu *v)
{
	assert_ptr_equal(v, &vcpu);
	calls++;
	return false;
}

static bool handle(struct vcpu *v)
{
	return !decline(v);
}

static bool wake(struct vcpu *v)
{
	decline(v);
	return true;
}

static void see(struct vcpu *v)
{
	decline(v);
}

static bool next_vector(const struct vcpu *v, unsigned *vector)
{
	assert_ptr_equal(v, &vcpu);
	++*vector;
	return true;
}

static bool lose(const struct vcpu *v, unsigned *vector)
{
	next_vector(v, vector);
	return false;
}

static const struct hooks nothing,
	declining = {.exceptions = 2,
		     .uart_status = true,
		     .exception = decline,
		     .io = see,
		     .halt = decline,
		     .nested_fault = decline},
	handling = {.exceptions = 8,
		    .exception = handle,
		    .io = see,
		    .halt = wake,
		    .nested_fault = handle},
	moving = {.startup = next_vector}, losing = {.startup = lose};

static int setup(void **state)
{
	(void)state;
	hooks_clear();
	calls = 0;
	return 0;
}

static void test_none(void **state)
{
	unsigned vector = 5;

	(void)state;
	for (unsigned n = 0; n < 2; n++) {
		assert_int_equal(hooked_exceptions(), 0);
		assert_false(uart_status_is_hooked());
		assert_false(hook_exception(&vcpu));
		assert_false(hook_halt(&vcpu));
		hook_io(&vcpu);
		assert_false(hook_nested_fault(&vcpu));
		assert_true(hook_startup(&vcpu, &vector));
		assert_int_equal(vector, 5);
		hooks_add(&nothing); /* empty hooks change nothing */
	}
}

static void test_several(void **state)
{
	unsigned vector = 5;

	(void)state;
	hooks_add(&declining);
	assert_false(hook_exception(&vcpu));
	assert_false(hook_halt(&vcpu));
	calls = 1;
	assert_true(hook_startup(&vcpu, &vector));
	hooks_add(&handling);
	hooks_add(&moving);
	assert_int_equal(hooked_exceptions(), 10);
	assert_true(uart_status_is_hooked());
	assert_true(hook_exception(&vcpu));
	assert_int_equal(calls, 3); /* the first hook is called again */
	assert_true(hook_halt(&vcpu));
	assert_int_equal(calls, 5);
	calls = 3;
	hook_io(&vcpu);
	assert_int_equal(calls, 5);
	assert_true(hook_nested_fault(&vcpu));
	assert_int_equal(calls, 7);
	assert_true(hook_startup(&vcpu, &vector));
	assert_int_equal(vector, 6);
	hooks_add(&losing);
	assert_false(hook_startup(&vcpu, &vector));
	assert_int_equal(vector, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_none, setup),
		cmocka_unit_test_setup(test_several, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
