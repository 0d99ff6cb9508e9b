// Files of one tenant: a FlyDrive disk below a folder that is named after the tenant's id. Invariant: no key leads out of
// the folder, no listing shows what is outside, and without a tenant every call throws.
import type { Readable } from "node:stream";
import { HestiaError, type TenantId } from "@hestia/core";
import { currentTenant, type Tenant } from "@hestia/postgres";
import { Disk, DriveDirectory, DriveFile, KeyNormalizer } from "flydrive";
import type {
  DriverContract,
  FileSnapshot,
  ObjectVisibility,
  SignedURLOptions,
  WriteOptions,
} from "flydrive/types";

type ListOptions = Parameters<DriverContract["listAll"]>[1];

/**
 * Makes a disk for tenants over any driver of FlyDrive's; of the current tenant at each call, unless one is given.
 *
 * A key that is absolute, leads upwards or has characters that stores do not share throws `file_key_invalid`. A file
 * that a call returned stays its tenant's, wherever it is used.
 *
 * @example
 * const disk = tenantDisk(new FSDriver({ location: "/srv/uploads", visibility: "private" }));
 * await disk.put("avatars/ann.png", bytes);
 */
export function tenantDisk(driver: DriverContract, tenant?: Tenant): Disk {
  return new TenantDisk(driver, tenant);
}

class TenantDisk extends Disk {
  readonly #driver: DriverContract;
  readonly #tenant: Tenant | undefined;

  constructor(driver: DriverContract, tenant?: Tenant) {
    super(new TenantDriver(driver, () => (tenant ?? currentTenant()).id));
    this.#driver = driver;
    this.#tenant = tenant;
  }

  /** The disk of the tenant of this moment, for keys that are checked. */
  #at(...keys: string[]): Disk {
    for (const key of keys) checkKey(key);
    const { id } = this.#tenant ?? currentTenant();
    return new Disk(new TenantDriver(this.#driver, () => id));
  }

  override file(key: string) {
    return this.#at(key).file(key);
  }
  override fromSnapshot(snapshot: FileSnapshot) {
    return this.#at(snapshot.key).fromSnapshot(snapshot);
  }
  override async exists(key: string) {
    return this.#at(key).exists(key);
  }
  override async get(key: string) {
    return this.#at(key).get(key);
  }
  override async getStream(key: string) {
    return this.#at(key).getStream(key);
  }
  override async getBytes(key: string) {
    return this.#at(key).getBytes(key);
  }
  override async getArrayBuffer(key: string) {
    return this.#at(key).getBytes(key);
  }
  override async getMetaData(key: string) {
    return this.#at(key).getMetaData(key);
  }
  override async getVisibility(key: string) {
    return this.#at(key).getVisibility(key);
  }
  override async getUrl(key: string) {
    return this.#at(key).getUrl(key);
  }
  override async getSignedUrl(key: string, options?: SignedURLOptions) {
    return this.#at(key).getSignedUrl(key, options);
  }
  override async getSignedUploadUrl(key: string, options?: SignedURLOptions) {
    return this.#at(key).getSignedUploadUrl(key, options);
  }
  override async setVisibility(key: string, visibility: ObjectVisibility) {
    return this.#at(key).setVisibility(key, visibility);
  }
  override async put(key: string, contents: string | Uint8Array, options?: WriteOptions) {
    return this.#at(key).put(key, contents, options);
  }
  override async putStream(key: string, contents: Readable, options?: WriteOptions) {
    return this.#at(key).putStream(key, contents, options);
  }
  override async copyFromFs(source: string | URL, key: string, options?: WriteOptions) {
    return this.#at(key).copyFromFs(source, key, options);
  }
  override async moveFromFs(source: string | URL, key: string, options?: WriteOptions) {
    return this.#at(key).moveFromFs(source, key, options);
  }
  override async copy(source: string, destination: string, options?: WriteOptions) {
    return this.#at(source, destination).copy(source, destination, options);
  }
  override async move(source: string, destination: string, options?: WriteOptions) {
    return this.#at(source, destination).move(source, destination, options);
  }
  override async delete(key: string) {
    return this.#at(key).delete(key);
  }
  override async deleteAll(prefix = "/") {
    return this.#under(prefix).deleteAll(prefix);
  }
  override async listAll(prefix = "/", options?: ListOptions) {
    return this.#under(prefix).listAll(prefix, options);
  }

  /** "/" is all that the tenant has. */
  #under(prefix: string): Disk {
    return prefix === "/" ? this.#at() : this.#at(prefix);
  }
}

