import type { InterceptionPolicy } from "./policy.ts";

/** Where the sandbox finds the shims; first on its PATH. */
export const SHIM_DIRECTORY = "/run/apt-ostree/shims";
/** Where shims write their records. */
export const RECORD_FILE = "/run/apt-ostree/calls";

/**
 * Text of the shell script that stands in for a program.
 *
 * It writes one record, the number of fields and the fields, each ended by a NUL, so that any
 * argument comes through unharmed; then it answers as its policy says.
 */
export function formatShim(policy: InterceptionPolicy): string {
  const runFor = policy.runFor ?? [];
  const choose = runFor.length === 0 ? "" : `
for word; do
  case "$word" in
    -*) ;;
    ${runFor.join("|")}) action=run; break ;;
    *) break ;;
  esac
done`;
  return `#!/bin/sh
action=${policy.action}${choose}
printf '%s\\0' "$(($# + 5))" ${policy.program} "$PWD" "\${DPKG_MAINTSCRIPT_PACKAGE-}" \\
  "\${DPKG_MAINTSCRIPT_NAME-}" "$action" "$@" >> ${RECORD_FILE}
case "$action" in
  run)
    for dir in /usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin; do
      if [ -x "$dir/${policy.program}" ]; then exec "$dir/${policy.program}" "$@"; fi
    done
    echo "${policy.program}: not found" >&2
    exit 127 ;;
  refuse)
    echo "${policy.program}: refused: ${policy.reason}" >&2
    exit 1 ;;
esac
exit 0
`;
}

/** Write all shims into a directory. */
export function writeShims(directory: string, policies: readonly InterceptionPolicy[]): void {
  Deno.mkdirSync(directory, { recursive: true });
  for (const policy of policies) {
    Deno.writeTextFileSync(`${directory}/${policy.program}`, formatShim(policy), { mode: 0o755 });
  }
}
