// SPDX-License-Identifier: Apache-2.0
/**
 * From a miss to an installed flow: the one place that joins the datapath and the OpenFlow
 * switches. Runs on the control thread; the packets of a miss wait in the datapath meanwhile.
 */
import { KEY_FIELDS } from "../../pmd/shm/flow-key.js";
import type { Dpif, InstallFailure, Upcall } from "../dpif/dpif.js";
import type { Clock } from "../lib/clock.js";
import { vlog } from "../lib/log.js";
import type { Ofproto } from "../ofproto/ofproto.js";
import type { PacketOut, Resume } from "../ofproto/ofproto-types.js";
import type { XlateOutput } from "../ofproto/translate/index.js";
import { applyEffects, releaseOutput, translate } from "../ofproto/translate/index.js";
import type { XBridge, XDatapath } from "../ofproto/xbridge.js";
import { Flow } from "../openflow/flow.js";
import { isDebugging, logInstalled, logMiss } from "./debug-log.js";
import { type Megaflow, MegaflowTable } from "./megaflow.js";
import { packetIn } from "./packet-in.js";
import {
  DEFAULT_SETTINGS,
  Revalidator,
  type RevalidatorDpif,
  type RevalidatorSettings,
} from "./revalidator.js";
import { installedActions, translateKey } from "./translate-key.js";

const log = vlog("ofproto_dpif_upcall");

/** In place of a datapath port: the packet came in on none. */
const NO_PORT = 0xffffffff;
/** How long a port that ran out of masks gets exact flows only. */
const MASK_LIMIT_MS = 10_000;
/** Matches everything. */
const EXACT_MASK = new Flow();
EXACT_MASK.bytes.fill(0xff);

/** Flows, as `upcall/show` prints them. */
export interface SlowpathStats {
  readonly flows: number;
  readonly flowsMax: number;
  readonly flowLimit: number;
  readonly sweepMs: number;
  /** Misses and slow-path packets handled since the start. */
  readonly upcalls: number;
}

/** What of a datapath is needed here. */
export type SlowpathDpif = RevalidatorDpif &
  Pick<
    Dpif,
    | "onPmdGone"
    | "onQueueMove"
    | "onInstallFailed"
    | "onUpcalls"
    | "flowPut"
    | "flowPutMiss"
    | "resolve"
    | "packetData"
    | "execute"
    | "sync"
  >;

export class Slowpath {
  readonly settings: RevalidatorSettings = { ...DEFAULT_SETTINGS };
  private readonly flows = new MegaflowTable();
  private readonly revalidator: Revalidator;
  private readonly switches = new Map<XBridge, Ofproto>();
  /** By thread and datapath port: until when its flows are installed exact. */
  private readonly exactUntil = new Map<string, number>();
  private megaflows = true;
  private upcalls = 0;
  private flowsMax = 0;

  constructor(
    private readonly dpif: SlowpathDpif,
    private readonly datapath: XDatapath,
    private readonly clock: Clock,
  ) {
    this.revalidator = new Revalidator(dpif, datapath, this.flows, clock, this.settings);
    dpif.onPmdGone((pmd) => this.revalidator.forget(pmd));
    dpif.onQueueMove((inPort, from, to) => this.copyFlows(inPort, from, to));
    dpif.onInstallFailed((pmd, flowId, why) => this.notInstalled(pmd, flowId, why));
    dpif.onUpcalls((batch) => {
      datapath.holdTime();
      for (const upcall of batch) this.handle(upcall);
      datapath.releaseTime();
      this.revalidator.handledMisses();
      this.revalidator.checkSeq();
    });
  }

  addBridge(bridge: XBridge, ofproto: Ofproto): void {
    this.switches.set(bridge, ofproto);
    this.changed();
  }

  removeBridge(bridge: XBridge): void {
    this.switches.delete(bridge);
    this.changed();
  }

  /** Something that translation depends on changed: installed flows are checked soon. */
  changed(): void {
    this.revalidator.changed();
  }

  /** Resolves when every change so far is reflected in the installed flows
   * (`revalidator/wait`). */
  settled(): Promise<void> {
    return this.revalidator.settled();
  }

  /** Brings the counts of rules and tables up to date with the datapath. */
  syncStats(): void {
    this.revalidator.syncStats();
  }

  /** Removes every flow, with its counts credited (`revalidator/purge`). */
  async purge(): Promise<void> {
    await Promise.all([...this.flows].map((flow) => this.revalidator.remove(flow)));
  }

  /** Applies the database's settings. A changed limit on flows starts afresh. */
  configure(settings: RevalidatorSettings): void {
    if (settings.flowLimit !== this.settings.flowLimit) this.setFlowLimit(settings.flowLimit);
    Object.assign(this.settings, settings);
  }

