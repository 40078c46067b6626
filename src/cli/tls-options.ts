// SPDX-License-Identifier: Apache-2.0
import type { TlsFiles } from "../net/tls-files.js";
import type { OptionSpec, ParsedOption } from "./options.js";

/** The options of "Public Key Infrastructure Options" in the manual pages. */
export const TLS_OPTIONS: readonly OptionSpec[] = [
  { name: "private-key", arg: "required", short: "p" },
  { name: "certificate", arg: "required", short: "c" },
  { name: "ca-cert", arg: "required", short: "C" },
  { name: "ssl-protocols", arg: "required" },
  { name: "ssl-ciphers", arg: "required" },
  { name: "bootstrap-ca-cert", arg: "required" },
  { name: "peer-ca-cert", arg: "required" },
];

type Draft = { -readonly [K in keyof TlsFiles]: TlsFiles[K] };

/** Collects TLS options into what streams take. */
export class TlsOptions {
  readonly #files: Draft = { privateKey: "", certificate: "" };
  #given = false;

  /** Takes one option of TLS_OPTIONS; false when `option` is not one of them. */
  apply({ name, value }: ParsedOption): boolean {
    switch (name) {
      case "private-key":
        this.#files.privateKey = value!;
        break;
      case "certificate":
        this.#files.certificate = value!;
        break;
      case "ca-cert":
      case "bootstrap-ca-cert":
        this.#files.caCert = value!;
        this.#files.bootstrapCaCert = name === "bootstrap-ca-cert";
        break;
      case "ssl-protocols":
        this.#files.protocols = value!;
        break;
      case "ssl-ciphers":
        this.#files.ciphers = value!;
        break;
      case "peer-ca-cert":
        // Peers of the command line tools know the CA already.
        break;
      default:
        return false;
    }
    this.#given = true;
    return true;
  }

  /** undefined when no TLS option was given. */
  get files(): TlsFiles | undefined {
    return this.#given ? this.#files : undefined;
  }
}
