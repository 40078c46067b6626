// SPDX-License-Identifier: Apache-2.0
/**
 * Reads the upcall rings: misses and userspace actions go to the consumer, acknowledgements to
 * whoever waits for them.
 */
import { KEY_BYTES, KEY_CLASS_BYTES, type KeyClass } from "../../pmd/shm/flow-key.js";
import { INSTALL, UPCALL, UPCALL_RECORD } from "../../pmd/shm/upcalls.js";
import type { UserspaceCookie } from "../odp/actions.js";
import { monotonicToClock } from "./clock-origin.js";
import type { CookieTable } from "./cookie-table.js";
import type { FlowStats, InstallFailure, Upcall, UpcallType } from "./dpif.js";
import type { PmdHandle } from "./pmd-handle.js";

const FIELDS = UPCALL_RECORD.fields;
const TWO32 = 0x100000000;

const INSTALL_FAILURES = new Map<number, InstallFailure>([
  [INSTALL.MASK_LIMIT, "mask-limit"],
  [INSTALL.NO_MEMORY, "no-memory"],
  [INSTALL.EXISTS, "exists"],
  [INSTALL.INVALID, "invalid"],
]);

class UpcallView implements Upcall {
  pmd = 0;
  slot = 0;
  type: UpcallType = "miss";
  inPort = 0;
  keyClass: KeyClass = 0;
  readonly key = new Uint8Array(KEY_BYTES);
  readonly keyWords = new Uint32Array(this.key.buffer);
  packetLength = 0;
  cookie: UserspaceCookie | undefined = undefined;
}

export interface UpcallReaderEvents {
  installFailed(pmd: PmdHandle, flowId: number, why: InstallFailure): void;
  flowDeleted(pmd: PmdHandle, flowId: number): void;
}

export class UpcallReader {
  private readonly upcall = new UpcallView();
  /** Words of the key of the last upcall: those behind are 0. */
  private keyWords = KEY_BYTES / 4;

  constructor(
    private readonly cookies: CookieTable,
    private readonly events: UpcallReaderEvents,
  ) {}

  /** The next upcall of `pmd`, good until the next call, or null when there is none now.
   * Acknowledgements on the way are handled.
   * @param mayTake false: leaves the upcall where it is */
  next(pmd: PmdHandle, mayTake: boolean): Upcall | null {
    const ring = pmd.shm.upcalls;
    for (let at = ring.peek(); at >= 0; at = ring.peek()) {
      const type = ring.view.getUint16(at + FIELDS.type.offset, true);
      if (type === UPCALL.MISS || type === UPCALL.ACTION) {
        if (!mayTake) return null;
        this.load(pmd, type, at);
        ring.advance();
        return this.upcall;
      }
      this.acknowledge(pmd, type, at);
      ring.advance();
    }
    return null;
  }

  private load(pmd: PmdHandle, type: number, at: number): void {
    const { view, data } = pmd.shm.upcalls;
    const { upcall } = this;
    upcall.pmd = pmd.index;
    upcall.slot = view.getUint32(at + FIELDS.slot.offset, true);
    upcall.inPort = view.getUint32(at + FIELDS.in_port.offset, true);
    upcall.packetLength = view.getUint32(at + FIELDS.packet_length.offset, true);
    upcall.keyClass = view.getUint8(at + FIELDS.key_class.offset) as KeyClass;
    const words = KEY_CLASS_BYTES[upcall.keyClass] >> 2;
    const from = (at + UPCALL_RECORD.bytes) >> 2;
    const to = upcall.keyWords;
    for (let i = 0; i < words; i++) to[i] = data[from + i];
    if (words < this.keyWords) to.fill(0, words);
    this.keyWords = words;
    if (type === UPCALL.MISS) {
      upcall.type = "miss";
      upcall.cookie = undefined;
    } else {
      upcall.type = "action";
      upcall.cookie = this.cookies.get(view.getUint32(at + FIELDS.cookie.offset, true));
      pmd.actionSlots.add(upcall.slot);
    }
  }

  private acknowledge(pmd: PmdHandle, type: number, at: number): void {
    const { view } = pmd.shm.upcalls;
    const slot = view.getUint32(at + FIELDS.slot.offset, true);
    switch (type) {
      case UPCALL.RELEASED:
        pmd.released.get(slot)?.(stats(view, at));
        pmd.released.delete(slot);
        return;
      case UPCALL.FLOW_DELETED: {
        const done = pmd.deleted.get(slot);
        pmd.deleted.delete(slot);
        pmd.giveFlowId(slot);
        this.events.flowDeleted(pmd, slot);
        done?.(stats(view, at));
        return;
      }
      case UPCALL.FLOW_INSTALLED: {
        const why = INSTALL_FAILURES.get(view.getUint8(at + FIELDS.status.offset));
        if (why) this.events.installFailed(pmd, slot, why);
        return;
      }
      case UPCALL.SYNCED:
        pmd.acknowledge(view.getUint32(at + FIELDS.cookie.offset, true));
        return;
      default:
        throw new Error(`upcall ring: unknown record type ${type}`);
    }
  }
}

function stats(view: DataView, at: number): FlowStats {
  const u64 = (offset: number) =>
    view.getUint32(at + offset + 4, true) * TWO32 + view.getUint32(at + offset, true);
  return {
    packets: u64(FIELDS.packets.offset),
    bytes: u64(FIELDS.bytes.offset),
    usedMs: monotonicToClock(u64(FIELDS.used_ms.offset)),
    tcpFlags: view.getUint16(at + FIELDS.tcp_flags.offset, true),
  };
}
