// SPDX-License-Identifier: Apache-2.0
/** Frames and capture files for traffic sources. */
import { writeFileSync } from "node:fs";

export interface UdpFrame {
  readonly srcMac?: string;
  readonly dstMac?: string;
  /** IPv4 addresses as numbers. */
  readonly src: number;
  readonly dst: number;
  readonly srcPort: number;
  readonly dstPort: number;
  /** Bytes of the frame without FCS; default 60, the least that Ethernet carries. */
  readonly length?: number;
}

export function ipv4(text: string): number {
  return text.split(".").reduce((sum, byte) => sum * 256 + Number(byte), 0);
}

function macBytes(text: string): number[] {
  return text.split(":").map((byte) => Number.parseInt(byte, 16));
}

/** An Ethernet/IPv4/UDP frame with a right IPv4 checksum and no UDP checksum. */
export function udpFrame(frame: UdpFrame): Uint8Array {
  const length = frame.length ?? 60;
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  bytes.set(macBytes(frame.dstMac ?? "52:54:00:00:00:02"), 0);
  bytes.set(macBytes(frame.srcMac ?? "52:54:00:00:00:01"), 6);
  view.setUint16(12, 0x0800);
  view.setUint8(14, 0x45);
  view.setUint16(16, length - 14);
  view.setUint8(22, 64);
  view.setUint8(23, 17);
  view.setUint32(26, frame.src);
  view.setUint32(30, frame.dst);
  let sum = 0;
  for (let at = 14; at < 34; at += 2) sum += view.getUint16(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(24, ~sum & 0xffff);
  view.setUint16(34, frame.srcPort);
  view.setUint16(36, frame.dstPort);
  view.setUint16(38, length - 34);
  return bytes;
}

/** Writes a classic little-endian Ethernet capture. */
export function writePcap(path: string, frames: readonly Uint8Array[]): void {
  const total = frames.reduce((sum, frame) => sum + 16 + frame.length, 24);
  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0xa1b2c3d4, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, 65535, true);
  view.setUint32(20, 1, true);
  let at = 24;
  for (const frame of frames) {
    view.setUint32(at + 8, frame.length, true);
    view.setUint32(at + 12, frame.length, true);
    bytes.set(frame, at + 16);
    at += 16 + frame.length;
  }
  writeFileSync(path, bytes);
}
