import { assert, assertEquals, assertMatch } from "@std/assert";
import { output, run } from "../support/archive.ts";
import { checkoutSystem } from "../support/checkout_system.ts";
import { lacks } from "../support/lacks.ts";

/** What rpm-ostree's compose tests look at where a treefile changes a lot, here in a system that boots. */
const ignore = Deno.uid() !== 0 || await lacks("ostree", "bwrap");
const ROOT = new URL("../..", import.meta.url).pathname;

const INCLUDED = `add-files: [[tool.sh, /usr/libexec/tool]]
postprocess:
  - test -x /usr/libexec/tool && echo included > /usr/share/order
`;

const TREE = `include: [${ROOT}examples/debian-minimal.yaml, included.yaml]
ref: test/tweaks
packages: [iputils-ping, libcap2-bin, zstd]
documentation: true
install-langs: [de]
sysusers: compose-forced
units: [systemd-boot-check-no-failures.service]
default-target: rescue.target
tmp-is-dir: false
opt-usrlocal: root
readonly-executables: true
remove-files: [/usr/share/misc, /etc/issue.net]
remove-from-packages: [[zstd, "/usr/bin/(un|p)?zstd.*"]]
postprocess:
  - |
    #!/bin/bash
    set -e
    echo own >> /usr/share/order
    test ! -e /etc/issue.net
  - mkdir -p /usr/share/made && echo made > /usr/share/made/file
`;

Deno.test("compose scenarios: a treefile that changes much", { ignore }, async (t) => {
  await Deno.mkdir(`${ROOT}build/test-cache`, { recursive: true });
  const dir = await Deno.makeTempDir({ dir: `${ROOT}build/test-cache`, prefix: "tweaks-" });
  try {
    const repo = `${dir}/repo`;
    await run("ostree", "init", `--repo=${repo}`, "--mode=bare");
    await Deno.writeTextFile(`${dir}/tweaks.yaml`, TREE);
    await Deno.writeTextFile(`${dir}/included.yaml`, INCLUDED);
    await Deno.writeTextFile(`${dir}/tool.sh`, "#!/bin/sh\necho tool\n");
    await Deno.chmod(`${dir}/tool.sh`, 0o755);
    const { code, stderr } = await new Deno.Command(`${ROOT}bin/apt-ostree`, {
      args: [
        ...["compose", "tree", `--repo=${repo}`, `--cachedir=${ROOT}build/test-cache/minimal`],
        `${dir}/tweaks.yaml`,
      ],
      env: { APT_OSTREE_DENO: Deno.execPath() },
      stderr: "piped",
    }).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    const system = await checkoutSystem(repo, "test/tweaks", `${dir}/system`);
    const inside = (...argv: string[]) => output("chroot", system, ...argv);
    const text = (path: string) => Deno.readTextFileSync(`${system}/${path}`);
    const found = async (...args: string[]) =>
      (await output("find", system, "-xdev", ...args, "-printf", "%P\\n")).split("\n")
        .filter((path) => path !== "");

    await t.step("units and default-target are what systemd finds", async () => {
      const unit = "systemd-boot-check-no-failures.service";
      assertEquals(await inside("systemctl", "is-enabled", unit), "enabled\n");
      assertEquals(await inside("systemctl", "get-default"), "rescue.target\n");
    });
    await t.step("units of packages are enabled in the commit, as their scripts ask", async () => {
      assertEquals(await inside("systemctl", "is-enabled", "e2scrub_reap.service"), "enabled\n");
      const wanted = "/usr/etc/systemd/system/multi-user.target.wants/e2scrub_reap.service";
      assertMatch(await output("ostree", "ls", `--repo=${repo}`, "test/tweaks", wanted), /^l00777/);
    });
    await t.step("file capabilities are kept", async () => {
      const ping = (await inside("readlink", "-f", "/bin/ping")).trim();
      assertEquals(await inside("getcap", ping), `${ping} cap_net_raw=ep\n`);
    });
    await t.step("kernel and initramfs lie with the modules, each once", async () => {
      const release = (await found("-path", "*/usr/lib/modules/*/vmlinuz")).map((path) =>
        path.split("/")[3]
      );
      assertEquals(release.length, 1);
      const listed = await output(
        ...["ostree", "ls", "-C", `--repo=${repo}`, "test/tweaks"] as const,
        `/usr/lib/modules/${release[0]}`,
      );
      assertMatch(listed, /^-00644 0 0 +\d+ [0-9a-f]{64} .*\/vmlinuz$/m);
      assertMatch(listed, /^-00644 0 0 +\d+ [0-9a-f]{64} .*\/initramfs\.img$/m);
      assertEquals(await found("-path", `${system}/boot/*`), []);
    });
    await t.step("manual pages are there where documentation is on", async () => {
      assert((await found("-path", "*/usr/share/man/man8/ping*")).length > 0);
    });
    await t.step("of translations only those of install-langs are there", async () => {
      const locales = await found("-path", "*/usr/share/locale/*/LC_MESSAGES/*.mo");
      assertEquals([...new Set(locales.map((path) => path.split("/")[3]))], ["de"]);
    });
    await t.step("sysusers: compose-forced makes the accounts of sysusers.d", () => {
      assertMatch(text("etc/passwd"), /^systemd-network:x:\d+:/m);
    });
    await t.step(
      "files are added and removed before scripts run, included ones first",
      async () => {
        assertEquals(text("usr/share/order"), "included\nown\n");
        assertEquals(text("usr/share/made/file"), "made\n");
        assertEquals(await inside("/usr/libexec/tool"), "tool\n");
        const gone = ["usr/share/misc", "etc/issue.net", "usr/etc/issue.net"];
        assertEquals((await found()).filter((path) => gone.includes(path)), []);
      },
    );
    await t.step(
      "remove-from-packages takes that package's files; shared directories stay",
      async () => {
        assertEquals(await found("-path", "*/usr/bin/*zstd*"), []);
        assert((await found("-path", `${system}/usr/bin/*`)).length > 100);
      },
    );
    await t.step("dpkg's database is true after all of it", async () => {
      assertEquals(await inside("dpkg", "--audit"), "");
      assertEquals(await inside("dpkg", "-V"), "");
      assertMatch(await inside("dpkg", "-s", "zstd"), /^Status: install ok installed$/m);
      assertMatch(await inside("dpkg", "-S", "/bin/ping"), /^iputils-ping: /);
    });
    await t.step("/tmp leads to the physical root where it is no directory", async () => {
      assertEquals(await Deno.readLink(`${system}/tmp`), "sysroot/tmp");
    });
    await t.step(
      "opt-usrlocal: root makes /opt and /usr/local directories of the image",
      async () => {
        const listed = await output(
          "ostree",
          "ls",
          `--repo=${repo}`,
          "test/tweaks",
          "/opt",
          "/usr/local",
        );
        assertMatch(listed, /^d00755 .* \/opt$/m);
        assertMatch(listed, /^d00755 .* \/usr\/local$/m);
      },
    );
    await t.step("executables cannot be written to with readonly-executables", async () => {
      const programs = ["-path", `${system}/usr/bin/*`, "-type", "f", "-perm", "/111"];
      assert((await found(...programs)).length > 100);
      assertEquals(await found(...programs, "-perm", "/222"), []);
    });
  } finally {
    await run("rm", "-rf", dir);
  }
});
