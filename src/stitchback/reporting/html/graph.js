"use strict";
// The picture of a graph. Python has placed each migration in a row and a column; here those without a visible migration are closed up.
function drawGraph(host, pictures) {
  host.append(document.getElementById("picture").content.cloneNode(true));
  const part = (name) => host.querySelector(`[name="${name}"]`);
  const canvas = host.querySelector(".canvas"), chosen = host.querySelector(".chosen"), body = host.querySelector(".list tbody");
  const ROW = 46, GAP = 26, LETTER = 7, MOST_ZOOM = 2.5, LEAST_HEIGHT = 260, LEGIBLE = 0.5, PAPER = 2400, FIRST_ZOOM = 1.1;
  let picture = pictures[0], rows = [], hits = [], current = -1;

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const style = () => [
    { selector: "node", style: { shape: "round-rectangle", width: "data(width)", height: 26, label: "data(label)", "font-family": "monospace", "font-size": 11, color: colour("ink"),
      "text-valign": "center", "background-color": colour("shared"), "border-width": 1.5, "border-color": colour("faint"), "min-zoomed-font-size": 5 } },
    ...["patch", "mainline", "plan"].map((side) => ({ selector: `node.${side}`, style: { "background-color": colour(side), "border-color": colour(`${side}-line`) } })),
    { selector: "node.planned", style: { "border-width": 4, "border-color": colour("plan-line") } },
    { selector: "node.dashed", style: { "border-style": "dashed" } },
    { selector: "node.app", style: { "background-opacity": 0, "border-width": 0, "font-weight": "bold", "font-size": 13, "text-valign": "center", "min-zoomed-font-size": 0, events: "no" } },
    { selector: "edge", style: { width: 1.5, "line-color": colour("faint"), "target-arrow-color": colour("faint"), "target-arrow-shape": "triangle", "arrow-scale": 0.8, "curve-style": "straight" } },
    { selector: "edge.elsewhere", style: { "line-opacity": 0.3, width: 1 } },
    { selector: "edge.added", style: { "line-color": colour("plan-line"), "target-arrow-color": colour("plan-line"), width: 2.5, "line-opacity": 1 } },
    { selector: "edge.removed", style: { "line-style": "dotted" } },
    { selector: "edge.match", style: { "line-style": "dashed", width: 2, "line-color": colour("warn"), "target-arrow-shape": "none", "curve-style": "bezier", label: "data(label)", "font-size": 10,
      color: colour("ink"), "text-background-color": colour("page"), "text-background-opacity": 0.9, "text-background-padding": 2, "min-zoomed-font-size": 6 } },
    { selector: ".pale", style: { opacity: 0.2 } },
    { selector: "node.near", style: { opacity: 1 } },
    { selector: "edge.near", style: { opacity: 1, "line-opacity": 1 } },
    { selector: "node:selected", style: { "border-color": colour("link"), "border-width": 4, opacity: 1 } },
  ];
  const cy = cytoscape({ container: canvas, style: style(), minZoom: 0.01, maxZoom: MOST_ZOOM, textureOnViewport: true, hideEdgesOnViewport: pictures.some((each) => each.migrations.length > 500),
    autoungrabify: true, boxSelectionEnabled: false, selectionType: "single" });
  host.graph = cy;

  const isShown = (each) => (part("all").checked || each.near) && (!part("app").value || each.app === part("app").value);
  const dense = (values) => new Map([...new Set(values)].sort((one, other) => one - other).map((value, place) => [value, place]));
  const element = (data, classes, position) => ({ group: position ? "nodes" : "edges", data, classes: classes.join(" "), position });

  function elements() {
    const shown = picture.migrations.filter(isShown), ids = new Set(shown.map((each) => each.id));
    const width = (each) => Math.max(60, each.name.length * LETTER + 18);
    const line = dense(shown.map((each) => each.row)), columns = dense(shown.map((each) => each.column)), widths = Array(columns.size).fill(0);
    for (const each of shown) widths[columns.get(each.column)] = Math.max(widths[columns.get(each.column)], width(each), each.app.length * (LETTER + 2));
    const left = widths.map((_, place) => widths.slice(0, place).reduce((sum, wide) => sum + wide + GAP, 0));
    const x = (each) => left[columns.get(each.column)] + widths[columns.get(each.column)] / 2, y = (each) => line.get(each.row) * ROW;
    const found = [], tops = new Map();
    for (const each of shown) {
      const classes = [each.side, each.planned && "planned", each.dashed && "dashed"].filter(Boolean);
      found.push(element({ id: each.id, label: each.name, width: width(each) }, classes, { x: x(each), y: y(each) }));
      const top = tops.get(each.app);
      tops.set(each.app, { x: Math.min(x(each), top ? top.x : Infinity), y: Math.min(y(each), top ? top.y : Infinity) });
    }
    for (const [app, top] of tops) found.push(element({ id: `app ${app}`, label: app, width: 60 }, ["app"], { x: top.x, y: top.y - ROW * 0.75 }));
    for (const edge of picture.edges) if (ids.has(edge.child) && ids.has(edge.parent))
      found.push(element({ source: edge.child, target: edge.parent }, [edge.elsewhere && "elsewhere", edge.plan].filter(Boolean)));
    const pairs = new Map();
    for (const link of picture.links) if (ids.has(link.patch) && ids.has(link.mainline)) {
      const pair = `${link.patch} ${link.mainline}`;
      pairs.set(pair, new Set([...(pairs.get(pair) || []), link.verdict]));
    }
    for (const [pair, verdicts] of pairs) {
      const [source, target] = pair.split(" ");
      found.push(element({ source, target, label: [...verdicts].join(", ") }, ["match"]));
    }
    return found;
  }

  function draw() {
    cy.batch(() => { cy.elements().remove(); cy.add(elements()); });
    fit();
    begin();
    search();
  }
  function fit() {
    const box = cy.elements().boundingBox();
    canvas.style.height = `min(70vh, ${Math.ceil(Math.max(box.h, LEAST_HEIGHT)) + 60}px)`;
    cy.resize();
    show(cy.elements());
  }
  function show(elements) {
    cy.fit(elements, 24);
    if (cy.zoom() > FIRST_ZOOM) { cy.zoom(FIRST_ZOOM); cy.center(elements); }
  }
  // The migrations that only one ref or the plan has, with their neighbours; without such ones, all.
  function begin() {
    const own = cy.nodes(".patch, .mainline, .plan");
    if (own.nonempty() && own.length < cy.nodes().length / 2) show(own.closedNeighborhood());
  }
  function zoom(factor) { cy.zoom({ level: cy.zoom() * factor, renderedPosition: { x: cy.width() / 2, y: cy.height() / 2 } }); }

  function search() {
    const wanted = part("search").value.trim().toLowerCase(), shown = picture.migrations.filter(isShown);
    hits = shown.filter((each) => `${each.app}.${each.name}`.toLowerCase().includes(wanted));
    const found = new Set(hits.map((each) => each.id));
    current = -1;
    cy.batch(() => { cy.elements().removeClass("pale near"); if (wanted) { cy.nodes().forEach((node) => { if (!node.hasClass("app") && !found.has(node.id())) node.addClass("pale"); }); cy.edges().addClass("pale"); } });
    for (const row of rows) row.element.hidden = !found.has(row.id);
    part("count").textContent = `${hits.length.toLocaleString("en")} of ${picture.migrations.length.toLocaleString("en")} migrations`;
  }
  function next(step) {
    if (!hits.length) return;
    current = (current + step + hits.length) % hits.length;
    choose(hits[current].id, true);
  }

  function choose(id, moves) {
    const migration = picture.migrations.find((each) => each.id === id), node = cy.getElementById(id);
    if (!migration || !node.length) return;
    cy.batch(() => {
      cy.$(":selected").unselect();
      node.select();
      cy.edges().removeClass("near");
      node.connectedEdges().addClass("near");
    });
    const at = node.renderedPosition(), isVisible = at.x > 0 && at.y > 0 && at.x < cy.width() && at.y < cy.height();
    if (moves && cy.zoom() < LEGIBLE) { cy.zoom(1); cy.center(node); } else if (moves && !isVisible) cy.center(node);
    for (const row of rows) row.element.setAttribute("aria-current", String(row.id === id));
    describe(migration);
  }
  function describe(migration) {
    const names = (ids) => ids.map((each) => picture.migrations.find((other) => other.id === each)).filter(Boolean).map((each) => `${each.app}.${each.name}${each.ref ? ` (${each.ref})` : ""}`);
    const parts = [make("h3", {}, [make("span", { className: "name" }, `${migration.app}.${migration.name}`)]), make("p", { className: "faint" }, migration.marks.join(", "))];
    if (migration.path) parts.push(make("p", {}, [make("code", {}, migration.path)]));
    if (migration.plan.length) parts.push(make("p", {}, `The plan: ${migration.plan.join("; ")}`));
    if (migration.operations.length) parts.push(make("p", {}, "Operations"), make("ol", {}, migration.operations.map((each) => make("li", { className: "name" }, each))));
    else parts.push(make("p", { className: "faint" }, "No operations."));
    const related = [["Depends on", [...names(picture.edges.filter((edge) => edge.child === migration.id && edge.plan !== "added").map((edge) => edge.parent)), ...migration.packages]],
      ["With the plan depends on", names(picture.edges.filter((edge) => edge.child === migration.id && edge.plan === "added").map((edge) => edge.parent))],
      ["Needed by", names(picture.edges.filter((edge) => edge.parent === migration.id && edge.plan !== "added").map((edge) => edge.child))],
      ["Matches", picture.links.filter((link) => link.patch === migration.id || link.mainline === migration.id).map((link) => `${link.verdict}: ${link.changes} (${names([link.patch === migration.id ? link.mainline : link.patch])})`)]];
    for (const [title, items] of related) if (items.length) parts.push(make("p", {}, title), make("ul", {}, items.map((each) => make("li", { className: "name" }, each))));
    chosen.replaceChildren(...parts);
  }

  function open(number) {
    picture = pictures[number];
    part("app").replaceChildren(part("app").options[0], ...picture.apps.map((app) => make("option", { value: app }, app)));
    part("all").checked = !picture.two;
    host.querySelector(".all").hidden = !picture.two;
    rows = picture.migrations.map((each) => {
      const button = make("button", { type: "button", className: "name" }, each.name);
      button.addEventListener("click", () => { choose(each.id, true); });
      return { id: each.id, element: make("tr", {}, [make("td", {}, each.app), make("td", {}, [button]), make("td", {}, [each.marks.join(", "), ...each.matches.map((match) => make("div", {}, match))])]) };
    });
    body.replaceChildren(...rows.map((row) => row.element));
    host.querySelector(".legend").replaceChildren(...picture.legend.map(([kind, words]) => make("li", {}, [make("i", { className: kind }), words])));
    if (picture.two && !picture.migrations.some(isShown)) part("all").checked = true;
    draw();
  }

  host.querySelector(".branch").hidden = pictures.length < 2;
  part("branch").append(...pictures.map((each, number) => make("option", { value: String(number) }, each.title)));
  part("branch").addEventListener("change", () => open(Number(part("branch").value)));
  part("app").addEventListener("change", draw);
  part("all").addEventListener("change", draw);
  part("search").addEventListener("input", search);
  part("search").addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); next(event.shiftKey ? -1 : 1); } });
  part("in").addEventListener("click", () => zoom(1.4));
  part("out").addEventListener("click", () => zoom(1 / 1.4));
  part("fit").addEventListener("click", fit);
  cy.on("tap", "node", (event) => choose(event.target.id(), false));
  const KEYS = { "+": () => zoom(1.4), "=": () => zoom(1.4), "-": () => zoom(1 / 1.4), 0: fit, ArrowLeft: () => cy.panBy({ x: 60, y: 0 }), ArrowRight: () => cy.panBy({ x: -60, y: 0 }), ArrowUp: () => cy.panBy({ x: 0, y: 60 }), ArrowDown: () => cy.panBy({ x: 0, y: -60 }) };
  canvas.addEventListener("keydown", (event) => { if (KEYS[event.key] && !event.ctrlKey && !event.metaKey) { event.preventDefault(); KEYS[event.key](); } });
  const restyle = () => cy.style(style());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", restyle);
  // The library draws in the next frame, which printing does not wait for: a second canvas with the light colours, drawn at once, goes to paper.
  const paper = () => Object.assign(cy.renderer().bufferCanvasImage({ full: true, maxWidth: PAPER, maxHeight: PAPER, bg: colour("page") }), { className: "printed" });
  addEventListener("beforeprint", () => {
    restyle();
    host.querySelector(".drawing").before(paper());
  });
  addEventListener("afterprint", () => { host.querySelector(".printed").remove(); restyle(); });
  open(0);
}
