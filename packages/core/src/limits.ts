// Every bound of the contract, named with its unit last and with its reason. A bound that is not
// here does not exist: code that needs one adds it here.

/** The bounds that inputs, pages and waits are held to. */
export const limits = {
  /** A request's body; above any honest input except an upload of migrations. */
  bodyBytesMax: 256 * 1024,
  /** A request's first line and header fields: what usual proxies let through. */
  headerBytesMax: 16 * 1024,
  /** Connections of one process; more are closed at once. Behind a proxy a few hundred do. */
  connectionsMax: 10_000,
  /** An upload of migrations: thousands of files of SQL, still small enough to hold in memory. */
  migrationsBytesMax: 16 * 1024 * 1024,
  /** One migration file; larger ones carry data, which belongs in a load, not in a migration. */
  migrationFileBytesMax: 1024 * 1024,
  /** Files in one upload of migrations. */
  migrationFilesMax: 5_000,
  /** A migration's file name; fits any file system. */
  migrationNameCharsMax: 120,
  /** A tenant's settings: they travel in every list of tenants. */
  settingsBytesMax: 32 * 1024,
  /** Nesting of settings; deeper ones are a mistake or an attack on recursive readers. */
  settingsDepthMax: 16,
  /** A slug; with a prefix it still fits a DNS label (63) and a PostgreSQL name (63 bytes). */
  slugCharsMax: 40,
  /** One letter is too easily mistyped and too scarce. */
  slugCharsMin: 2,
  /** A tenant's display name. */
  nameCharsMax: 200,
  /** A plan's name. */
  planCharsMax: 63,
  /** A plan's description: a paragraph. */
  descriptionCharsMax: 1_000,
  /** A period of a plan: ten years are as good as for ever. */
  planDaysMax: 3_650,
  /** How long the token of an e-mail confirmation is good: a working day and a night. */
  verificationHours: 24,
  /** A token of an e-mail confirmation, as sent by a client. */
  verificationTokenCharsMax: 200,
  /** Tokens that begin like the right one and are wrong, after which that is no good either; mistakes of copying are fewer. */
  verificationAttemptsMax: 20,
  /** Confirmations from one address in a minute, on one server. */
  confirmationsPerMinuteMax: 30,
  /** A host name, by RFC 1035 in its textual form. */
  domainCharsMax: 253,
  /** An e-mail address, by RFC 5321's path limit. */
  emailCharsMax: 254,
  /** The reason that an operator gives; a sentence or a ticket, not a report. */
  reasonCharsMax: 1_000,
  /** A search text. */
  searchCharsMax: 200,
  /** A page cursor, as sent by a client. */
  cursorCharsMax: 2_000,
  /** Streams of events that one operator key holds open on one server: a team's screens, and no end of memory. */
  streamsPerKeyMax: 100,
  /** Items in one page: bounds the memory of one request. */
  pageItemsMax: 200,
  /** Items in a page when the client does not say. */
  pageItemsDefault: 50,
  /** How long `Prefer: wait` holds a request open; below the idle limits of usual proxies. */
  waitSecondsMax: 60,
  /** What a client is told to wait before it asks again for a tenant that is being made. */
  tenantNotReadyRetrySeconds: 2,
  /** An idempotency key, as sent by a client. */
  idempotencyKeyCharsMax: 255,
  /** How long a stored result is replayed for the same idempotency key. */
  idempotencyHoursKept: 24,
  /** How long a finished operation is kept; what it did to a tenant stays in the audit log. */
  operationDaysKept: 90,
  /** A request id that a client brings; longer or stranger ones are replaced. */
  requestIdCharsMax: 128,
  /** Faults in one answer; past this the input is not an honest mistake. */
  faultsMax: 100,
  /** An operator key: 32 characters of a random string are beyond guessing. */
  operatorKeyCharsMin: 32,
  /** A longer one leaves a request's header fields no room. */
  operatorKeyCharsMax: 4_096,
  /** Webhooks of one platform: each event is held against all of them, in its own transaction. */
  webhooksMax: 100,
  /** A webhook's address; what common servers take. */
  webhookUrlCharsMax: 2_000,
  /** Tenants that one webhook can be narrowed to; past this it is meant for all. */
  webhookTenantsMax: 200,
  /** How long the former secret of a webhook may sign beside the new one: time for a slow roll-out. */
  secretOverlapHoursMax: 7 * 24,
  /** How long it does where nobody says. */
  secretOverlapHoursDefault: 24,
  /** Deliveries that one replay puts back on the queue: bounds its transaction. */
  replayDeliveriesMax: 1_000,
  /** Attempts that a delivery's log keeps, the latest ones; more come only of replays. */
  deliveryAttemptsKept: 20,
  /** What an attempt's log keeps of the answer; enough for an error's text. */
  responseExcerptCharsMax: 1_000,
  /** How long deliveries stay in the log. */
  deliveryDaysKept: 30,
  /** How long a subscriber that no server has any more keeps its place: a roll-back may bring it again. */
  subscriberDaysKept: 30,
  /** Partitions kept ready of one model, whatever the plans add up to: each holds tables, and a database of its own files. */
  warmPartitionsMax: 200,
  /** A PostgreSQL identifier; longer ones are cut silently, so names are checked against it. */
  postgresNameBytesMax: 63,
} as const;
