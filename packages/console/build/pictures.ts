// Makes the README's pictures of the console anew, from a server that runs: node pictures.ts URL KEY
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const [url, key] = process.argv.slice(2);
if (url === undefined || key === undefined) {
  process.stderr.write(
    "Give the server's address and an operator key: npm run pictures -- URL KEY\n",
  );
  process.exit(2);
}
const folder = fileURLToPath(new URL("../../../docs/images/", import.meta.url));
const pictures = [
  { name: "console-fleet", path: "/", scheme: "light" },
  { name: "console-tenants", path: "/tenants", scheme: "dark" },
] as const;

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
for (const { name, path, scheme } of pictures) {
  const context = await browser.newContext({
    colorScheme: scheme,
    viewport: { width: 1280, height: 800 },
    locale: "en-GB",
  });
  const headers = { origin: new URL(url).origin };
  const answer = await context.request.post(`${url}/v1/session`, { data: { key }, headers });
  if (!answer.ok()) throw new Error(await answer.text());
  const page = await context.newPage();
  await page.goto(`${url}/console${path}`);
  await page.getByText("Live", { exact: true }).waitFor();
  await page.waitForFunction(() => document.querySelector(".mantine-Skeleton-root") === null);
  await page.screenshot({ path: `${folder}${name}.png`, animations: "disabled" });
  await context.close();
}
await browser.close();
