/**
 * How much of the long tests is done: all of it, or, with `APT_OSTREE_TESTS=short`, a cut of it, as the
 * README's test command asks for.
 */
export const SHORT: boolean = Deno.env.get("APT_OSTREE_TESTS") === "short";