  /** `upcall/set-flow-limit`. */
  setFlowLimit(flows: number): void {
    this.revalidator.setFlowLimit(flows);
  }

  /** With false, flows match every bit of the packet that missed (`upcall/disable-megaflows`).
   * Installed flows go either way. */
  setMegaflows(areOn: boolean): Promise<void> {
    this.megaflows = areOn;
    return this.purge();
  }

  /** Installed flows, for the dumps. Counts are those of the last `syncStats`. */
  dumpFlows(): Iterable<Readonly<Megaflow>> {
    return this.flows;
  }

  stats(): SlowpathStats {
    return {
      flows: this.flows.size,
      flowsMax: this.flowsMax,
      flowLimit: this.revalidator.flowLimit,
      sweepMs: this.revalidator.lastSweepMs,
      upcalls: this.upcalls,
    };
  }

  /** Sends a controller's packet: translates the actions it gave and executes the result. */
  packetOut(bridge: XBridge, request: PacketOut): void {
    const output = translate({
      bridge,
      flow: request.flow,
      packet: request.packet,
      tcpFlags: 0,
      mayLearn: true,
      actions: request.actions,
      skipWildcards: true,
    });
    applyEffects(output.effects, {
      packets: 1,
      bytes: request.packet.length,
      usedMs: this.clock.now(),
      tcpFlags: 0,
    });
    const inPort = bridge.ports.get(request.inPort)?.dpPort ?? -1;
    this.dpif.execute({
      packet: request.packet,
      inPort: inPort < 0 ? NO_PORT : inPort,
      actions: output.actions,
    });
    this.releaseWhenDone(output);
  }

  /** What an executed packet sends up names the frozen states of its translation. */
  private releaseWhenDone(output: XlateOutput): void {
    if (output.recircIds.length === 0) return;
    void this.dpif.sync().then(() => releaseOutput(this.datapath, output));
  }

  /** A paused packet goes on where it was stopped. */
  resume(bridge: XBridge, { packet, inPort, flow, state }: Resume): void {
    const { recirc } = this.datapath;
    const id = recirc.allocate(state);
    const dpPort = bridge.ports.get(inPort)?.dpPort ?? -1;
    flow.view.setUint32(KEY_FIELDS.recirc_id.offset, id);
    if (dpPort >= 0) flow.view.setUint32(KEY_FIELDS.in_port.offset, dpPort);
    const input = { bridge, flow, packet, tcpFlags: 0, mayLearn: true, skipWildcards: true };
    const output = translate(input);
    const usedMs = this.clock.now();
    applyEffects(output.effects, { packets: 1, bytes: packet.length, usedMs, tcpFlags: 0 });
    this.dpif.execute({ packet, inPort: dpPort < 0 ? NO_PORT : dpPort, actions: output.actions });
    this.releaseWhenDone(output);
    recirc.unref(id);
  }

  /** `revalidator/pause` and `revalidator/resume`. */
  pause(isOn: boolean): void {
    this.revalidator.pause(isOn);
  }

  stop(): void {
    this.revalidator.stop();
  }

  private handle(upcall: Upcall): void {
    this.upcalls++;
    try {
      if (upcall.type === "miss") this.handleMiss(upcall);
      else this.handleAction(upcall);
    } catch (error) {
      // A bug in translation must cost this packet only.
      log.err(`translation failed: ${error instanceof Error ? error.stack : String(error)}`);
      this.dpif.resolve(upcall.pmd, upcall.slot, { drop: "datapath_drop_upcall_error" });
    }
  }

  private handleMiss(upcall: Upcall): void {
    if (isDebugging()) logMiss(this.datapath, upcall);
    const output = this.translateUpcall(upcall);
    if (!output) {
      this.dpif.resolve(upcall.pmd, upcall.slot, { drop: "datapath_drop_invalid_port" });
      return;
    }
    if (this.install(upcall, output)) return;
    const { actions, effects } = output;
    this.dpif.resolve(upcall.pmd, upcall.slot, { actions }, (released) => {
      applyEffects(effects, released);
      releaseOutput(this.datapath, output);
    });
  }

  /** A receive queue goes on on another thread: its established flows shall not miss there. */
  private copyFlows(inPort: number, from: number, to: number): void {
    for (const flow of [...this.flows]) {
      if (flow.pmd !== from || inPortOf(flow.key) !== inPort) continue;
      const { key, sharedMask: mask } = flow;
      const hash = this.flows.hash(to, flow.keyWords, mask);
      if (this.flows.find(to, flow.keyWords, mask, hash)) continue;
      const output = translateKey(this.datapath, key, { mayLearn: false });
      if (!output) continue;
      const { keyClass, keyWords } = flow;
      const actions = installedActions(this.datapath, output, key);
      const flowId = this.dpif.flowPut(to, { keyClass, key, mask: flow.mask, actions });
      if (flowId === undefined) {
        releaseOutput(this.datapath, output);
        continue;
      }
      const { effects, recircIds } = output;
      const made = { actions, effects, recircIds, createdMs: this.clock.now() };
      this.flows.put({ pmd: to, flowId }, keyWords, mask, hash, made);
      this.flowsMax = Math.max(this.flowsMax, this.flows.size);
    }
  }

