import { encodeVariant } from "../variant/encode.ts";
import { variant } from "../variant/variant.ts";

/** Bytes of the object that stays where a commit was deleted on purpose. */
export function encodeTombstone(commit: string): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(`${commit}\0`);
  return encodeVariant("a{sv}", new Map([["commit", variant("ay", text)]]));
}
