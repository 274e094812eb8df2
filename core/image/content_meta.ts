import type { ImageContents } from "./image_contents.ts";

/**
 * What an image is made of, as JSON: components and the checksums of their objects.
 *
 * Pure; sorted, so that two builds can be compared as text.
 */
export function formatContentMeta(contents: ImageContents): string {
  const components = contents.components.map((each) => ({
    name: each.name,
    title: each.title,
    ...(each.source === undefined ? {} : { source: each.source }),
    size: each.size,
    "change-frequency": each.frequency,
    objects: each.objects,
  }));
  return `${JSON.stringify({ version: 1, components }, null, 2)}\n`;
}
