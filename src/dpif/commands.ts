// SPDX-License-Identifier: Apache-2.0
/** Commands of the ring as calls: each writes one record of pmd/shm/commands.ts. */
import {
  COMMAND,
  FLOW_DEL,
  FLOW_MODIFY,
  FLOW_PUT,
  FLUSH,
  PACKET_EXECUTE,
  PORT_CLEAR,
  PORT_SET,
  RESOLVE,
  RXQ_ADD,
  RXQ_DEL,
  SETTINGS,
  UPCALL_RESOLVE,
} from "../../pmd/shm/commands.js";
import { dropReasonIndex } from "../../pmd/shm/drop-reasons.js";
import { KEY_BYTES, KEY_CLASS_BYTES, type KeyClass } from "../../pmd/shm/flow-key.js";
import type { StructLayout } from "../../pmd/shm/struct-layout.js";
import type { DpifSettings, FlowSpec } from "./dpif.js";
import type { PmdHandle } from "./pmd-handle.js";

type Values<Names extends string> = Partial<Record<Names, number>>;

/** Sets the named fields of the record at `at`. */
function fill<Names extends string>(
  view: DataView,
  at: number,
  layout: StructLayout<Names>,
  values: Values<Names>,
): void {
  for (const name in values) {
    const { offset, bytes } = layout.fields[name];
    const value = values[name] as number;
    if (bytes === 1) view.setUint8(at + offset, value);
    else if (bytes === 2) view.setUint16(at + offset, value, true);
    else view.setUint32(at + offset, value >>> 0, true);
  }
}

function postFixed<Names extends string>(
  pmd: PmdHandle,
  opcode: number,
  layout: StructLayout<Names>,
  values: Values<Names>,
): void {
  pmd.post(opcode, layout.bytes, (view, _bytes, at) => fill(view, at, layout, values));
}

export function postFlowPut(
  pmd: PmdHandle,
  flowId: number,
  flow: FlowSpec,
  programBytes: number,
  writeProgram: (view: DataView, at: number) => void,
): void {
  const keyBytes = KEY_CLASS_BYTES[flow.keyClass];
  const length = FLOW_PUT.bytes + 2 * keyBytes + programBytes;
  pmd.post(COMMAND.FLOW_PUT, length, (view, bytes, at) => {
    const { fields } = FLOW_PUT;
    view.setUint32(at + fields.flow_id.offset, flowId, true);
    view.setUint8(at + fields.key_class.offset, flow.keyClass);
    view.setUint32(at + fields.program_bytes.offset, programBytes, true);
    const key = at + FLOW_PUT.bytes;
    const mask = key + keyBytes;
    for (let i = 0; i < keyBytes; i++) {
      bytes[key + i] = flow.key[i] & flow.mask[i];
      bytes[mask + i] = flow.mask[i];
    }
    writeProgram(view, mask + keyBytes);
  });
}

/** Installs the flow of a miss and resolves the miss to it: both records at once, by words, for
 * this is what every flow set-up waits for. False when the ring has no room for them now.
 * @param key of the packet, not masked; @param mask at least as long as the key's class; both as
 * host-order words */
export function postFlowPutMiss(
  pmd: PmdHandle,
  miss: { readonly slot: number; readonly keyClass: KeyClass; readonly keyWords: Uint32Array },
  mask: Uint32Array,
  flowId: number,
  programBytes: number,
  writeProgram: (view: DataView, at: number) => void,
): boolean {
  const keyWords = KEY_CLASS_BYTES[miss.keyClass] >> 2;
  const programAt = FLOW_PUT.bytes + 8 * keyWords;
  const length = (programAt + programBytes + 7) & ~7;
  const at = pmd.reserve(length + UPCALL_RESOLVE.bytes);
  if (at < 0) return false;
  const { view, data } = pmd.shm.commands;
  head(view, at, length, COMMAND.FLOW_PUT);
  view.setUint32(at + PUT.flow_id.offset, flowId, true);
  view.setUint32(at + PUT.key_class.offset, miss.keyClass, true);
  view.setUint32(at + PUT.program_bytes.offset, programBytes, true);
  view.setUint32(at + PUT.program_bytes.offset + 4, 0, true);
  // What a short program leaves of the last 8 bytes; a longer one, or the mask, is written over it.
  data[(at + length - 4) >> 2] = 0;
  const { keyWords: key } = miss;
  const keyAt = (at + FLOW_PUT.bytes) >> 2;
  for (let i = 0; i < keyWords; i++) {
    const bits = mask[i];
    data[keyAt + i] = key[i] & bits;
    data[keyAt + keyWords + i] = bits;
  }
  writeProgram(view, at + programAt);
  const resolve = at + length;
  head(view, resolve, UPCALL_RESOLVE.bytes, COMMAND.UPCALL_RESOLVE);
  view.setUint32(resolve + RESOLVED.slot.offset, miss.slot, true);
  view.setUint32(resolve + RESOLVED.kind.offset, RESOLVE.FLOW, true);
  view.setUint32(resolve + RESOLVED.value.offset, flowId, true);
  view.setUint32(resolve + RESOLVED.program_bytes.offset, 0, true);
  pmd.commit();
  return true;
}

