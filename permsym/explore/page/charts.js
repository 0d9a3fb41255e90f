// Line charts (SVG), bars and maps (canvas).  Nothing here knows physics.
const SVG = "http://www.w3.org/2000/svg";

function element(name, attributes, parent, text) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  if (parent) parent.append(node);
  return node;
}

// Round numbers that divide [low, high] into a few parts.
export function ticks(low, high, wanted = 6) {
  const rough = (high - low) / wanted, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough * 0.999) * power;
  const list = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) list.push(Number((k * step).toPrecision(12)));
  return list;
}

function decades(low, high) {
  const list = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++)
    for (const factor of [1, 2, 5]) {
      const tick = Number((factor * 10 ** power).toPrecision(6));
      if (tick >= low * 0.999 && tick <= high * 1.001) list.push(tick);
    }
  return list;
}

export const label = (x) => (x === 0 ? "0" : Math.abs(x) >= 1e5 || Math.abs(x) < 1e-3 ? x.toExponential(1).replace(".0e", "e") : String(Number(x.toPrecision(6))));
export const digits = (x) => (x === null || x === undefined ? "–" : x === 0 ? "0" : Math.abs(x) >= 1e-4 && Math.abs(x) < 1e6 ? x.toPrecision(6) : x.toExponential(4));

// options: x, y (names), log, range ([low, high] of x or null), mark (x of the sliders or null)
// lines: [{name, label, color, dash, points: [{x, y, bad}], markers}]
export function lineChart(box, lines, options) {
  const seen = lines.flatMap((line) => line.points.filter((point) => point.y !== null));
  box.replaceChildren();
  box.setAttribute("data-points", seen.length);
  if (!seen.length) return;
  const width = Math.max(box.clientWidth, 320), height = 286, left = 68, right = 14, top = 10, bottom = 48;
  const xs = options.range ?? [Math.min(...seen.map((p) => p.x)), Math.max(...seen.map((p) => p.x))];
  let ys = [Math.min(...seen.map((p) => p.y)), Math.max(...seen.map((p) => p.y))];
  const pad = (ys[1] - ys[0]) * 0.06 || Math.abs(ys[0]) * 0.1 || 1;
  ys = [ys[0] >= 0 && ys[0] < 0.35 * ys[1] ? 0 : ys[0] - pad, ys[1] + pad];
  const scaled = options.log ? Math.log : (x) => x, ends = xs.map(scaled), span = ends[1] - ends[0] || 1;
  const X = (x) => left + ((scaled(x) - ends[0]) / span) * (width - left - right);
  const Y = (y) => height - bottom - ((y - ys[0]) / (ys[1] - ys[0])) * (height - top - bottom);
  const svg = element("svg", { viewBox: `0 0 ${width} ${height}`, height, role: "img", "aria-label": `${options.y} against ${options.x}`, "font-size": 12 });
  let last = -Infinity;
  for (const x of options.log ? decades(xs[0], xs[1]) : ticks(xs[0], xs[1], width / 110)) {
    element("line", { x1: X(x), x2: X(x), y1: top, y2: height - bottom, stroke: "#e3e3e3" }, svg);
    if (X(x) - last > 34) element("text", { x: X(x), y: height - bottom + 16, "text-anchor": "middle", fill: "#444" }, svg, label(x)), (last = X(x));
  }
  for (const y of ticks(ys[0], ys[1], 5)) {
    element("line", { x1: left, x2: width - right, y1: Y(y), y2: Y(y), stroke: "#e3e3e3" }, svg);
    element("text", { x: left - 7, y: Y(y) + 4, "text-anchor": "end", fill: "#444" }, svg, label(y));
  }
  element("rect", { x: left, y: top, width: width - left - right, height: height - top - bottom, fill: "none", stroke: "#999" }, svg);
  element("text", { x: (left + width - right) / 2, y: height - 11, "text-anchor": "middle", "font-weight": 600 }, svg, options.x);
  element("text", { transform: `translate(14 ${(top + height - bottom) / 2}) rotate(-90)`, "text-anchor": "middle", "font-weight": 600 }, svg, options.y);
  if (options.mark !== null && options.mark >= xs[0] && options.mark <= xs[1])
    element("line", { x1: X(options.mark), x2: X(options.mark), y1: top, y2: height - bottom, stroke: "#666", "stroke-dasharray": "2 3" }, svg);
  for (const line of [...lines].reverse()) draw(svg, line, X, Y);
  box.append(svg, legend(lines, svg, X, options));
}

