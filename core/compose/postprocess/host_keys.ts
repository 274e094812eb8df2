import type { Transaction, Tree } from "@apt-ostree/ostree";
import { writeTreeText } from "../../assemble/tree_text.ts";

const UNITS = "usr/lib/systemd/system";
const NAME = "apt-ostree-ssh-host-keys.service";

/** Units of Debian's openssh-server that want host keys, the second one for each connection. */
const SERVERS = ["ssh.service", "ssh@.service"];

/** As Fedora's sshd-keygen does, it makes what is missing or was cut off; masked, it makes nothing. */
const TEXT = `# Written by apt-ostree: a commit holds no host keys, every host makes its own.
[Unit]
Description=Make the SSH host keys that this host lacks
Before=${SERVERS.join(" ")}
ConditionFileNotEmpty=|!/etc/ssh/ssh_host_rsa_key
ConditionFileNotEmpty=|!/etc/ssh/ssh_host_ecdsa_key
ConditionFileNotEmpty=|!/etc/ssh/ssh_host_ed25519_key

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/bin/ssh-keygen -A
`;

/**
 * Give a tree with an SSH server the unit that makes host keys before it starts: openssh-server makes
 * them when it is installed, and no commit keeps those.
 */
export function writeHostKeysUnit(txn: Transaction, tree: Tree): void {
  const servers = SERVERS.filter((unit) => tree.lookup(`${UNITS}/${unit}`));
  if (servers.length === 0) return;
  writeTreeText(txn, tree, `${UNITS}/${NAME}`, TEXT);
  for (const unit of servers) {
    tree.mkdir(`${UNITS}/${unit}.wants`);
    tree.putLink(txn, `${UNITS}/${unit}.wants/${NAME}`, `../${NAME}`);
  }
}

/** Take out what {@linkcode writeHostKeysUnit} wrote. */
export function removeHostKeysUnit(tree: Tree): void {
  tree.remove(`${UNITS}/${NAME}`);
  for (const unit of SERVERS) {
    const dir = `${UNITS}/${unit}.wants`;
    if (!tree.isDir(dir)) continue;
    tree.remove(`${dir}/${NAME}`);
    if (tree.list(dir).length === 0) tree.remove(dir);
  }
}
