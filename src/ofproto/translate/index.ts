// SPDX-License-Identifier: Apache-2.0
export { applyEffects, type PacketCounts, releaseOutput } from "./effects.js";
export { type LocatedFlow, locateFlow, toDatapathMask } from "./locate.js";
export { translate } from "./translate.js";
export * from "./types.js";
