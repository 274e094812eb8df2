import { assertEquals, assertThrows } from "@std/assert";
import { hostRunner } from "@apt-ostree/base";
import { lacks } from "../support/lacks.ts";
import { formatSfdiskScript, partitionLayout } from "./partition_layout.ts";

Deno.test("partitionLayout() gives the rest of the disk to the root partition", () => {
  const { biosBoot, efi, root } = partitionLayout(1024 ** 3);
  assertEquals([biosBoot.start, biosBoot.size], [2048, 2048]);
  assertEquals([efi.start, efi.size], [4096, 131_072]);
  assertEquals(root.start, 135_168);
  assertEquals(root.start + root.size, 1024 ** 3 / 512 - 2048);
});

Deno.test("partitionLayout() refuses a disk with no room for a system", () => {
  assertThrows(() => partitionLayout(64 * 1024 ** 2), RangeError);
  assertThrows(() => partitionLayout(Number.NaN), RangeError);
});

Deno.test("formatSfdiskScript() is taken by sfdisk as meant", {
  ignore: await lacks("sfdisk"),
}, async () => {
  const disk = await Deno.makeTempFile({ suffix: ".disk" });
  try {
    await Deno.truncate(disk, 512 * 1024 ** 2);
    const layout = partitionLayout(512 * 1024 ** 2);
    await hostRunner.run(["sfdisk", "--quiet", disk], { stdin: formatSfdiskScript(layout) });
    const { stdout } = await hostRunner.run(["sfdisk", "--json", disk]);
    const { partitiontable } = JSON.parse(new TextDecoder().decode(stdout));
    const found = partitiontable.partitions.map(
      (part: { name: string; type: string; start: number; size: number }) => ({
        name: part.name,
        type: part.type,
        start: part.start,
        size: part.size,
      }),
    );
    assertEquals(found, [layout.biosBoot, layout.efi, layout.root]);
    assertEquals(partitiontable.label, "gpt");
  } finally {
    await Deno.remove(disk);
  }
});
