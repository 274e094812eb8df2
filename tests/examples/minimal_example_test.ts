import { assertEquals, assertMatch } from "@std/assert";
import { Repo, Tree } from "@apt-ostree/ostree";
import { output, run } from "../support/archive.ts";
import { checkoutSystem } from "../support/checkout_system.ts";
import { lacks } from "../support/lacks.ts";

const ignore = Deno.uid() !== 0 || await lacks("ostree", "bwrap");
const ROOT = new URL("../..", import.meta.url).pathname;
const REF = `debian/12/${Deno.build.arch}/minimal`;

Deno.test("the minimal example is whole by the word of ostree and dpkg", { ignore }, async () => {
  await Deno.mkdir(`${ROOT}build/test-cache`, { recursive: true });
  const dir = await Deno.makeTempDir({ dir: `${ROOT}build/test-cache`, prefix: "minimal-" });
  try {
    const repo = `${dir}/repo`;
    await run("ostree", "init", `--repo=${repo}`, "--mode=bare");
    const { code, stderr } = await new Deno.Command(`${ROOT}bin/apt-ostree`, {
      args: [
        ...["compose", "tree", `--repo=${repo}`, `--cachedir=${ROOT}build/test-cache/minimal`],
        ...[
          `--ex-write-lockfile-to=${dir}/lock.json`,
          "--force-nocache",
          `${ROOT}examples/debian-minimal.yaml`,
        ],
      ],
      env: { APT_OSTREE_DENO: Deno.execPath() },
      stderr: "piped",
    }).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    await run("ostree", "fsck", "--quiet", `--repo=${repo}`);
    const checked = await output(
      `${ROOT}bin/apt-ostree`,
      "compose",
      "check",
      `--repo=${repo}`,
      REF,
    );
    assertMatch(checked, /^\d+ checks, 0 found\n/);

    const files = (await output("ostree", "ls", "-R", `--repo=${repo}`, REF)).split("\n")
      .map((line) => line.replace(/ -> .*$/, "").replace(/^.* \//, "/"));
    const kernels = files.filter((path) =>
      /^\/usr\/lib\/modules\/[^/]+\/(vmlinuz|initramfs\.img)$/.test(path)
    );
    assertEquals(kernels.length, 2, kernels.join());
    assertEquals(files.filter((path) => /^\/(var|boot)\//.test(path)), []);
    assertEquals(
      files.filter((path) => /^\/usr\/etc\/(passwd-|ssh\/ssh_host_|hostname|resolv)/.test(path)),
      [],
    );

    // The tree that we made without ever walking it is the one that ostree finds on its disk.
    const walked = `${dir}/walked`;
    await run("ostree", "checkout", "--force-copy", `--repo=${repo}`, REF, `${dir}/plain`);
    await run("ostree", "init", `--repo=${walked}`, "--mode=bare");
    const commit = ["ostree", "commit", `--repo=${walked}`, "--branch=walked"];
    await run(...commit, `--tree=dir=${dir}/plain`);
    assertEquals(
      Tree.fromCommit(Repo.open(walked), "walked").lookup(""),
      Tree.fromCommit(Repo.open(repo), REF).lookup(""),
    );

    const system = await checkoutSystem(repo, REF, `${dir}/system`);
    assertEquals(await output("chroot", system, "dpkg", "--audit"), "");
    assertEquals(await output("chroot", system, "dpkg", "-V"), "");
    const { packages } = JSON.parse(await Deno.readTextFile(`${dir}/lock.json`)) as {
      packages: Record<string, unknown>;
    };
    const listed =
      (await output("chroot", system, "dpkg-query", "-W", "-f", "${db:Status-Abbrev}${Package}\\n"))
        .trim();
    assertEquals(
      listed.split("\n").toSorted(),
      Object.keys(packages).map((name) => `ii ${name}`).toSorted(),
    );
    const initramfs = `${system}${kernels.find((path) => path.endsWith("initramfs.img"))}`;
    assertMatch(
      await output("chroot", system, "lsinitramfs", initramfs.slice(system.length)),
      /usr\/lib\/ostree\/ostree-prepare-root/,
    );
    // Every link of the alternatives leads somewhere.
    const dangling = await output(
      "sh",
      "-c",
      'cd "$1"/etc/alternatives && for l in *; do [ -e "$1/$(readlink "$l")" ] || echo "$l"; done',
      "sh",
      system,
    );
    assertEquals(dangling.split("\n").filter((name) => name !== "" && !/\.gz$/.test(name)), []);

    const sysroot = `${dir}/sysroot`;
    const lines = (text: string) => text.trimEnd().split("\n");
    await Deno.mkdir(sysroot);
    await run("ostree", "admin", "init-fs", "--modern", sysroot);
    await run("ostree", "admin", "os-init", "debian", `--sysroot=${sysroot}`);
    await run(
      "ostree",
      "pull-local",
      `--repo=${sysroot}/ostree/repo`,
      "--remote=vendor",
      repo,
      REF,
    );
    const deploy = [
      "ostree",
      "admin",
      "deploy",
      `--sysroot=${sysroot}`,
      "--os=debian",
      `vendor:${REF}`,
    ];
    await run(...deploy);
    await run(...deploy, "--retain"); // the same once more: the serial tells them apart
    const status = (...args: string[]) =>
      output(`${ROOT}bin/apt-ostree`, "status", `--sysroot=${sysroot}`, ...args);
    const { deployments } = JSON.parse(await status("--json")) as {
      deployments: Record<string, unknown>[];
    };
    const judged = lines(await output("ostree", "admin", "status", `--sysroot=${sysroot}`))
      .flatMap((line) => /^[ *] +(\S+) ([0-9a-f]{64}\.\d+)/.exec(line)?.slice(1).join("-") ?? []);
    assertEquals(deployments.map((each) => each["id"]), judged);
    assertEquals(deployments.map((each) => each["origin"]), judged.map(() => `vendor:${REF}`));
    assertEquals(deployments.map((each) => each["booted"]), judged.map(() => false));
    const text = lines(await status());
    assertEquals(text.slice(0, 3), ["State: idle", "Deployments:", `  vendor:${REF}`]);
    assertMatch(text[3]!, /^ +Version: 12 \(\d{4}-\d\d-\d\dT/);
  } finally {
    // Deployments cannot be removed while their directories are marked immutable.
    await run(
      "sh",
      "-c",
      'chattr -i "$1"/sysroot/ostree/deploy/*/deploy/* 2> /dev/null; rm -rf "$1"',
      "sh",
      dir,
    );
  }
});
