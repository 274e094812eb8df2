import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Machine } from "./machine.ts";

/** Fail unless the machine has come up whole: `multi-user.target` reached, no unit failed. */
export async function checkUp(machine: Machine): Promise<void> {
  const state = await machine.run("systemctl is-system-running --wait");
  const failed = await machine.output("systemctl --failed --no-legend --plain");
  assertEquals(failed, "", "failed units");
  assertEquals(state.output.trim(), "running");
  assertEquals(await machine.output("systemctl is-active multi-user.target"), "active");
}

/** Fail unless dpkg knows its packages, all whole, and every file they shipped is as shipped. */
export async function checkPackages(machine: Machine): Promise<void> {
  assertEquals(await machine.output("dpkg --audit"), "", "dpkg --audit");
  const states = await machine.output(
    "dpkg-query --show --showformat '${db:Status-Abbrev}\\n' | sort | uniq --count",
  );
  assertMatch(states, /^\d{2,} ii$/, "package states");
  assertEquals(await machine.output("dpkg --verify | head -n 40"), "", "dpkg --verify");
}

/** Fail unless /usr is read-only, /etc and /var are writable, and /var is as tmpfiles.d wants it. */
export async function checkFilesystems(machine: Machine): Promise<void> {
  const usr = await machine.run("touch /usr/test");
  assertStringIncludes(usr.output, "Read-only file system");
  await machine.output("touch /etc/test /var/test && rm /etc/test /var/test");

  const wanted = `awk '$1 ~ /^[dDqQL]/ && $2 ~ "^/var/" && $2 !~ /%/ { print $2 }' ` +
    "/usr/lib/tmpfiles.d/*.conf | sort --unique";
  const count = Number(await machine.output(`${wanted} | wc --lines`));
  assert(count >= 20, `tmpfiles.d names only ${count} paths in /var`);
  const missing = await machine.output(
    `${wanted} | while read -r path; do test -e "$path" -o -L "$path" || echo "$path"; done`,
  );
  assertEquals(missing, "", "paths of tmpfiles.d that are missing");
  assertEquals(
    await machine.output("readlink --canonicalize /var/lib/dpkg"),
    "/usr/lib/sysimage/dpkg",
  );
}

/** Checksum of the booted deployment, as the machine's own ostree says it. */
export async function bootedCommit(machine: Machine): Promise<string> {
  const status = await machine.output("ostree admin status");
  const match = /^\* debian ([0-9a-f]{64})\.\d+/m.exec(status);
  assert(match?.[1], `no booted deployment in:\n${status}`);
  return match[1];
}
