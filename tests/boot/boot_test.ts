import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { hostRunner } from "@apt-ostree/base";
import { lacks } from "../support/lacks.ts";
import { bootDisk, bringUpNetwork, BUILD, KERNEL_ARGUMENTS, uefiFirmware } from "./boot_disk.ts";
import { bootedCommit, checkFilesystems, checkPackages, checkUp } from "./check_system.ts";
import { compose, readRef } from "./compose.ts";
import { makeDiskImage } from "./disk_image.ts";
import type { Machine } from "./machine.ts";
import type { MachineSpec } from "./qemu_args.ts";
import { RepoServer } from "./serve_repo.ts";

const REF = "debian/12/x86_64/boot-test";
const ignore = Deno.uid() !== 0 || Deno.build.arch !== "x86_64" ||
  await lacks("qemu-system-x86_64", "grub-mkimage", "mkfs.ext4", "mkfs.vfat", "mcopy", "ostree");

Deno.test("a composed system boots, upgrades and goes back", { ignore }, async (t) => {
  await Deno.mkdir(BUILD, { recursive: true });
  const dir = await Deno.makeTempDir({ prefix: "apt-ostree-boot-" });
  const repo = `${dir}/repo`;
  const disk = `${dir}/disk.img`;
  const target = { repo, cachedir: `${BUILD}/cache` };
  await using server = new RepoServer(repo);
  let first = "";
  let second = "";

  /** A step that the rest stands on. */
  async function step(name: string, run: () => Promise<void>): Promise<void> {
    assert(await t.step(name, run), `"${name}" failed: the steps after it were left out`);
  }
  /** Start the machine, let `use` work in it, switch it off. */
  function boot(
    name: string,
    firmware: MachineSpec["firmware"],
    use: (machine: Machine) => Promise<void>,
  ): Promise<void> {
    return bootDisk(name, { disk, firmware }, use);
  }

  try {
    await step("the minimal example composes, as an include", async () => {
      await hostRunner.run(["ostree", "init", "--mode=archive", `--repo=${repo}`]);
      await compose("boot-test.yaml", target);
      first = await readRef(repo, REF);
    });

    await step("the commit becomes a disk image", async () => {
      const remote = { name: "vendor", url: server.guestUrl };
      await makeDiskImage(disk, { repo, ref: REF, remote, kernelArguments: KERNEL_ARGUMENTS });
    });

    await step(
      "it boots under a BIOS, whole and clean",
      () =>
        boot("1-bios", { kind: "bios" }, async (machine) => {
          await machine.waitForLogin();
          await machine.login();
          await checkUp(machine);
          assertEquals(await bootedCommit(machine), first);
          await checkPackages(machine);
          await checkFilesystems(machine);
        }),
    );

    await step("one more package composes as the next commit", async () => {
      await compose("boot-test-upgrade.yaml", target);
      second = await readRef(repo, REF);
      assertNotEquals(second, first);
    });

    await step(
      "it upgrades over HTTP, beside a user added by hand",
      () =>
        boot("2-upgrade", { kind: "bios" }, async (machine) => {
          await machine.waitForLogin();
          await machine.login();
          assertEquals(await bootedCommit(machine), first);
          await machine.output("useradd --create-home somebody");
          await bringUpNetwork(machine);
          await machine.output("ostree admin upgrade", 300_000);
        }),
    );

    await step(
      "the upgrade boots, with its system user and the one added by hand",
      () =>
        boot("3-upgraded", { kind: "bios" }, async (machine) => {
          await machine.waitForLogin();
          await machine.login();
          await checkUp(machine);
          assertEquals(await bootedCommit(machine), second);
          await checkPackages(machine);
          await machine.output("id somebody && test -d /home/somebody");
          // The number is the image's: no build may give it to another user than the builds before.
          const shipped = await machine.output(
            "grep '^uuidd:' /usr/etc/passwd | cut --delimiter=: --fields=3",
          );
          assertEquals(await machine.output("id --user uuidd"), shipped);
          assertEquals(await machine.output("systemctl is-active uuidd.socket"), "active");
        }),
    );

    await step(
      "the old system boots from the menu, and stays by ostree's word",
      () =>
        boot("4-menu", { kind: "bios" }, async (machine) => {
          await machine.console.expect(/\(ostree:1\)/, "the second menu entry", 60_000);
          await machine.type("\x1b[B\r");
          await machine.waitForLogin();
          await machine.login();
          await checkUp(machine);
          assertEquals(await bootedCommit(machine), first);
          assertEquals((await machine.run("getent passwd uuidd")).status, 2);
          await machine.output("id somebody");
          await machine.output("ostree admin undeploy 0");
        }),
    );

    await step(
      "the old system boots by itself under UEFI",
      () =>
        boot("5-uefi", uefiFirmware(dir), async (machine) => {
          await machine.waitForLogin();
          await machine.login();
          await machine.output("test -d /sys/firmware/efi");
          assertEquals(await bootedCommit(machine), first);
        }),
    );
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
