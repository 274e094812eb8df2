import { assert, assertEquals, assertThrows } from "@std/assert";
import { readXattrs } from "@apt-ostree/base";
import { Repo, type Transaction, Tree } from "@apt-ostree/ostree";
import { inTemp } from "../../tests/support/in_temp.ts";
import { DpkgDatabase } from "../assemble/dpkg_database.ts";
import { ROOT_DIRECTORIES } from "../assemble/root_layout.ts";
import { writeTreeText } from "../assemble/tree_text.ts";
import {
  layOutDeployment,
  layoutOf,
  USUAL_LAYOUT,
} from "../compose/postprocess/deployment_layout.ts";
import { moveKernel } from "../compose/postprocess/kernel.ts";
import { LayerError } from "../error.ts";
import { openDeployment } from "./open_deployment.ts";

const ignore = Deno.uid() !== 0;
readXattrs("/"); // loads the C library before a test can be blamed for it

/** A root file system with one of everything that a deployment keeps elsewhere. */
function makeSystem(repo: Repo, txn: Transaction): Tree {
  const tree = Tree.empty(repo);
  for (const [path, mode] of ROOT_DIRECTORIES) tree.mkdir(path, { uid: 0, gid: 0, mode });
  for (const path of ["home", "srv", "mnt", "media", "usr/local/bin", "opt"]) tree.mkdir(path);
  tree.mkdir("root", { uid: 0, gid: 0, mode: 0o700 });
  new DpkgDatabase(repo, tree).init(txn);
  const put = (path: string, text: string) => writeTreeText(txn, tree, path, text);
  put("etc/passwd", "root:x:0:0:root:/root:/bin/sh\ngames:x:5:60:games:/:/bin/sh\n");
  put("etc/group", "root:x:0:\ngames:x:60:\n");
  put("usr/lib/tmpfiles.d/var.conf", "d /var/log 0755 - - -\nL /var/run - - - - ../run\n");
  put("usr/lib/systemd/system/ssh.service", "[Service]\n");
  put("root/.profile", "p\n");
  put("opt/vendor/tool", "t\n");
  put("var/lib/state/seed", "s\n");
  put("var/lib/apt/extended_states", "Package: x\n");
  put("var/cache/debconf/config.dat", "c\n");
  tree.mkdir("var/lib/games", { uid: 5, gid: 60, mode: 0o2770 });
  tree.putLink(txn, "var/spool", "lib/state");
  tree.putLink(txn, "var/lock", "/run/lock");
  put("boot/vmlinuz-6.1.0", "k\n");
  put("boot/System.map-6.1.0", "m\n");
  put("usr/lib/modules/6.1.0/kernel/x.ko", "m\n");
  return tree;
}

const LAYOUTS = ["var", "root", "stateoverlay"] as const;

Deno.test.each(LAYOUTS)("openDeployment() undoes layOutDeployment() with opt-usrlocal: %s", {
  ignore,
}, (optUsrlocal) =>
  inTemp((dir) => {
    const repo = Repo.init(`${dir}/repo`, { mode: "bare" });
    const write = <T>(change: (txn: Transaction) => T): T => {
      using txn = repo.transaction();
      const result = change(txn);
      txn.commit({ sync: false });
      return result;
    };
    const close = (tree: Tree) =>
      write((txn) => {
        moveKernel(tree, "6.1.0");
        tree.putFile("usr/lib/modules/6.1.0/initramfs.img", initramfs);
        layOutDeployment(repo, txn, tree, { ...USUAL_LAYOUT, optUsrlocal });
        return tree.write(txn);
      });
    const bytes = new TextEncoder().encode("i\n");
    const initramfs = write((txn) => txn.writeFile({ uid: 0, gid: 0, mode: 0o644 }, bytes));
    const made = write((txn) => {
      const tree = makeSystem(repo, txn);
      tree.write(txn);
      return tree;
    });
    const closed = close(made);
    const tree = Tree.fromChecksums(repo, closed);
    assertEquals(layoutOf(tree).optUsrlocal, optUsrlocal);
    const hostKeys = "usr/lib/systemd/system/ssh.service.wants/apt-ostree-ssh-host-keys.service";
    assert(tree.lookup(tree.real(hostKeys)), "nothing makes host keys");
    const opened = write((txn) => {
      const found = openDeployment(repo, txn, tree);
      tree.write(txn);
      return found;
    });
    assertEquals(opened, { kernels: [{ release: "6.1.0", initramfs }] });
    const text = (path: string) => {
      const entry = tree.require(path);
      return new TextDecoder().decode(repo.readFile(entry.type === "file" ? entry.checksum : ""));
    };
    assertEquals(
      [
        ...["root/.profile", "opt/vendor/tool", "var/lib/state/seed", "boot/vmlinuz-6.1.0"],
        ...["var/lib/apt/extended_states", "var/cache/debconf/config.dat"],
      ].map(text),
      ["p\n", "t\n", "s\n", "k\n", "Package: x\n", "c\n"],
    );
    const { uid, gid, mode } = tree.meta("var/lib/games");
    assertEquals([uid, gid, mode, tree.meta("root").mode], [5, 60, 0o2770, 0o700]);
    assertEquals(
      ["var/spool", "var/lock", "var/run", "var/lib/dpkg"].map((path) => tree.linkTarget(path)),
      ["lib/state", "/run/lock", "../run", "../../usr/lib/sysimage/dpkg"],
    );
    const units = [...tree.list("usr/lib/systemd/system")].map(([name]) => name);
    assertEquals(units, ["ssh.service"]);
    assertEquals([tree.isDir("var/log"), tree.isDir("usr/local/bin")], [true, true]);
    assertEquals(close(tree), closed);
  }));

Deno.test("openDeployment() refuses what is no system", { ignore }, () =>
  inTemp((dir) => {
    const repo = Repo.init(`${dir}/repo`, { mode: "bare" });
    using txn = repo.transaction();
    const error = assertThrows(() => openDeployment(repo, txn, Tree.empty(repo)), LayerError);
    assertEquals(error.code, "layer/not-a-system");
  }));
