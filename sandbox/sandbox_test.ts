import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { hostRunner, readXattr, RunError } from "@apt-ostree/base";
import { lacks } from "../tests/support/lacks.ts";
import { inShellRoot } from "../tests/support/shell_root.ts";
import { SandboxError, ScriptError } from "./error.ts";
import { parseDpkgFailure, runMaintainerScript } from "./maintainer_script.ts";
import { Sandbox } from "./sandbox.ts";
import { readUpper } from "./upper.ts";
import { WorkDir } from "./work_dir.ts";

const ignore = Deno.uid() !== 0 || await lacks("bwrap", "unshare", "dash");
readXattr("/", "user.none"); // loads the C library before a test can be blamed for it

function withSandbox(test: (sandbox: Sandbox, dir: string) => Promise<void>): Promise<void> {
  return inShellRoot(async (dir) => {
    const overlay = {
      lower: `${dir}/root`,
      upper: `${dir}/upper`,
      work: `${dir}/work`,
      merged: `${dir}/merged`,
    };
    await test(new Sandbox({ directory: `${dir}/sandbox`, overlay, sourceDateEpoch: 42 }), dir);
  });
}

const sh = (script: string) => ({ argv: ["sh", "-c", script] });

Deno.test(
  "Sandbox shows its own world and nothing of the host",
  { ignore },
  () =>
    withSandbox(async (sandbox) => {
      await Deno.writeTextFile("/run/apt-ostree-test-secret", "x");
      try {
        const { output, status } = await sandbox.run(
          sh(
            "ls /run; ls /proc | head -1; id -u; echo $SOURCE_DATE_EPOCH $DEBIAN_FRONTEND; cat /proc/net/dev; ls /dev",
          ),
        );
        assertEquals(status, 0);
        assertEquals(output.includes("apt-ostree-test-secret"), false);
        assertStringIncludes(output, "42 noninteractive");
        assertEquals(/^\s*(eth|en)/m.test(output), false, "a network device of the host shows");
        assertEquals(/^(sd|vd|loop|mem|kmsg)/m.test(output), false, "a device of the host shows");
        const env = await sandbox.run({ argv: ["env"] });
        assertEquals(env.output.includes("CARGO") || env.output.includes("npm_"), false);
      } finally {
        await Deno.remove("/run/apt-ostree-test-secret");
      }
    }),
);

Deno.test(
  "Sandbox keeps changes apart, over several runs, and readUpper() tells them",
  { ignore },
  () =>
    withSandbox(async (sandbox, dir) => {
      await sandbox.run(sh("echo new > /etc/motd; rm /etc/dir/a; mkdir -p /var/lib/x"));
      await sandbox.run(
        sh("rm -r /etc/dir; mkdir /etc/dir; touch /etc/dir/b; chown 5:6 /var/lib/x"),
      );
      assertEquals(await Deno.readTextFile(`${dir}/root/etc/motd`), "old\n");
      const changes = [...readUpper(`${dir}/upper`)].map(({ type, path, uid, gid }) =>
        `${type} ${path} ${uid}:${gid}`
      );
      assertEquals(changes, [
        "dir  0:0",
        "dir etc 0:0",
        "opaque etc/dir 0:0",
        "file etc/dir/b 0:0",
        "file etc/motd 0:0",
        "dir var 0:0",
        "dir var/lib 0:0",
        "dir var/lib/x 5:6",
      ]);
    }),
);

const ESCAPES: [name: string, script: string][] = [
  ["mount", "mount -t tmpfs x /mnt"],
  ["make a device", "mknod /tmp/sda b 8 0"],
  ["see the host's root through /proc", "ls /proc/1/root/work 2>/dev/null"],
  ["write to the kernel's settings", "echo x > /proc/sys/kernel/hostname"],
  [
    "choose what the kernel runs",
    "cat /proc/sys/kernel/core_pattern > /proc/sys/kernel/core_pattern",
  ],
];

Deno.test.each(ESCAPES)(
  "Sandbox does not let a script %s",
  { ignore },
  (_, script) =>
    withSandbox(async (sandbox) => {
      const { status } = await sandbox.run(sh(script));
      assert(status !== 0, "it succeeded");
    }),
);

Deno.test(
  "Sandbox ends what runs too long, with all its children",
  { ignore },
  () =>
    withSandbox(async (sandbox) => {
      const error = await assertRejects(
        () =>
          sandbox.run({ ...sh("sleep 3605 & echo begun; sleep 3605"), limits: { timeMs: 700 } }),
        SandboxError,
      );
      assertEquals(error.code, "sandbox/limit");
      assertStringIncludes(error.hint!, "begun");
      await new Promise((resolve) => setTimeout(resolve, 300));
      const { stdout } = await hostRunner.run(["ps", "-eo", "args"]);
      assertEquals(new TextDecoder().decode(stdout).includes("sleep 3605"), false);
    }),
);

