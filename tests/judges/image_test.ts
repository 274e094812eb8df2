import { assertEquals, assertMatch } from "@std/assert";
import { withImageWorld } from "../oci/image_world.ts";
import { output, run } from "../support/archive.ts";
import { lacks } from "../support/lacks.ts";
import { buildOstreeExt, ostreeExt } from "./ostree_ext.ts";

const ignore = Deno.uid() !== 0 || await lacks("cargo", "ostree", "skopeo");
if (!ignore) await buildOstreeExt();

Deno.test("ostree container gets the commit back, checksum for checksum, and so does a host", {
  ignore,
}, () =>
  withImageWorld(async (world) => {
    const { dir, commit } = world;
    for (const version of ["1", "2"]) {
      const image = `oci:${dir}/images:v${version}`;
      const digest = await world.encapsulate(
        "test/x",
        image,
        `--format-version=${version}`,
        "--max-layers=8",
      );
      const reference = `ostree-unverified-image:${image}`;
      assertMatch(await ostreeExt("container", "info", reference), new RegExp(`digest: ${digest}`));

      const single = `${dir}/single-${version}`;
      await run("ostree", "init", `--repo=${single}`, "--mode=bare-user");
      const imported = await ostreeExt("container", "unencapsulate", `--repo=${single}`, reference);
      assertEquals(imported.trim(), `Imported: ${commit}`);
      await run("ostree", "fsck", "--quiet", `--repo=${single}`);

      // As hosts do it: layer by layer, so that the next image brings its new layers alone.
      const host = `${dir}/host-${version}`;
      await run("ostree", "init", `--repo=${host}`, "--mode=bare");
      await ostreeExt("container", "image", "pull", host, reference);
      await run("ostree", "fsck", "--quiet", `--repo=${host}`);
      const merged = await output(
        "ostree",
        "refs",
        `--repo=${host}`,
        "--list",
        "ostree/container/image",
      );
      const [ref = ""] = merged.trim().split("\n");
      const ours = await output("ostree", "ls", "-RCX", `--repo=${world.repo.path}`, commit);
      assertEquals(await output("ostree", "ls", "-RCX", `--repo=${host}`, ref), ours);
    }
  }));

Deno.test(
  "ostree container gets the commit of any root filesystem",
  { ignore },
  () =>
    withImageWorld(async (world) => {
      const { dir, repo } = world;
      const rootfs = `${dir}/rootfs`;
      await run("ostree", "checkout", `--repo=${repo.path}`, "test/x", rootfs);
      Deno.renameSync(`${rootfs}/usr/etc`, `${rootfs}/etc`);
      const image = `oci:${dir}/images:one`;
      const args = ["--bootc", `--rootfs=${rootfs}`, `--output=${image}`];
      const { code, stderr } = await world.run("compose", "build-chunked-oci", ...args);
      assertEquals(code, 0, stderr);
      const host = `${dir}/host`;
      await run("ostree", "init", `--repo=${host}`, "--mode=bare");
      const reference = `ostree-unverified-image:${image}`;
      const imported = await ostreeExt("container", "unencapsulate", `--repo=${host}`, reference);
      await run("ostree", "fsck", "--quiet", `--repo=${host}`);
      const listed = await output("skopeo", "inspect", image);
      assertEquals(imported.trim(), `Imported: ${JSON.parse(listed).Labels["ostree.commit"]}`);
      const commit = imported.trim().split(" ")[1]!;
      const files = (repo: string, rev: string) =>
        output("ostree", "ls", "-RCX", `--repo=${repo}`, rev);
      assertEquals(await files(host, commit), await files(repo.path, world.commit));
    }),
);
