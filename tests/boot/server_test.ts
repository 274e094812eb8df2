import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { hostRunner } from "@apt-ostree/base";
import { lacks } from "../support/lacks.ts";
import { bootDisk, bringUpNetwork, BUILD, KERNEL_ARGUMENTS, uefiFirmware } from "./boot_disk.ts";
import {
  checkAccounts,
  checkNetwork,
  checkPodman,
  checkSsh,
  checkSudo,
  freePort,
  type HostIdentity,
  readIdentity,
} from "./check_server.ts";
import { bootedCommit, checkFilesystems, checkPackages, checkUp } from "./check_system.ts";
import { compose, readRef } from "./compose.ts";
import { makeDiskImage } from "./disk_image.ts";
import { RepoServer } from "./serve_repo.ts";

const MINIMAL = "debian/12/x86_64/boot-test";
const SERVER = "debian/12/x86_64/server-test";
const ACCOUNTS = ["sshd", "systemd-network", "systemd-resolve", "systemd-timesync"];
const ignore = Deno.uid() !== 0 || Deno.build.arch !== "x86_64" ||
  await lacks("qemu-system-x86_64", "grub-mkimage", "mkfs.ext4", "mkfs.vfat", "mcopy", "ostree") ||
  await lacks("ssh", "ssh-keygen");

Deno.test("the server boots, answers and runs containers, new and over an upgrade", {
  ignore,
}, async (t) => {
  await Deno.mkdir(BUILD, { recursive: true });
  const dir = await Deno.makeTempDir({ prefix: "apt-ostree-boot-" });
  const [repo, disk, upgraded] = [`${dir}/repo`, `${dir}/server.img`, `${dir}/upgraded.img`];
  const target = { repo, cachedir: `${BUILD}/cache` };
  await using server = new RepoServer(repo);
  const remote = { name: "vendor", url: server.guestUrl };
  const image = { repo, remote, kernelArguments: KERNEL_ARGUMENTS };
  const bios = { kind: "bios" } as const;
  let commit = "";
  let identity: HostIdentity | undefined;

  /** A step that the rest stands on. */
  async function step(name: string, run: () => Promise<void>): Promise<void> {
    assert(await t.step(name, run), `"${name}" failed: the steps after it were left out`);
  }

  try {
    await step("the server composes on the minimal example", async () => {
      await hostRunner.run(["ostree", "init", "--mode=archive", `--repo=${repo}`]);
      await compose("boot-test.yaml", target);
      await compose("server-test.yaml", target);
      commit = await readRef(repo, SERVER);
      await makeDiskImage(disk, { ...image, ref: SERVER });
    });

    await step("it boots under a BIOS, whole and clean, and answers", () => {
      const sshPort = freePort();
      return bootDisk("server-1-bios", { disk, firmware: bios, sshPort }, async (machine) => {
        await machine.waitForLogin();
        await machine.login();
        await checkUp(machine);
        assertEquals(await bootedCommit(machine), commit);
        identity = await readIdentity(machine);
        await checkNetwork(machine);
        await checkSsh(machine, { port: sshPort, hostKeys: identity.hostKeys, dir });
        await checkPodman(machine);
        await checkSudo(machine);
        await checkPackages(machine);
        await checkFilesystems(machine);
      });
    });

    await step("it boots under UEFI, as the host that it was", () => {
      const spec = { disk, firmware: uefiFirmware(dir), sshPort: freePort() };
      return bootDisk("server-2-uefi", spec, async (machine) => {
        await machine.waitForLogin();
        await machine.login();
        await machine.output("test -d /sys/firmware/efi");
        await checkUp(machine);
        assertEquals(await readIdentity(machine), identity);
        await checkSsh(machine, { port: spec.sshPort, hostKeys: identity!.hostKeys, dir });
      });
    });

    await step("a minimal system with a user added by hand becomes the server", async () => {
      await makeDiskImage(upgraded, { ...image, ref: MINIMAL });
      const spec = { disk: upgraded, firmware: bios };
      await bootDisk("server-3-minimal", spec, async (machine) => {
        await machine.waitForLogin();
        await machine.login();
        await machine.output("useradd --create-home somebody");
        await bringUpNetwork(machine);
        await machine.output(`ostree admin switch ${SERVER}`, 300_000);
      });
    });

    await step("it boots with the server's accounts, the user, and keys of its own", () => {
      const spec = { disk: upgraded, firmware: bios, sshPort: freePort() };
      return bootDisk("server-4-upgraded", spec, async (machine) => {
        await machine.waitForLogin();
        await machine.login();
        await checkUp(machine);
        assertEquals(await bootedCommit(machine), commit);
        await checkAccounts(machine, ACCOUNTS);
        await machine.output("id somebody && test -d /home/somebody");
        const own = await readIdentity(machine);
        assertNotEquals(own.machineId, identity!.machineId);
        assertEquals(own.hostKeys.filter((key) => identity!.hostKeys.includes(key)), []);
        await checkNetwork(machine);
        await checkSsh(machine, { port: spec.sshPort, hostKeys: own.hostKeys, dir });
      });
    });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