Deno.test(
  "Sandbox puts what fills the disk down to the script that left it, not to the one at work",
  { ignore },
  () =>
    withSandbox(async (sandbox) => {
      const run = (name: string, mebibytes: number) => {
        const script = { package: name, architecture: "all", script: "preinst", args: [] };
        const double =
          's=x; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do s="$s$s"; done';
        const write = `${double}; printf %s "${"$s".repeat(mebibytes)}" > /etc/${name}`;
        const limits = { diskBytes: 4 * 2 ** 20 };
        return sandbox.run({
          ...sh(`${write}; sleep ${mebibytes < 3 ? 30 : 0}`),
          script,
          limits,
        });
      };
      await run("heavy", 3);
      const error = await assertRejects(() => run("light", 2), SandboxError);
      assertEquals([error.excess?.limit, error.script?.package], ["disk", "heavy"]);
    }),
);

Deno.test(
  "Sandbox records intercepted calls, whatever their arguments",
  { ignore },
  () =>
    withSandbox(async (sandbox) => {
      const script =
        "cd /etc; systemctl daemon-reload; /bin/systemctl --quiet enable 'a b'; /usr/bin/invoke-rc.d x \"$(printf 'new\\nline \\042')\"; shutdown now";
      const { status, output } = await sandbox.run(sh(script));
      assertEquals(status, 1, "shutdown was not refused");
      assertStringIncludes(output, "shutdown: refused");
      assertStringIncludes(output, "real systemctl --quiet enable a b");
      assertEquals(output.includes("real invoke-rc.d"), false, "what is ignored ran");
      assertEquals(
        sandbox.calls().map(({ program, argv, action, cwd, status }) => [
          program,
          argv,
          action,
          cwd,
          status,
        ]),
        [
          ["systemctl", ["daemon-reload"], "ignore", "/etc", undefined],
          ["systemctl", ["--quiet", "enable", "a b"], "run", "/etc", 3],
          ["invoke-rc.d", ["x", 'new\nline "'], "ignore", "/etc", undefined],
          ["shutdown", ["now"], "refuse", "/etc", undefined],
        ],
      );
    }),
);

Deno.test(
  "runMaintainerScript() gives dpkg's environment and names a failure",
  { ignore },
  () =>
    withSandbox(async (sandbox, dir) => {
      await Deno.writeTextFile(
        `${dir}/root/script`,
        '#!/bin/sh\necho "$1 $DPKG_MAINTSCRIPT_PACKAGE $DPKG_MAINTSCRIPT_NAME $DPKG_MAINTSCRIPT_ARCH"\nexit 4\n',
        { mode: 0o755 },
      );
      const script = {
        package: "p",
        version: "1",
        architecture: "amd64",
        script: "preinst",
        args: ["install"],
      } as const;
      const error = await assertRejects(
        () => runMaintainerScript(sandbox, script, "/script"),
        ScriptError,
      );
      assertEquals([error.package, error.script, error.status, error.output], [
        "p",
        "preinst",
        4,
        "install p preinst amd64",
      ]);
    }),
);

Deno.test("Sandbox says which program it needs", { ignore }, () =>
  withSandbox(async (_, dir) => {
    const overlay = {
      lower: `${dir}/root`,
      upper: `${dir}/u`,
      work: `${dir}/w`,
      merged: `${dir}/m`,
    };
    const runner = {
      run: () => Promise.reject(new RunError("run/missing", 'Cannot find program "unshare"')),
    };
    const sandbox = new Sandbox({ directory: `${dir}/s`, overlay, sourceDateEpoch: 0, runner });
    assertEquals(
      (await assertRejects(() => sandbox.run({ argv: ["true"] }), SandboxError)).code,
      "sandbox/missing",
    );
  }));

Deno.test("parseDpkgFailure() finds package, script, status and the script's words", () => {
  const text = `Setting up a (1.0) ...
fine
Setting up b:amd64 (2.0) ...
what b said
dpkg: error processing package b:amd64 (--configure):
 installed b:amd64 package post-installation script subprocess returned error exit status 7
Errors were encountered while processing:
 b:amd64
`;
  assertEquals(parseDpkgFailure(text), {
    package: "b",
    script: "postinst",
    status: 7,
    output: "Setting up b:amd64 (2.0) ...\nwhat b said",
  });
  // A question is no line of its own.
  const asking = text.replace("what b said\n", "Continue? ");
  assertEquals(parseDpkgFailure(asking), {
    package: "b",
    script: "postinst",
    status: 7,
    output: "Setting up b:amd64 (2.0) ...\nContinue?",
  });
  const trouble =
    "dpkg: error processing package c (--configure):\n dependency problems - leaving unconfigured\n";
  assertEquals(parseDpkgFailure(trouble), {
    package: "c",
    script: "configure",
    status: undefined,
    output: "\ndependency problems - leaving unconfigured",
  });
});

Deno.test("WorkDir sweeps what dead owners left, and nothing of the living", () => {
  const parent = Deno.makeTempDirSync();
  try {
    Deno.mkdirSync(`${parent}/txn-dead/work`, { recursive: true });
    Deno.writeTextFileSync(`${parent}/txn-dead/lock`, "");
    Deno.mkdirSync(`${parent}/other`);
    using first = WorkDir.create(parent);
    assertEquals([...Deno.readDirSync(parent)].map((entry) => entry.name).toSorted(), [
      "other",
      first.path.replace(/.*\//, ""),
    ]);
    {
      using second = WorkDir.create(parent);
      assert(second.path !== first.path);
    }
    assertEquals(WorkDir.sweep(parent), 0);
    assert(Deno.statSync(first.path).isDirectory);
  } finally {
    Deno.removeSync(parent, { recursive: true });
  }
});
