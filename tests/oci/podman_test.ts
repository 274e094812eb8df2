import { assertEquals, assertMatch } from "@std/assert";
import { output, run } from "../support/archive.ts";
import { type Fixture, TREEFILE, withFixture } from "../support/compose_fixture.ts";
import { SHORT } from "../support/effort.ts";
import { lacks } from "../support/lacks.ts";
import { inspectImage } from "./inspect_image.ts";
import { startRegistry } from "./registry.ts";

const ignore = Deno.uid() !== 0 || SHORT ||
  await lacks("ostree", "bwrap", "skopeo", "podman", "runc", "docker-registry", "htpasswd");

const SYSTEM = `${TREEFILE}packages: [apt, one, usr-is-merged]\n`;
const DEBS = [{ name: "one", files: { "usr/share/one": "one\n" } }];

/** podman with a store of its own, which needs nothing of this machine but runc. */
interface Podman {
  /** Where the store is, as references to it have it. */
  readonly store: string;
  /** Run podman. @returns What it prints. */
  run(...args: string[]): Promise<string>;
  /** Run a program in a container of an image, without network. @returns What it prints. */
  inside(image: string, ...command: string[]): Promise<string>;
}

async function withPodman(dir: string, test: (podman: Podman) => Promise<void>): Promise<void> {
  const [root, runroot] = [`${dir}/store`, `${dir}/run`];
  const settings = `${dir}/containers.conf`;
  // Not every machine that tests run on lets a process raise its limits.
  await Deno.writeTextFile(
    settings,
    '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]\n',
  );
  const global = [
    ...[`--root=${root}`, `--runroot=${runroot}`, `--tmpdir=${runroot}/libpod`],
    ...["--storage-driver=overlay", "--runtime=runc", "--cgroup-manager=cgroupfs"],
    ...["--events-backend=file"],
  ];
  const podman = async (...args: string[]) =>
    await output("env", `CONTAINERS_CONF=${settings}`, "podman", ...global, ...args);
  try {
    await test({
      store: `[overlay@${root}+${runroot}]`,
      run: podman,
      inside: (image, ...command) =>
        podman("run", "--rm", "--network=none", "--log-driver=none", image, ...command),
    });
  } finally {
    await podman("system", "reset", "--force");
  }
}

async function compose(fixture: Fixture, ...args: string[]): Promise<void> {
  const { code, stderr } = await fixture.runWith(
    { HOME: `${fixture.dir}/home` },
    "compose",
    ...args,
  );
  assertEquals(code, 0, stderr);
}

Deno.test(
  "podman pulls an image of a commit from a registry, and its programs run",
  { ignore },
  () =>
    withFixture({ debs: DEBS }, async (fixture) => {
      const { dir } = fixture;
      await using registry = await startRegistry(dir);
      const name = `${registry.host}/debian/test:1`;
      await compose(
        fixture,
        ...["build-image", `--repo=${fixture.repo}`],
        ...[
          await fixture.treefile(`${SYSTEM}container-cmd: [cat, /etc/os-release]\n`),
          `docker://${name}`,
        ],
      );
      await withPodman(dir, async (podman) => {
        const id = (await podman.run("pull", "--quiet", "--tls-verify=false", name)).trim();
        // An image's name in the store is the digest of its configuration.
        await run(
          "skopeo",
          "copy",
          "--quiet",
          "--src-tls-verify=false",
          `docker://${name}`,
          `oci:${dir}/copy:1`,
        );
        const { manifest } = await inspectImage(dir, `oci:${dir}/copy:1`);
        assertEquals(`sha256:${id}`, manifest.config.digest);
        const repo = `--repo=${fixture.repo}`;
        const release = await output("ostree", "cat", repo, "test/x", "/usr/lib/os-release");
        assertEquals(await podman.inside(id), release);
        assertEquals(await podman.inside(id, "cat", "/usr/share/one"), "one\n");
        const admindir = "--admindir=/usr/lib/sysimage/dpkg";
        assertEquals(await podman.inside(id, "dpkg", admindir, "--audit"), "");
        assertEquals(await podman.inside(id, "dpkg", admindir, "--verify"), "");
        const listed = await podman.inside(id, "dpkg-query", admindir, "-W", "-f", "${Package}\n");
        const packages = await output(
          "ostree",
          "show",
          repo,
          "--print-metadata-key=aptostree.dpkg.pkglist",
          "test/x",
        );
        assertEquals(listed.trim().split("\n").length, packages.match(/\('/g)!.length);
        // The repository in the image and the files of the system are the same inodes.
        assertMatch(
          await podman.inside(id, "stat", "-c", "%h %U", "/usr/bin/dpkg"),
          /^[2-9]\d* root$/m,
        );
      });
    }),
);

Deno.test("podman builds on an image of a root filesystem, and what it built becomes an image", {
  ignore,
}, () =>
  withFixture({ debs: DEBS }, async (fixture) => {
    const { dir } = fixture;
    await compose(fixture, "rootfs", await fixture.treefile(SYSTEM), `${dir}/root`);
    const archive = `oci-archive:${dir}/image.tar:localhost/base:1`;
    await compose(
      fixture,
      "build-chunked-oci",
      "--bootc",
      `--rootfs=${dir}/root`,
      `--output=${archive}`,
    );
    await withPodman(dir, async (podman) => {
      await podman.run("load", "--quiet", `--input=${dir}/image.tar`);
      const base = "localhost/base:1";
      assertEquals(await podman.inside(base, "dpkg", "--audit"), "");
      assertMatch(
        await podman.inside(base, "dpkg", "--status", "one"),
        /^Status: install ok installed$/m,
      );
      await Deno.writeTextFile(
        `${dir}/Containerfile`,
        `FROM ${base}\nRUN dpkg --purge one && echo built > /etc/built\n`,
      );
      await podman.run(
        ...[
          "build",
          "--quiet",
          "--network=none",
          "--tag=localhost/derived:1",
        ],
        ...[`--file=${dir}/Containerfile`, dir],
      );
      await compose(
        fixture,
        ...["build-chunked-oci", "--bootc"],
        ...[`--from=containers-storage:${podman.store}localhost/derived:1`],
        `--output=oci-archive:${dir}/again.tar:localhost/again:1`,
      );
      await podman.run("load", "--quiet", `--input=${dir}/again.tar`);
      const again = "localhost/again:1";
      assertEquals(await podman.inside(again, "cat", "/etc/built"), "built\n");
      assertEquals(
        await podman.inside(again, "sh", "-c", "test ! -e /usr/share/one && dpkg --audit"),
        "",
      );
    });
  }));
