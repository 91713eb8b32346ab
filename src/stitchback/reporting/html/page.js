"use strict";
// The sections of the page. All texts become text nodes: none is read as HTML.
function make(tag, properties, content) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...(Array.isArray(content) ? content : content === undefined ? [] : [String(content)]));
  return made;
}
function section(id, title) {
  const made = make("section", { id }, [make("h2", {}, title)]);
  document.getElementById("main").append(made);
  document.getElementById("contents").append(make("a", { href: `#${id}` }, title));
  return made;
}
function list(items) { return items.length ? make("ul", {}, items.map((each) => make("li", {}, [prose(each)]))) : ""; }
function table(heads, rows) {
  const cells = (row) => row.map((cell, place) => { const made = make("td", {}, [cell]); made.dataset.head = heads[place]; return made; });
  return make("div", { className: "wide" }, [make("table", { className: "stacked" }, [make("thead", {}, [make("tr", {}, heads.map((each) => make("th", { scope: "col" }, each)))]), make("tbody", {}, rows.map((row) => make("tr", {}, cells(row))))])]);
}
// `code` between backquotes, as in messages.
function prose(text) { return make("span", {}, text.split("`").map((part, place) => place % 2 ? make("code", {}, part) : part)); }
const MANY = 8; // items of a list that are shown without opening it
function folded(items, word) { return items.length > MANY ? make("details", {}, [make("summary", {}, `${items.length.toLocaleString("en")} ${word}`), list(items)]) : list(items); }
// A choice of the rows by the text of one column.
function filter(head, place, rows) {
  const texts = rows.map((row) => row.cells[place].textContent), choice = make("select", { name: "filter" }, [make("option", { value: "" }, "all"), ...[...new Set(texts)].map((text) => make("option", { value: text }, text))]);
  choice.addEventListener("change", () => rows.forEach((row, number) => { row.classList.toggle("unchosen", choice.value !== "" && choice.value !== texts[number]); }));
  return make("div", { className: "tools" }, [make("label", {}, [`${head} `, choice])]);
}
// A text, a list of texts, { text, tone } or { code }.
function cell(value) {
  if (Array.isArray(value)) return folded(value, "entries");
  if (value.code !== undefined) return code(value.code);
  return value.tone ? make("span", { className: value.tone }, [prose(value.text)]) : prose(value);
}
function code(text) { return make("code", {}, text); }
function diff(text) {
  const kind = (line, number) => number < 2 ? "place" : line.startsWith("+") ? "added" : line.startsWith("-") ? "removed" : line.startsWith("@@") ? "place" : "";
  const made = make("pre", {}, text.replace(/\n$/, "").split("\n").map((line, number) => make("span", { className: kind(line, number) }, line)));
  made.tabIndex = 0;
  return made;
}
function block(text) { return Object.assign(make("pre", { className: "wrapped" }, text), { tabIndex: 0 }); }

const SECTIONS = {
  summary(data) { section("summary", data.summary.title).append(...data.summary.lines.map((line) => make("p", {}, [prose(line)])), ...(data.summary.report ? [block(data.summary.report)] : [])); },
  tables(data) {
    for (const each of data.tables) {
      const made = section(each.id, each.title), shown = table(each.heads, each.rows.map((row) => row.map(cell)));
      made.append(...each.lines.map((line, place) => make("p", { className: place ? "" : each.tone || "" }, [prose(line)])));
      if (each.filter !== null) made.append(filter(each.heads[each.filter], each.filter, [...shown.querySelectorAll("tbody tr")]));
      if (each.rows.length) made.append(shown);
      if (each.notes.length) made.append(list(each.notes));
    }
  },
  sides(data) {
    const made = section("sides", "What the sides have");
    for (const side of data.sides) made.append(make("h3", {}, side.title), make("p", {}, side.fork),
      side.matches.length ? table(["verdict", "what the patch branch does", "patch branch", "mainline", "differences"], side.matches.map((row) => [row.verdict, list(row.changes), list(row.patch), list(row.mainline), list(row.differences)])) : make("p", { className: "faint" }, "Nothing to compare."));
  },
  findings(data) { section("findings", "Findings").append(table(["code", "severity", "what", "where"], data.findings.map((each) => [code(each.code), each.severity, make("div", {}, [make("p", {}, [prose(each.message)]), make("p", { className: "faint" }, [prose(each.hint)])]), each.where]))); },
  pictures(data) { drawGraph(section("graph", "Migration graph"), data.pictures); },
  files(data) {
    const made = section("files", "Files of the plan");
    made.append(table(["file", "change", "what it does", "why"], data.files.map((each) => [code(each.path), each.does, list(each.details), list(each.reasons)])), ...data.notes.map((note) => make("p", {}, [prose(note)])));
    for (const each of data.diffs) made.append(make("details", { open: data.diffs.length < 20 }, [make("summary", { className: "name" }, each.path), diff(each.text)]));
  },
  proof(data) {
    section("proof", "Proof").append(...data.proof.lines.map((line) => make("p", {}, [prose(line)])),
      table(["database", "manual step", "what migrate runs", "upgrade paths tried"], data.proof.populations.map((each) => [each.name, make("span", { className: each.step ? "warn" : "good" }, [prose(each.step || "none")]), each.runs.length ? folded(each.runs, "migrations") : "nothing", each.rollouts])),
      list(data.proof.notes));
  },
  steps(data) {
    section("steps", "Manual steps").append(data.steps.length ? table(["database", "before the deploy", "if forgotten"], data.steps.map((each) => [each.title, list(each.does), list(each.forgotten)])) : make("p", { className: "good" }, "No database needs a manual step."));
  },
  runbook(data) {
    const made = section("runbook", "Runbook");
    for (const [name, text] of data.runbook) made.append(make("details", { open: name.endsWith(".md") }, [make("summary", { className: "name" }, name), block(text)]));
  },
  others(data) { section("others", "Other plans").append(table(["choose", "price"], data.others)); },
};

const data = JSON.parse(document.getElementById("data").textContent);
document.title = `${data.title} – stitchback`;
document.getElementById("title").textContent = data.title;
document.getElementById("subtitle").textContent = data.subtitle;
// Before those of the picture, which is drawn in the colours of paper.
addEventListener("beforeprint", () => {
  document.documentElement.classList.add("paper");
  for (const each of document.querySelectorAll("details")) each.open = true;
});
addEventListener("afterprint", () => document.documentElement.classList.remove("paper"));
for (const [name, show] of Object.entries(SECTIONS)) if (data[name]) show(data);
