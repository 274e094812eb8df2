import type { Check } from "./check.ts";

const STICKY = 0o1000;

/** Files that everybody can change. */
export const worldWritable: Check = {
  name: "world-writable",
  severity: "warn",
  text: "Files that everybody may write to, and such directories without the sticky bit.",
  *find({ special }) {
    for (const { path, type, mode } of special) {
      if (!(mode & 0o002)) continue;
      const shown = mode.toString(8).padStart(4, "0");
      if (type === "file") yield { path, detail: `can be written to by everybody (mode ${shown})` };
      else if (!(mode & STICKY)) {
        yield { path, detail: `lets everybody replace what others own (mode ${shown})` };
      }
    }
  },
};
