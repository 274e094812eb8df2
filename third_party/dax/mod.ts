/** Offline stand-in for `jsr:@david/dax`: the same code from npm, where it is called dax-sh. @module */
import dax from "npm:dax-sh@^0.44.1";

/** The shell. */
export const $: typeof dax = dax;
export default $;
