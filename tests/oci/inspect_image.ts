import { output } from "../support/archive.ts";

/** A manifest as skopeo shows it. */
export interface SeenManifest {
  readonly config: { readonly digest: string };
  readonly layers: readonly {
    readonly digest: string;
    readonly annotations?: Record<string, string>;
  }[];
  readonly annotations: Record<string, string>;
}

/** A configuration as skopeo shows it. */
export interface SeenConfig {
  readonly architecture: string;
  readonly created: string;
  readonly config: Record<string, unknown> & { readonly Labels: Record<string, string> };
  readonly rootfs: { readonly diff_ids: readonly string[] };
  readonly history: readonly { readonly created: string; readonly created_by: string }[];
}

/** Manifest and configuration of an image, by skopeo. @param dir Directory that paths start from. */
export async function inspectImage(
  dir: string,
  image: string,
): Promise<{ readonly manifest: SeenManifest; readonly config: SeenConfig }> {
  const read = async (...flags: string[]) =>
    JSON.parse(await output("env", "-C", dir, "skopeo", "inspect", "--raw", ...flags, image));
  return { manifest: await read(), config: await read("--config") };
}

/** Components of each layer; `undefined` for layers that do not say. */
export function componentsOf({ layers }: SeenManifest): (string | undefined)[] {
  return layers.map((layer) => layer.annotations?.["ostree.components"]);
}
