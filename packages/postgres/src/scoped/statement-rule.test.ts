import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkStatement, firstToken } from "./statement-rule.ts";

describe("the rule on first tokens", () => {
  test.each([
    "select 1",
    "  SELECT 1",
    "(select 1) union (select 2)",
    "((select 1))",
    "with x as (select 1) select * from x",
    "insert into t values (1)",
    "update t set a = 1",
    "delete from t",
    "merge into t using s on true when matched then do nothing",
    "values (1)",
    "table t",
    "copy t to stdout",
    "-- a comment\nselect 1",
    "/* one /* nested */ still */ select 1",
    "/**/--\r\n\tselect 1",
    "select'text'",
    "select$1",
  ])("sends %j", (text) => {
    expect(() => checkStatement(text)).not.toThrow();
  });

  test.each([
    "",
    "   ",
    ";select 1",
    "begin",
    "commit",
    "rollback",
    "savepoint a",
    "prepare transaction 'x'",
    "set search_path = x",
    "reset all",
    "show all",
    "explain select 1",
    "do $$ begin end $$",
    "prepare x as select 1",
    "execute x",
    "deallocate all",
    "discard all",
    "declare c cursor for select 1",
    "fetch c",
    "listen x",
    "notify x",
    "alter role current_user password 'x'",
    "lock table t",
    "call p()",
    "truncate t",
    "vacuum",
    "selects 1",
    "select_1",
    "/* unfinished select 1",
    "/* /* */ select 1",
    "-- select 1",
    "'select'",
    '"select" 1',
    "\u00a0select 1",
    "\ufeffselect 1",
    "s\u0000elect 1",
  ])("refuses %j", (text) => {
    expect(() => checkStatement(text)).toThrow(
      expect.objectContaining({ code: "statement_refused" }),
    );
  });

  test("says what to use instead of a transaction command", () => {
    expect(() => checkStatement("BEGIN")).toThrow(/tenant\.transaction/);
  });

  test("finds the keyword behind whatever PostgreSQL passes over", () => {
    const blank = fc.constantFrom(
      " ",
      "\t",
      "\n",
      "\r",
      "\f",
      "\v",
      "(",
      "-- x\n",
      "--\r",
      "/* a */",
      "/* /* b */ */",
      "/* -- */",
    );
    fc.assert(
      fc.property(
        fc.array(blank, { maxLength: 12 }),
        fc.constantFrom("select", "SET", "Do", "LiSTen"),
        (before, word) => {
          expect(firstToken(`${before.join("")}${word} x`)).toBe(word.toUpperCase());
        },
      ),
    );
  });
});
