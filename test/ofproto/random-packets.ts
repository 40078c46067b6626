// SPDX-License-Identifier: Apache-2.0
/** Frames of every kind that is parsed, and broken ones. */
import type { Random } from "./random.js";

const bytes = (random: Random, count: number): number[] =>
  Array.from({ length: count }, () => random.below(256));
const u16 = (value: number): number[] => [value >> 8, value & 0xff];

/** A frame of a random kind; about one in three is then cut short or has a byte changed. */
export function randomPacket(random: Random): Uint8Array {
  const frame = [...bytes(random, 12), ...tags(random), ...payload(random)];
  if (random.oneIn(3)) frame.push(...bytes(random, random.below(10)));
  if (random.oneIn(5)) frame.length = 14 + random.below(Math.max(1, frame.length - 14));
  if (random.oneIn(5)) frame[14 + random.below(Math.max(1, frame.length - 14))] = random.below(256);
  while (frame.length < 14) frame.push(0);
  return Uint8Array.from(frame);
}

function tags(random: Random): number[] {
  const count = random.pick([0, 0, 0, 1, 1, 2]);
  return Array.from({ length: count }, () => [
    ...u16(random.pick([0x8100, 0x88a8])),
    ...bytes(random, 2),
  ]).flat();
}

function payload(random: Random): number[] {
  const kinds = [arp, ipv4, ipv4, ipv6, ipv6, llc, other, mpls, nsh];
  return random.pick(kinds)(random);
}

function other(random: Random): number[] {
  return [...u16(random.pick([0x1234, 0x88cc, 0x9000])), ...bytes(random, 20)];
}

function mpls(random: Random): number[] {
  const labels = Array.from({ length: 1 + random.below(4) }, (_, i) => [
    ...bytes(random, 2),
    (random.below(128) << 1) | (i > 0 && random.oneIn(2) ? 1 : 0),
    random.below(256),
  ]);
  return [...u16(random.pick([0x8847, 0x8848])), ...labels.flat(), ...bytes(random, 10)];
}

/** RFC 8300 §2.2: mostly of type 1 with its length of 6 words. */
function nsh(random: Random): number[] {
  const type = random.pick([1, 1, 1, 2, 3]);
  const words = type === 1 && !random.oneIn(4) ? 6 : random.below(9);
  const first = (random.below(4) << 12) | (random.below(64) << 6) | words;
  return [...u16(0x894f), ...u16(first), type, random.below(5), ...bytes(random, 30)];
}

function llc(random: Random): number[] {
  const snap = [0xaa, 0xaa, 0x03, 0, 0, random.pick([0, 0, 7]), ...u16(random.pick([0x888e, 0x5]))];
  const body = random.oneIn(2) ? snap : [0x42, 0x42, 0x03];
  return [...u16(body.length), ...body];
}

function arp(random: Random): number[] {
  const head = [0, 1, 8, 0, 6, random.pick([4, 4, 4, 5]), ...u16(random.pick([1, 2, 3, 300]))];
  return [...u16(random.pick([0x0806, 0x8035])), ...head, ...bytes(random, 20)];
}

function transport(random: Random, protocol: number): number[] {
  switch (protocol) {
    case 6:
      return [...bytes(random, 12), 0x50, ...bytes(random, 7)];
    case 17:
      return [...bytes(random, 4), 0, 8, 0, 0];
    case 132:
      return bytes(random, 12);
    case 58:
      return icmpv6(random);
    default:
      return [random.pick([0, 3, 8]), 0, ...bytes(random, 6)];
  }
}

function icmpv6(random: Random): number[] {
  const type = random.pick([128, 135, 136]);
  if (type === 128) return [type, 0, ...bytes(random, 6)];
  const options = Array.from({ length: random.below(3) }, () => [
    random.pick([1, 2, 5]),
    1,
    ...bytes(random, 6),
  ]);
  return [
    type,
    random.pick([0, 0, 0, 1]),
    ...bytes(random, 6),
    ...bytes(random, 16),
    ...options.flat(),
  ];
}

function ipv4(random: Random): number[] {
  const protocol = random.pick([6, 17, 132, 1, 89]);
  const body = transport(random, protocol);
  const options = random.oneIn(5) ? bytes(random, 4) : [];
  const length = 20 + options.length + body.length;
  const fragment = random.pick([0, 0, 0x4000, 0x2000, 0x2010, 0x0010]);
  return [
    ...u16(0x0800),
    0x45 + options.length / 4,
    random.below(256),
    ...u16(length),
    ...[0, 1, ...u16(fragment), random.below(256), protocol, 0, 0],
    ...bytes(random, 8),
    ...options,
    ...body,
  ];
}

function ipv6(random: Random): number[] {
  const protocol = random.pick([6, 17, 58, 58, 132, 59]);
  let body = transport(random, protocol);
  let next = protocol;
  for (let i = random.below(3); i > 0; i--) {
    const kind = random.pick([0, 43, 60, 51, 44]);
    const fragment = random.pick([0, 1, 0x10, 0x11]);
    const rest = kind === 44 ? [0, ...u16(fragment), 0, 0, 0, 1] : [0, ...bytes(random, 6)];
    body = [next, ...rest, ...body];
    next = kind;
  }
  return [
    ...u16(0x86dd),
    ...[0x60 | random.below(16), ...bytes(random, 3)],
    ...[...u16(body.length), next, random.below(256)],
    ...bytes(random, 32),
    ...body,
  ];
}
