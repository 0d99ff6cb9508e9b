// How a migration's text is cut up, and what it may not say; without a database.

import { describe, expect, test } from "vitest";
import { faultOf, statementsOf } from "../src/cluster/migration-text.ts";

const cut = (sql: string) => statementsOf(sql).map(({ text, line }) => `${line}: ${text}`);

describe("a text is cut into statements as PostgreSQL cuts it", () => {
  test.each<[string, string[]]>([
    ["", []],
    [" ;;\n; -- nothing\n/* at /* all */ ; */", []],
    ["select 1; select 2", ["1: select 1", "1: select 2"]],
    ["-- one; two\nselect 1;\n\n/* ; */ select\n2;", ["2: select 1", "4: select\n2"]],
    [
      "select ';' ;select ''';' , E'\\';' , e'a\\\\'; select 3",
      ["1: select ';' ", "1: select ''';' , E'\\';' , e'a\\\\'", "1: select 3"],
    ],
    ['select ";""" from ";"; select 2', ['1: select ";""" from ";"', "1: select 2"]],
    ["select $$;$$, $a$;$$;$b$;$a$; select 2", ["1: select $$;$$, $a$;$$;$b$;$a$", "1: select 2"]],
    ["select a$b$ from t; select $1; x$$;", ["1: select a$b$ from t", "1: select $1", "1: x$$"]],
    [
      "select U&'\\0061;', N';', B'1'; select 2",
      ["1: select U&'\\0061;', N';', B'1'", "1: select 2"],
    ],
    [
      "create rule r as on insert to t do also (insert into u values (1); delete from v); select 2",
      [
        "1: create rule r as on insert to t do also (insert into u values (1); delete from v)",
        "1: select 2",
      ],
    ],
    [
      "create function f() returns int begin atomic select case when true then 1 end; select 2; end; select 3",
      [
        "1: create function f() returns int begin atomic select case when true then 1 end; select 2; end",
        "1: select 3",
      ],
    ],
    [
      "create or replace procedure p() language sql begin atomic begin; end; end; select 3",
      [
        "1: create or replace procedure p() language sql begin atomic begin; end; end",
        "1: select 3",
      ],
    ],
    [
      "create view v as select case when true then 1 end; select 2",
      ["1: create view v as select case when true then 1 end", "1: select 2"],
    ],
    ["select 'never closed; select 2", ["1: select 'never closed; select 2"]],
    ["select $x$ never closed; select 2", ["1: select $x$ never closed; select 2"]],
    ["select 1 /* never closed; select 2", ["1: select 1 /* never closed; select 2"]],
    ["select 1);select 2", ["1: select 1)", "1: select 2"]],
    ["\uFEFFselect 1;\r\nselect 2;\r\n", ["1: select 1", "2: select 2"]],
    ["select '😀;'; select 2", ["1: select '😀;'", "1: select 2"]],
  ])("%j", (sql, expected) => {
    expect(cut(sql)).toEqual(expected);
  });
});

describe("what would break the runner's transaction is found", () => {
  test.each([
    ["commit", "COMMIT"],
    ["COMMIT AND CHAIN", "COMMIT"],
    ["begin", "BEGIN"],
    ["begin isolation level serializable", "BEGIN"],
    ["start /* x */ transaction", "START TRANSACTION"],
    ["end", "END"],
    ["abort", "ABORT"],
    ["rollback", "ROLLBACK"],
    ["rollback work", "ROLLBACK"],
    ["rollback prepared 'x'", "ROLLBACK"],
    ["commit prepared 'x'", "COMMIT"],
    ["prepare transaction 'x'", "PREPARE TRANSACTION"],
    ["set transaction read only", "SET TRANSACTION"],
    ["set session characteristics as transaction read only", "SET SESSION CHARACTERISTICS"],
    ["set role postgres", "SET ROLE"],
    ["set local role none", "SET LOCAL ROLE"],
    ["reset role", "RESET ROLE"],
    ['set "role" to x', "SET ROLE"],
    ["set session authorization default", "SET SESSION AUTHORIZATION"],
    ["reset session authorization", "RESET SESSION AUTHORIZATION"],
    ["set local session authorization x", "SET LOCAL SESSION AUTHORIZATION"],
    ["set search_path to public", "SET SEARCH_PATH"],
    ["SET\n\tLOCAL Search_Path = x", "SET LOCAL SEARCH_PATH"],
    ["set session search_path = x", "SET SESSION SEARCH_PATH"],
    ["set schema 'x'", "SET SCHEMA"],
    ["reset search_path", "RESET SEARCH_PATH"],
    ["reset all", "RESET ALL"],
    ["discard all", "DISCARD"],
  ])("%s", (statement, words) => {
    const fault = faultOf(`create table t (id int);\n\n  ${statement};\nselect 1;`);
    expect(fault?.line).toBe(3);
    expect(fault?.problem).toMatch(
      new RegExp(`^${words} is not for migrations: .* so leave it out`),
    );
  });

  test("also what needs psql or a wire that a file has not", () => {
    expect(faultOf("select 1;\n\\d orders\nselect 2;")).toEqual({
      line: 2,
      problem: "\\d is a command of psql, which PostgreSQL does not know, so write SQL instead",
    });
    expect(faultOf("select 1 \\gset x_")?.problem).toMatch(/^\\gset is a command of psql/);
    expect(
      faultOf("copy t (a, b, c, d, e, f, g, h, i, j, k)\nfrom\nstdin;\n1\n\\.\n")?.problem,
    ).toMatch(/^COPY … FROM STDIN is not for migrations: .* INSERT … VALUES$/);
    expect(faultOf("sel\0ect 1")?.problem).toBe(
      "the file is not text in UTF-8, so save it as UTF-8",
    );
  });
});

describe("what only looks like it is left alone", () => {
  test.each([
    "savepoint a; rollback to a; rollback work to savepoint a; release a",
    "set constraints all deferred; set local lock_timeout = '1s'; set time zone 'UTC'; set session statement_timeout = 0",
    "create function f() returns void language sql set search_path = app begin atomic select 1; end; alter function f() reset search_path",
    "create function f() returns void language plpgsql as $$ begin commit; end $$",
    "do $$ begin perform 1; end $$",
    "alter table t set schema x; alter role x set search_path = y; comment on table t is 'commit; set role x'",
    "-- commit;\n/* rollback; */ select 'begin;' as commit",
    'select "commit", E\'\\\\d\' from "set role"',
    "create table begin_ (id int); insert into t values ('\\d'), ($$\\copy$$)",
    "copy t to '/dev/null'",
    "prepare p as select 1; execute p; deallocate p",
    "reset lock_timeout",
  ])("%s", (sql) => {
    expect(faultOf(sql)).toBeUndefined();
  });
});

test("a text of megabytes is cut too", () => {
  const values = Array.from({ length: 60_000 }, (_, n) => `(${n}, 'it''s ${n}', "x")`).join(",\n");
  const text = `insert into t values ${values}; select '${"x".repeat(4e6)}';`;
  expect(statementsOf(text)).toHaveLength(2);
});
