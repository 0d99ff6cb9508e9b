// How the page for auditors looks: light and dark, narrow and wide, and on paper.

/** The style sheet. */
export const style = `
:root { color-scheme: light dark; --ink: #1c2024; --dim: #5b6470; --line: #d9dee4; --ground: #ffffff; --soft: #f4f6f8; --good: #0b6b3a; --good-soft: #e6f5ec; --bad: #a3170f; --bad-soft: #fdecea; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7eaee; --dim: #a0a9b4; --line: #333b45; --ground: #14181d; --soft: #1d232a; --good: #6fd79c; --good-soft: #12301f; --bad: #ff9a91; --bad-soft: #3a1815; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 2rem 1rem 4rem; }
h1 { margin: 0; font-size: clamp(1.4rem, 5vw, 2rem); line-height: 1.2; overflow-wrap: anywhere; }
h2 { margin: 2.5rem 0 0.75rem; font-size: 1.25rem; }
h3 { margin: 0.25rem 0; font-size: 1rem; overflow-wrap: anywhere; }
header p { margin: 0.25rem 0; color: var(--dim); }
.kind { font-weight: 600; }
.verdict { margin: 1.5rem 0; padding: 1rem; border-left: 0.3rem solid; border-radius: 0.25rem; }
.good { color: var(--good); background: var(--good-soft); }
.bad { color: var(--bad); background: var(--bad-soft); }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr)); gap: 0.75rem; margin: 0; }
dl div { padding: 0.6rem 0.75rem; background: var(--soft); border-radius: 0.25rem; }
dt { color: var(--dim); font-size: 0.85rem; }
dd { margin: 0; font-weight: 600; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: 0.4rem 0.5rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
th { color: var(--dim); font-size: 0.85rem; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.caught { color: var(--good); }
.failed { color: var(--bad); font-weight: 600; }
.findings { margin: 0; padding: 0; list-style: none; }
.findings li { margin: 0 0 1rem; padding: 0.75rem 1rem; border: 1px solid var(--line); border-left: 0.3rem solid var(--bad); border-radius: 0.25rem; }
.mark { margin: 0; color: var(--bad); font-size: 0.85rem; font-weight: 600; }
.where { margin: 0; color: var(--dim); }
pre { margin: 0.5rem 0 0; white-space: pre-wrap; overflow-wrap: anywhere; font: 0.85rem/1.4 ui-monospace, monospace; }
@media print { main { padding: 0; max-width: none; } li, tr { break-inside: avoid; } }
`;