function draw(svg, line, X, Y) {
  let path = "", on = false;
  for (const point of line.points) {
    if (point.y === null || point.bad) { on = false; } else { path += `${on ? "L" : "M"}${X(point.x).toFixed(1)} ${Y(point.y).toFixed(1)}`; on = true; }
    if (point.y === null) continue;
    const x = X(point.x), y = Y(point.y);
    if (point.bad) element("path", { d: `M${x - 3.5} ${y - 3.5}l7 7m0 -7l-7 7`, stroke: line.color, "stroke-width": 1.4 }, svg);
    else if (line.markers) element("circle", { cx: x, cy: y, r: 2.8, fill: "#fff", stroke: line.color, "stroke-width": 1.4 }, svg);
  }
  if (path) {
    const curve = element("path", { d: path, fill: "none", stroke: line.color, "stroke-width": line.name === "exact" ? 2.2 : 1.7, "stroke-dasharray": line.dash.join(" ") });
    svg.prepend(curve);
  }
}

// Names of the lines with their keys; under the pointer, their values.
function legend(lines, svg, X, options) {
  const box = document.createElement("div");
  box.className = "legend";
  const show = (x) => {
    box.replaceChildren();
    if (x !== null) box.append(`${options.x} = ${label(x)}`);
    for (const line of lines.filter((each) => each.points.length)) {
      const item = document.createElement("span"), point = line.points.find((each) => each.x === x);
      item.append(key(line), line.label + (x === null ? "" : ` ${digits(point ? point.y : null)}`));
      box.append(item);
    }
  };
  const all = [...new Set(lines.flatMap((line) => line.points.map((point) => point.x)))];
  svg.addEventListener("pointermove", (event) => {
    const at = (event.offsetX / svg.clientWidth) * svg.viewBox.baseVal.width;
    show(all.reduce((best, x) => (Math.abs(X(x) - at) < Math.abs(X(best) - at) ? x : best), all[0]));
  });
  svg.addEventListener("pointerleave", () => show(null));
  show(null);
  return box;
}

export function key(line) {
  const svg = element("svg", { viewBox: "0 0 22 10", class: "key", "aria-hidden": "true" });
  element("line", { x1: 0, x2: 22, y1: 5, y2: 5, stroke: line.color, "stroke-width": 2.6, "stroke-dasharray": line.dash.join(" ") }, svg);
  return svg;
}

// A picture of the state: bars, or a map whose rows come from below.
export function picture(frame) {
  const figure = document.createElement("figure"), title = document.createElement("h3"), caption = document.createElement("figcaption");
  title.textContent = frame.title;
  caption.textContent = frame.caption;
  figure.append(title);
  if (frame.kind !== "none") {
    const canvas = document.createElement("canvas");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `${frame.title}: ${frame.caption}`);
    (frame.kind === "bars" ? bars : map)(canvas, frame);
    figure.append(canvas);
  }
  figure.append(caption);
  return figure;
}

function bars(canvas, frame) {
  const context = canvas.getContext("2d"), many = frame.values.length, largest = Math.max(...frame.values);
  [canvas.width, canvas.height] = [520, 300];
  context.fillStyle = "#0072B2";
  frame.values.forEach((value, k) => {
    const height = (value / largest) * 255;
    context.fillRect(10 + ((k + 0.08) * 500) / many, 270 - height, Math.max((0.84 * 500) / many, 1), height);
  });
  context.fillStyle = "#444";
  context.font = "22px sans-serif";
  context.textAlign = "center";
  for (const n of ticks(0, Math.max(many - 1, 1), 5).filter(Number.isInteger)) if (n < many) context.fillText(n, 10 + ((n + 0.5) * 500) / many, 294);
}

function map(canvas, frame) {
  const rows = frame.rows.length, columns = frame.rows[0].length, sharp = frame.sharp;
  const [wide, high] = sharp ? [columns, rows].map((many) => Math.max(1, Math.round(240 / many))) : [1, 1];
  [canvas.width, canvas.height] = [columns * wide, rows * high];
  canvas.classList.toggle("sharp", sharp);
  const context = canvas.getContext("2d");
  frame.rows.forEach((row, k) =>
    row.forEach((value, n) => {
      context.fillStyle = colour((value ?? 0) / (frame.largest || 1), frame.diverging);
      context.fillRect(n * wide, (rows - 1 - k) * high, wide, high);
    }),
  );
}

const STOPS = [[255, 255, 255], [198, 219, 239], [107, 174, 214], [33, 113, 181], [8, 48, 107]];
const WARM = [[255, 255, 255], [253, 219, 199], [244, 165, 130], [214, 96, 77], [103, 0, 31]];

// White at zero; negative values are blue, positive ones red where both occur, blue where only positive ones do.
function colour(share, diverging) {
  const stops = diverging && share > 0 ? WARM : STOPS, at = Math.min(Math.abs(share), 1) * (stops.length - 1);
  const k = Math.min(Math.floor(at), stops.length - 2);
  return `rgb(${stops[k].map((low, i) => Math.round(low + (at - k) * (stops[k + 1][i] - low))).join(",")})`;
}
