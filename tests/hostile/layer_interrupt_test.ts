import { assertEquals } from "@std/assert";
import { type DebSpec, output } from "../support/archive.ts";
import { SHORT } from "../support/effort.ts";
import { judge, type LayerFixture, withBase } from "../support/layer_fixture.ts";
import { lacks } from "../support/lacks.ts";

const ignore = Deno.uid() !== 0 ||
  await lacks("ostree", "bwrap", "dpkg-deb", "dpkg-scanpackages", "gpg");
const PROGRAM = new URL("./layer_once.ts", import.meta.url).pathname;
/** How often the process is killed. */
const KILLS = SHORT ? 8 : 120;

/** A package with all scripts and some files. */
function busy(name: string, version: string): DebSpec {
  const script = "#!/bin/sh\nset -e\ntouch /usr/share/busy-$DPKG_MAINTSCRIPT_NAME\nsleep 0.02\n";
  const files = Object.fromEntries(
    Array.from({ length: 30 }, (_, at) => [`usr/share/${name}/${at}`, `${version} ${at}\n`]),
  );
  const control = { preinst: script, postinst: script, prerm: script, postrm: script };
  return { name, version, files, control };
}

function start({ repo, dir }: LayerFixture): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", PROGRAM, repo, `${dir}/archive.sources`],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Every file of the repository that is no cache or work of ours, with what it holds. */
async function manifest({ repo }: LayerFixture): Promise<string> {
  const find = 'cd "$1" && find . -path ./extensions -prune -o -path ./tmp -prune -o ' +
    "-name .lock -prune -o -type f -printf '%p %m %U:%G %s\\n' -o -type l -printf '%p %l\\n' | sort";
  return await output("sh", "-c", find, "sh", repo);
}

const left = ({ repo }: LayerFixture) =>
  output(
    "sh",
    "-c",
    'ls -d "$1"/extensions/aptostree/tmp/txn-* "$1"/tmp/staging-* 2> /dev/null || true',
    "sh",
    repo,
  );

Deno.test(
  `kill -9 at ${KILLS} random moments leaves base, repository and host as they were`,
  { ignore },
  () =>
    withBase({
      base: [busy("old", "1.0"), busy("gone", "1.0")],
      offers: [busy("changed", "1.0"), busy("old", "2.0")],
    }, async (f) => {
      const mounts = await Deno.readTextFile("/proc/self/mountinfo");
      const refs = () => output("sh", "-c", 'cd "$1"/refs && grep -r ""', "sh", f.repo);
      const before = await refs();
      const begun = performance.now();
      const whole = await start(f).output();
      const duration = performance.now() - begun;
      const commit = new TextDecoder().decode(whole.stdout).trim();
      assertEquals(whole.code, 0, new TextDecoder().decode(whole.stderr));
      const forget = async () => {
        const names = (await output("ostree", "refs", `--repo=${f.repo}`)).trim().split("\n");
        const ours = names.filter((name) => name !== "test/x");
        for (const name of ours) {
          await output("ostree", "refs", "--delete", name, `--repo=${f.repo}`);
        }
        await output("ostree", "prune", "--refs-only", `--repo=${f.repo}`);
      };
      await forget();
      const clean = await manifest(f);
      let ended = 0;
      for (let at = 0; at < KILLS; at++) {
        const child = start(f);
        await new Promise((resolve) => setTimeout(resolve, Math.random() * duration * 1.1));
        try {
          child.kill("SIGKILL");
        } catch (error) {
          if (!(error instanceof TypeError)) throw error; // it has ended
        }
        const { success } = await child.output();
        const after = await refs();
        if (success) assertEquals(after.includes(`y:${commit}`), true);
        if (after.includes("y:")) {
          ended++;
          assertEquals(after.includes(`y:${commit}`), true);
        }
        await output("ostree", "fsck", "--quiet", `--repo=${f.repo}`);
        // Killed while it was publishing, it may leave objects that nobody names, or packages.
        if (await manifest(f) !== clean) {
          await forget();
          assertEquals(await manifest(f), clean);
        }
        assertEquals(await refs(), before);
        assertEquals(await Deno.readTextFile("/proc/self/mountinfo"), mounts);
      }
      if (ended === KILLS) throw new Error("every process ended before it was killed");
      const last = await start(f).output();
      assertEquals(new TextDecoder().decode(last.stdout).trim(), commit);
      assertEquals(await left(f), "");
      await judge(f);
    }),
);
