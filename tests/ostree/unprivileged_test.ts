import { assert, assertEquals } from "@std/assert";
import { inTemp } from "../support/in_temp.ts";
import { run } from "../support/archive.ts";
import { lacks } from "../support/lacks.ts";

const SCRIPT = new URL("./programs/everything.ts", import.meta.url).pathname;
const CACHE = Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`;

Deno.test("a user without root and without ostree can do everything but mode bare", {
  ignore: Deno.uid() !== 0 || await lacks("setpriv", "bwrap"),
}, () =>
  inTemp(async (dir) => {
    await run("chown", "65534:65534", dir);
    // The user may read neither root's home nor, then, Deno's cache in it: bring both along.
    await run("cp", "-a", Deno.execPath(), `${dir}/deno`);
    await run("cp", "-a", CACHE, `${dir}/cache`);
    await run("chown", "-R", "65534:65534", `${dir}/cache`);
    const source = new URL("../..", import.meta.url).pathname;
    await Deno.mkdir(`${dir}/source`);
    const entries = ["base", "ostree", "third_party", "tests", "deno.json", "deno.lock"];
    const others = ["apt", "sandbox", "core", "cli"];
    for (const name of [...entries, ...others]) {
      await run("cp", "-a", `${source}/${name}`, `${dir}/source/${name}`);
    }
    await run("chown", "-R", "65534:65534", `${dir}/source`);
    const script = SCRIPT.replace(source, `${dir}/source/`);
    const user = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"];
    // No program but Deno, and no libostree: only what is below /usr/lib.
    const libostree = `/usr/lib/${Deno.build.arch}-linux-gnu/libostree-1.so.1`;
    const files = [
      ...["--ro-bind", "/usr/lib", "/usr/lib", "--ro-bind-try", "/usr/lib64", "/usr/lib64"],
      ...["--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64"],
      ...["--ro-bind", "/dev/null", libostree, "--dev", "/dev", "--proc", "/proc"],
      ...["--bind", dir, dir],
    ];
    for (const namespace of [[], ["--uid", "0", "--gid", "0"]]) {
      const cell = ["/usr/bin/bwrap", "--unshare-user", ...namespace, ...files, "--"];
      const { code, stdout, stderr } = await new Deno.Command(user[0]!, {
        args: [...user.slice(1), ...cell, `${dir}/deno`, "run", "-A", "--no-check", script, dir],
        cwd: dir,
        clearEnv: true,
        env: { PATH: "/nowhere", HOME: dir, DENO_DIR: `${dir}/cache`, TMPDIR: dir },
      }).output();
      assert(code === 0, new TextDecoder().decode(stderr));
      assertEquals(
        new TextDecoder().decode(stdout).trim(),
        "archive bare-user bare-user-only: fine",
      );
    }
  }));
