import { assertEquals, assertMatch } from "@std/assert";
import { readXattrs } from "@apt-ostree/base";
import { layerPackages } from "@apt-ostree/core";
import { Repo, Tree } from "@apt-ostree/ostree";
import { kernelModules } from "../../core/checks/kernel_modules.ts";
import { runChecks } from "../../core/checks/run_checks.ts";
import { makeArchive, makeDeb, output, run } from "../support/archive.ts";
import { checkoutSystem } from "../support/checkout_system.ts";
import { lacks } from "../support/lacks.ts";
import { testCache } from "../support/real_debs.ts";

const ignore = Deno.uid() !== 0 ||
  await lacks("ostree", "bwrap", "dpkg-deb", "dpkg-scanpackages", "gpg", "taskset");
readXattrs("/"); // loads the C library before a test can be blamed for it

const PROGRAM = new URL("../../bin/apt-ostree", import.meta.url).pathname;
const MODULES = "usr/lib/modules";

const TREEFILE = `ref: test/dracut
packages:
  - systemd systemd-sysv udev kmod dracut zstd
  - ostree-boot mount usr-is-merged
packages-x86_64: [linux-image-cloud-amd64]
packages-aarch64: [linux-image-cloud-arm64]
recommends: false
documentation: false
opt-usrlocal: stateoverlay
kernel-modules: [overlay, ext4, virtio-blk]
initramfs-args: [--compress, zstd -q -3 -T0]
`;
const ARGUMENTS = /^Arguments: .* --compress 'zstd -q -3 -T0' /m;

/** Names of modules, and words that no module has. */
const NAMES = ["overlay", "ext4", "virtio_blk", "virtio-blk", "vfat", "btrfs", "isofs", "loop"];
const STRANGERS = ["i915", "iwlwifi", "no-such-module", "ext"];

/** Tells the initramfs to take a file along, and asks for a new one as Debian's packages do. */
const ASKING = {
  name: "asking",
  files: {
    "usr/share/asking": "a\n",
    "usr/lib/dracut/dracut.conf.d/asking.conf": 'install_items+=" /usr/share/asking "\n',
  },
  control: { triggers: "activate-noawait update-initramfs\n" },
};
const SILENT = { name: "silent", files: { "usr/share/silent": "s\n" } };