/** The folder that holds all tenants' folders. */
const top = "tenants";

/** Puts the tenant's folder before each key, and takes it off again. */
class TenantDriver implements DriverContract {
  readonly #driver: DriverContract;
  readonly #tenantId: () => TenantId;

  constructor(driver: DriverContract, tenantId: () => TenantId) {
    this.#driver = driver;
    this.#tenantId = tenantId;
  }

  #folder(): string {
    return `${top}/${this.#tenantId()}`;
  }

  #place(key: string): string {
    checkKey(key);
    return `${this.#folder()}/${key}`;
  }

  #placeOfAll(prefix: string): string {
    return prefix === "/" ? this.#folder() : this.#place(prefix);
  }

  async exists(key: string) {
    return this.#driver.exists(this.#place(key));
  }
  async get(key: string) {
    return this.#driver.get(this.#place(key));
  }
  async getStream(key: string) {
    return this.#driver.getStream(this.#place(key));
  }
  async getBytes(key: string) {
    return this.#driver.getBytes(this.#place(key));
  }
  async getMetaData(key: string) {
    return this.#driver.getMetaData(this.#place(key));
  }
  async getVisibility(key: string) {
    return this.#driver.getVisibility(this.#place(key));
  }
  async getUrl(key: string) {
    return this.#driver.getUrl(this.#place(key));
  }
  async getSignedUrl(key: string, options?: SignedURLOptions) {
    return this.#driver.getSignedUrl(this.#place(key), options);
  }
  async getSignedUploadUrl(key: string, options?: SignedURLOptions) {
    return this.#driver.getSignedUploadUrl(this.#place(key), options);
  }
  async setVisibility(key: string, visibility: ObjectVisibility) {
    return this.#driver.setVisibility(this.#place(key), visibility);
  }
  async put(key: string, contents: string | Uint8Array, options?: WriteOptions) {
    return this.#driver.put(this.#place(key), contents, options);
  }
  async putStream(key: string, contents: Readable, options?: WriteOptions) {
    return this.#driver.putStream(this.#place(key), contents, options);
  }
  async copy(source: string, destination: string, options?: WriteOptions) {
    return this.#driver.copy(this.#place(source), this.#place(destination), options);
  }
  async move(source: string, destination: string, options?: WriteOptions) {
    return this.#driver.move(this.#place(source), this.#place(destination), options);
  }
  async delete(key: string) {
    return this.#driver.delete(this.#place(key));
  }
  async deleteAll(prefix: string) {
    return this.#driver.deleteAll(this.#placeOfAll(prefix));
  }

  async listAll(prefix: string, options?: ListOptions) {
    const folder = `${this.#folder()}/`;
    const page = await this.#driver.listAll(this.#placeOfAll(prefix), options);
    return { ...page, objects: this.#own(page.objects, folder) };
  }

  *#own(objects: Iterable<DriveFile | DriveDirectory>, folder: string) {
    for (const each of objects) {
      const key = each.isFile ? each.key : each.prefix;
      if (!key.startsWith(folder)) continue;
      const own = key.slice(folder.length);
      yield each.isFile ? new DriveFile(own, this) : new DriveDirectory(own);
    }
  }

  bucket(bucket: string) {
    return new TenantDriver(this.#driver.bucket(bucket), this.#tenantId);
  }
}

const normalizer = new KeyNormalizer();

/** A key is taken as it is or not at all: FlyDrive would make of four dots the folder above. */
function checkKey(key: string): void {
  const isPlain = !key.split("/").some((part) => /^\.*$/.test(part));
  if (!isPlain || normalOf(key) !== key) throw new HestiaError("file_key_invalid");
}

function normalOf(key: string): string | undefined {
  try {
    return normalizer.normalize(key);
  } catch {
    return undefined;
  }
}
