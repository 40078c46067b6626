// SPDX-License-Identifier: Apache-2.0
/** What the packets of a flow do besides moving, applied with their counts. */
import type { Rule } from "../rule.js";
import type { XDatapath, XTable } from "../xbridge.js";
import type { XlateEffect, XlateOutput } from "./types.js";

export interface PacketCounts {
  packets: number;
  bytes: number;
  /** When the last of them was seen, milliseconds of the switch's clock. */
  usedMs: number;
  /** TCP flags of all of them. */
  tcpFlags: number;
}

/** TCP FIN and RST. */
const CONNECTION_ENDS = 0x005;

/** A hit of `rule`, which is in `table` and in no other. */
export function ruleHit(rule: Rule, table: XTable | null): XlateEffect {
  rule.hitEffect ??= { type: "rule", rule, table };
  return rule.hitEffect;
}

/** Credits packets to the rules and tables that they hit, refreshes the addresses they taught, and
 * counts them on patch ports. */
export function applyEffects(effects: readonly XlateEffect[], counts: PacketCounts): void {
  const { packets, bytes, usedMs } = counts;
  for (const effect of effects) {
    switch (effect.type) {
      case "table":
        if (effect.matched) effect.table.matched += packets;
        else effect.table.missed += packets;
        break;
      case "rule":
        effect.rule.credit(packets, bytes, usedMs);
        if (effect.table) effect.table.matched += packets;
        break;
      case "learn_mac":
        // The port may be gone since the flow was translated.
        if (effect.bridge.ports.get(effect.port.ofpPort) === effect.port) {
          effect.bridge.macLearning.learn(effect.vlan, effect.mac, effect.port, usedMs);
        }
        break;
      case "learn":
        effect.bridge.of.learn(effect.request);
        break;
      case "fin_timeout":
        if (counts.tcpFlags & CONNECTION_ENDS) effect.bridge.of.shortenTimeouts(effect);
        break;
      case "group":
        effect.group.credit(effect.bucket, packets, bytes);
        break;
      case "patch":
        effect.from.txPackets += packets;
        effect.from.txBytes += bytes;
        effect.to.rxPackets += packets;
        effect.to.rxBytes += bytes;
        break;
    }
  }
}

/** Gives back the recirculation ids of an output whose actions are no longer used. */
export function releaseOutput(datapath: XDatapath, output: Pick<XlateOutput, "recircIds">): void {
  if (output.recircIds.length === 0) return;
  for (const id of output.recircIds.splice(0)) datapath.recirc.unref(id);
}
