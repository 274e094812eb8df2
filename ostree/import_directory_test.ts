import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { output, run } from "../tests/support/archive.ts";
import { inTemp } from "../tests/support/in_temp.ts";
import { lacks } from "../tests/support/lacks.ts";
import { commitTree } from "./commit_tree.ts";
import { importDirectory } from "./import_directory.ts";
import { Repo } from "./repo.ts";

const ignore = Deno.uid() !== 0 || await lacks("ostree");
// libc is opened once, and stays.
const settings = { ignore, sanitizeResources: false };

for (const workers of [0, 2]) {
  Deno.test(
    `importDirectory() leaves devices out and keeps marks of overlays, ${workers} workers`,
    settings,
    () =>
      inTemp(async (dir) => {
        const files = `${dir}/files`;
        await run("mkdir", "-p", `${files}/dev`, `${files}/usr`, `${files}/many`);
        for (let i = 0; i < 100; i++) await Deno.writeTextFile(`${files}/many/${i}`, `${i}`);
        await run("mknod", `${files}/dev/null`, "c", "1", "3");
        await run("mknod", "-m", "640", `${files}/usr/gone`, "c", "0", "0");
        await run("mknod", `${files}/usr/disk`, "b", "7", "0");
        await run("mkfifo", `${files}/usr/pipe`);
        const repo = Repo.init(`${dir}/repo`, { mode: "bare" });
        using txn = repo.transaction();
        const left: string[] = [];
        const root = await importDirectory(txn, files, {
          workers,
          hollow: ["dev"],
          onSpecial: (path) => left.push(path.slice(files.length)),
        });
        commitTree(txn, root, { refs: ["x"], timestamp: 0 });
        txn.commit();
        assertEquals(left.sort(), ["/usr/disk", "/usr/pipe"]);
        const ls = await output("ostree", "ls", "-R", `--repo=${repo.path}`, "x", "/usr", "/dev");
        assertMatch(ls, /^-00640 0 0 +0 \/usr\/\.ostree-wh\.gone$/m);
        assertEquals(ls.trim().split("\n").length, 3);
        const marks = "--process-passthrough-whiteouts";
        await run("ostree", "checkout", marks, `--repo=${repo.path}`, "x", `${dir}/out`);
        assertEquals(
          await output("stat", "-c", "%F %t %T %a", `${dir}/out/usr/gone`),
          "character special file 0 0 640\n",
        );
        using other = repo.transaction();
        const error = await assertRejects(() => importDirectory(other, files, { workers }), Error);
        assertMatch(error.message, /": neither file nor link$/);
      }),
  );
}
