#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# tests/new-check.sh AREA.NAME RULE: writes the skeleton of a check and its row, and of a fault that
# it has to notice, with its rows.  All builds at once; the check fails until it is written.
# docs/adding.md says what is left to do.
case $0 in */*) cd -- "${0%/*}/.." ;; *) cd .. ;; esac && exec perl tests/new-check.pl "$@"
