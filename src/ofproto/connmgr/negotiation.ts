// SPDX-License-Identifier: Apache-2.0
/** What the first message of a peer says of versions, and what is said when none is shared. */
import { OfpError } from "../../openflow/errors.js";
import { readHeader } from "../../openflow/messages/frame.js";
import { decodeMessage } from "../../openflow/messages/messages.js";

/** The versions of a hello; undefined when it is none. */
export function helloVersions(bytes: Uint8Array): readonly number[] | undefined {
  const { type, version } = readHeader(bytes);
  if (type !== 0 || version === 0) return undefined;
  try {
    const { message } = decodeMessage(bytes);
    return message.type === "hello" ? message.versions : undefined;
  } catch (error) {
    if (error instanceof OfpError) return undefined;
    throw error;
  }
}

/** `version 0x01`, `versions 0x01, 0x04`. */
export function versionList(versions: readonly number[]): string {
  const texts = versions.map((v) => `0x${v.toString(16).padStart(2, "0")}`);
  if (texts.length < 2) return `version ${texts[0] ?? "none"}`;
  return `versions ${texts.join(", ")}`;
}
