import { assertEquals, assertThrows } from "@std/assert";
import { DiskImageError } from "./error.ts";
import { embedGrub } from "./grub_embed.ts";

const PARTITION = { name: "bios-boot", type: "", start: 2048, size: 4 };
const BOOT = new Uint8Array(512).fill(0x11);
BOOT.set([0x55, 0xaa], 510);

Deno.test("embedGrub() points boot code and core image at the partition", () => {
  const { bootCode, core } = embedGrub(BOOT, new Uint8Array(1100).fill(0x22), PARTITION);
  assertEquals(bootCode.length, 440);
  assertEquals([...bootCode.slice(0x5c, 0x68)], [0, 8, 0, 0, 0, 0, 0, 0, 0xff, 0x11, 0x90, 0x90]);
  assertEquals(core.length, 1536);
  assertEquals([...core.slice(0x1f4, 0x200)], [1, 8, 0, 0, 0, 0, 0, 0, 2, 0, 0x20, 8]);
  assertEquals([core[1099], core[1100]], [0x22, 0]);
});

Deno.test("embedGrub() refuses what is no boot sector", () => {
  for (const bad of [new Uint8Array(512), BOOT.slice(0, 511)]) {
    const error = assertThrows(
      () => embedGrub(bad, new Uint8Array(1100), PARTITION),
      DiskImageError,
    );
    assertEquals(error.code, "image/bad-boot-image");
  }
});

Deno.test("embedGrub() refuses a core image that does not fit", () => {
  const error = assertThrows(
    () => embedGrub(BOOT, new Uint8Array(4 * 512 + 1), PARTITION),
    DiskImageError,
  );
  assertEquals(error.code, "image/core-too-large");
});
