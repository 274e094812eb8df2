import { assertEquals } from "@std/assert";
import { lacks } from "../tests/support/lacks.ts";
import { makeFifo } from "./make_fifo.ts";
import { statUnfollowed } from "./stat_unfollowed.ts";

const ignore = await lacks("stat");
statUnfollowed("/"); // loads the C library before a test can be blamed for it

Deno.test("statUnfollowed() says what stat says", { ignore }, async () => {
  const dir = await Deno.makeTempDir();
  try {
    Deno.writeTextFileSync(`${dir}/file`, "12345");
    Deno.chmodSync(`${dir}/file`, 0o4751);
    Deno.symlinkSync("file", `${dir}/link`);
    makeFifo(`${dir}/fifo`, 0o622);
    for (const path of [dir, `${dir}/file`, `${dir}/link`, `${dir}/fifo`, "/dev/null"]) {
      const args = ["-c", "%f %u %g %s %i %t %T %Z", path];
      const { stdout } = await new Deno.Command("stat", { args }).output();
      const [mode, uid, gid, size, ino, major, minor, ctime] = new TextDecoder().decode(stdout)
        .trim().split(" ");
      const found = statUnfollowed(path)!;
      assertEquals(found.format | found.mode, parseInt(mode!, 16), path);
      assertEquals([found.uid, found.gid, found.size], [+uid!, +gid!, +size!], path);
      assertEquals([found.ino, found.changedSeconds], [+ino! % 2 ** 32, +ctime!], path);
      assertEquals(found.rdev, parseInt(major!, 16) * 2 ** 20 + parseInt(minor!, 16), path);
    }
    assertEquals(statUnfollowed(`${dir}/none`), undefined);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
