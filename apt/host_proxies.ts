/** Variables that apt's transports look at where no setting names a proxy. */
const VARIABLES = ["http_proxy", "https_proxy", "no_proxy"] as const;

/**
 * The proxies that this process's environment names, as apt would hear of them.
 *
 * Where the environment may not be read, as in a script without that permission, there are none.
 *
 * @see apt-transport-http(1), "OPTIONS"
 */
export function hostProxies(): Record<string, string> {
  const found: Record<string, string> = {};
  for (const variable of VARIABLES) {
    if (Deno.permissions.querySync({ name: "env", variable }).state !== "granted") continue;
    const value = Deno.env.get(variable);
    if (value) found[variable] = value;
  }
  return found;
}
