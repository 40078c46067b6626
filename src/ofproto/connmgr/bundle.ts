// SPDX-License-Identifier: Apache-2.0
import type { OfMessage } from "../../openflow/messages/messages.js";

/** One message of a bundle with the request that brought it, which errors quote. */
export interface BundleEntry {
  readonly message: OfMessage;
  readonly request: Uint8Array;
}

/** Messages that a connection collects to apply them together. */
export interface Bundle {
  /** BUNDLE_FLAG bits. */
  readonly flags: number;
  /** No more messages may be added. */
  closed: boolean;
  readonly entries: BundleEntry[];
}
