import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { hostRunner } from "@apt-ostree/base";
import type { Machine } from "./machine.ts";

/** What tells a host from all others. */
export interface HostIdentity {
  /** 32 hexadecimal digits. */
  readonly machineId: string;
  /** Public host keys by type, as `type base64`. */
  readonly hostKeys: readonly string[];
}

/** Who a machine is; fails unless that is its own: none of it may come from the image. */
export async function readIdentity(machine: Machine): Promise<HostIdentity> {
  assertEquals(
    await machine.output("cat /usr/etc/machine-id; ls /usr/etc/ssh | grep host_; :"),
    "",
  );
  const machineId = await machine.output("cat /etc/machine-id");
  assertMatch(machineId, /^[0-9a-f]{32}$/);
  const keys = await machine.output("cut --delimiter=' ' --fields=1,2 /etc/ssh/ssh_host_*_key.pub");
  const hostKeys = keys.split("\n").toSorted();
  assertEquals(
    hostKeys.map((line) => line.split(" ")[0]),
    ["ecdsa-sha2-nistp256", "ssh-ed25519", "ssh-rsa"],
  );
  assertEquals(
    await machine.output("stat --format=%a%U /etc/ssh/ssh_host_*_key | sort --unique"),
    "600root",
  );
  return { machineId, hostKeys };
}

/** A port of this machine's loopback that nobody uses. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/**
 * Fail unless root can log in over SSH by a key, at a server that shows one of the host keys.
 *
 * @param options.port Where {@linkcode MachineSpec.sshPort} leads to the machine.
 * @param options.dir Directory for keys and known hosts.
 */
export async function checkSsh(
  machine: Machine,
  options: { readonly port: number; readonly hostKeys: readonly string[]; readonly dir: string },
): Promise<void> {
  const { port, hostKeys, dir } = options;
  assertEquals(await machine.output("systemctl is-active ssh.service"), "active");
  const [key, known] = [`${dir}/id-${port}`, `${dir}/known-${port}`];
  await hostRunner.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key]);
  const publicKey = (await Deno.readTextFile(`${key}.pub`)).trim();
  await machine.output(
    `mkdir --parents --mode=700 /root/.ssh && echo '${publicKey}' > /root/.ssh/authorized_keys`,
  );
  await Deno.writeTextFile(
    known,
    hostKeys.map((each) => `[127.0.0.1]:${port} ${each}\n`).join(""),
  );
  const settings = [
    ...["StrictHostKeyChecking=yes", `UserKnownHostsFile=${known}`, "GlobalKnownHostsFile=none"],
    ...["BatchMode=yes", "IdentitiesOnly=yes", "ConnectTimeout=60"],
  ];
  const { stdout } = await hostRunner.run([
    ...["ssh", "-F", "none", "-i", key, "-p", `${port}`],
    ...settings.flatMap((each) => ["-o", each]),
    ...["root@127.0.0.1", "id --user --name; cat /etc/machine-id"],
  ]);
  const machineId = await machine.output("cat /etc/machine-id");
  assertEquals(new TextDecoder().decode(stdout), `root\n${machineId}\n`);
}

/** Fail unless the machine has an address from the network, knows whom to ask for names, and time. */
export async function checkNetwork(machine: Machine): Promise<void> {
  await machine.output("/usr/lib/systemd/systemd-networkd-wait-online --any --timeout=60");
  assertStringIncludes(await machine.output("ip -4 -oneline address"), " 10.0.2.15/24 ");
  assertStringIncludes(await machine.output("resolvectl dns"), " 10.0.2.3");
  // What programs read that know nothing of systemd: the address of its resolver.
  assertMatch(await machine.output("cat /etc/resolv.conf"), /^nameserver 127\.0\.0\.53$/m);
  for (const unit of ["systemd-resolved", "systemd-timesyncd"]) {
    assertEquals(await machine.output(`systemctl is-active ${unit}`), "active");
  }
}

/** A root file system whose programs are the machine's own. */
const CONTAINER = "box=/var/tmp/box; mkdir --parents $box/usr && " +
  "for name in bin lib lib64 sbin; do ln --symbolic usr/$name $box/$name; done; " +
  "podman run --rm --volume=/usr:/usr:ro --rootfs $box ";

/** Fail unless podman runs a container, in a network of its own. */
export async function checkPodman(machine: Machine): Promise<void> {
  const format = "{{.Host.OCIRuntime.Name}} {{.Store.GraphDriverName}} {{.Host.NetworkBackend}}";
  assertMatch(await machine.output(`podman info --format '${format}'`), /^\w+ overlay netavark$/);
  const inside = await machine.output(`${CONTAINER} sh -c 'cat /proc/1/comm; ip -4 -o address'`);
  assertMatch(inside, /^sh\n/);
  assertMatch(inside, / eth0 .* 10\.88\.0\.\d+\/16 /);
  assertEquals(await machine.output("podman ps --all --quiet"), "");
}

/** Fail unless a user whom /etc/sudoers.d allows it becomes root. */
export async function checkSudo(machine: Machine): Promise<void> {
  await machine.output(
    "useradd --create-home admin && echo 'admin ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/admin",
  );
  assertEquals(await machine.output("runuser --user=admin -- sudo --non-interactive id -u"), "0");
}

/** Fail unless every account of the image is there, with the image's number. */
export async function checkAccounts(machine: Machine, names: readonly string[]): Promise<void> {
  const shipped = await machine.output("cut --delimiter=: --fields=1,3 /usr/etc/passwd");
  const found = await machine.output("getent passwd | cut --delimiter=: --fields=1,3");
  const accounts = new Set(found.split("\n"));
  assertEquals(shipped.split("\n").filter((each) => !accounts.has(each)), []);
  for (const name of names) {
    assert(shipped.includes(`${name}:`), `the image has no account "${name}"`);
  }
}
