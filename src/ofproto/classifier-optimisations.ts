// SPDX-License-Identifier: Apache-2.0
/**
 * What classifiers do to make megaflows wide. All of it is on; `classifier/optimisations`, a hidden
 * management command, switches each off to show what it is good for (bench/megaflows).
 */
export const OPTIMISATIONS = {
  /** Subtables that cannot beat what was found are not looked at. */
  prioritySorting: true,
  /** Address prefixes and ports that no rule has cost the bits that say so, not the whole field. */
  prefixTracking: true,
  /** A subtable is left at the first stage that says no, without the fields of later ones. */
  stagedLookup: true,
};

export type Optimisation = keyof typeof OPTIMISATIONS;
