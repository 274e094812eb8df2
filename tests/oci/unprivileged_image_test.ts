import { assertEquals, assertStringIncludes } from "@std/assert";
import { run } from "../support/archive.ts";
import { TREEFILE, withFixture } from "../support/compose_fixture.ts";
import { SHORT } from "../support/effort.ts";
import { lacks } from "../support/lacks.ts";
import { withTestUser } from "../support/test_user.ts";

const ignore = Deno.uid() !== 0 || SHORT ||
  await lacks("ostree", "bwrap", "setpriv", "newuidmap", "unshare", "skopeo", "umoci");

function digestOf(said: string): string {
  return /^Pushed digest: (\S+)$/m.exec(said)![1]!;
}

Deno.test(
  "an ordinary user gets the images that root gets",
  { ignore },
  () =>
    withFixture({}, (fixture) =>
      withTestUser({}, async (user) => {
        const { dir } = fixture;
        const treefile = await fixture.treefile(`${TREEFILE}packages: [apt, usr-is-merged]\n`);
        for (const path of [`${dir}/cache`, `${user.home}/cache`]) Deno.mkdirSync(path);
        await run("chown", `${user.id}:${user.id}`, `${user.home}/cache`);
        const compose = (home: string) => [
          ...["compose", "image", `--cachedir=${home}/cache`, "--initialize", "--format=oci"],
          ...[treefile, `${home}/images:composed`],
        ];
        const flatten = (home: string) => [
          ...["compose", "build-chunked-oci", "--bootc", `--from=oci:${home}/images:composed`],
          `--output=oci-archive:${home}/flat.tar:one`,
        ];
        for (const args of [compose, flatten]) {
          const root = await fixture.run(...args(dir));
          assertEquals(root.code, 0, root.stderr);
          const ended = await user.run(user.program, ...args(user.home));
          assertEquals(ended.code, 0, ended.stderr);
          assertEquals(digestOf(ended.stdout), digestOf(root.stdout));
        }
        const again = await user.run(
          ...[user.program, "compose", "image", `--cachedir=${user.home}/cache`, "--format=oci"],
          ...[treefile, `${user.home}/images:composed`],
        );
        assertStringIncludes(again.stdout, "No changes since image");
        assertEquals(await user.leftovers(), []);
      })),
);
