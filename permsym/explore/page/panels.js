// Tables, the certificate, and what reproduces a panel.
import { digits, key } from "./charts.js";

// The deviation from the exact value in per cent; none where that is zero.
function share(value, exact) {
  if (value === null || exact === null || exact === undefined || !exact) return "";
  const percent = (100 * (value - exact)) / Math.abs(exact), size = Math.abs(percent);
  const words = size < 1e-9 ? "0" : size < 1e-3 ? size.toExponential(0) : size < 100 ? size.toPrecision(2) : size < 1e5 ? size.toFixed(0) : size.toExponential(1);
  return `${percent < 0 ? "−" : "+"}${words} %`;
}

// Half of the 95 % interval of what is sampled.
const spread = (error) => (error ? `(± ${error.toExponential(0)})` : "");

function cell(row, text, small, name) {
  const node = row.insertCell();
  node.textContent = text;
  if (name) node.className = name;
  if (small) {
    const line = document.createElement("small");
    line.textContent = small;
    node.append(line);
  }
  return node;
}

function head(table, names) {
  table.tHead.replaceChildren();
  const row = table.tHead.insertRow();
  for (const name of names) {
    const node = document.createElement("th");
    name.split("_").forEach((piece, k) => node.append(...(k ? ["_", document.createElement("wbr"), piece] : [piece])));
    node.scope = "col";
    if (name === "status") node.className = "words";
    row.append(node);
  }
}

const ORDER = { mf: 1, c2: 2, c3: 3 };
const PAIRS = 4; // operators of g2: expansions of a lower order have it by closure alone

// Eight digits, or those that the error leaves.
const digitsOf = (x, error) => (error > 0 && x ? Math.min(Math.max(Math.floor(Math.log10(Math.abs(x))) - Math.floor(Math.log10(error)) + 1, 1), 8) : 8);
const precise = (x, error = 0) => (x === null || x === undefined ? "–" : x === 0 ? "0" : Math.abs(x) >= 1e-3 && Math.abs(x) < 1e6 ? x.toPrecision(digitsOf(x, error)) : x.toExponential(digitsOf(x, error) - 1));
const bound = (x) => (x === null || x === undefined ? "error not estimated" : `± ${x === 0 ? "0" : x.toExponential(0)}`);

// answers: method -> {point, error, old}
export function valuesTable(table, methods, answers, styles, size) {
  const columns = [...new Set(methods.flatMap((method) => Object.keys(answers[method]?.point?.derived ?? {})))];
  const exact = answers.exact?.point;
  head(table, ["", ...columns, "status"]);
  table.tBodies[0].replaceChildren();
  for (const method of methods) {
    const row = table.tBodies[0].insertRow(), answer = answers[method], point = answer?.point;
    row.dataset.method = method;
    row.className = `${method} ${answer?.old ? "old" : ""} ${size && method === "exact" ? "preview" : ""}`;
    row.dataset.status = point?.status ?? "";
    row.dataset.old = answer?.old ? "yes" : "no";
    cell(row, "").append(key(styles[method]), styles[method].label + (method === "exact" && size ? `, N = ${size}` : ""));
    for (const name of columns) {
      const value = point?.derived[name] ?? null;
      const small = !point ? "" : method === "exact" ? bound(point.derived_errors[name]) : [share(value, size ? null : exact?.derived[name]), spread(point.derived_errors[name])].filter(Boolean).join(" ");
      const closed = name.startsWith("g2") && ORDER[method] < PAIRS && value !== null;
      cell(row, point ? precise(value, method === "exact" ? point.derived_errors[name] : 0) : "", value === null ? "" : small, closed ? "closure" : "").title = closed ? "beyond the order: by closure alone" : "";
    }
    const status = answer?.error ? "–" : !point ? "…" : method === "exact" && point.status === "ok" ? "certified" : point.status === "ok" ? "" : point.status;
    cell(row, size && method === "exact" ? `preview, ${status}` : status, "", "words");
    const reason = answer?.error ?? (point && point.status !== "ok" ? point.reason : "");
    if (!reason) continue;
    const below = table.tBodies[0].insertRow();
    below.className = "reason";
    cell(below, reason, "", "words").colSpan = columns.length + 2;
  }
}

export function momentsTable(table, methods, answers, styles) {
  const labels = [...new Set(methods.flatMap((method) => Object.keys(answers[method]?.point?.moments ?? {})))];
  const some = methods.filter((method) => answers[method]?.point);
  head(table, ["", ...some.flatMap((method) => (method === "exact" ? ["exact", "error"] : [styles[method].label]))]);
  table.tBodies[0].replaceChildren();
  for (const label of labels) {
    const row = table.tBodies[0].insertRow();
    cell(row, label);
    for (const method of some) {
      const point = answers[method].point, pair = point.moments[label];
      cell(row, pair ? complex(pair) : "–");
      if (method === "exact") cell(row, bound(point.errors[label]));
    }
  }
}

function complex([real, imaginary]) {
  if (!imaginary) return digits(real);
  return `${digits(real)} ${imaginary < 0 ? "−" : "+"} ${digits(Math.abs(imaginary))} i`;
}

export function badge(node, point, size) {
  node.hidden = !point || !point.scalars.dimension;
  if (node.hidden) return;
  const { error_estimate, residual, balance, dimension, time_total } = point.scalars, good = point.status === "ok";
  node.classList.toggle("good", good);
  const numbers = [["error ≤", error_estimate], ["residual", residual], ["balance", balance]].filter(([, x]) => x !== undefined && x !== null);
  const seconds = time_total === undefined ? "" : `, ${time_total.toFixed(2)} s`;
  const verdict = (size ? `preview with N = ${size}, ` : "") + (good ? "certified" : "not certified");
  node.textContent = `${verdict}: ${numbers.map(([name, x]) => `${name} ${x.toExponential(1)}`).join(", ")}; ${dimension.toLocaleString("en")} unknowns${seconds}`;
}

// Buttons under a panel: what they copy is also there to be read, and to be copied by hand.
export class Reproduce {
  constructor(section, save) {
    const box = section.querySelector(".reproduce");
    this.told = document.createElement("span");
    this.told.className = "told";
    this.told.setAttribute("role", "status");
    this.blocks = {};
    const shown = document.createElement("details"), summary = document.createElement("summary");
    summary.textContent = "show them";
    shown.append(summary);
    for (const [kind, name] of [["command", "Copy command"], ["python", "Copy Python"]]) {
      this.blocks[kind] = document.createElement("pre");
      this.blocks[kind].tabIndex = 0;
      this.blocks[kind].dataset.kind = kind;
      shown.append(this.blocks[kind]);
      box.append(this.button(name, () => this.copy(kind, shown)));
    }
    box.append(this.button("Save dataset", () => save(section.id)), this.told, shown);
  }

  button(name, act) {
    const node = document.createElement("button");
    node.type = "button";
    node.textContent = name;
    node.addEventListener("click", act);
    return node;
  }

  texts({ command, python }) {
    this.blocks.command.textContent = command;
    this.blocks.python.textContent = python;
    this.say("");
  }

  async copy(kind, shown) {
    try {
      await navigator.clipboard.writeText(this.blocks[kind].textContent);
      this.say("copied");
    } catch {
      shown.open = true;
      getSelection().selectAllChildren(this.blocks[kind]);
      this.say("selected: copy it with the keyboard");
    }
  }

  say(words) {
    this.told.textContent = words;
  }
}
