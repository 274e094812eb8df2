import type { ComposeImageResult, ImageResult } from "@apt-ostree/core";
import { size } from "../draw_progress.ts";

/** What became of an image, for a terminal; its digest ends the last line. */
export function formatImage(image: ImageResult, target: string): string {
  const lines = [
    `${image.objects} objects of ${image.packages} packages in ${image.layers} layers, ` +
    size(image.size),
  ];
  if (image.difference) {
    const { total, kept, added, removed } = image.difference;
    for (const [name, count] of Object.entries({ total, kept, added, removed })) {
      lines.push(`  ${name}: ${count.layers} layers, ${size(count.size)}`);
    }
  }
  return [...lines, `Wrote ${target}`, `Pushed digest: ${image.digest}`].join("\n");
}

/** What became of an image that was to be composed. */
export function formatComposedImage(result: ComposeImageResult): string {
  return result.kind === "unchanged"
    ? `No changes since image ${result.target}`
    : formatImage(result.image, result.target);
}
