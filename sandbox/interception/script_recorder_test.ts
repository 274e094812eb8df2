import { assert, assertEquals } from "@std/assert";
import { readXattr } from "@apt-ostree/base";
import { inShellRoot } from "../../tests/support/shell_root.ts";
import { lacks } from "../../tests/support/lacks.ts";
import { Sandbox, type SandboxOptions } from "../sandbox.ts";
import type { RunningScript } from "./record.ts";

const ignore = Deno.uid() !== 0 || await lacks("bwrap", "unshare", "dash");
readXattr("/", "user.none"); // loads the C library before a test can be blamed for it

/** Runs maintainer scripts one after another, as dpkg does. */
const DPKG = `set -e
for script; do "/var/lib/dpkg/info/$script" configure "1 0"; done`;

interface World {
  readonly dir: string;
  /** Run scripts by name, each with its text. */
  run(scripts: Readonly<Record<string, string>>): Promise<{ sandbox: Sandbox; status: number }>;
}

function inWorld(
  test: (world: World) => Promise<void>,
  options: Partial<SandboxOptions> = {},
): Promise<void> {
  return inShellRoot(async (dir) => {
    const info = `${dir}/root/usr/lib/dpkg/info`;
    Deno.mkdirSync(info, { recursive: true });
    Deno.mkdirSync(`${dir}/root/var/lib`);
    Deno.symlinkSync("../../usr/lib/dpkg", `${dir}/root/var/lib/dpkg`);
    await test({
      dir,
      async run(scripts) {
        for (const [name, text] of Object.entries(scripts)) {
          Deno.writeTextFileSync(`${info}/${name}`, `#!/bin/sh\n${text}\n`);
          Deno.chmodSync(`${info}/${name}`, 0o755);
        }
        const overlay = {
          lower: `${dir}/root`,
          upper: `${dir}/upper`,
          work: `${dir}/work`,
          merged: `${dir}/merged`,
        };
        const sandbox = new Sandbox({
          directory: `${dir}/sandbox`,
          overlay,
          sourceDateEpoch: 42,
          ...options,
        });
        const argv = ["sh", "-c", DPKG, "dpkg", ...Object.keys(scripts)];
        const { status } = await sandbox.run({ argv, runsScripts: true });
        return { sandbox, status };
      },
    });
  });
}

Deno.test(
  "each change is put down to the script that made it",
  { ignore },
  () =>
    inWorld(async ({ run }) => {
      const { sandbox, status } = await run({
        "a.postinst": "echo new > /etc/motd; mkdir /etc/made; echo a > /etc/made/a",
        "b:amd64.postinst": "rm -r /etc/dir; echo b > /etc/made/a; chmod 700 /etc/made",
        "c.postinst": "mkdir /etc/dir; echo c > /etc/temporary; rm /etc/temporary; touch /etc/motd",
      });
      assertEquals(status, 0);
      const summary = sandbox.scripts().map((run) => [
        run.package,
        run.architecture,
        run.script,
        run.args,
        run.status,
        run.files.map((file) =>
          `${file.before ? (file.after ? "~" : "-") : "+"}${file.path} ${file.after?.mode ?? 0}`
        ),
        run.incomplete,
      ]);
      const args = ["configure", "1 0"];
      assertEquals(summary, [
        [
          "a",
          "",
          "postinst",
          args,
          0,
          ["+/etc/made 493", "+/etc/made/a 420", "~/etc/motd 420"],
          false,
        ],
        [
          "b",
          "amd64",
          "postinst",
          args,
          0,
          ["-/etc/dir 0", "-/etc/dir/a 0", "~/etc/made 448", "~/etc/made/a 420"],
          false,
        ],
        ["c", "", "postinst", args, 0, ["+/etc/dir 493"], false],
      ]);
    }),
);

