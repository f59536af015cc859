import { join } from "node:path"

/**
 * What leads a program that is not careful to a network, or to programs of others.
 *
 * @param port - of a server on 127.0.0.1 that nobody should reach
 * @param bin - holds programs `evil` and `gpg` that nobody should start
 */
export function lures(port: number, bin: string): { settings: Record<string, string>; entries: readonly string[] } {
  const url = `http://127.0.0.1:${port}`
  const at = '          created_at: "2026-01-01T00:00:00Z"\n'
  return {
    settings: {
      SOPS_AGE_KEY_CMD: join(bin, "evil"),
      SOPS_KEYSERVICE: `tcp://127.0.0.1:${port}`,
      SOPS_GPG_EXEC: join(bin, "gpg"),
      SOPS_AGE_KEY: "AGE-PLUGIN-EVIL-1QQQQQ",
      VAULT_ADDR: url,
      VAULT_TOKEN: "t",
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: "a",
      AWS_SECRET_ACCESS_KEY: "b",
      HTTPS_PROXY: url,
      HTTP_PROXY: url,
    },
    /** For the metadata of a YAML file. */
    entries: [
      `    hc_vault:\n        - vault_address: ${url}\n          engine_path: transit\n          key_name: k\n${at}          enc: vault:v1:AAAA\n`,
      `    kms:\n        - arn: arn:aws:kms:us-east-1:111111111111:key/00000000-0000-0000-0000-000000000000\n${at}          enc: AAAA\n`,
      `    pgp:\n        - fp: ${"A".repeat(40)}\n${at}          enc: |-\n            -----BEGIN PGP MESSAGE-----\n\n            AAAA\n            -----END PGP MESSAGE-----\n`,
    ],
  }
}
