import { assert, assertEquals, assertRejects } from "@std/assert";
import { readXattrs } from "@apt-ostree/base";
import {
  applyOverlay,
  checkoutTree,
  importDirectory,
  Repo,
  Tree,
  TreeError,
} from "@apt-ostree/ostree";
import { readUpper } from "@apt-ostree/sandbox";
import { run } from "../support/archive.ts";
import { inTemp } from "../support/in_temp.ts";
import { lacks } from "../support/lacks.ts";

const ignore = Deno.uid() !== 0 || await lacks("ostree", "unshare", "setfattr");
readXattrs("/"); // loads the C library before a test can be blamed for it

/** What happens on the overlay; every kind of change that a file system knows. */
const CHANGES = `
set -e
rm gone; rm -r gonedir
rm -r opaque; mkdir opaque; echo new > opaque/new
echo more >> text
chmod 4711 meta; chown 5:6 owner; setfattr -n user.k -v v attr
chmod 2770 dir; chown 7:8 dir
rm file; mkdir file; echo in > file/in
rm -r sub; echo sub > sub
ln -sf other link; chown -h 3:4 link
mkdir -p new/deep; cp -a text new/deep/copy; ln text hard
mv moved dir/moved; chmod 600 dir/moved
mv tomove new/tomove; mv new/tomove/inner new/tomove/renamed; echo x > new/tomove/renamed/added
rm new/tomove/renamed/gone; chmod 755 new/tomove/renamed/meta
mkfifo fifo
`;

async function makeLower(path: string): Promise<void> {
  await Deno.mkdir(`${path}/gonedir`, { recursive: true });
  for (const dir of ["opaque", "dir", "sub"]) {
    await Deno.mkdir(`${path}/${dir}`);
    await Deno.writeTextFile(`${path}/${dir}/old`, "old");
  }
  for (const file of ["gone", "text", "meta", "owner", "attr", "file", "moved", "same"]) {
    await Deno.writeTextFile(`${path}/${file}`, `${file}\n`);
  }
  await Deno.mkdir(`${path}/tomove/inner`, { recursive: true });
  for (const file of ["gone", "meta", "stays"]) {
    await Deno.writeTextFile(`${path}/tomove/inner/${file}`, file);
  }
  await Deno.writeFile(`${path}/meta`, new Uint8Array(5_000_000).fill(9)); // goes in pieces
  await Deno.symlink("text", `${path}/link`);
}

for (const metacopy of ["off", "on"]) {
  for (const mode of ["bare", "archive"] as const) {
    Deno.test(
      `applyOverlay() gives the tree that the overlay shows (${mode}, references ${metacopy})`,
      { ignore },
      () =>
        inTemp(async (dir) => {
          await makeLower(`${dir}/lower`);
          for (const name of ["upper", "work", "merged"]) await Deno.mkdir(`${dir}/${name}`);
          const repo = Repo.init(`${dir}/repo`, { mode });
          let lower;
          {
            using txn = repo.transaction();
            lower = await importDirectory(txn, `${dir}/lower`);
            txn.commit();
          }
          const options = `lowerdir=${dir}/lower,upperdir=${dir}/upper,workdir=${dir}/work,` +
            `metacopy=${metacopy},redirect_dir=${metacopy},index=off`;
          const mount = `mount -t overlay -o "$1" overlay "$2" && (cd "$2" && eval "$3") && ` +
            `rm "$2/fifo" && cp -a "$2/." "$4"`;
          const shell = ["unshare", "--mount", "sh", "-c", mount, "sh", options];
          await run(...shell, `${dir}/merged`, CHANGES, `${dir}/shown`);
          await run("mkfifo", `${dir}/upper/fifo`);

          using txn = repo.transaction();
          const expected = await importDirectory(txn, `${dir}/shown`);
          const tree = Tree.fromChecksums(txn, lower);
          const stats = await applyOverlay(txn, tree, `${dir}/upper`, readUpper(`${dir}/upper`));
          // The root of an upper directory is not the overlay's own business.
          tree.setMeta("", Tree.fromChecksums(txn, expected).meta(""));
          assertEquals(tree.write(txn), expected);
          assertEquals(stats.skipped, ["/fifo"]);
          assert(stats.removed >= 3 && stats.written >= 8, JSON.stringify(stats));
          txn.commit();
          await checkoutTree(repo, expected, `${dir}/out`, { how: "copy" });
          assertEquals((await Deno.stat(`${dir}/out/meta`)).size, 5_000_000);
        }),
    );
  }
}

Deno.test(
  "applyOverlay() refuses a reference that leads to nothing",
  { ignore },
  () =>
    inTemp(async (dir) => {
      await Deno.mkdir(`${dir}/upper/moved`, { recursive: true });
      await run(
        "setfattr",
        "-n",
        "trusted.overlay.redirect",
        "-v",
        "/../old",
        `${dir}/upper/moved`,
      );
      const repo = Repo.init(`${dir}/repo`, { mode: "archive" });
      using txn = repo.transaction();
      const changes = readUpper(`${dir}/upper`);
      const error = await assertRejects(
        () => applyOverlay(txn, Tree.empty(txn), `${dir}/upper`, changes),
        TreeError,
      );
      assertEquals(error.code, "tree/not-found");
    }),
);
