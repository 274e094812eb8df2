import { MESSAGE_MARK } from "./messages.ts";
import type { InterceptionPolicy } from "./policy.ts";

/** FIFO inside the sandbox that takes messages. */
export const JOURNAL = "/run/apt-ostree/journal";
/** FIFO inside the sandbox that answers those who wait. */
export const ANSWERS = "/run/apt-ostree/answers";
/** Directory inside the sandbox where the programs are that shims stand in for. */
export const REAL_PROGRAMS = "/run/apt-ostree/real";
/** Directory inside the sandbox where the scripts are that wrappers stand in for. */
export const REAL_SCRIPTS = "/run/apt-ostree/scripts";

/** Directories of a root file system where programs are looked for. */
export const PROGRAM_DIRECTORIES: readonly string[] = [
  "usr/sbin",
  "usr/bin",
  "usr/local/sbin",
  "usr/local/bin",
];

/** A mark and a number of fields, in the words of a shell. */
function send(count: string, fields: string): string {
  return `printf '%s\\0' '${MESSAGE_MARK}' ${count} ${fields} > ${JOURNAL}`;
}

/**
 * Text of the shell script that stands in for a program.
 *
 * It tells of the call, so that any argument comes through unharmed, and then answers as its policy
 * says.
 */
export function formatShim(policy: InterceptionPolicy): string {
  const { program, action, reason, runFor = [] } = policy;
  const choose = runFor.length === 0 ? "" : `
for _apt_ostree_word; do
  case "$_apt_ostree_word" in
    -*) ;;
    ${runFor.join("|")}) _apt_ostree_action=run; break ;;
    *) break ;;
  esac
done`;
  return `#!/bin/sh
# Stands in for ${program} while apt-ostree runs maintainer scripts: ${reason}.
_apt_ostree_action=${action}${choose}
${send('"$(($# + 5))"', `call "$$" ${program} "$_apt_ostree_action" "$PWD" "$@"`)}
case "$_apt_ostree_action" in
  run)
    ${REAL_PROGRAMS}/${program} "$@"
    _apt_ostree_status=$?
    ${send("3", 'result "$$" "$_apt_ostree_status"')}
    exit $_apt_ostree_status ;;
  refuse)
    echo "${program}: refused: ${reason}" >&2
    exit 1 ;;
esac
exit 0
`;
}

/**
 * Text of the shell script that stands in for every maintainer script in dpkg's database.
 *
 * It tells that the script begins and waits for the answer, runs it with the same name, arguments,
 * environment, input and directory, tells how it ended and waits again.
 */
export function formatWrapper(): string {
  return `#!/bin/sh
# Stands in for maintainer scripts while apt-ostree runs dpkg.
${send('"$(($# + 2))"', 'begin "$0" "$@"')}
read -r _apt_ostree_answer < ${ANSWERS}
"${REAL_SCRIPTS}/\${0##*/}" "$@"
_apt_ostree_status=$?
${send("3", 'end "$0" "$_apt_ostree_status"')}
read -r _apt_ostree_answer < ${ANSWERS}
exit $_apt_ostree_status
`;
}
