// What a ledger says of each target, as one number and one sum: two ledgers that agree have the same, whatever the order.

/** What a ledger says of one target, in short. */
export type Fingerprint = { readonly place: string; readonly files: number; readonly sum: string };

/**
 * The query of a ledger's fingerprints; `place` is the column that tells its targets apart. Where two servers hashed
 * otherwise, as no two known ones do, ledgers would be read again without need.
 */
export const fingerprintText = (place: string, ledger: string, where = "true"): string => `
  select ${place} as place, count(*)::int as files,
    sum(hashtextextended(set || '/' || name || '/' || checksum, 0)::numeric)::text as sum
  from ${ledger} where ${where} group by ${place}`;

/** The fingerprints by their targets. */
export const byPlace = (rows: readonly Fingerprint[]): Map<string, Fingerprint> =>
  new Map(rows.map((row) => [row.place, row]));
