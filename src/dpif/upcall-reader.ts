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
  packetLength = 0;
  cookie: UserspaceCookie | undefined = undefined;
}

export interface UpcallReaderEvents {
  installFailed(pmd: PmdHandle, flowId: number, why: InstallFailure): void;
  flowDeleted(pmd: PmdHandle, flowId: number): void;
}

export class UpcallReader {
  private readonly upcall = new UpcallView();

  constructor(
    private readonly cookies: CookieTable,
    private readonly events: UpcallReaderEvents,
  ) {}

  /** Up to `limit` upcalls of `pmd`; acknowledgements on the way are handled. */
  *read(pmd: PmdHandle, limit: number): Generator<Upcall> {
    const ring = pmd.shm.upcalls;
    let taken = 0;
    for (let at = ring.peek(); at >= 0; at = ring.peek()) {
      const type = ring.view.getUint16(at + FIELDS.type.offset, true);
      const isUpcall = type === UPCALL.MISS || type === UPCALL.ACTION;
      if (isUpcall && taken === limit) return;
      if (isUpcall) this.load(pmd, type, at);
      else this.acknowledge(pmd, type, at);
      ring.advance();
      if (!isUpcall) continue;
      taken++;
      yield this.upcall;
    }
  }

  private load(pmd: PmdHandle, type: number, at: number): void {
    const { view, bytes } = pmd.shm.upcalls;
    const { upcall } = this;
    const u32 = (offset: number) => view.getUint32(at + offset, true);
    upcall.pmd = pmd.index;
    upcall.slot = u32(FIELDS.slot.offset);
    upcall.type = type === UPCALL.MISS ? "miss" : "action";
    upcall.inPort = u32(FIELDS.in_port.offset);
    upcall.packetLength = u32(FIELDS.packet_length.offset);
    upcall.keyClass = view.getUint8(at + FIELDS.key_class.offset) as KeyClass;
    upcall.cookie =
      type === UPCALL.ACTION ? this.cookies.get(u32(FIELDS.cookie.offset)) : undefined;
    const keyBytes = KEY_CLASS_BYTES[upcall.keyClass];
    const key = at + UPCALL_RECORD.bytes;
    upcall.key.set(bytes.subarray(key, key + keyBytes));
    upcall.key.fill(0, keyBytes);
    if (type === UPCALL.ACTION) pmd.actionSlots.add(upcall.slot);
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
