// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import { OperatorError, operatorErrorFrom } from "../lib/errors.js";

/** The files of --private-key, --certificate and --ca-cert, or of the database's SSL table. */
export interface TlsFiles {
  readonly privateKey: string;
  readonly certificate: string;
  /** Absent or "none": peers are not verified. */
  readonly caCert?: string;
  /** Take the CA's certificate from the first peer when `caCert` does not exist yet. */
  readonly bootstrapCaCert?: boolean;
  /** Comma- or space-separated, such as "TLSv1.2,TLSv1.3". */
  readonly protocols?: string;
  readonly ciphers?: string;
}

const VERSIONS = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"] as const;

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw operatorErrorFrom(error, path);
  }
}

function protocolRange(protocols: string): Pick<SecureContextOptions, "minVersion" | "maxVersion"> {
  const words = protocols.split(/[\s,]+/).filter((word) => word !== "");
  const known = VERSIONS.filter((version) => words.includes(version));
  const unknown = words.find((word) => !VERSIONS.some((version) => version === word));
  if (unknown) throw new OperatorError("EINVAL", `${unknown}: SSL protocol not recognized`);
  return { minVersion: known[0], maxVersion: known.at(-1) };
}

/** Whether peers' certificates are to be checked (and can be). */
export function verifiesPeers(files: TlsFiles): boolean {
  const ca = files.caCert;
  if (!ca || ca === "none") return false;
  return !(files.bootstrapCaCert && !existsSync(ca));
}

/** Reads the files into TLS options. Throws OperatorError for what is missing or malformed. */
export function readTlsOptions(files: TlsFiles | undefined): SecureContextOptions {
  if (!files?.privateKey) {
    throw new OperatorError("ENOPROTOOPT", "Private key must be configured to use SSL");
  }
  if (!files.certificate) {
    throw new OperatorError("ENOPROTOOPT", "Certificate must be configured to use SSL");
  }
  if (!files.caCert) {
    throw new OperatorError("ENOPROTOOPT", "CA certificate must be configured to use SSL");
  }
  const options: SecureContextOptions = {
    key: read(files.privateKey),
    cert: read(files.certificate),
    ...(verifiesPeers(files) ? { ca: read(files.caCert) } : {}),
    ...(files.protocols ? protocolRange(files.protocols) : {}),
    ...(files.ciphers ? { ciphers: files.ciphers } : {}),
  };
  try {
    createSecureContext(options);
    return options;
  } catch (error) {
    throw operatorErrorFrom(error, files.certificate);
  }
}

/** Keeps the CA certificate that a peer presented, for --bootstrap-ca-cert. */
export function storeBootstrapCa(files: TlsFiles, der: Buffer): void {
  if (!files.caCert || existsSync(files.caCert)) return;
  const body = der
    .toString("base64")
    .replace(/(.{64})/g, "$1\n")
    .trimEnd();
  const pem = `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;
  writeFileSync(files.caCert, pem, { flag: "wx", mode: 0o644 });
}
