import type { Check, Observation } from "./check.ts";
import type { CheckContext } from "./check_context.ts";

/** Names that every host has. */
const LOCAL_NAMES =
  /^(localhost(\.localdomain)?|localhost[46](\.localdomain[46])?|ip6-[a-z]+|debian)$/;

/** Files that identify one machine, by what a file there means. */
const FILES: readonly (readonly [path: string, detail: string])[] = [
  ["usr/etc/adjtime", "is the drift of one machine's clock"],
  ["usr/etc/nvme/hostid", "names one host to NVMe targets"],
  ["usr/etc/nvme/hostnqn", "names one host to NVMe targets"],
  ["usr/etc/udev/rules.d/70-persistent-net.rules", "names network cards of one machine"],
  ["usr/etc/udev/rules.d/75-persistent-net-generator.rules", "names network cards of one machine"],
  ["usr/etc/mailname", "is the mail name of the machine that composed"],
];

/** Texts that identify one machine inside files that may be shared otherwise. */
const LINES: readonly (readonly [path: string, line: RegExp, detail: string])[] = [
  ["usr/etc/iscsi/initiatorname.iscsi", /^InitiatorName=/m, "names one host to iSCSI targets"],
  ["usr/etc/popularity-contest.conf", /^MY_HOSTID=["']?\w/m, "names one host to a survey"],
];

const SEED = /(^|\/)(random-seed|urandom\/random-seed|credential\.secret)$/;

/** What tells one machine from another. */
export const hostIdentity: Check = {
  name: "host-identity",
  severity: "error",
  text: "SSH host keys, a machine id, random seeds, names and addresses of one machine: " +
    "hosts that share them can be taken for one another.",
  *find(context) {
    yield* sshKeys(context);
    yield* names(context);
    for (const [path, detail] of FILES) {
      if ((context.text(path) ?? "").trim() !== "") yield { path, detail };
    }
    for (const [path, line, detail] of LINES) {
      if (line.test(context.text(path) ?? "")) yield { path, detail };
    }
    const id = context.text("usr/etc/machine-id");
    if (id !== undefined && !["", "uninitialized"].includes(id.trim())) {
      yield { path: "usr/etc/machine-id", detail: "is the id of one machine" };
    }
    yield* seeds(context);
  },
};

function* sshKeys(context: CheckContext): Generator<Observation> {
  for (const name of context.names("usr/etc/ssh")) {
    if (/^ssh_host_.*key(\.pub)?$/.test(name)) {
      yield { path: `usr/etc/ssh/${name}`, detail: "is the key of one SSH server" };
    }
  }
}

function* names(context: CheckContext): Generator<Observation> {
  const hostname = (context.text("usr/etc/hostname") ?? "").replace(/^#.*$/gm, "").trim();
  if (hostname !== "" && !LOCAL_NAMES.test(hostname)) {
    yield { path: "usr/etc/hostname", detail: `names the machine "${hostname}"` };
  }
  const hosts = context.text("usr/etc/hosts") ?? "";
  for (const line of hosts.replace(/#.*$/gm, "").split("\n")) {
    const [address, ...aliases] = line.trim().split(/\s+/);
    const foreign = aliases.filter((name) => !LOCAL_NAMES.test(name));
    if (address && foreign.length > 0) {
      yield { path: "usr/etc/hosts", detail: `names "${foreign.join(" ")}" as ${address}` };
    }
  }
  // A link, as systemd-resolved has it, leads to what each host writes.
  if (context.tree.linkTarget("usr/etc/resolv.conf") === undefined) {
    const server = /^\s*nameserver\s+(\S+)/m.exec(context.text("usr/etc/resolv.conf") ?? "")?.[1];
    if (server !== undefined) {
      yield { path: "usr/etc/resolv.conf", detail: `names ${server} to resolve names` };
    }
  }
}

function* seeds(context: CheckContext): Generator<Observation> {
  for (const dir of ["usr/lib/systemd", "usr/lib/urandom", "usr/share/factory/var/lib"]) {
    if (!context.tree.isDir(dir)) continue;
    for (const [path, entry] of context.tree.walk(dir)) {
      if (entry.type === "file" && SEED.test(path)) {
        yield { path, detail: "seeds randomness that nobody must know" };
      }
    }
  }
}
