import { mkdir, rm, writeFile } from "node:fs/promises";
import { type OperationDefinition, step } from "@hestia/server";

const folderOf = (tenantId = "") => `${process.env.WELCOME_FOLDER}/${tenantId}`;

const makeFolder = step({
  name: "make folder",
  run: ({ operation }) => mkdir(folderOf(operation.tenantId), { recursive: true }),
  undo: ({ operation }) => rm(folderOf(operation.tenantId), { recursive: true, force: true }),
});

const writeLetter = step({
  name: "write letter",
  run: async ({ operation, note }) => {
    await note("finding words");
    const text = "Welcome!\n";
    await writeFile(`${folderOf(operation.tenantId)}/letter.txt`, text);
    return text.length;
  },
  commit: async (_tx, _job, length) => `${length} characters`,
});

/** A folder with a letter for a new tenant. */
export const welcome: OperationDefinition = {
  kind: "tenant.welcome",
  steps: [makeFolder, writeLetter],
  deadlineMs: 60_000,
};
