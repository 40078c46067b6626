// SPDX-License-Identifier: Apache-2.0
/** Random frames, from well formed to hostile. Checksums are right unless damaged on purpose. */
import { fixChecksums } from "./oracle/checksum.js";
import type { Random } from "./random.js";

export function be16(value: number): number[] {
  return [(value >> 8) & 255, value & 255];
}

function addressOf(random: Random, bytes: number): number[] {
  // Few values, so that flows repeat.
  return Array.from({ length: bytes }, (_, i) => (i === bytes - 1 ? random.below(4) : 10));
}

function udp(random: Random, payload: number[]): number[] {
  return [...be16(random.below(4) + 1000), ...be16(random.below(4) + 53)].concat(
    be16(8 + payload.length),
    [0, 0],
    payload,
  );
}

function tcp(random: Random, payload: number[]): number[] {
  const options = random.chance(20) ? 4 * random.below(4) : 0;
  const header = [...be16(random.below(4) + 1000), ...be16(80), 1, 2, 3, 4, 5, 6, 7, 8];
  const flags = [((5 + options / 4) << 4) | random.below(16), random.below(256)];
  return header.concat(flags, [1, 0, 0, 0, 0, 0], Array(options).fill(1), payload);
}

function sctp(random: Random, payload: number[]): number[] {
  return [...be16(random.below(4) + 5000), ...be16(36412), 0, 0, 0, 1, 0, 0, 0, 0, ...payload];
}

function icmp(random: Random, payload: number[]): number[] {
  return [random.pick([0, 3, 8, 11]), random.below(3), 0, 0, 0, 1, 0, 2, ...payload];
}

function ndOptions(random: Random): number[] {
  const one = () => {
    const type = random.pick([1, 2, 2, 3, 14]);
    const length = random.pick([1, 1, 1, 2, 0, 40]);
    return [type, length, ...random.bytes(6 + (length === 2 ? 8 : 0))];
  };
  return Array.from({ length: random.below(4) }, one).flat();
}

function icmpv6(random: Random, payload: number[]): number[] {
  if (random.chance(30)) return [random.pick([128, 129, 1]), random.below(2), 0, 0, ...payload];
  const header = [random.pick([135, 136]), random.chance(90) ? 0 : 1, 0, 0, 0x60, 0, 0, 0];
  return [...header, ...addressOf(random, 16), ...ndOptions(random)];
}

function transport(random: Random, protocol: number): number[] {
  const payload = [...random.bytes(random.pick([0, 1, 6, 18, 40]))];
  switch (protocol) {
    case 6:
      return tcp(random, payload);
    case 17:
      return udp(random, payload);
    case 132:
      return sctp(random, payload);
    case 1:
    case 2:
      return icmp(random, payload);
    case 58:
      return icmpv6(random, payload);
    default:
      return payload;
  }
}

function ipv4(random: Random): number[] {
  const protocol = random.pick([6, 6, 17, 17, 132, 1, 2, 58, 47, 0]);
  const options = random.chance(15) ? random.below(11) * 4 : 0;
  const body = transport(random, protocol);
  const fragment = random.pick([0, 0, 0, 0x4000, 0x2000, 0x2005, 0x0010, 0x8000]);
  const header = [0x45 + options / 4, random.below(256)].concat(
    be16(20 + options + body.length),
    [0, 1],
    be16(fragment),
    [random.pick([0, 1, 64, 255]), protocol, 0, 0],
    addressOf(random, 4),
    addressOf(random, 4),
    Array(options).fill(1),
  );
  return header.concat(body);
}

function extension(random: Random, kind: number, next: number): number[] {
  if (kind === 44) {
    return [next, 0, ...be16(random.pick([0, 1, 8, 0x1231])), ...random.bytes(4)];
  }
  if (kind === 51) return [next, 1, ...random.bytes(10)];
  const length = random.below(2);
  return [next, length, 0, random.below(2), ...random.bytes(4 + 8 * length)];
}

function ipv6(random: Random): number[] {
  const protocol = random.pick([6, 17, 58, 58, 132, 1, 59]);
  const kinds = random.chance(40)
    ? Array.from({ length: 1 + random.below(3) }, () => random.pick([0, 43, 60, 51, 44]))
    : [];
  let body = transport(random, protocol);
  let next = protocol;
  for (const kind of kinds.reverse()) {
    body = [...extension(random, kind, next), ...body];
    next = kind;
  }
  const first = [0x60 | random.below(16), random.below(256), random.below(256), random.below(256)];
  const addresses = [...addressOf(random, 16), ...addressOf(random, 16)];
  return [...first, ...be16(body.length), next, random.pick([1, 64, 255]), ...addresses, ...body];
}

function arp(random: Random): number[] {
  const operation = random.chance(90) ? 1 + random.below(4) : 256 + random.below(3);
  const hardware = random.chance(95) ? [0, 1, 8, 0, 6, 4] : [0, 6, 8, 0, 6, 4];
  const addresses = [...random.bytes(6), ...addressOf(random, 4), ...random.bytes(6)];
  return [...hardware, ...be16(operation), ...addresses, ...addressOf(random, 4)];
}

function mpls(random: Random): number[] {
  const depth = 1 + random.below(4);
  return Array.from({ length: depth }, (_, i) => {
    const bottom = i === depth - 1 && random.chance(90) ? 1 : 0;
    return [random.below(256), random.below(256), (random.below(256) & 0xfe) | bottom, 64];
  }).flat();
}

function ethernet(random: Random): number[] {
  const tags = random.pick([0, 0, 0, 1, 1, 2, 3]);
  const vlan = Array.from({ length: tags }, () => [
    ...be16(random.pick([0x8100, 0x8100, 0x88a8])),
    ...be16(random.pick([0, 1, 0x1005, 0x2064, 0xffff])),
  ]).flat();
  const kind = random.pick(["4", "4", "4", "6", "6", "arp", "mpls", "llc", "snap", "?"] as const);
  const snap = [0xaa, 0xaa, 3, 0, 0, random.chance(90) ? 0 : 9];
  const rest = {
    "4": () => [0x08, 0x00, ...ipv4(random)],
    "6": () => [0x86, 0xdd, ...ipv6(random)],
    arp: () => [...be16(random.pick([0x0806, 0x8035])), ...arp(random)],
    mpls: () => [...be16(random.pick([0x8847, 0x8848])), ...mpls(random), ...random.bytes(8)],
    llc: () => [0, 38, 0x42, 0x42, 3, ...random.bytes(35)],
    snap: () => [0, 60, ...snap, ...be16(random.pick([0x0800, 0x86dd, 5])), ...ipv4(random)],
    "?": () => [...be16(random.pick([0x88cc, 0x05ff, 0x0600, 0xffff])), ...random.bytes(20)],
  }[kind]();
  return [...random.bytes(12), ...vlan, ...rest];
}

/** A frame with right checksums and consistent lengths, perhaps padded. */
export function randomFrame(random: Random): Uint8Array {
  const frame = ethernet(random);
  const padding = random.chance(30) ? random.below(30) : 0;
  const bytes = Uint8Array.from([...frame, ...random.bytes(padding)]);
  fixChecksums(bytes);
  return bytes;
}

/** As randomFrame, then cut short or damaged. */
export function hostileFrame(random: Random): Uint8Array {
  let frame = randomFrame(random);
  if (random.chance(40)) frame = frame.slice(0, random.below(frame.length + 1));
  for (let n = random.below(4); n > 0 && frame.length > 0; n--) {
    frame[random.below(frame.length)] = random.below(256);
  }
  return frame;
}
