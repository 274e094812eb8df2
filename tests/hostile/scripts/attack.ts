import type { CellLimits } from "@apt-ostree/sandbox";

/** A package whose maintainer script means harm. */
export interface Attack {
  /** What it tries, in words that follow "a script that". */
  readonly danger: string;
  /** Text of the script, for sh or with a first line of its own. */
  readonly script: string;
  /** Which of the maintainer scripts it is. @default "postinst" */
  readonly as?: "preinst" | "postinst";
  /** How the compose ends: "ok" or the code of the error. Several where the kernel's timing decides. */
  readonly end: string;
  /** Part of the message. */
  readonly message?: string;
  /** What scripts may take, where the defaults would take too long to reach. */
  readonly limits?: Partial<CellLimits>;
  /** What `ostree ls -R` must show of the commit, where one is made. */
  readonly shows?: RegExp;
  /** What `ostree ls -R` must not show. */
  readonly hides?: RegExp;
  /** Whether it belongs to the short cut. */
  readonly short?: boolean;
}

/** What no script may ever print: it stands in files and variables of the host. */
export const SECRET = "host-secret-9f2c";
/** Exit status of a script that got through. */
export const BREACH = 66;

/** A shell script that can say that it got through. */
export function sh(text: string): string {
  return `#!/bin/sh\nbreach() { echo "BREACH: $*"; exit ${BREACH}; }\n${text}\n`;
}

/**
 * A Perl script: the one interpreter that every Debian has and that makes any system call.
 *
 * `must_fail(name, number, arguments…)` says that it got through where a call succeeds.
 */
export function perl(text: string): string {
  return `#!/usr/bin/perl
use strict; use warnings; use Socket; use Fcntl; use POSIX ();
sub breach { print "BREACH: @_\\n"; $| = 1; POSIX::_exit(${BREACH}); }
sub must_fail { my ($name, $number, @call) = @_; my $r = syscall($number, @call); breach($name) if $r >= 0; print "$name: $!\\n"; }
sub setxattr { my ($path, $name, $value) = @_; return syscall(188, $path, $name, $value, length($value), 0); }
sub must_not_open { my ($mode, $path) = @_; if (open(my $f, $mode, $path)) { breach("open $path") } }
${text}
exit 0;
`;
}
