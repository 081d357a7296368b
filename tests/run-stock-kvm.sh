#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The runner for a stock KVM; this is its name for users.
self=$0
[ ! -L "$self" ] || self=$(readlink -f -- "$self") # called by a link
case $self in */*) here=${self%/*} ;; *) here=. ;; esac
exec sh "$here/../src/runner/run-stock-kvm.sh" "$@"
