// A real browser on a real server: the console as an operator has it. Without a Chromium these tests are left out, in a word.
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { describe, type SuiteFactory } from "vitest";
import { type Place, startPlace, testKey } from "../../server/test/world.ts";

const program = [
  process.env.HESTIA_CHROMIUM ?? "",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
].find((path) => existsSync(path));

/** Tests in a browser; skipped where there is none. */
export function inBrowser(name: string, tests: SuiteFactory): void {
  if (program) describe(name, tests);
  else describe.skip(`${name} (no Chromium: install it, or name it in HESTIA_CHROMIUM)`, tests);
}

/** A server, a browser, and pages in it. */
export type Stage = {
  readonly place: Place;
  readonly browser: Browser;
  /** A page that is signed in; what it did wrong on its own is in `errors`. */
  open(path?: string, options?: OpenOptions): Promise<Tab>;
  end(): Promise<void>;
};

type OpenOptions = {
  readonly scheme?: "light" | "dark";
  readonly width?: number;
  readonly height?: number;
  /** How many of the screen's points each of the page's takes: 2 is a page at 200 %. */
  readonly scale?: number;
  /** Stays at the door. */
  readonly signedOut?: boolean;
};

/** One page with its context, and whatever its console and network told of faults. */
export type Tab = {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly errors: string[];
};

/** Starts a server with the built console, and a browser. */
export async function setStage(given: Parameters<typeof startPlace> = []): Promise<Stage> {
  const place = await startPlace(...given);
  const { browser, open } = await launch();
  const end = async () => {
    await browser.close();
    await place.end();
  };
  return { place, browser, open: (path, options) => open(place.url, path, options), end };
}

/** A browser, and signed-in pages in it, of whichever server. */
export type Launched = {
  readonly browser: Browser;
  open(url: string, path?: string, options?: OpenOptions): Promise<Tab>;
};

/** Launches a browser. */
export async function launch(): Promise<Launched> {
  const args = ["--no-sandbox", "--disable-dev-shm-usage"];
  const browser = await chromium.launch({ executablePath: program ?? "", args });
  const open = async (url: string, path = "/", options: OpenOptions = {}) => {
    const { scheme = "light", width = 1280, height = 800, scale = 1 } = options;
    const context = await browser.newContext({
      colorScheme: scheme,
      viewport: { width: width / scale, height: height / scale },
      deviceScaleFactor: scale,
      locale: "en-GB",
    });
    context.setDefaultTimeout(25_000);
    const page = await context.newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") errors.push(message.text());
    });
    if (!options.signedOut) await signIn(context, url);
    await page.goto(`${url}/console${path}`);
    return { page, context, errors };
  };
  return { browser, open };
}

/** Signs a context in as its page would. */
async function signIn(context: BrowserContext, url: string): Promise<void> {
  const headers = { origin: url, "content-type": "application/json" };
  const answer = await context.request.post(`${url}/v1/session`, {
    data: { key: testKey },
    headers,
  });
  if (!answer.ok()) throw new Error(`signing in: ${answer.status()} ${await answer.text()}`);
}

const pictures = fileURLToPath(new URL("../screenshots/", import.meta.url));

/** Keeps a picture of the page, for people to look at. */
export async function picture(page: Page, name: string): Promise<void> {
  await mkdir(pictures, { recursive: true });
  await page.screenshot({ path: `${pictures}${name}.png`, animations: "disabled" });
}
