import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { hostRunner, RunError } from "@apt-ostree/base";
import { lacks } from "../support/lacks.ts";
import { makeDiskImage } from "./disk_image.ts";

const ignore = Deno.uid() !== 0 || await lacks("sfdisk", "mkfs.ext4", "ostree", "losetup");

Deno.test("makeDiskImage() that fails leaves no image, mount or loop device", {
  ignore,
}, async () => {
  const dir = await Deno.makeTempDir({ prefix: "apt-ostree-disk-test-" });
  try {
    const [repo, disk] = [`${dir}/repo`, `${dir}/disk.img`];
    await hostRunner.run(["ostree", "init", "--mode=archive", `--repo=${repo}`]);
    const options = {
      repo,
      ref: "no/such/ref",
      remote: { name: "vendor", url: "http://127.0.0.1/" },
    };
    const error = await assertRejects(() => makeDiskImage(disk, options), RunError);
    assertStringIncludes(error.message, "no/such/ref");

    assertEquals([...Deno.readDirSync(dir)].map((entry) => entry.name), ["repo"]);
    const loops = await hostRunner.run(["losetup", "--list", "--noheadings", "--output=BACK-FILE"]);
    assert(!new TextDecoder().decode(loops.stdout).includes(dir), "a loop device is left");
    assert(!Deno.readTextFileSync("/proc/self/mounts").includes(dir), "a mount is left");
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("makeDiskImage() does not touch an image that is there", { ignore }, async () => {
  const disk = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(disk, "mine");
    const options = {
      repo: "/nonexistent",
      ref: "a",
      remote: { name: "a", url: "http://127.0.0.1/" },
    };
    await assertRejects(() => makeDiskImage(disk, options), Deno.errors.AlreadyExists);
    assertEquals(await Deno.readTextFile(disk), "mine");
  } finally {
    await Deno.remove(disk);
  }
});
