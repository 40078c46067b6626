// SPDX-License-Identifier: Apache-2.0
/** `debug_recirc` and `debug_slow`, which a switch takes only under `--enable-dummy`. */
import { OfpError } from "../errors.js";
import { action, endAction, nicira, noArgument, startVendor } from "./codec.js";

let isEnabled = false;

/** Makes the switch accept the actions: `--enable-dummy`. */
export function enableDebugActions(): void {
  isEnabled = true;
}

function debugAction(type: "debug_recirc" | "debug_slow", subtype: number) {
  return action({
    type,
    name: type,
    parse: noArgument({ type }),
    format: () => type,
    wires: [
      nicira(subtype, 16, () => {
        if (!isEnabled) throw new OfpError("OFPBAC_BAD_VENDOR_TYPE");
        return { type };
      }),
    ],
    encode(w) {
      endAction(w, startVendor(w, subtype));
    },
  });
}

export const debugSlow = debugAction("debug_slow", 254);
export const debugRecirc = debugAction("debug_recirc", 255);