  /** A flow that was put is in no table. When its port has too many masks, which somebody may be
   * doing on purpose, its next flows are installed exact for a while. */
  private notInstalled(pmd: number, flowId: number, why: InstallFailure): void {
    const flow = this.flows.byId(pmd, flowId);
    if (!flow) return;
    if (why === "mask-limit") {
      this.exactUntil.set(`${pmd} ${inPortOf(flow.key)}`, this.clock.now() + MASK_LIMIT_MS);
    } else {
      log.warn(`flow not installed (${why})`);
    }
    void this.revalidator.remove(flow);
  }

  /** What to match: what translation looked at or, while its port has too many masks, all. */
  private installMask(upcall: Upcall, output: XlateOutput): Flow {
    output.wc.view.setUint32(KEY_FIELDS.in_port.offset, 0xffffffff);
    output.wc.view.setUint32(KEY_FIELDS.recirc_id.offset, 0xffffffff);
    if (!this.megaflows) return EXACT_MASK;
    if (this.exactUntil.size === 0) return output.wc;
    const where = `${upcall.pmd} ${upcall.inPort}`;
    const untilMs = this.exactUntil.get(where);
    if (untilMs === undefined) return output.wc;
    if (untilMs > this.clock.now()) return EXACT_MASK;
    this.exactUntil.delete(where);
    return output.wc;
  }

  /** A packet that an installed action sent here. */
  private handleAction(upcall: Upcall): void {
    const { cookie, pmd, slot } = upcall;
    if (cookie?.kind === "slow_path") {
      const output = this.translateUpcall(upcall);
      this.dpif.resolve(pmd, slot, { actions: output?.actions ?? [] });
      if (output) this.releaseWhenDone(output);
      return;
    }
    if (cookie?.kind === "controller" && !cookie.dontSend) {
      const event = packetIn(this.datapath, upcall.key, this.dpif.packetData(pmd, slot), cookie);
      if (event) this.switches.get(event.bridge)?.sendPacketIn(event.packetIn);
    }
    this.dpif.resolve(pmd, slot, { actions: [] });
  }

  private translateUpcall(upcall: Upcall): XlateOutput | null {
    const output = translateKey(this.datapath, upcall.key, { mayLearn: true });
    if (!output?.needsPacket) return output;
    releaseOutput(this.datapath, output);
    const packet = this.dpif.packetData(upcall.pmd, upcall.slot);
    return translateKey(this.datapath, upcall.key, { mayLearn: true, packet });
  }

  /** Installs the translation on the thread that missed, or finds it there already: another packet
   * of the same megaflow may have missed at the same time. Resolves the miss to the flow; false
   * when there is none. */
  private install(upcall: Upcall, output: XlateOutput): boolean {
    const { flows } = this;
    const { pmd, keyClass, keyWords: key } = upcall;
    const wc = this.installMask(upcall, output);
    const mask = flows.maskOf(keyClass, wc.words);
    const hash = flows.hash(pmd, key, mask);
    const existing = flows.find(pmd, key, mask, hash);
    if (existing) {
      existing.countMiss(upcall.packetLength);
      releaseOutput(this.datapath, output);
      this.dpif.resolve(pmd, upcall.slot, { flowId: existing.flowId });
      return true;
    }
    const mayPut = !output.avoidCaching && flows.size < this.revalidator.flowLimit;
    const actions = mayPut ? installedActions(this.datapath, output, upcall.key) : [];
    const flowId = mayPut ? this.dpif.flowPutMiss(upcall, wc.words, actions) : undefined;
    if (flowId === undefined) {
      flows.dropMask(mask);
      return false;
    }
    const { effects, recircIds } = output;
    const made = { actions, effects, recircIds, createdMs: this.datapath.nowMs() };
    const flow = flows.put({ pmd, flowId }, key, mask, hash, made);
    flow.countMiss(upcall.packetLength);
    if (isDebugging()) logInstalled(this.datapath, upcall, wc, flow, actions);
    if (flows.size > this.flowsMax) this.flowsMax = flows.size;
    return true;
  }
}

function inPortOf(key: Uint8Array): number {
  const { offset } = KEY_FIELDS.in_port;
  return new DataView(key.buffer, key.byteOffset).getUint32(offset);
}