const PUT = FLOW_PUT.fields;
const RESOLVED = UPCALL_RESOLVE.fields;

function head(view: DataView, at: number, length: number, opcode: number): void {
  view.setUint32(at, length, true);
  view.setUint32(at + 4, opcode, true);
}

export function postFlowModify(pmd: PmdHandle, flowId: number, program: Uint8Array): void {
  pmd.post(COMMAND.FLOW_MODIFY, FLOW_MODIFY.bytes + program.length, (view, bytes, at) => {
    fill(view, at, FLOW_MODIFY, { flow_id: flowId, program_bytes: program.length });
    bytes.set(program, at + FLOW_MODIFY.bytes);
  });
}

export function postFlowDel(pmd: PmdHandle, flowId: number): void {
  postFixed(pmd, COMMAND.FLOW_DEL, FLOW_DEL, { flow_id: flowId });
}

export function postFlush(pmd: PmdHandle): void {
  postFixed(pmd, COMMAND.FLUSH, FLUSH, {});
}

export function postResolveFlow(pmd: PmdHandle, slot: number, flowId: number): void {
  pmd.post(COMMAND.UPCALL_RESOLVE, UPCALL_RESOLVE.bytes, (view, _bytes, at) => {
    const { fields } = UPCALL_RESOLVE;
    view.setUint32(at + fields.slot.offset, slot, true);
    view.setUint32(at + fields.kind.offset, RESOLVE.FLOW, true);
    view.setUint32(at + fields.value.offset, flowId, true);
  });
}

export function postResolveDrop(pmd: PmdHandle, slot: number, reason: string): void {
  postFixed(pmd, COMMAND.UPCALL_RESOLVE, UPCALL_RESOLVE, {
    slot,
    kind: RESOLVE.DROP,
    value: dropReasonIndex(reason),
  });
}

/** Ends the upcall of a userspace action. */
export function postResolveDone(pmd: PmdHandle, slot: number): void {
  postFixed(pmd, COMMAND.UPCALL_RESOLVE, UPCALL_RESOLVE, { slot, kind: RESOLVE.DONE });
}

export function postResolveProgram(pmd: PmdHandle, slot: number, program: Uint8Array): void {
  pmd.post(COMMAND.UPCALL_RESOLVE, UPCALL_RESOLVE.bytes + program.length, (view, bytes, at) => {
    const kind = RESOLVE.PROGRAM;
    fill(view, at, UPCALL_RESOLVE, { slot, kind, program_bytes: program.length });
    bytes.set(program, at + UPCALL_RESOLVE.bytes);
  });
}

export function postExecute(
  pmd: PmdHandle,
  packet: Uint8Array,
  inPort: number,
  key: Uint8Array | undefined,
  program: Uint8Array,
): void {
  const keyBytes = key ? KEY_BYTES : 0;
  const programRoom = (program.length + 7) & ~7;
  const length = PACKET_EXECUTE.bytes + keyBytes + programRoom + packet.length;
  pmd.post(COMMAND.PACKET_EXECUTE, length, (view, bytes, at) => {
    fill(view, at, PACKET_EXECUTE, {
      in_port: inPort,
      has_key: key ? 1 : 0,
      packet_bytes: packet.length,
      program_bytes: program.length,
    });
    let place = at + PACKET_EXECUTE.bytes;
    if (key) bytes.set(key.subarray(0, KEY_BYTES), place);
    place += keyBytes;
    bytes.set(program, place);
    bytes.set(packet, place + programRoom);
  });
}

/** `device`: the id that native `deviceOpen` gave; `txq`: the thread's number among those that send
 * (devices map them onto their own queues: native/io/txq-guard.h). */
export function postPortSet(
  pmd: PmdHandle,
  txq: number,
  port: number,
  device: number,
  emcEnable: boolean,
): void {
  postFixed(pmd, COMMAND.PORT_SET, PORT_SET, {
    port,
    netdev: device,
    txq,
    emc_enable: emcEnable ? 1 : 0,
  });
}

export function postPortClear(pmd: PmdHandle, port: number): void {
  postFixed(pmd, COMMAND.PORT_CLEAR, PORT_CLEAR, { port });
}

export function postRxqAdd(pmd: PmdHandle, slot: number, port: number, queue: number): void {
  postFixed(pmd, COMMAND.RXQ_ADD, RXQ_ADD, { slot, port, queue });
}

export function postRxqDel(pmd: PmdHandle, slot: number): void {
  postFixed(pmd, COMMAND.RXQ_DEL, RXQ_DEL, { slot });
}

export function postSettings(pmd: PmdHandle, settings: DpifSettings): void {
  postFixed(pmd, COMMAND.SETTINGS, SETTINGS, {
    emc_inv_prob: settings.emcInsertInvProb,
    smc_enable: settings.smcEnable ? 1 : 0,
    vlan_limit: settings.vlanLimit,
    tx_flush_us: settings.txFlushUs,
  });
}
