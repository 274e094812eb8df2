import type { Sandbox } from "@apt-ostree/sandbox";

/** What a judge runs, and what it says where all is well: nothing, with status 0. */
interface Judge {
  readonly name: string;
  readonly script: string;
}

const JUDGES: readonly Judge[] = [
  { name: "dpkg --audit", script: "dpkg --audit" },
  { name: "apt-get check", script: "apt-get --quiet --quiet check" },
  {
    name: "no pending triggers",
    script:
      "cat /var/lib/dpkg/triggers/Unincorp 2> /dev/null; ! grep ^Triggers- /var/lib/dpkg/status",
  },
  {
    name: "every package is installed",
    script: "! grep ^Status: /var/lib/dpkg/status | grep -v 'install ok installed'",
  },
  {
    name: "every alternative leads somewhere",
    script: `find /etc/alternatives -xtype l
      update-alternatives --get-selections | while read -r name _ path; do
        [ -e "$path" ] && [ -e "/etc/alternatives/$name" ] || echo "$name: $path"
      done`,
  },
  {
    name: "nothing is left of dpkg's work",
    script: `find / -xdev '(' -name '*.dpkg-new' -o -name '*.dpkg-tmp' ')'
      find /var/lib/dpkg/updates /var/lib/dpkg/tmp.ci -mindepth 1 2> /dev/null || true`,
  },
];
const VERIFY: Judge = { name: "dpkg --verify", script: "dpkg --verify" };

/**
 * Let the system's own dpkg and apt judge it.
 *
 * @param options.verify Whether every shipped file must be there, unchanged.
 * @returns What they complain of.
 */
export async function judgeSystem(
  sandbox: Sandbox,
  options: { readonly verify: boolean },
): Promise<string[]> {
  const complaints: string[] = [];
  for (const { name, script } of options.verify ? [...JUDGES, VERIFY] : JUDGES) {
    const { status, output } = await sandbox.run({ argv: ["sh", "-c", script] });
    if (status === 0 && output.trim() === "") continue;
    complaints.push(`${name}: status ${status}\n${output.trimEnd()}`);
  }
  return complaints;
}
