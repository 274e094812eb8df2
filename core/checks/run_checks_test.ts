import { assertEquals } from "@std/assert";
import { Tree } from "@apt-ostree/ostree";
import { inTemp } from "../../tests/support/in_temp.ts";
import { makeTree } from "../../tests/support/made_tree.ts";
import { changedFiles } from "./changed_files.ts";
import { checkCommit } from "./check_commit.ts";
import { PlainDirectoriesFile } from "./plain_directories.ts";
import { runChecks } from "./run_checks.ts";
import { specialEntries } from "./special_entries.ts";

const SETUID = { "usr/bin/become": { mode: 0o4755 }, "usr/share/a/x": "1", "usr/share/b/y": "2" };

Deno.test("runChecks() takes severities and allowed paths from the treefile", () =>
  inTemp((dir) => {
    const { repo, tree } = makeTree(dir, {
      files: { ...SETUID, "usr/etc/app/deep/a.conf": "", "usr/etc/hostname": "kiosk\n" },
    });
    const { findings, skipped, done } = runChecks({ repo, tree }, {
      "setuid": { severity: "error" },
      "unowned-files": { allow: ["/usr/bin/*", "/etc/app/**", "/usr/share/{a,b}/?"] },
      "host-identity": { severity: "warn", allow: ["/usr/etc/host"] },
      "world-writable": { severity: "ignore" },
    });
    assertEquals(findings.map(({ check, path, severity }) => [check, path, severity]), [
      ["host-identity", "/usr/etc/hostname", "warn"],
      ["setuid", "/usr/bin/become", "error"],
      ["unowned-files", "/usr/etc/hostname", "warn"],
    ]);
    assertEquals(skipped.map(({ check }) => check), ["world-writable", "build-paths"]);
    assertEquals(done.includes("world-writable"), false);
  }));

Deno.test("checkCommit() takes them from the commit, and nothing that it does not know", () =>
  inTemp((dir) => {
    const commit = (checks: unknown) => {
      const treefile = JSON.stringify({ checks, documentation: false });
      const { repo, tree } = makeTree(dir, {
        files: {
          "usr/bin/become": { mode: 0o4755 },
          "usr/share/apt-ostree/treefile.json": treefile,
        },
      });
      using txn = repo.transaction();
      const sum = txn.writeCommit({ root: tree.write(txn), timestamp: 0 });
      txn.commit({ sync: false });
      const report = checkCommit(repo, sum);
      const strict = checkCommit(repo, sum, { strict: true });
      const setuid = ({ findings }: typeof report) =>
        findings.filter(({ check }) => check === "setuid").map(({ severity }) => severity);
      return [setuid(report), setuid(strict)];
    };
    assertEquals(commit({ setuid: { severity: "error" } }), [["error"], ["warn"]]);
    assertEquals(commit({ setuid: { allow: ["/usr/bin/become"] } }), [[], ["warn"]]);
    const warn = [["warn"], ["warn"]];
    for (const odd of [{ later: {} }, { setuid: { severity: "fatal" } }, { setuid: 7 }, [], 1]) {
      assertEquals(commit(odd), warn, JSON.stringify(odd));
    }
  }));

Deno.test("changedFiles() names what no package shipped so, and opens no other directory", () =>
  inTemp((dir) => {
    const shipped = makeTree(dir, {
      files: { "etc/a.conf": "a", "usr/share/p/1": "1", "usr/share/p/deep/2": "2", "opt/o": "o" },
    });
    const other = makeTree(dir, { files: { "usr/share/q": "q" } });
    const { repo } = shipped;
    const packages = [shipped, other].map(({ tree }) => {
      tree.remove("usr/lib"); // the dpkg database is no part of packages
      using txn = repo.transaction();
      const sums = tree.write(txn);
      txn.commit({ sync: false });
      return sums;
    });
    const { tree } = makeTree(dir, {
      files: {
        "usr/etc/a.conf": "a",
        "usr/etc/b.conf": "b",
        "usr/share/p/1": "1",
        "usr/share/p/deep/2": "2",
        "usr/share/q": "changed",
        "usr/lib/opt/o": "o",
      },
    });
    const opened: string[] = [];
    const list = Tree.prototype.list;
    Tree.prototype.list = function (path) {
      opened.push(path);
      return list.call(this, path);
    };
    try {
      const changed = [...changedFiles(repo, tree, packages)].map(([path]) => path);
      assertEquals(changed.filter((path) => !path.startsWith("usr/lib/sysimage/")), [
        "usr/etc/b.conf",
        "usr/share/q",
      ]);
      assertEquals(opened.filter((path) => path.startsWith("usr/share/p")), []);
      assertEquals(opened.includes("usr/lib/opt"), false);
    } finally {
      Tree.prototype.list = list;
    }
  }));

Deno.test("PlainDirectoriesFile keeps what is plain, and nothing else", () =>
  inTemp((dir) => {
    const { repo, tree } = makeTree(dir, { files: SETUID });
    const file = `${dir}/plain`;
    const search = () => {
      const plain = new PlainDirectoriesFile(file);
      const found = specialEntries(repo, tree, plain).map(({ path }) => path);
      plain.write();
      return found;
    };
    const sum = (path: string) => {
      const entry = tree.lookup(path);
      return entry?.type === "dir" ? entry.checksums!.dirtree : "";
    };
    assertEquals(search(), ["usr/bin/become"]);
    const known = new PlainDirectoriesFile(file);
    assertEquals(
      ["usr/share", "usr/share/a", "usr/bin", "usr"].map((path) => known.has(sum(path))),
      [true, true, false, false],
    );
    // What is known is not read again: the object could not even be.
    const entry = tree.lookup("usr/share/a/x");
    Deno.removeSync(repo.objectPath(entry?.type === "file" ? entry.checksum : "", "file"));
    assertEquals(search(), ["usr/bin/become"]);
    Deno.writeTextFileSync(file, `of another version\n${sum("usr/share")}\n`);
    assertEquals(new PlainDirectoriesFile(file).has(sum("usr/share")), false);
  }));