Deno.test("a tree with dracut gets its initramfs from that", { ignore }, async (t) => {
  const dir = await Deno.makeTempDir({ dir: "/var/tmp", prefix: "apt-ostree-test-" });
  try {
    const repo = `${dir}/repo`;
    await run("ostree", "init", `--repo=${repo}`, "--mode=bare");
    const cache = `${testCache()}/examples`;
    await Deno.mkdir(cache, { recursive: true });
    /** Compose the treefile with more lines. @returns What was written. */
    const compose = async (more: string, how: readonly string[] = [], env = {}) => {
      await Deno.writeTextFile(`${dir}/base.yaml`, TREEFILE);
      await Deno.writeTextFile(`${dir}/tree.yaml`, `include: base.yaml\n${more}`);
      const args = ["compose", "tree", `--repo=${repo}`, `--cachedir=${cache}`, "--force-nocache"];
      const [program = "", ...first] = [...how, PROGRAM];
      const { code, stderr } = await new Deno.Command(program, {
        args: [...first, ...args, `${dir}/tree.yaml`],
        env: { APT_OSTREE_DENO: Deno.execPath(), ...env },
      }).output();
      return { code, stderr: new TextDecoder().decode(stderr) };
    };
    const tree = (ref: string) => Tree.fromCommit(Repo.open(repo), ref);
    const releaseOf = (ref: string) => tree(ref).list(MODULES).map(([name]) => name).join();
    const imageOf = (ref: string) =>
      tree(ref).require(`${MODULES}/${releaseOf(ref)}/initramfs.img`);
    /** What lsinitrd of the tree itself says of its initramfs. */
    const inspect = async (system: string, ref: string, ...args: string[]) => {
      const image = `/${MODULES}/${releaseOf(ref)}/initramfs.img`;
      return await output("chroot", system, "lsinitrd", ...args, image);
    };

    const composed = await compose("");
    assertEquals(composed.code, 0, composed.stderr);
    const release = releaseOf("test/dracut");
    const image = imageOf("test/dracut");
    const system = await checkoutSystem(repo, "test/dracut", `${dir}/system`);

    await t.step("it holds what starts a deployment, by the word of lsinitrd", async () => {
      assertMatch(await inspect(system, "test/dracut", "--mod"), /^ostree$/m);
      const listed = await inspect(system, "test/dracut");
      assertMatch(listed, ARGUMENTS);
      assertMatch(listed, /^-rwxr-xr-x .* usr\/lib\/ostree\/ostree-prepare-root$/m);
      assertMatch(listed, /initrd-root-fs\.target\.wants\/ostree-prepare-root\.service -> /);
      assertMatch(listed, /\/overlay\.ko$/m);
    });
    await t.step("kernel-modules finds what modprobe finds", async () => {
      const found = (name: string) =>
        runChecks({ repo: Repo.open(repo), tree: tree("test/dracut"), kernelModules: [name] }, {}, [
          kernelModules,
        ]).findings.length === 0;
      const judge = async (name: string) => {
        const args = [system, "modprobe", "-n", "-q", "-S", release, name];
        return (await new Deno.Command("chroot", { args }).output()).success;
      };
      for (const name of [...NAMES, ...STRANGERS]) {
        assertEquals(found(name), await judge(name), name);
      }
      assertEquals([found("overlay"), found("no-such-module")], [true, false]);
    });
    await t.step("systemd takes the units of state overlays", async () => {
      const names = ["usr-lib-opt", "usr-local"]
        .map((each) => `apt-ostree-state-overlay@${each}.service`);
      await run("chroot", system, "systemd-analyze", "verify", ...names);
      const wanted = await output(
        ...["chroot", system, "systemctl", "--root=/", "list-unit-files", "--no-legend"],
        "apt-ostree-state-overlay@.service",
      );
      assertMatch(wanted, /^apt-ostree-state-overlay@\.service +static/);
    });
    await t.step("built again elsewhere, on one core, it has the same bytes", async () => {
      const env = { TZ: "Asia/Tokyo", LC_ALL: "C", TMPDIR: dir };
      const again = await compose("", ["taskset", "-c", "0"], env);
      assertEquals(again.code, 0, again.stderr);
      assertMatch(again.stderr, /Building the initramfs/);
      assertEquals(imageOf("test/dracut"), image);
    });
    await t.step("what dracut cannot do, or leaves out, ends the compose", async () => {
      const before = tree("test/dracut").lookup("");
      const failed = await compose("initramfs-args: [--no-such-option]\n");
      assertEquals(failed.code, 1);
      assertMatch(failed.stderr, /Cannot build the initramfs of .*: status 1, 0 bytes\n.*dracut/s);
      const without = await compose(
        "initramfs-args: [--omit, ostree, --no-kernel]\n",
      );
      assertEquals(without.code, 1);
      assertMatch(without.stderr, /lacks dracut's module ostree/);
      assertEquals(tree("test/dracut").lookup(""), before);
    });
    await t.step("layering builds a new one by dracut, where a package asks", async () => {
      await Deno.mkdir(`${dir}/archive`);
      for (const spec of [ASKING, SILENT]) await makeDeb(`${dir}/archive`, spec);
      const { sources } = await makeArchive(`${dir}/archive`);
      const layer = async (name: string) => {
        const result = await layerPackages({
          ...{ repo, base: "test/dracut", ref: `test/${name}`, change: { install: [name] } },
          sources: [{ name: "archive.sources", text: sources }],
        });
        assertEquals(result.kind, "layered");
      };
      await layer("silent");
      assertEquals(imageOf("test/silent"), image);
      await layer("asking");
      const layered = await checkoutSystem(repo, "test/asking", `${dir}/layered`);
      const listed = await inspect(layered, "test/asking");
      assertMatch(listed, / usr\/share\/asking$/m);
      assertMatch(listed, ARGUMENTS);
      assertMatch(await inspect(layered, "test/asking", "--mod"), /^ostree$/m);
    });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