Deno.test("a script runs under its own name, with dpkg's input, directory, umask and status", {
  ignore,
}, () =>
  inWorld(async ({ dir, run }) => {
    const { sandbox, status } = await run({
      "a.postinst":
        `{ echo "$0" "$#" "$2"; pwd; umask; env; cat; ls -l /proc/self/fd/; } > /etc/seen
exit 9`,
    });
    assertEquals([status, sandbox.scripts()[0]?.status], [9, 9]);
    const seen = await Deno.readTextFile(`${dir}/upper/etc/seen`);
    const [name, cwd, mask] = seen.split("\n");
    assertEquals([name, cwd, mask], ["/run/apt-ostree/scripts/a.postinst 2 1 0", "/", "0022"]);
    assertEquals(seen.includes("_apt_ostree"), false, "a variable of the wrapper shows");
    assertEquals(seen.includes("/run/apt-ostree/journal"), false, "a pipe was left open");
  }));

Deno.test(
  "nothing that stands in for something else is left in the tree",
  { ignore },
  () =>
    inWorld(async ({ dir, run }) => {
      const real = await Deno.readTextFile(`${dir}/root/usr/bin/systemctl`);
      const { sandbox, status } = await run({
        "a.postinst":
          "mv /usr/bin/systemctl /usr/bin/systemctl.distrib; cat /usr/bin/shutdown > /etc/copy",
        "b.postinst": "chmod 500 /var/lib/dpkg/info/a.postinst; rm /var/lib/dpkg/info/b.postinst",
      });
      assertEquals(status, 0);
      const changes = [...sandbox.changes()].map(({ type, path }) => `${type} ${path}`);
      assertEquals(changes.filter((each) => !each.startsWith("dir ")), [
        "file etc/copy",
        "whiteout usr/bin/systemctl",
        "file usr/bin/systemctl.distrib",
        "file usr/lib/dpkg/info/a.postinst",
        "whiteout usr/lib/dpkg/info/b.postinst",
      ]);
      const upper = `${dir}/upper`;
      assertEquals(await Deno.readTextFile(`${upper}/usr/bin/systemctl.distrib`), real);
      assertEquals(await Deno.readTextFile(`${upper}/etc/copy`), real);
      const script = `${upper}/usr/lib/dpkg/info/a.postinst`;
      assert((await Deno.readTextFile(script)).includes("systemctl.distrib"));
      assertEquals(Deno.statSync(script).mode! & 0o777, 0o500);
      const [a] = sandbox.scripts();
      const below = a!.files.find((file) => file.path === "/usr/bin/systemctl");
      const moved = a!.files.find((file) => file.path === "/usr/bin/systemctl.distrib");
      assertEquals(moved?.after?.sha256, below?.before?.sha256);
    }),
);

Deno.test(
  "a script that lies spoils its own record, and no more",
  { ignore },
  () =>
    inWorld(async ({ run }) => {
      const journal = "/run/apt-ostree/journal";
      const mark = "printf '\\001apt-ostree\\0";
      const { sandbox, status } = await run({
        "bad.postinst": `head -c 200000 /dev/zero > ${journal}; echo noise > ${journal}
${mark}3\\0end\\0/var/lib/dpkg/info/other.postinst\\0000\\0' > ${journal}
${mark}3\\0begin\\0/x/forged.postinst\\0configure\\0' > ${journal}
${mark}5\\0call\\0001\\0adduser\\0run\\0/\\0' > ${journal}; echo x > /etc/x`,
        "good.postinst": "systemctl start x; echo y > /etc/y",
      });
      assertEquals(status, 0);
      const runs = sandbox.scripts();
      const good = runs.find((run) => run.package === "good")!;
      assertEquals([good.status, good.files.map((file) => file.path), good.calls.length], [
        0,
        ["/etc/y"],
        1,
      ]);
      assertEquals([good.calls[0]?.program, good.incomplete], ["systemctl", false]);
      assertEquals(runs.find((run) => run.package === "bad")?.incomplete, true);
    }),
);

Deno.test("whoever watches is told which script is at work", { ignore }, () => {
  const seen: (RunningScript | undefined)[] = [];
  return inWorld(async ({ run }) => {
    await run({
      "a.postinst": "/var/lib/dpkg/info/a.prerm upgrade",
      "a.prerm": "true",
    });
    const name = (each: RunningScript | undefined) => each && `${each.package} ${each.script}`;
    assertEquals(seen.map(name), [
      "a postinst",
      "a prerm",
      "a postinst",
      undefined,
      "a prerm",
      undefined,
    ]);
  }, { onScript: (script) => seen.push(script) });
});
