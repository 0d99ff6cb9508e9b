// What the operations of migrations tell programs once they have succeeded, for those who show it to people.

/** What a dry run found out. */
export type TrialResult = {
  readonly targets: number;
  readonly waves: readonly {
    readonly name: string;
    readonly count: number;
    readonly targets: readonly { target: string; slug?: string; files: readonly string[] }[];
  }[];
  readonly blocked: readonly { target: string; slug?: string; message: string }[];
  readonly files: readonly { file: string; message?: string; line?: number }[];
};

/** What a comparison of partitions with their migrations found. */
export type DriftResult = {
  readonly compared: number;
  readonly differing: number;
  readonly drifts: readonly {
    readonly target: string;
    readonly slug?: string;
    readonly count: number;
    readonly differences: readonly {
      readonly kind: string;
      readonly name: string;
      readonly state: "missing" | "extra" | "different";
      readonly expected?: string;
      readonly found?: string;
    }[];
  }[];
  readonly unread: readonly { target: string; slug?: string; message: string }[];
};
